"""How sure it must be that what was found answers the question: as whoever asks has chosen."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import rag.llama
from rag.answerable import LEAST_LIKELY, OF_CONTRADICTION, OF_WORD, best_relevance, least_likely
from rag.assistant import Assistant
from rag.datatypes import Refusal, Usage
from rag.errors import SettingsError
from rag.generate import Message, Weighed
from rag.library import Library
from rag.settings import Settings, WhenUnsure
from rag.testing import ScriptedGenerator
from tests.conftest import QUESTION, Command

REPLY = "Pete Hegseth visited Tokyo on 30 March 2025."
ANSWER, BALANCED, REFUSE = WhenUnsure
ROOT = Path(__file__).parents[1]


class Unsure(ScriptedGenerator):
    """Says "yes" as surely as it takes, with what was found, to make the question so likely answered."""

    def __init__(self, likely: float, relevance: float) -> None:
        super().__init__(lambda _: REPLY)
        bias, of_relevance, of_word, _ = OF_WORD
        log_odds = (math.log(likely / (1 - likely)) - bias - of_relevance * relevance) / of_word
        self.yes = 1 / (1 + math.exp(-log_odds))

    def weigh(self, messages: Sequence[Message], replies: Sequence[str], question: str) -> Weighed:
        return Weighed((self.yes, 1 - self.yes), Usage())


@pytest.fixture
def unsure(library: Library) -> Callable[[float], Unsure]:
    relevance = best_relevance(Assistant(library).search(QUESTION))
    return lambda likely: Unsure(likely, relevance)


@pytest.mark.parametrize(
    ("likely", "answered"),
    [(0.03, set()), (0.1, {ANSWER}), (0.2, {ANSWER, BALANCED}), (0.5, {ANSWER, BALANCED, REFUSE})],
)
def test_the_less_sure_one_may_be_the_more_is_answered(
    library: Library, unsure: Callable[[float], Unsure], likely: float, answered: set[WhenUnsure]
) -> None:
    for choice in WhenUnsure:
        settings = library.settings.model_copy(update={"when_unsure": choice})
        answer = Assistant(library, settings=settings, generator=unsure(likely)).ask(QUESTION)
        assert answer.refusal_reason is (None if choice in answered else Refusal.NOT_ANSWERED)


@pytest.mark.parametrize(
    "question", ["Why did Japan condemn the agreement?", "And why was it put off?", "How come it rained?"]
)
def test_what_takes_something_for_granted_is_refused_only_where_nobody_doubts_it(question: str) -> None:
    assert [least_likely(question, choice) for choice in WhenUnsure] == [
        LEAST_LIKELY[each] for each in (ANSWER, ANSWER, REFUSE)
    ]
    assert least_likely("Who said why it was put off?", BALANCED) == LEAST_LIKELY[BALANCED]


def test_the_thresholds_are_the_highest_that_refuse_no_more_answerable_questions_than_is_said() -> None:
    rows = [json.loads(line) for line in (ROOT / "benchmarks/runs/answerable.jsonl").read_text().splitlines()]
    bias, of_relevance, of_word, _ = OF_WORD
    evidence = [
        bias
        + of_relevance * row["relevance"]
        + of_word * math.log(row["yes"] / row["no"])
        + OF_CONTRADICTION * row["contradicted"]
        for row in rows
        if row["kind"] == "answerable"
    ]
    likely = [1 / (1 + math.exp(-each)) for each in evidence]
    for choice, most in ((ANSWER, 0.0), (BALANCED, 0.05), (REFUSE, 0.1)):
        refused = [sum(each < least for each in likely) / len(likely) for least in _up_from(LEAST_LIKELY[choice])]
        assert refused[0] <= most < refused[1]


def _up_from(threshold: float) -> tuple[float, float]:
    return threshold, threshold + 0.05


def test_the_commands_take_the_choice(
    library: Library,
    command: Command,
    unsure: Callable[[float], Unsure],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "any.gguf").write_bytes(b"GGUF")
    monkeypatch.setenv("RAG_LLM", "any.gguf")
    monkeypatch.setattr(rag.llama, "LlamaCppGenerator", lambda *_: unsure(0.1))
    assert command("ask", QUESTION).status == 1
    assert command("ask", "--when-unsure", "answer", QUESTION).status == 0
    assert "[1]" in command("chat", "--when-unsure", "answer", stdin=QUESTION).stdout
    assert "[1]" not in command("chat", stdin=QUESTION).stdout
    assert "--when-unsure" in command("serve", "--help").stdout
    monkeypatch.setenv("RAG_WHEN_UNSURE", "answer")
    assert command("ask", QUESTION).status == 0
    assert command("ask", "--when-unsure", "guess", QUESTION).status == 2


def test_a_choice_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"when_unsure.*'answer', 'balanced' or 'refuse'"):
        Settings.read(when_unsure="guess")
