"""The same questions to Footnoted and to txtai's RAG pipeline, in turns, with the same weights on the same machine.

    python -m venv ../txtai && ../txtai/bin/pip install txtai==9.14.0 llama-cpp-python==0.3.36
    python benchmarks/peers.py --txtai-python ../txtai/bin/python

Both have the same GGUF file, encoder, articles, context and threads, and always choose the likeliest token; the rest of
txtai is as its documentation has it (``benchmarks/txtai_worker.py``), replies of at most 512 tokens among it. Loading
and indexing do not count. Both are judged by the functions of ``rag eval``: whether a reply contains the gold answer;
whether it does and cites words that bear it, with the gold answer in them or from its paragraph; how many of the
passages that it cites are the gold paragraph's; and whether it refuses. For txtai that is told from its words, as
Footnoted tells it from those of its model: words that say so and yet have the gold answer are an answer. Prompt tokens
are those of the questions that the model was asked to answer.

Each reply is shown on stderr as it comes; the figures are kept, not the replies, which quote other people's articles.
A median of seconds that is not below txtai's ends it with status 1.

Two of three questions are answerable, and none is one of ``cases-100.jsonl`` (unless these are the cases) or one that a
constant was fitted to.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from rag.assistant import Assistant
from rag.compose import REFUSED
from rag.datatypes import Document
from rag.errors import RagError
from rag.evaluate.answer import plain_text
from rag.evaluate.cases import Case, read_cases
from rag.evaluate.corpus import index_kept, kept_library
from rag.evaluate.environment import (
    code_fingerprint,
    describe_machine,
    model_fingerprint,
    package_versions,
    prompt_fingerprints,
)
from rag.evaluate.gold import Gold, check_gold
from rag.evaluate.metrics import refusal
from rag.evaluate.metrics.answer import contains_borne_gold, contains_gold
from rag.evaluate.metrics.citation import Span, citation_hit_rate, locate_quote, widen_to_paragraphs
from rag.evaluate.run import Estimates
from rag.evaluate.sample import draw_sample
from rag.evaluate.scoring import Scorer, SetMetric, score_records
from rag.evaluate.statistics import Estimate, compare_paired, percentile
from rag.generate import Message
from rag.llama import available_cores
from rag.models import locate_encoder, locate_language_model
from rag.settings import Settings

HERE = Path(__file__).parent
SQUAD = HERE.parent.parent / "shared" / "eval" / "squad2"
MEASURED = "cases-100.jsonl"
FITTED = HERE / "runs" / "answerable.jsonl"
FOOTNOTED, TXTAI = "Footnoted", "txtai"
ROWS = {
    "contains_gold": "contains the gold answer",
    "borne": "and cites words that bear it",
    "cited_right": "cited passages right",
    "refused_adversarial": "refused, adversarial",
    "refused_absent": "refused, absent",
    "refused_wrongly": "refused wrongly",
    "seconds_p50": "seconds, median",
    "seconds_answerable_p50": "seconds, median, answerable",
    "seconds": "seconds, mean",
    "prompt_tokens_p50": "prompt tokens, median",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a system says to a question, whether that is a refusal, and the spans of documents that it cites."""

    text: str
    refused: bool
    cited: tuple[Span, ...]
    seconds: float
    prompt_tokens: int | None


