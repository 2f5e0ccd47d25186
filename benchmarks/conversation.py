"""Compare ways to understand a follow-up: not at all, by the rules, and by the language model.

    python benchmarks/conversation.py [--rules] > benchmarks/runs/conversation.txt

The conversations of ``tests/cases`` over ``seeds/``; of each, the last question counts. Every earlier one is answered
with the sentence that bears best on it. Shown is how often the right article comes first, and how often it is among
five hits; then how many questions that stand alone are taken for follow-ups. What the model writes is kept beside the
output; ``--rules`` does without it.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from rag.assistant import Assistant
from rag.conversation import depends_on_history, rewrite_with_model, standalone_question
from rag.datatypes import Hit, Turn
from rag.library import Library
from rag.recording import RecordingGenerator
from rag.settings import Settings

ROOT = Path(__file__).parent.parent
CASES, RECORDINGS = ROOT / "tests" / "cases", ROOT / "benchmarks" / "runs" / "conversation"
SETS = {
    "given": "seeds-conversations.jsonl",
    "bare": "seeds-conversations-bare.jsonl",
    "held out": "seeds-conversations-held-out.jsonl",
}

Way: TypeAlias = Callable[[str, Sequence[Turn]], str]


def main(with_model: bool) -> None:
    """Print a row for each set and way."""
    with TemporaryDirectory() as folder:
        library = Library.open(Path(folder) / ".rag", Settings.read())
        library.index(ROOT / "seeds")
        assistant = Assistant(library)
        ways: dict[str, Way] = {"as asked": as_asked, "rules": standalone_question}
        if with_model:
            ways["model"] = by_model(assistant)
        print(f"{'':20}  first   in 5")
        for name, file in SETS.items():
            talks = [(case, converse(assistant, case["turns"][:-1])) for case in read_cases(CASES / file)]
            for way, understand in ways.items():
                first, found = 0, 0
                for case, history in talks:
                    question = understand(case["turns"][-1], history)
                    print(f"{case['id']}: {question}", file=sys.stderr)
                    articles = [Path(hit.document.source).name for hit in assistant.search(question)]
                    first += articles[0] == case["document"]
                    found += case["document"] in articles
                print(f"{name:9} {way:10} {first:3}/{len(talks)} {found:3}/{len(talks)}")
        library.close()
    alone = [case["question"] for case in read_cases(CASES / "seeds.jsonl")]
    print(f"taken for follow-ups: {sum(map(depends_on_history, alone))} of {len(alone)} questions to the articles")
    squad = ROOT.parent / "shared" / "eval" / "squad2" / "cases.jsonl"
    if squad.exists():
        alone = [case["question"] for case in read_cases(squad)]
        print(f"taken for follow-ups: {sum(map(depends_on_history, alone))} of {len(alone)} questions of SQuAD 2.0")


def as_asked(question: str, history: Sequence[Turn]) -> str:
    """Leave the question as it is."""
    return question


def by_model(assistant: Assistant) -> Way:
    """Return the way that asks the language model about every follow-up."""
    generator = RecordingGenerator(assistant.generator, RECORDINGS)
    tokens = assistant.settings.history_tokens

    def understand(question: str, history: Sequence[Turn]) -> str:
        if not depends_on_history(question):
            return question
        return rewrite_with_model(question, history, generator, tokens)[0]

    return understand


def converse(assistant: Assistant, questions: Sequence[str]) -> list[Turn]:
    """Return the turns of a conversation in which each answer is the sentence that bears best on the question."""
    history: list[Turn] = []
    for question in questions:
        history.append(Turn(question, best_sentence(assistant.search(question, history=history))))
    return history


def best_sentence(hits: Sequence[Hit]) -> str:
    """Return the most relevant sentence."""
    pairs = [pair for hit in hits for pair in zip(hit.relevance, hit.chunk.sentences, strict=True)]
    return max(pairs, key=lambda pair: pair[0])[1].text


def read_cases(path: Path) -> list[dict[str, str]]:
    """Return the objects of a file, one a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main("--rules" not in sys.argv[1:])
