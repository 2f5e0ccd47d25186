"""How often what answers a question has the type of answer that it expects, and what nearly answers it has not.

    python benchmarks/answer_type.py ../shared/eval

For each answerable question to SQuAD 2.0's articles and CLAP NQ's passages its answers and the sentences around them
are looked at, for each of questions.jsonl that is not answerable the whole passage that it was written for.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.answer_type import gives_amount, gives_name, gives_time, leaves_open
from rag.evaluate.cases import read_cases

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.written import WRITTEN, passage_of

ASKS: dict[str, Callable[[str, str], bool]] = {
    "an amount": gives_amount,
    "a time": gives_time,
    "a name": gives_name,
    "an amount or a time, vague ones counted": lambda question, text: not leaves_open(question, text),
}


def questions(data: Path) -> Iterator[tuple[str, str, str]]:
    """Yield each question with what it belongs to and the text that may answer it."""
    for name in ("squad2", "clapnq"):
        for case in read_cases(data / name / "cases.jsonl").cases:
            if case.answerable:
                yield (
                    f"{name}, answerable",
                    case.question,
                    " ".join([*case.answers, *(evidence.quote for evidence in case.evidence)]),
                )
    for case in read_cases(WRITTEN).cases:
        if not case.answerable:
            passage = data / "clapnq" / "articles" / f"{passage_of(case)}.md"
            yield "written, not answerable", case.question, passage.read_text(encoding="utf-8")


def main() -> None:
    """Print for each kind of questions how many ask for a type of answer, and how many texts lack it."""
    asked: Counter[tuple[str, str]] = Counter()
    lacking: Counter[tuple[str, str]] = Counter()
    for name, question, text in questions(Path(sys.argv[1])):
        for kind, gives in ASKS.items():
            asked[name, kind] += not gives(question, "")
            lacking[name, kind] += not gives(question, text)
    for (name, kind), count in asked.items():
        print(f"{name}: {count} ask for {kind}, and for {lacking[name, kind]} there is none")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
