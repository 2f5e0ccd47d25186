"""What goes wrong where the model writes is cut, or written anew; what is sound is never touched."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rag.draft
from rag.assistant import Assistant
from rag.datatypes import Answer, Fault, Refusal
from rag.draft import Draft
from rag.events import Answered, Discarded, Written
from rag.library import Library
from rag.prompt import Passage
from rag.recording import RecordingGenerator, ReplayingGenerator
from rag.testing import ScriptedGenerator
from rag.wrong_output import Given, Mended, breaks_off, mend_output

QUESTION = "When did Pete Hegseth visit Tokyo?"
EVIDENCE = "Pete Hegseth visited Tokyo on 30 March 2025. The agreement covers 1,200 missiles. Nobody named a price."
PROMPT = f"You answer questions from excerpts.\n{EVIDENCE}\nQuestion: {QUESTION}\nAnswer it in one short sentence."
GIVEN = Given(PROMPT, QUESTION, EVIDENCE)
SOUND = "Pete Hegseth visited Tokyo on 30 March 2025."
LONG = "The agreement covers 1,200 missiles and nobody named a price."


@pytest.mark.parametrize(
    ("written", "sound", "fault"),
    [
        (f"{SOUND} {LONG} {LONG} {LONG}", f"{SOUND} {LONG}", Fault.LOOP),
        ("He left. It rained hard. " * 4, "He left. It rained hard.", Fault.LOOP),
        (f"{SOUND} He met the the the the the the the the the", SOUND, Fault.LOOP),
        ("He came and went and went and went and went and went and", "", Fault.LOOP),
        ("- Tokyo and Osaka\n- Tokyo and Osaka\n- Tokyo and Osaka\n- Tokyo", "- Tokyo and Osaka", Fault.LOOP),
        ("1. He met Ishiba.\n2. He met Ishiba.\n3. He met Ishiba.\n4. He met Ishiba.", "1. He met Ishiba.", Fault.LOOP),
        ("訪問しました。" * 4, "訪問しました。", Fault.LOOP),
        ("dogs cats cats cats cats cats cats cats cats. " * 3, "", Fault.LOOP),
        (f"{SOUND}</s>", SOUND, Fault.TEMPLATE),
        (f"{SOUND}<|im_end|>\n<|im_start|>user\nAnd then?", SOUND, Fault.TEMPLATE),
        (f"{SOUND} [/INST] More.", SOUND, Fault.TEMPLATE),
        (f"{SOUND}\nUser: And then?\nAssistant: He left.", SOUND, Fault.TEMPLATE),
        (f"{SOUND} He met<|endoftext|>", SOUND, Fault.TEMPLATE),
        (f"<|im_start|>assistant\n{SOUND}", SOUND, Fault.TEMPLATE),
        (f"Answer: {SOUND}", SOUND, Fault.TEMPLATE),
        (f"{QUESTION} {SOUND}", SOUND, Fault.ECHO),
        (f"Question: {QUESTION}\nAnswer: {SOUND}", "", Fault.TEMPLATE),
        (QUESTION, "", Fault.ECHO),
        ("When did Pete Hegseth visit Tokyo", "", Fault.ECHO),
        (f"Answer it in one short sentence. {SOUND}", SOUND, Fault.ECHO),
        (f"{SOUND} 他在东京会见了首相。", SOUND, Fault.SCRIPT),
        ("Он встретился с премьер-министром.", "", Fault.SCRIPT),
    ],
)
def test_what_is_wrong_is_cut_at_the_last_whole_sentence(written: str, sound: str, fault: Fault) -> None:
    in_japanese = Given(PROMPT, "彼はいつ東京を訪問しましたか。", EVIDENCE)
    assert mend_output(written, in_japanese if "訪" in written else GIVEN) == Mended(sound, fault)


@pytest.mark.parametrize(
    ("written", "sound"),
    [(f"{SOUND} The agreement covers", SOUND), ("The agreement covers", ""), ("- Tokyo\n- Osa", "- Tokyo")],
)
def test_a_reply_that_has_used_up_its_tokens_ends_with_its_last_whole_sentence(written: str, sound: str) -> None:
    assert mend_output(written, GIVEN, cut_off=True) == Mended(sound, Fault.CUT_OFF)
    assert mend_output(written, GIVEN) == Mended(written, None)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "Yes",
        "No, no, no.",
        "1,200",
        SOUND,
        "He left Tokyo. He left Tokyo.",
        "It was a long, long, long way.",
        "In 2023 there were 5 cats. In 2024 there were 6 cats. In 2025 there were 7 cats.",
        "He was in the House of Lords, she was in the House of Commons, and they were in the House of Cards.",
        "The highest point of the Rhine basin is the summit of Finsteraarhorn, the highest point of the Rhine basin.",
        'Azote (Gk. ἄζωτον "lifeless") did not support either.',
        "The wave is 5 µm long, and α-helices are not.",
        "It is written Токио.",
        "The user: a person. The answer is 5 < 6.",
        "Did he visit? He did.",
        "- Tokyo\n- Osaka\n- Kyoto",
    ],
)
def test_what_is_sound_is_not_touched(written: str) -> None:
    assert mend_output(written, GIVEN) == Mended(written, None)


@pytest.mark.parametrize(
    "said",
    [
        "Row on and sing. Row on and sing. Row on and sing.",
        "Write </s> to end a message.",
        "System: Linux",
        QUESTION,
        "When did Pete Hegseth visit Tokyo",
        "Он встретился с премьер-министром.",
    ],
)
def test_what_stands_in_the_evidence_is_not_wrong(said: str) -> None:
    assert mend_output(said, Given(f"{PROMPT}\n{said}", QUESTION, f"{EVIDENCE}\n{said}")) == Mended(said, None)


def test_a_yes_or_no_question_may_be_affirmed_in_its_own_words() -> None:
    asked = Given("Question: Cats sleep all day?", "Cats sleep all day?", "Cats sleep nearly all of the day.")
    assert mend_output("Cats sleep all day.", asked).fault is None
    assert mend_output("Cats sleep all day?", asked).fault is Fault.ECHO


WORDS = "cats dogs visited Tokyo agreement missiles U.S. 1,200 30 March 2025 the of not naïve Токио 東京 don't".split()
SENTENCE = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(lambda words: " ".join(words) + ".")
PROSE = st.lists(SENTENCE, min_size=1, max_size=8).map(" ".join)


@given(evidence=PROSE, question=SENTENCE, data=st.data())
def test_any_part_of_the_evidence_is_sound(evidence: str, question: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(evidence)))
    end = data.draw(st.integers(start, len(evidence)))
    said = " ".join(evidence.split()[start:end])
    assert mend_output(said, Given(f"Answer.\n{evidence}\n{question}", question, evidence)) == Mended(said, None)


@given(
    written=PROSE | st.text(max_size=200) | PROSE.map(lambda text: text * 3),
    mark=st.sampled_from(["", "</s>", "\nuser:"]),
    cut_off=st.booleans(),
)
def test_whatever_is_written_what_is_kept_is_sound_and_was_written(written: str, mark: str, cut_off: bool) -> None:
    mended = mend_output(written + mark, GIVEN, cut_off=cut_off)
    if mended.fault is None:
        assert mended.text == written + mark
        return
    assert "".join(mended.text.split()) in "".join(written.split()) or mended.fault is Fault.ECHO
    assert not breaks_off(mended.text, GIVEN)


def test_a_word_that_is_half_written_ends_nothing() -> None:
    twice = "the big old house stands near the red cat the big old house stands near the red cat"
    assert breaks_off(f"{twice} ", GIVEN)
    assert not breaks_off(twice, GIVEN)
    assert not breaks_off(f"{twice}egory", GIVEN)


class TestDraft:
    def draft(self, *replies: str, most: int = 160) -> Draft:
        return Draft(ScriptedGenerator(replies), [], most, QUESTION, [Passage("Pyongyang", None, EVIDENCE)])

    def test_a_loop_is_stopped_long_before_its_tokens_are_used_up(self) -> None:
        draft = self.draft(f"{LONG} " * 20)
        written = "".join(draft.write())
        assert (draft.text, draft.fault) == (LONG, Fault.LOOP)
        assert len(written.split()) <= draft.usage.completion_tokens < 25
        assert not draft.wants_retry

    def test_what_is_written_is_looked_at_once_after_each_word(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[str] = []

        def looked_at(text: str, given: Given) -> bool:
            seen.append(text)
            return breaks_off(text, given)

        monkeypatch.setattr(rag.draft, "breaks_off", looked_at)
        assert "".join(self.draft(SOUND).write()) == SOUND
        assert len(seen) == len(set(seen)) == len(SOUND.split())

    def test_the_tokens_of_both_attempts_are_counted(self) -> None:
        draft = self.draft("</s> </s>", SOUND)
        assert "".join(draft.write()) == "</s> </s>"
        assert draft.wants_retry
        assert "".join(draft.write(retry=True)) == SOUND
        assert (draft.text, draft.fault) == (SOUND, Fault.TEMPLATE)
        assert draft.usage.completion_tokens == 2 + len(SOUND.split())

    def test_a_first_sentence_without_an_end_is_not_written_again(self) -> None:
        draft = self.draft("He came to Tokyo and then he met others", most=5)
        list(draft.write())
        assert (draft.text, draft.fault, draft.wants_retry) == ("", Fault.CUT_OFF, False)


def ask(library: Library, *replies: str) -> Answer:
    return Assistant(library, generator=ScriptedGenerator(replies)).ask(QUESTION)


def test_an_answer_tells_what_went_wrong_and_says_the_rest(library: Library) -> None:
    answer = ask(library, f"{SOUND} {LONG} {LONG} {LONG}")
    assert answer.text.startswith("Pete Hegseth visited Tokyo on 30 March 2025 [1].")
    assert answer.fault is Fault.LOOP
    assert json.loads(json.dumps(answer.to_dict()))["fault"] == "loop"
    assert ask(library, SOUND).to_dict()["fault"] is None


def test_where_nothing_is_sound_the_model_is_asked_once_more(library: Library) -> None:
    answer = ask(library, QUESTION, SOUND)
    assert (answer.text, answer.fault) == ("Pete Hegseth visited Tokyo on 30 March 2025 [1].", Fault.ECHO)


def test_where_it_goes_wrong_twice_the_answer_is_a_refusal(library: Library) -> None:
    answer = ask(library, "Он встретился с премьер-министром.", QUESTION)
    assert (answer.refused, answer.refusal_reason, answer.fault) == (True, Refusal.WENT_WRONG, Fault.SCRIPT)
    assert answer.sentences == ()


def test_a_stream_tells_where_the_draft_begins_anew(library: Library) -> None:
    events = list(Assistant(library, generator=ScriptedGenerator([QUESTION, SOUND])).stream(QUESTION))
    drafts: list[str] = [""]
    for event in events:
        if isinstance(event, Written):
            drafts[-1] += event.text
        elif isinstance(event, Discarded):
            drafts.append("")
    assert drafts == [QUESTION, SOUND]
    assert isinstance(events[-1], Answered)


@pytest.mark.parametrize("replies", [[f"{LONG} " * 20], [QUESTION, SOUND]], ids=["stopped", "retried"])
def test_a_replay_goes_wrong_in_the_same_way(library: Library, tmp_path: Path, replies: Sequence[str]) -> None:
    recording = RecordingGenerator(ScriptedGenerator(replies), tmp_path / "recordings")
    first = Assistant(library, generator=recording).ask(QUESTION)
    replaying = ReplayingGenerator(tmp_path / "recordings", "scripted")
    again = Assistant(library, generator=replaying).ask(QUESTION)
    assert (again.text, again.fault, again.usage) == (first.text, first.fault, first.usage)
    assert first.fault is not None