class Txtai:
    """txtai in a process of its own, with a Python of its own."""

    def __init__(self, python: Path, documents: Mapping[str, Document], settings: Settings) -> None:
        self._documents = documents
        self._process = subprocess.Popen(
            [str(python), str(HERE / "txtai_worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
        )
        task = {
            "articles": {document.id: document.text for document in documents.values()},
            "encoder": str(locate_encoder(settings.encoder_for_new, folder=settings.models, offline=True).path),
            "model": str(locate_language_model(settings.llm, folder=settings.models, offline=True).path),
            "context_tokens": settings.context_tokens,
            "threads": settings.threads or available_cores(),
        }
        self.versions: dict[str, str] = self._tell(task)

    def reply(self, question: str) -> Reply:
        """Ask."""
        said = self._tell({"question": question})
        cited = None
        if said["article"]:
            cited = locate_quote(said["article"], self._documents[said["article"]].text, said["passage"])
            assert cited  # txtai's passages are paragraphs of the articles
        spans = (cited,) if cited else ()
        return Reply(said["text"], bool(REFUSED.search(said["text"])), spans, said["seconds"], said["prompt_tokens"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _tell(self, line: Mapping[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        # Where it has ended, there is nothing to read either.
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(line) + "\n")
            self._process.stdin.flush()
        told = self._process.stdout.readline()
        if not told:
            sys.exit(f"txtai's process ended with status {self._process.wait()}; what it said of it stands above.")
        return json.loads(told)


def ask_footnoted(assistant: Assistant, question: str) -> Reply:
    """Ask Footnoted."""
    began = time.perf_counter()
    answer = assistant.ask(question)
    seconds = time.perf_counter() - began
    cited = tuple(Span(each.document_id, each.start, each.end) for each in answer.citations)
    return Reply(plain_text(answer.to_dict()), answer.refused, cited, seconds, answer.usage.prompt_tokens or None)


def judge(case: Case, reply: Reply, gold: Gold) -> dict[str, float | None]:
    """Return the figures of one reply; None for one that does not apply to it."""
    contains = contains_gold(reply.text, case.answers)
    refused = reply.refused and not contains
    cited = () if refused else reply.cited
    texts = {span.document: gold.document(span.document).text for span in cited}
    quotes = [texts[span.document][span.start : span.end] for span in cited]
    paragraphs = [widen_to_paragraphs(span, texts[span.document]) for span in cited]
    right = citation_hit_rate(paragraphs, gold.spans(case))
    rightly = refusal.refusal_recall(refused, case.answerable)
    return {
        "contains_gold": contains,
        "borne": contains_borne_gold(reply.text, case.answers, quotes, bool(right)),
        "cited_right": right,
        "refused_adversarial": rightly if case.kind == "adversarial" else None,
        "refused_absent": rightly if case.kind == "absent" else None,
        "refused_wrongly": refusal.false_refusal(refused, case.answerable),
        "seconds": reply.seconds,
        "seconds_answerable": reply.seconds if case.answerable else None,
        "prompt_tokens": reply.prompt_tokens,
    }


def _median_of(name: str) -> SetMetric:
    return SetMetric(lambda record: record[name], partial(percentile, percent=50))


SCORER = Scorer(
    lambda record: record,
    {f"{name}_p50": _median_of(name) for name in ("seconds", "seconds_answerable", "prompt_tokens")},
    headline=("contains_gold", "borne", "cited_right"),
)


def draw_cases(cases: Sequence[Case], seen: set[str], sample: int, seed: int) -> tuple[Case, ...]:
    """Draw cases that were not seen before, a third of them unanswerable, in their order; all where there are fewer."""
    pool = [case for case in cases if case.id not in seen]
    if sample >= len(pool):
        return tuple(pool)
    answerable = [case for case in pool if case.answerable]
    others = [case for case in pool if not case.answerable]
    share = round(sample * 2 / 3)
    drawn = {*draw_sample(answerable, share, seed, None), *draw_sample(others, sample - share, seed, None)}
    return tuple(case for case in pool if case in drawn)


def seen_cases(cases: Path) -> set[str]:
    """Return the ids of the cases that this project was measured on or fitted to."""
    fitted = {json.loads(line)["id"] for line in FITTED.read_text(encoding="utf-8").splitlines()}
    measured = cases.with_name(MEASURED)
    if cases.name == MEASURED or not measured.exists():
        return fitted
    return fitted | {case.id for case in read_cases(measured).cases}


def ask_in_turns(
    cases: Sequence[Case], systems: Mapping[str, Callable[[str], Reply]], gold: Gold
) -> list[dict[str, Any]]:
    """Ask every system each question, the first one last at the next, and return a row for each question."""
    rows = []
    for number, case in enumerate(cases):
        row: dict[str, Any] = {"id": case.id, "kind": case.kind}
        print(f"{number + 1}/{len(cases)} {case.question}", file=sys.stderr)
        for name in list(systems) if number % 2 == 0 else reversed(list(systems)):
            reply = systems[name](case.question)
            row[name] = judge(case, reply, gold)
            said = reply.text or "(refused)"
            print(f"    {name}, {reply.seconds:.1f} s: {said}", file=sys.stderr, flush=True)
        rows.append(row)
    return rows


def format_table(figures: Mapping[str, Estimates]) -> str:
    """Return the figures side by side, with 95 % intervals and the number of questions that each speaks for."""
    lines = ["".join(f"{cell:<32}" for cell in ("", *figures)).rstrip()]
    for metric, words in ROWS.items():
        estimates = [of_system[metric] for of_system in figures.values()]
        if any(estimate.n for estimate in estimates):
            lines.append("".join(f"{cell:<32}" for cell in (words, *map(_format, estimates))).rstrip())
    return "\n".join(lines)


def _format(estimate: Estimate) -> str:
    if estimate.mean is None:
        return "–"
    digits = 0 if estimate.mean > 20 else 2
    interval = "" if estimate.low is None else f" [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"
    return f"{estimate.mean:.{digits}f}{interval} of {estimate.n}"


def compare(chosen: argparse.Namespace) -> int:
    """Ask, print, keep, and tell by the status whether Footnoted is the faster one."""
    settings = Settings.read(llm=chosen.llm)
    every = read_cases(chosen.cases)
    library = kept_library(every, chosen.corpus or chosen.cases.parent / "articles", settings)
    index_kept(library)
    gold = Gold(library, every)
    cases = draw_cases(check_gold(gold, every, False).cases, seen_cases(chosen.cases), chosen.sample, chosen.seed)
    documents = {document.id: document for document in library.documents()}
    assistant = Assistant(library, settings=settings)
    txtai = Txtai(chosen.txtai_python, documents, settings)
    # Loads the encoder and the language model.
    assistant.search(cases[0].question)
    list(assistant.generator.stream([Message("user", "Hello.")], 1))
    rows = ask_in_turns(cases, {FOOTNOTED: partial(ask_footnoted, assistant), TXTAI: txtai.reply}, gold)
    txtai.close()
    library.close()
    figures = {name: score_records([row[name] for row in rows], SCORER) for name in (FOOTNOTED, TXTAI)}
    ours, theirs = ([row[name]["seconds"] for row in rows] for name in (FOOTNOTED, TXTAI))
    longer = compare_paired(theirs, ours).difference
    run = {
        "cases": chosen.cases.name,
        "sample": chosen.sample,
        "seed": chosen.seed,
        "model": settings.llm,
        "encoder": library.encoder.name,
        "threads": settings.threads or available_cores(),
        "context_tokens": settings.context_tokens,
        "fingerprints": {
            "code": code_fingerprint(),
            "prompts": prompt_fingerprints(settings.prompts),
            "model": model_fingerprint(settings),
        },
        "versions": {FOOTNOTED: package_versions(), TXTAI: txtai.versions},
        "machine": describe_machine() | {"load_average": psutil.getloadavg()[0]},
        "figures": {name: {metric: asdict(of[metric]) for metric in ROWS} for name, of in figures.items()},
        "seconds_longer": asdict(longer),
        "questions": rows,
    }
    chosen.out.write_text(json.dumps(run, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(cases)} questions of {chosen.cases.name}, {settings.llm}, {run['threads']} threads")
    print(format_table(figures))
    print(f"Footnoted's seconds less txtai's, question by question: {_format(longer)}")
    return int(statistics.median(ours) >= statistics.median(theirs))


def main() -> int:
    """Read the options; what cannot be used ends it with one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--txtai-python", type=Path, required=True, metavar="PATH", help="A Python that has txtai.")
    parser.add_argument("--cases", type=Path, default=SQUAD / "cases.jsonl", metavar="FILE")
    parser.add_argument("--corpus", type=Path, metavar="FOLDER", help="The articles; those beside the cases if unset.")
    parser.add_argument("--sample", type=int, default=24, metavar="N", help="How many questions; 24 if unset.")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="Draws other questions.")
    parser.add_argument("--llm", metavar="NAME", help="The language model; the default one if unset.")
    parser.add_argument("--out", type=Path, default=HERE / "runs" / "peers.json", metavar="FILE")
    try:
        return compare(parser.parse_args())
    except (RagError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    sys.exit(main())
