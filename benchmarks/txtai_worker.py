"""txtai's side of ``benchmarks/peers.py``: its RAG pipeline as its documentation sets it up, spoken to in JSON lines.

It is run by a Python that has txtai and llama-cpp-python, and imports nothing of this project. The first line in has
``articles`` (their texts by id), the paths of the ``encoder`` and the ``model``, ``context_tokens`` and ``threads``;
the first line out says which packages are at work, once all is indexed and loaded. Then each line in has a
``question``, and each line out its reply: ``text``, the ``article`` and ``passage`` that txtai refers to, ``seconds``
and ``prompt_tokens``.
"""

import json
import os
import sys
import time
from importlib.metadata import version
from typing import Any

import llama_cpp
import torch
from txtai import RAG, Embeddings
from txtai.pipeline import Segmentation

SYSTEM = "You are a friendly assistant. You answer questions from users."
TEMPLATE = """
Answer the following question using only the context below. Only include information specifically discussed.

question: {question}
context: {context}
"""
PACKAGES = ("txtai", "llama-cpp-python", "torch", "transformers", "faiss-cpu")


def use_plain_weights() -> None:
    """Have llama.cpp map the weights as they are in the file, as this project does.

    It would repack them for the processor otherwise, and its AMX kernels crash on a virtual machine (llama.cpp issue
    20824). Neither ``Llama`` nor txtai has an argument against it.
    """
    package = llama_cpp.llama_cpp
    made = package.llama_model_default_params

    def without_repacking() -> Any:
        parameters = made()
        parameters.use_extra_bufts = False
        return parameters

    package.llama_model_default_params = without_repacking


def count_prompts(model: Any) -> list[int]:
    """Return a list that grows by the tokens of each prompt that the model reads; txtai itself drops the count."""
    counts: list[int] = []
    complete = model.create_chat_completion

    def counting(**arguments: Any) -> Any:
        reply = complete(**arguments)
        counts.append(reply["usage"]["prompt_tokens"])
        return reply

    model.create_chat_completion = counting
    return counts


def main() -> None:
    """Index, then reply until there are no more questions."""
    # What a library prints must not end up among the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    task = json.loads(sys.stdin.readline())
    torch.set_num_threads(task["threads"])
    split = Segmentation(paragraphs=True)
    passages = [(article, passage) for article, text in task["articles"].items() for passage in split(text)]
    embeddings = Embeddings(path=task["encoder"], content=True)
    embeddings.index((number, passage, None) for number, (_, passage) in enumerate(passages))
    use_plain_weights()
    threads = {"n_threads": task["threads"], "n_threads_batch": task["threads"], "n_gpu_layers": 0}
    rag = RAG(
        embeddings,
        task["model"],
        output="reference",
        template=TEMPLATE,
        system=SYSTEM,
        n_ctx=task["context_tokens"],
        **threads,
    )
    prompt_tokens = count_prompts(rag.model.generator.llm)
    rag("What is this about?", temperature=0.0, maxlength=1)
    print(json.dumps({name: version(name) for name in PACKAGES}), file=replies, flush=True)
    for line in sys.stdin:
        began = time.perf_counter()
        reply = rag(json.loads(line)["question"], temperature=0.0)
        seconds = time.perf_counter() - began
        found = reply["reference"]
        article, passage = (None, None) if found is None else passages[int(found)]
        told = {"text": reply["answer"], "article": article, "passage": passage}
        told |= {"seconds": seconds, "prompt_tokens": prompt_tokens[-1]}
        print(json.dumps(told), file=replies, flush=True)


if __name__ == "__main__":
    main()
