"""Ask the articles with OpenAI's client: any program that can be pointed at another base URL works like this.

    pip install openai
    rag serve                                   # in another terminal
    python examples/openai_client.py "What did North Korea object to?"

FOOTNOTED_URL and FOOTNOTED_KEY name another server and its key.
"""

import os
import sys

from openai import OpenAI


def main(question: str) -> None:
    """Print the answer as it is written, and where each of its citations opens."""
    url = os.environ.get("FOOTNOTED_URL", "http://127.0.0.1:8000")
    client = OpenAI(base_url=f"{url}/v1", api_key=os.environ.get("FOOTNOTED_KEY", "none"))
    model = client.models.list().data[0].id
    messages = [{"role": "user", "content": question}]
    annotations = []
    for chunk in client.chat.completions.create(model=model, messages=messages, stream=True):
        for choice in chunk.choices:
            print(choice.delta.content or "", end="", flush=True)
            annotations += getattr(choice.delta, "annotations", None) or []
    print()
    for annotation in annotations:
        print(annotation["url_citation"]["title"], annotation["url_citation"]["url"])


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "What did North Korea object to?")
