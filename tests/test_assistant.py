"""The contract of an answer, for any articles and whatever the model writes."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rag.assistant import Assistant
from rag.datatypes import Answer, Refusal, Status, Usage
from rag.errors import LibraryNotFound, QuestionError
from rag.events import Answered, Retrieved, Written
from rag.generate import Message
from rag.library import Library
from rag.settings import Settings
from rag.testing import ScriptedGenerator, tiny_library

MARKER = re.compile(r"\[(\d+)\]")
REPLY = "Pete Hegseth visited Tokyo on 30 March 2025."
QUESTION = "When did Pete Hegseth visit Tokyo?"


def ask(library: Library, reply: str, question: str = QUESTION) -> Answer:
    return Assistant(library, generator=ScriptedGenerator(lambda _: reply)).ask(question)


def assert_contract(answer: Answer, library: Library) -> None:
    """Check all that an Answer promises, from the answer and the library alone."""
    documents = {document.id: document for document in library.documents()}
    for citation in answer.citations:
        document = documents[citation.document_id]
        assert document.text[citation.start : citation.end] == citation.quote
        assert citation.quote.strip()
        assert (citation.title, citation.source, citation.date) == (document.title, document.source, document.date)
        chunk, _ = library.chunks([citation.chunk_id])[citation.chunk_id]
        assert chunk.start <= citation.start < citation.end <= chunk.end
    markers = [citation.marker for citation in answer.citations]
    assert markers == list(range(1, len(markers) + 1))
    end = 0
    for sentence in answer.sentences:
        if sentence.status in {Status.UNSUPPORTED, Status.PARTIAL}:
            assert (sentence.start, sentence.end, sentence.citations) == (None, None, ())
            continue
        assert sentence.start is not None
        assert sentence.end is not None
        assert end <= sentence.start
        end = sentence.end
        assert answer.text[sentence.start : sentence.end] == sentence.text
        assert sentence.citations
        assert set(sentence.citations) <= set(markers)
    # Those in the text are those of the sentences, in order of appearance.
    written = [int(marker) for marker in MARKER.findall(answer.text)]
    if not answer.refused:
        assert list(dict.fromkeys(written)) == markers
        assert [sentence for sentence in answer.sentences if sentence.start is not None]
    else:
        assert answer.citations == ()
        assert answer.refusal_reason is not None
        assert written == []
    assert json.loads(json.dumps(answer.to_dict()))["text"] == answer.text


WORDS = "Cats Dogs Pete Tokyo missiles sleep bark visited built said 1,200 30 March 2025 not the of in on".split()
MARKS = [
    ". ",
    "? ",
    "! ",
    ", ",
    "; ",
    " ",
    "\n\n",
    " [1]",
    "[2][3]",
    "[",
    "]",
    '"',
    "”",
    "…",
    " [1, 2].",
    "(",
    ") ",
    "\0",
]
SENTENCES = st.lists(st.sampled_from([*WORDS, *MARKS]) | st.text(max_size=3), max_size=30).map(" ".join)
PROSE = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join), min_size=1, max_size=6).map(
    lambda sentences: ". ".join(sentences) + "."
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    articles=st.lists(PROSE | SENTENCES, min_size=1, max_size=4),
    reply=PROSE | SENTENCES,
    quoted=st.booleans(),
    question=PROSE,
)
@example(articles=["Cats sleep [7]. Dogs bark."], reply="Cats sleep [7].", quoted=False, question="Cats sleep?")
@example(articles=["Cats sleep."], reply="Cats sleep [1]. Cats sleep [9].", quoted=False, question="Cats sleep?")
def test_every_citation_is_exact_for_any_articles_and_any_reply(
    articles: Sequence[str], reply: str, quoted: bool, question: str
) -> None:
    with TemporaryDirectory() as folder:
        # A first line that no reply can spoil: there is always something to read.
        named = {f"{number}.txt": f"Something.\n\n{text}" for number, text in enumerate(articles)}
        named = {name: text for name, text in named.items() if "\0" not in text and _is_utf_8(text)}
        library = tiny_library(Path(folder), named | {"last.txt": "Cats visited Tokyo on 30 March 2025."})
        said = f"{articles[0]} {reply}" if quoted else reply
        assert_contract(ask(library, said, question), library)
        library.close()


def _is_utf_8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def test_an_answer_in_the_articles_words_is_quoted_and_cited(library: Library) -> None:
    answer = ask(library, REPLY)
    assert answer.text == "Pete Hegseth visited Tokyo on 30 March 2025 [1]."
    assert not answer.refused
    (citation,) = answer.citations
    assert citation.quote == "Pete Hegseth visited Tokyo on 30 March 2025."
    assert (citation.source, citation.title, citation.publisher) == ("missiles.md", "Pyongyang objects", "Agency")
    assert [sentence.status for sentence in answer.sentences] == [Status.QUOTED]
    assert_contract(answer, library)


def test_a_sentence_that_nothing_bears_is_left_out_and_kept_in_sight(library: Library) -> None:
    answer = ask(library, f"{REPLY} Elephants paint watercolours underground.")
    assert answer.text == "Pete Hegseth visited Tokyo on 30 March 2025 [1]."
    left_out = answer.sentences[-1]
    assert left_out.status is Status.UNSUPPORTED
    assert left_out.text == "Elephants paint watercolours underground."
    assert_contract(answer, library)


@pytest.mark.parametrize(
    "typed",
    [
        "[1]",
        "[2]",
        "[1][7]",
        "[1, 2]",
        "[99]",
        "[[1]9]",
    ],
)
def test_markers_that_the_model_types_are_not_taken_over(library: Library, typed: str) -> None:
    answer = ask(library, f"Pete Hegseth visited Tokyo on 30 March 2025 {typed}.")
    assert answer.text == "Pete Hegseth visited Tokyo on 30 March 2025 [1]."
    assert_contract(answer, library)


def test_a_model_that_refuses_makes_a_refusal(library: Library) -> None:
    answer = ask(library, "The articles do not say.")
    assert answer.refused
    assert answer.refusal_reason is Refusal.NOT_ANSWERED
    assert answer.hits
    assert_contract(answer, library)


@pytest.mark.parametrize("reply", ["", "  \n ", "[1]"], ids=["empty", "white space", "a marker"])
def test_a_model_that_says_nothing_makes_a_refusal(library: Library, reply: str) -> None:
    answer = ask(library, reply)
    assert answer.refusal_reason is Refusal.NOT_ANSWERED
    assert_contract(answer, library)


def test_an_answer_that_nothing_bears_is_a_refusal(library: Library) -> None:
    answer = ask(library, "Elephants paint watercolours underground.")
    assert answer.refusal_reason is Refusal.NOT_SUPPORTED
    assert [sentence.status for sentence in answer.sentences] == [Status.UNSUPPORTED]
    assert_contract(answer, library)


def test_where_nothing_bears_on_the_question_the_model_is_not_asked(library: Library) -> None:
    generator = ScriptedGenerator([])
    answer = Assistant(library, generator=generator).ask("Zebras juggle quickly?")
    assert answer.refusal_reason is Refusal.NOTHING_FOUND
    assert generator.seen == []
    assert_contract(answer, library)


def test_an_emptied_library_refuses(library: Library) -> None:
    library.remove("*")
    answer = Assistant(library, generator=ScriptedGenerator([])).ask(QUESTION)
    assert answer.refusal_reason is Refusal.NOTHING_FOUND
    assert answer.hits == ()


def test_events_come_in_order_and_end_with_what_ask_returns(library: Library) -> None:
    assistant = Assistant(library, generator=ScriptedGenerator([REPLY, REPLY]))
    found, *written, answered = assistant.stream(QUESTION)
    assert isinstance(found, Retrieved)
    assert "".join(event.text for event in written if isinstance(event, Written)) == REPLY
    assert isinstance(answered, Answered)
    whole = assistant.ask(QUESTION)
    assert (answered.answer.text, answered.answer.citations) == (whole.text, whole.citations)
    assert found.hits == whole.hits


def test_usage_timings_model_and_library_are_told(library: Library) -> None:
    answer = ask(library, REPLY)
    assert answer.usage.completion_tokens == len(REPLY.split())
    assert answer.usage.prompt_tokens > 20
    assert set(answer.timings) == {"retrieve", "generate", "verify", "total"}
    assert all(seconds >= 0 for seconds in answer.timings.values())
    assert answer.model == "scripted"
    assert answer.library == library.fingerprint


def test_what_was_read_before_a_refusal_is_counted_and_what_was_read_once_is_counted_once(library: Library) -> None:
    doubting, sure = ScriptedGenerator([], doubts=[QUESTION]), ScriptedGenerator([REPLY])
    refused, answered = (Assistant(library, generator=each).ask(QUESTION) for each in (doubting, sure))
    assert refused.refusal_reason is Refusal.NOT_ANSWERED
    (weighed,), (_, asked) = doubting.seen, sure.seen
    assert refused.usage == Usage(sum(doubting.count_tokens([message.content for message in weighed])))
    assert answered.usage.prompt_tokens == sum(sure.count_tokens([message.content for message in asked]))


def test_the_contract_as_plain_values_has_the_names_of_the_architecture(library: Library) -> None:
    plain = json.loads(json.dumps(ask(library, REPLY).to_dict()))
    assert list(plain) == (
        "question standalone_question text refused refusal_reason fault sentences citations disagreements hits "
        "shown not_shown "
        "near_miss timings usage model library".split()
    )
    assert {"text", "start", "end", "status", "citations", "checks", "missing"} == set(plain["sentences"][0])
    assert {"marker", "document_id", "title", "source", "chunk_id", "start", "end", "quote", "score"} <= set(
        plain["citations"][0]
    )
    assert {"chunk_id", "document_id", "source", "title", "text", "score", "ranks"} <= set(plain["hits"][0])
    assert set(plain["hits"][0]["ranks"]) == {"dense", "lexical", "fused", "reranked"}
    assert set(plain["usage"]) == {"prompt_tokens", "completion_tokens"}


@pytest.mark.parametrize("question", ["", "  \n\t "], ids=["nothing", "white space"])
def test_an_empty_question_is_refused(library: Library, question: str) -> None:
    assistant = Assistant(library, generator=ScriptedGenerator([]))
    with pytest.raises(QuestionError, match="empty"):
        assistant.ask(question)
    with pytest.raises(QuestionError, match="empty"):
        assistant.search(question)


def test_search_gives_the_hits_of_an_answer_without_asking_the_model(library: Library) -> None:
    generator = ScriptedGenerator([REPLY])
    assistant = Assistant(library, generator=generator)
    hits = assistant.search(QUESTION)
    assert generator.seen == []
    assert tuple(hits) == assistant.ask(QUESTION).hits
    assert len(assistant.search(QUESTION, 1)) == 1


def test_a_folder_serves_as_well_as_a_library(library: Library, tmp_path: Path) -> None:
    assistant = Assistant(tmp_path / ".rag", generator=ScriptedGenerator([REPLY]))
    assert assistant.ask(QUESTION).citations[0].source == "missiles.md"


def test_no_library_is_told_when_it_is_asked(tmp_path: Path) -> None:
    assistant = Assistant(tmp_path / "none", settings=Settings.read(encoder="hashing"), generator=ScriptedGenerator([]))
    with pytest.raises(LibraryNotFound):
        assistant.ask(QUESTION)


def test_a_scripted_generator_replies_by_words_in_turn_and_by_function(library: Library) -> None:
    def shout(messages: Sequence[Message]) -> str:
        return messages[-1].content.upper()

    message = [Message("user", "How long do cats sleep?")]
    by_words = ScriptedGenerator({"dogs": "No.", "cats": "Sixteen hours."})
    assert "".join(piece.text for piece in by_words.stream(message, 10)) == "Sixteen hours."
    in_turn = ScriptedGenerator(["One.", "Two."])
    assert ["".join(piece.text for piece in in_turn.stream(message, 10)) for _ in range(2)] == ["One.", "Two."]
    *words, last = ScriptedGenerator(shout).stream(message, 2)
    assert [piece.text for piece in words] == ["HOW ", "LONG "]
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (5, 2)
    with pytest.raises(LookupError, match="none left"):
        list(in_turn.stream(message, 10))
    with pytest.raises(LookupError, match="stands in the prompt"):
        list(ScriptedGenerator({"dogs": "No."}).stream(message, 10))
    assert in_turn.seen == [tuple(message)] * 3


def test_questions_that_are_joined_are_searched_for_and_answered_each(library: Library) -> None:
    generator = ScriptedGenerator({"Question: When": REPLY, "Question: What": "Yeast makes the dough rise."})
    answer = Assistant(library, generator=generator).ask("When did Hegseth visit Tokyo, and what makes the dough rise?")
    assert answer.text == "Pete Hegseth visited Tokyo on 30 March 2025 [1]. Yeast makes the dough rise [2]."
    assert {citation.title for citation in answer.citations} == {"Pyongyang objects", "How bread rises"}
    assert_contract(answer, library)


def test_one_of_two_questions_may_stay_unanswered(library: Library) -> None:
    generator = ScriptedGenerator(
        {"Question: When": REPLY, "Question: What": "The excerpts do not say what makes it rise."}
    )
    answer = Assistant(library, generator=generator).ask("When did Hegseth visit Tokyo, and what makes the dough rise?")
    assert answer.text == "Pete Hegseth visited Tokyo on 30 March 2025 [1]."


def test_a_question_for_a_reason_is_to_be_answered_with_it(library: Library) -> None:
    generator = ScriptedGenerator(["Yeast makes the dough rise."])
    Assistant(library, generator=generator).ask("Why does the dough rise in a warm kitchen?")
    assert "with the reason" in generator.seen[-1][-1].content


def test_articles_in_another_language_are_to_be_answered_from_in_it(tmp_path: Path) -> None:
    article = "Die Stadt Lindau hat einen neuen Hafen eröffnet. Der Bau des Hafens kostete 14 Millionen Euro."
    library = tiny_library(tmp_path, {"hafen.md": f"# Der neue Hafen\n\n{article}\n"})
    generator = ScriptedGenerator(["Der Bau kostete 14 Millionen Euro."])
    answer = Assistant(library, generator=generator).ask("Was kostete der Bau des Hafens in Lindau?")
    assert "in German" in generator.seen[-1][-1].content
    assert answer.text == "Der Bau kostete 14 Millionen Euro [1]."


@pytest.mark.parametrize("opening", ["Yes, ", "The excerpt mentions that ", "Yes, the excerpts state that "])
def test_what_a_model_says_around_its_answer_is_left_out(library: Library, opening: str) -> None:
    answer = ask(library, f"{opening}Pete Hegseth visited Tokyo.", "Who visited Tokyo?")
    assert answer.text == "Pete Hegseth visited Tokyo [1]."


def test_a_question_that_names_what_no_source_does_is_not_answered_with_other_words(library: Library) -> None:
    reply = "South Korea condemned the joint production of missiles."
    answer = ask(library, reply, "What did South Korea condemn about the missiles?")
    assert (answer.refused, answer.refusal_reason) == (True, Refusal.NOT_SUPPORTED)
    assert [sentence.status for sentence in answer.sentences] == [Status.PARTIAL]
    quoted = ask(library, reply, "What did North Korea condemn about the missiles?")
    assert quoted.text == "North Korea condemned the joint production of missiles [1]."
