"""Compare libraries that part text into sentences, on sentences of news prose that this project wrote and labelled.

    python -m pip install pysbd syntok blingfire
    python benchmarks/sentences.py > benchmarks/runs/sentences.txt

F1 of where sentences end (the ends of texts not counted), by language and, for English, by kind. Punkt is NLTK's model
without its trained abbreviations, since those are a separate download.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

from rag.sentences import split_sentences

LABELLED = Path(__file__).parent.parent / "tests" / "cases" / "sentences.jsonl"
END = "¦"

Splitter = Callable[[str, str], Iterable[str]]  # text and language to the sentences in it


def main() -> None:
    """Print a row for each library: F1 on each group of texts, and on all."""
    cases = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    groups = sorted({name_of(case) for case in cases}, key=lambda name: (not name.startswith("en"), name))
    sentences = sum(case["text"].count(END) + 1 for case in cases)
    print(f"{sentences} sentences")
    for name, split in ways().items():
        start = time.perf_counter()
        found = [(name_of(case), *counts(case, split)) for case in cases]
        seconds = time.perf_counter() - start
        figures = "  ".join(f"{group} {f1([row for row in found if row[0] == group]):.2f}" for group in groups)
        print(f"{name:22} all {f1(found):.3f}  {figures}  ({seconds:.2f} s)")


def name_of(case: dict[str, str]) -> str:
    """Return the group that a case belongs to."""
    return f"en {case['kind']}" if case["language"] == "en" else case["language"]


def counts(case: dict[str, str], split: Splitter) -> tuple[int, int, int]:
    """Return how many ends are right, found and labelled in one text."""
    text = case["text"].replace(END, "")
    labelled = ends(text, case["text"].split(END))
    found = ends(text, split(text, case["language"]))
    return len(labelled & found), len(found), len(labelled)


def ends(text: str, sentences: Iterable[str]) -> set[int]:
    """Return the offsets at which sentences end, but the last of them."""
    offsets, position = [], 0
    for sentence in sentences:
        if words := sentence.strip():
            position = text.index(words, position) + len(words)
            offsets.append(position)
    return set(offsets[:-1])


def f1(rows: Iterable[tuple[str, int, int, int]]) -> float:
    """Return the harmonic mean of precision and recall over some texts."""
    right, found, labelled = map(sum, zip(*(row[1:] for row in rows), strict=True))
    return 2 * right / (found + labelled)


def ways() -> dict[str, Splitter]:
    """Return what parts a text, by name; what is not installed is left out."""
    sentencex = importlib.import_module("sentencex")
    found: dict[str, Splitter] = {
        "in use": lambda text, language: [sentence.text for sentence in split_sentences(text, language)],
        f"sentencex {version('sentencex')}": lambda text, language: [
            boundary["text"] for boundary in sentencex.get_sentence_boundaries(language, text)
        ],
    }
    for package, build in OTHERS.items():
        try:
            found[f"{package} {version(package)}"] = build()
        except ImportError:
            print(f"{package} is not installed", file=sys.stderr)
    return found


def pysbd() -> Splitter:
    """Return pysbd, with English's rules for the languages that it has none for."""
    module = importlib.import_module("pysbd")
    known = importlib.import_module("pysbd.languages").LANGUAGE_CODES

    def split(text: str, language: str) -> list[str]:
        segmenter = module.Segmenter(language=language if language in known else "en", clean=False)
        return [str(sentence) for sentence in segmenter.segment(text)]

    return split


def punkt() -> Splitter:
    """Return NLTK's Punkt."""
    tokenizer = importlib.import_module("nltk.tokenize.punkt").PunktSentenceTokenizer()
    return lambda text, _: [str(sentence) for sentence in tokenizer.tokenize(text)]


def syntok() -> Splitter:
    """Return syntok's segmenter."""
    segmenter = importlib.import_module("syntok.segmenter")

    def split(text: str, language: str) -> list[str]:
        sentences = [sentence for paragraph in segmenter.analyze(text) for sentence in paragraph]
        return [
            text[sentence[0].offset : sentence[-1].offset + len(sentence[-1].value)]
            for sentence in sentences
            if sentence
        ]

    return split


def blingfire() -> Splitter:
    """Return BlingFire."""
    module = importlib.import_module("blingfire")

    def split(text: str, language: str) -> list[str]:
        data = text.encode()
        offsets = module.text_to_sentences_and_offsets(text)[1]
        return [text[start:end] for start, end in offsets] if data else []

    return split


OTHERS: dict[str, Callable[[], Splitter]] = {
    "pysbd": pysbd,
    "nltk": punkt,
    "syntok": syntok,
    "blingfire": blingfire,
}

if __name__ == "__main__":
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    main()
