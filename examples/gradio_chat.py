"""A chat in the browser, in a few lines, for a server that runs: answers stream, and follow-ups are understood.

    pip install gradio openai                   # best in an environment of their own
    rag serve                                   # in another terminal
    python examples/gradio_chat.py

FOOTNOTED_URL and FOOTNOTED_KEY name another server and its key.
"""

import os
from collections.abc import Iterator

import gradio
from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("FOOTNOTED_URL", "http://127.0.0.1:8000") + "/v1",
    api_key=os.environ.get("FOOTNOTED_KEY", "none"),
)


def reply(question: str, history: list[dict]) -> Iterator[str]:
    """Write the answer to a question within its conversation, and its footnotes below."""
    earlier = [{"role": turn["role"], "content": text_of(turn["content"])} for turn in history]
    messages = [*earlier, {"role": "user", "content": question}]
    model = client.models.list().data[0].id
    written = ""
    for chunk in client.chat.completions.create(model=model, messages=messages, stream=True):
        written += chunk.choices[0].delta.content or "" if chunk.choices else ""
        yield written


def text_of(content: str | list[dict]) -> str:
    """Return the text of a message, which Gradio keeps as a text or as parts."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


demo = gradio.ChatInterface(reply, title="Ask your articles", examples=["What did North Korea object to?"])

if __name__ == "__main__":
    demo.launch()
