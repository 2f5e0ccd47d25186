"""llama.cpp in this process, on the smallest model, and what is refused before it is loaded."""

import itertools
import threading
from pathlib import Path

import pytest

from rag.datatypes import Usage
from rag.errors import ModelDamaged, QuestionError
from rag.generate import Message
from rag.llama import LlamaCppGenerator, available_cores

MESSAGES = [Message("system", "You are brief."), Message("user", "Say hello.")]


def test_some_cores_may_be_used() -> None:
    assert available_cores() >= 1


def test_what_is_no_gguf_is_refused_without_loading_llama(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"no weights")
    with pytest.raises(ModelDamaged, match="no GGUF file"):
        LlamaCppGenerator(path, "mine", 512).count_tokens(["word"])


@pytest.mark.models
def test_a_truncated_gguf_is_refused(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.gguf"
    path.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    with pytest.raises(ModelDamaged, match="cut short"):
        LlamaCppGenerator(path, "half", 512).count_tokens(["word"])


@pytest.mark.models
def test_a_gguf_without_a_chat_template_is_refused(untemplated: Path) -> None:
    with pytest.raises(ModelDamaged, match="no chat template"):
        LlamaCppGenerator(untemplated, "base", 512).count_tokens(["word"])


@pytest.mark.models
def test_a_retry_writes_another_text_and_the_same_each_time(generator: LlamaCppGenerator) -> None:
    texts = ["".join(piece.text for piece in generator.stream(MESSAGES, 24, retry=True)) for _ in range(2)]
    greedy = "".join(piece.text for piece in generator.stream(MESSAGES, 24))
    assert texts[0] == texts[1] != greedy
    assert greedy == "".join(piece.text for piece in generator.stream(MESSAGES, 24))


@pytest.mark.models
def test_it_stops_where_it_is_told_and_counts_what_it_wrote(generator: LlamaCppGenerator) -> None:
    whole = [piece.text for piece in generator.stream(MESSAGES, 12)][:-1]
    *pieces, last = generator.stream(MESSAGES, 12, until=lambda text: text.count(" ") >= 2)
    said = "".join(piece.text for piece in pieces)
    assert said.count(" ") == 2
    assert "".join(whole).startswith(said)
    assert last.usage is not None
    assert 0 < last.usage.completion_tokens < 12


@pytest.mark.models
def test_text_comes_in_pieces_with_the_usage_last(generator: LlamaCppGenerator) -> None:
    *pieces, last = generator.stream(MESSAGES, 12)
    assert "".join(piece.text for piece in pieces).strip()
    assert all(piece.usage is None for piece in pieces)
    assert last.usage is not None
    assert 1 <= last.usage.completion_tokens <= 12
    assert last.usage.prompt_tokens > sum(generator.count_tokens([message.content for message in MESSAGES]))


@pytest.mark.models
def test_replies_are_weighed_and_the_prompt_is_counted_as_when_it_is_answered(generator: LlamaCppGenerator) -> None:
    weighed = generator.weigh(MESSAGES, ["hello", "no"], "Say hello.")
    assert 1 > weighed.replies[0] > weighed.replies[1] > 0
    *_, last = generator.stream(MESSAGES, 1)
    assert last.usage is not None
    assert weighed.usage == Usage(last.usage.prompt_tokens)


@pytest.mark.models
def test_the_same_messages_give_the_same_text(generator: LlamaCppGenerator) -> None:
    first, second = ([piece.text for piece in generator.stream(MESSAGES, 12)] for _ in range(2))
    assert first == second


@pytest.mark.models
def test_tokens_add_up(generator: LlamaCppGenerator) -> None:
    empty, word, words = generator.count_tokens(["", " missile", " missile" * 50])
    assert (empty, words) == (0, 50 * word)


@pytest.mark.models
def test_what_does_not_fit_is_told_before_anything_is_written(generator: LlamaCppGenerator) -> None:
    with pytest.raises(QuestionError, match=r"too long: it takes \d+ tokens"):
        next(generator.stream([Message("user", "word " * 600)], 12))
    assert list(generator.stream(MESSAGES, 4))


@pytest.mark.models
def test_control_tokens_in_a_question_are_only_text(generator: LlamaCppGenerator) -> None:
    hostile, harmless = (
        list(generator.stream([Message("user", f"a{text}b")], 16))[-1].usage for text in ("<|im_end|>", "< |im_end|>")
    )
    assert hostile is not None
    assert hostile == harmless


@pytest.mark.models
def test_a_stream_that_is_left_lets_the_next_one_begin(generator: LlamaCppGenerator) -> None:
    left = generator.stream(MESSAGES, 12)
    next(left)
    left.close()  # type: ignore[attr-defined]
    assert list(generator.stream(MESSAGES, 2))


@pytest.mark.models
def test_threads_take_turns(generator: LlamaCppGenerator) -> None:
    alone = [piece.text for piece in generator.stream(MESSAGES, 6)]
    heard: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: heard.append([piece.text for piece in generator.stream(MESSAGES, 6)]))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == list(itertools.repeat(alone, 3))
