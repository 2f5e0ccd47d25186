"""What a model said is kept in files and said again, without the model."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rag.datatypes import Usage
from rag.errors import RecordingMissing
from rag.generate import Message, Piece, Weighed
from rag.recording import COUNTS_FILE, RecordingGenerator, ReplayingGenerator, recording_path
from rag.testing import ScriptedGenerator

PROMPT = [Message("system", "Answer.\nBriefly."), Message("user", "How long do cats sleep?")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


def record(folder: Path, reply: str, name: str = "scripted") -> list[Piece]:
    return list(RecordingGenerator(ScriptedGenerator([reply], name), folder).stream(PROMPT, 20))


def replay(folder: Path, name: str = "scripted", prompt: list[Message] = PROMPT, max_tokens: int = 20) -> list[Piece]:
    return list(ReplayingGenerator(folder, name).stream(prompt, max_tokens))


def test_a_recording_passes_on_every_piece_as_it_is(folder: Path) -> None:
    assert record(folder, "Sixteen hours.") == list(ScriptedGenerator(["Sixteen hours."]).stream(PROMPT, 20))


@pytest.mark.parametrize("reply", ["Sixteen hours.", "Two lines:\n\nañd “more”.\r\n", ""])
def test_a_replay_says_the_same_text_with_the_same_usage(folder: Path, reply: str) -> None:
    pieces = record(folder, reply)
    assert replay(folder) == [Piece(reply, pieces[-1].usage)]


def test_a_replay_says_what_the_model_had_read_of_each_sentence(folder: Path) -> None:
    reply = "Sixteen hours."
    list(RecordingGenerator(ScriptedGenerator([reply], borne={reply: 1.5}), folder).stream(PROMPT, 20))
    assert replay(folder)[-1].borne == {reply: 1.5}


def test_a_replay_knows_the_recorded_token_counts(folder: Path) -> None:
    recording = RecordingGenerator(ScriptedGenerator([]), folder)
    recording.count_tokens(["one two", "three"])
    recording.count_tokens(["three", "one two three"])
    replaying = ReplayingGenerator(folder, recording.name)
    assert replaying.count_tokens(["one two three", "three", "one two"]) == [3, 1, 2]


@pytest.mark.parametrize(
    "changed",
    [
        {"prompt": [PROMPT[0], Message("user", "How long do dogs sleep?")]},
        {"prompt": [Message("user", PROMPT[0].content), PROMPT[1]]},
        {"prompt": PROMPT[1:]},
        {"max_tokens": 21},
        {"name": "another"},
    ],
    ids=["question", "role", "message left out", "token limit", "model"],
)
def test_a_changed_prompt_asks_to_record_again(folder: Path, changed: dict[str, object]) -> None:
    record(folder, "Sixteen hours.")
    with pytest.raises(RecordingMissing, match=r"prompt changed or was never recorded.*give pytest .* --rag-record"):
        replay(folder, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("recorded", [True, False])
def test_a_text_that_was_never_counted_asks_to_record_again(folder: Path, recorded: bool) -> None:
    if recorded:
        RecordingGenerator(ScriptedGenerator([]), folder).count_tokens(["one two"])
    with pytest.raises(RecordingMissing, match=r"'three' were never counted.*give pytest .* --rag-record"):
        ReplayingGenerator(folder, "scripted").count_tokens(["three"])


def test_token_counts_of_one_model_are_not_those_of_another(folder: Path) -> None:
    RecordingGenerator(ScriptedGenerator([], "first"), folder).count_tokens(["one two"])
    with pytest.raises(RecordingMissing):
        ReplayingGenerator(folder, "second").count_tokens(["one two"])


def test_a_recording_can_be_read_line_by_line(folder: Path) -> None:
    record(folder, "Sixteen hours.\nEach day.")
    path = recording_path(folder, "scripted", PROMPT, 20)
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "prompt": {
            "model": "scripted",
            "max_tokens": 20,
            "messages": [
                {"role": "system", "content": ["Answer.", "Briefly."]},
                {"role": "user", "content": ["How long do cats sleep?"]},
            ],
        },
        "reply": {"text": ["Sixteen hours.", "Each day."], "prompt_tokens": 7, "completion_tokens": 4, "borne": {}},
    }


def test_recording_again_writes_the_same_bytes(folder: Path) -> None:
    def run(*texts: str) -> dict[str, bytes]:
        record(folder, "Sixteen hours.")
        for text in texts:
            RecordingGenerator(ScriptedGenerator([]), folder).count_tokens([text])
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first = run("b", "a")
    assert sorted(first) == sorted([COUNTS_FILE, recording_path(folder, "scripted", PROMPT, 20).name])
    assert run("a", "b") == first


def test_a_reply_that_was_not_heard_to_its_end_is_not_kept(folder: Path) -> None:
    stream = RecordingGenerator(ScriptedGenerator(["Sixteen hours."]), folder).stream(PROMPT, 20)
    assert next(stream) == Piece("Sixteen ")
    stream.close()  # type: ignore[attr-defined]
    assert not recording_path(folder, "scripted", PROMPT, 20).exists()


def test_counts_recorded_at_the_same_time_are_all_kept(folder: Path) -> None:
    texts = [f"text {n}" for n in range(40)]
    with ThreadPoolExecutor(8) as threads:
        for text in texts:
            threads.submit(RecordingGenerator(ScriptedGenerator([]), folder).count_tokens, [text])
    assert ReplayingGenerator(folder, "scripted").count_tokens(texts) == [2] * len(texts)


def test_a_damaged_recording_says_what_to_do(folder: Path) -> None:
    record(folder, "Sixteen hours.")
    recording_path(folder, "scripted", PROMPT, 20).write_text("<<<<<<< ours\n")
    with pytest.raises(RecordingMissing, match=r"is no recording any more .*; delete it, and give pytest"):
        replay(folder)


def test_a_generator_that_tells_no_usage_is_recorded_with_none(folder: Path) -> None:
    class Plain(ScriptedGenerator):
        def stream(self, messages: Sequence[Message], max_tokens: int, **rest: Any) -> Iterator[Piece]:
            yield Piece("Sixteen hours.")

    list(RecordingGenerator(Plain([]), folder).stream(PROMPT, 20))
    assert replay(folder) == [Piece("Sixteen hours.", Usage())]


def test_a_replay_knows_how_likely_each_reply_was(folder: Path) -> None:
    recorded = RecordingGenerator(ScriptedGenerator([], doubts=["cats"]), folder).weigh(PROMPT, ["yes", "no"], "")
    assert recorded == Weighed((0.0, 1.0), Usage(prompt_tokens=7))
    replaying = ReplayingGenerator(folder, "scripted")
    assert replaying.weigh(PROMPT, ["yes", "no"], "") == recorded
    with pytest.raises(RecordingMissing):
        replaying.weigh(PROMPT, ["no", "yes"], "")
