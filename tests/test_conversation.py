"""A follow-up is understood within its conversation; a question that stands alone is left alone."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rag.assistant import Assistant
from rag.conversation import (
    depends_on_history,
    is_faithful,
    plain_answer,
    rewrite_with_model,
    standalone_question,
    trim_history,
)
from rag.datatypes import Refusal, Status, Turn, Usage
from rag.events import Answered, Event, Retrieved, Verified, Written
from rag.generate import Message, Piece, Weighed
from rag.library import Library
from rag.settings import Settings
from rag.testing import ScriptedGenerator, tiny_library

ROOT = Path(__file__).parent.parent


def read_cases(name: str) -> list[dict[str, Any]]:
    lines = (ROOT / "tests" / "cases" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


GIVEN = read_cases("seeds-conversations.jsonl")
BARE = read_cases("seeds-conversations-bare.jsonl")
HELD_OUT = read_cases("seeds-conversations-held-out.jsonl")
HERON = [Turn("How many troops are taking part in Grey Heron?", "Some 9,200 troops are taking part in it [1].")]


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The sample articles behind the real encoder; each question is answered with the sentence that bears best."""
    library = Library.open(tmp_path_factory.mktemp("seeds") / ".rag", Settings.read())
    library.index(ROOT / "seeds")
    return Assistant(library, generator=ScriptedGenerator([]))


def converse(assistant: Assistant, turns: Sequence[str]) -> list[Turn]:
    history: list[Turn] = []
    for question in turns:
        hits = assistant.search(question, history=history)
        pairs = [pair for hit in hits for pair in zip(hit.relevance, hit.chunk.sentences, strict=True)]
        best = max(pairs, key=lambda pair: pair[0])[1]
        history.append(Turn(question, f"{best.text} [1]"))
    return history


def first_article(assistant: Assistant, question: str, history: Sequence[Turn]) -> str:
    return Path(assistant.search(question, 1, history=history)[0].document.source).name


@pytest.mark.models
@pytest.mark.parametrize("case", [*GIVEN, *BARE, *HELD_OUT], ids=lambda case: case["id"])
def test_the_right_article_comes_first_within_the_conversation(seeds: Assistant, case: dict[str, Any]) -> None:
    *before, last = case["turns"]
    assert first_article(seeds, last, converse(seeds, before)) == case["document"]


@pytest.mark.models
def test_without_the_conversation_few_are_found(seeds: Assistant) -> None:
    alone = [case["id"] for case in BARE if first_article(seeds, case["turns"][-1], ()) == case["document"]]
    assert len(alone) <= 2
    assert sum(first_article(seeds, case["turns"][-1], ()) == case["document"] for case in GIVEN) < len(GIVEN)


@pytest.mark.parametrize("case", [case for case in HELD_OUT if case["alone"]], ids=lambda case: case["id"])
def test_a_question_that_stands_alone_is_left_alone(case: dict[str, Any]) -> None:
    *before, last = case["turns"]
    assert standalone_question(last, [Turn(question, "") for question in before]) == last


def test_no_question_about_the_sample_articles_is_taken_for_a_follow_up() -> None:
    assert [case["id"] for case in read_cases("seeds.jsonl") if depends_on_history(case["question"])] == []


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("And who commands it?", "Who commands it? (troops are taking part in Grey Heron)"),
        ("Why?", "Why? (troops are taking part in Grey Heron)"),
        ("what about the ships", "What about the ships (troops are taking part in Grey Heron)"),
        ("In 2023?", "In 2023? (troops are taking part in Grey Heron)"),
        ("How did Moscow react?", "How did Moscow react? (troops are taking part in Grey Heron)"),
        ("How did Moscow react to the radar?", "How did Moscow react to the radar?"),
        ("And who won the marathon in Marrowbridge?", "And who won the marathon in Marrowbridge?"),
        ("What did Kim say when he visited the factory?", "What did Kim say when he visited the factory?"),
        ("Is it true that Japan builds a radar?", "Is it true that Japan builds a radar?"),
        ("What is stratigraphy?", "What is stratigraphy?"),
        ("Which of the bakeries closed this year?", "Which of the bakeries closed this year?"),
        ("…?!", "…?! (troops are taking part in Grey Heron)"),
    ],
)
def test_what_refers_back_gets_its_topic(question: str, understood: str) -> None:
    assert standalone_question(question, HERON) == understood
    assert standalone_question(question, []) == question


def test_a_third_question_keeps_the_topic_of_the_first() -> None:
    history = [*HERON, Turn("And who commands it?", "Lt. Gen. Astrid Fjellheim commands the exercise [1].")]
    assert standalone_question("Since when?", history) == (
        "Since when? (commands; Lt. Gen. Astrid Fjellheim; troops are taking part in Grey Heron)"
    )


def test_a_new_topic_ends_the_one_before() -> None:
    history = [*HERON, Turn("Who won the marathon in Marrowbridge?", "Hanna Bielska won it on Sunday.")]
    assert standalone_question("How old is she?", history) == (
        "How old is she? (won the marathon in Marrowbridge; Hanna Bielska)"
    )


@pytest.mark.parametrize(
    ("answer", "plain"),
    [
        ("It did [1][2]. So did they [3].", "It did. So did they."),
        ("It did [1].\n\n[1] Title · 2025-01-01 · a.md\n    “It did.”", "It did."),
        ("It did [1].\n\nSources:\n- a.md", "It did."),
        ("It did [1].\n---\n[1]: a.md", "It did."),
        ("It cost [much] more.\nOr less.", "It cost [much] more.\nOr less."),
        ("[1] said so.", "said so."),
        ("Two of them [1, 2] and [3–5].", "Two of them and."),
        ("", ""),
    ],
)
def test_markers_and_footnotes_stay_behind(answer: str, plain: str) -> None:
    assert plain_answer(answer) == plain


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part", ["[1", "[", "[1,", "\n", " ", "Ab ", "A.", "A'", "and ", "that it ", "sources\n", "---"]
)
def test_no_history_that_a_client_sends_takes_long(part: str) -> None:
    hostile = part * (20_000 // len(part))
    history = [Turn(f"Who {hostile[:4000]}", f"x\n{hostile}x")] * 20
    assert standalone_question("Why?", history)
    assert standalone_question(hostile[:4000] or "Why?", history)


def test_history_is_trimmed_by_whole_turns_and_the_newest_stay() -> None:
    history = [Turn(f"question {n}", "an answer of six words [1]") for n in range(5)]
    kept = trim_history(history, ScriptedGenerator([]).count_tokens, 16)
    assert kept == [Turn(f"question {n}", "an answer of six words") for n in (3, 4)]
    assert trim_history(history, ScriptedGenerator([]).count_tokens, 6) == []


def test_the_model_rewrites_with_the_history_that_fits_and_without_its_markers() -> None:
    generator = ScriptedGenerator(["Who commands Grey Heron?\n"])
    rewritten, usage = rewrite_with_model("And who commands it?", HERON, generator, 400)
    assert rewritten == "Who commands Grey Heron?"
    assert usage.completion_tokens == 4
    assert generator.seen[0][-1].content == (
        "Question: How many troops are taking part in Grey Heron?\n"
        "Answer: Some 9,200 troops are taking part in it.\n"
        "Last question: And who commands it?"
    )


@pytest.mark.parametrize(
    "written",
    ["", "Who commands NATO's Grey Heron?", "Who?\nGrey Heron?", "Has it 9,300 troops?", "Grey Heron has troops."],
    ids=["nothing", "a new name", "two lines", "a new number", "no question"],
)
def test_what_nobody_said_is_not_put_into_a_question(written: str) -> None:
    assert not is_faithful(written, "And who commands it?", HERON)
    rewritten, _ = rewrite_with_model("And who commands it?", HERON, ScriptedGenerator([written]), 400)
    assert rewritten == "Who commands it? (troops are taking part in Grey Heron)"


ARTICLES = {"cats.md": "Cats sleep sixteen hours. Cats like fish.", "dogs.md": "Dogs bark at night."}
TALK = [Turn("How long do cats sleep?", "Cats sleep sixteen hours [1].")]


def test_an_answer_tells_how_its_question_was_understood(tmp_path: Path) -> None:
    generator = ScriptedGenerator(["Cats like fish.", "Dogs bark at night."])
    assistant = Assistant(tiny_library(tmp_path, ARTICLES), generator=generator)
    answer = assistant.ask("And what do they like?", history=TALK)
    assert answer.question == "And what do they like?"
    assert answer.standalone_question == "What do they like? (cats sleep)"
    assert answer.to_dict()["standalone_question"] == answer.standalone_question
    assert answer.text == "Cats like fish [1]."
    assert answer.standalone_question in generator.seen[0][-1].content
    alone = assistant.ask("When do dogs bark?", history=TALK)
    assert alone.standalone_question == alone.question


def test_the_model_is_asked_to_rewrite_only_where_the_rules_find_nothing(tmp_path: Path) -> None:
    talk = [Turn("Do zebras juggle quickly?", "Cats sleep sixteen hours.")]
    generator = ScriptedGenerator(["When do cats sleep?", "Cats sleep sixteen hours."])
    assistant = Assistant(tiny_library(tmp_path, ARTICLES), generator=generator)
    found, *_, answered = assistant.stream("And them?", history=talk)
    assert isinstance(found, Retrieved)
    assert isinstance(answered, Answered)
    assert (found.question, found.rewritten) == ("When do cats sleep?", True)
    assert answered.answer.text == "Cats sleep sixteen hours [1]."
    assert answered.answer.usage.completion_tokens == 4 + 4
    unfaithful = Assistant(assistant.library, generator=ScriptedGenerator(["Penguins fly?"]))
    assert unfaithful.ask("And them?", history=talk).refusal_reason is Refusal.NOTHING_FOUND


def test_every_sentence_of_the_text_is_told_with_its_citations(tmp_path: Path) -> None:
    reply = "Cats sleep sixteen hours. Elephants paint. Cats like fish."
    assistant = Assistant(tiny_library(tmp_path, ARTICLES), generator=ScriptedGenerator([reply]))
    events = list(assistant.stream("How long do cats sleep?"))
    assert [type(event) for event in events if not isinstance(event, Written)] == [
        Retrieved,
        Verified,
        Verified,
        Answered,
    ]
    assert isinstance(events[-1], Answered)
    answer = events[-1].answer
    told = [event for event in events if isinstance(event, Verified)]
    assert " ".join(event.sentence.text for event in told) == answer.text
    assert [event.sentence for event in told] == [s for s in answer.sentences if s.status is not Status.UNSUPPORTED]
    assert [event.citations for event in told] == [(citation,) for citation in answer.citations]


class Endless:
    """A Generator that would write for ever, and takes note of how far it came."""

    name = "endless"

    def __init__(self) -> None:
        self.written = 0
        self.stopped = False

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def stream(self, messages: Sequence[Message], max_tokens: int, **rest: Any) -> Iterator[Piece]:
        try:
            while True:
                self.written += 1
                yield Piece("cats ", Usage())
        finally:
            self.stopped = True

    def weigh(self, messages: Sequence[Message], replies: Sequence[str], question: str) -> Weighed:
        return Weighed((1.0, 0.0), Usage())


def test_closing_the_stream_stops_the_model_at_once(tmp_path: Path) -> None:
    generator = Endless()
    events: Any = Assistant(tiny_library(tmp_path, ARTICLES), generator=generator).stream("How long do cats sleep?")
    seen: list[Event] = [next(events) for _ in range(4)]
    assert isinstance(seen[-1], Written)
    events.close()
    assert generator.stopped
    assert generator.written == 3
