"""A list where a list is asked for: one point a line, and a list of an article as it stands there."""

from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.conversation import plain_answer
from rag.datatypes import Answer, AnswerSentence, Status
from rag.evaluate.answer import plain_text
from rag.events import Verified
from rag.library import Library
from rag.points import lay_out_points
from rag.questions import asks_list, number_to_name
from rag.saved.page import render_answer
from rag.sentences import split_sentences, without_list_markers
from rag.testing import ScriptedGenerator, tiny_library

ARTICLES = {
    "kestrel.md": """# Kestrel-3 begins

The exercise Kestrel-3 began in the Sea of Japan on Monday.

The following countries took part:

- Japan
- South Korea
- the United States,
  with a carrier
- Australia. It sent a frigate.
- Canada

It ended on Friday.
""",
    "flood.md": """# The flood at Corrach

The commission named three causes of the flood.

1. The dam at Corrach was not inspected for ten years.
2. Heavy rain fell on the hills for six days.
3. The warning system failed on the first night.

The mayor thanked the volunteers.
""",
    "bridge.md": """# The bridge at Tarn

Workers closed the bridge at Tarn in May. They found rust in the cables of the bridge at Tarn.
The bridge at Tarn was painted in June. The deck of the bridge at Tarn was laid anew in July.
""",
    "boats.md": "# Boats at Marrow\n\nThese boats call:\n\n"
    + "\n".join(f"- the {name}" for name in "Heron Petrel Tern Gannet Puffin Skua Fulmar Eider Avocet Knot".split())
    + "\n- the Dunlin\n- the Curlew\n- the Godwit\n",
    "shed.md": "# The shed of Lindwick\n\nThe shed of Lindwick was built in 1931.\n\n- Contact\n- Photographs\n",
}
TOOK_PART = "Which countries took part in Kestrel-3?"
LISTED = (
    "The following countries took part [1]:\n- Japan [2]\n- South Korea [3]\n- the United States, with a carrier [4]\n"
    "- Australia [5].\n- Canada [6]"
)
CAUSES = (
    "The commission named three causes of the flood [1]:\n- The dam at Corrach was not inspected for ten years [2].\n"
    "- Heavy rain fell on the hills for six days [3].\n- The warning system failed on the first night [4]."
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return tiny_library(tmp_path_factory.mktemp("lists"), ARTICLES)


def ask(library: Library, question: str, reply: str) -> Answer:
    """Answer with a reply, and hold the answer to its contract."""
    answer = Assistant(library, generator=ScriptedGenerator([reply] * 3)).ask(question)
    texts = {document.id: document.text for document in library.documents()}
    for citation in answer.citations:
        assert texts[citation.document_id][citation.start : citation.end] == citation.quote
    for sentence in answer.sentences:
        if sentence.start is not None:
            assert answer.text[sentence.start : sentence.end] == sentence.text
            assert sentence.status in {Status.QUOTED, Status.SUPPORTED}
            assert sentence.citations
    return answer


def said(*texts: str) -> tuple[str, list[AnswerSentence]]:
    """Return sentences one behind the other, and their text."""
    sentences: list[AnswerSentence] = []
    whole = ""
    for text in texts:
        start = len(whole) + bool(whole)
        whole = f"{whole} {text}".strip()
        sentences.append(AnswerSentence(text, start, len(whole), Status.QUOTED))
    return whole, sentences


@pytest.mark.parametrize(
    ("question", "is_list"),
    [
        ("Which countries took part?", True),
        ("List the ships of the exercise.", True),
        ("Which people are named?", True),
        ("What were the causes of the flood?", True),
        ("Why did the dam break? Answer as a list.", True),
        ("Explain in bullet points how the radar works.", True),
        ("Give me a short list of the ships.", True),
        ("Who is on the list?", False),
        ("What type of numbers are even?", False),
        ("Why did the dam break?", False),
        ("When did the exercise begin?", False),
    ],
)
def test_a_question_may_ask_for_a_list(question: str, is_list: bool) -> None:
    assert asks_list(question) is is_list


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("Name three ships.", 3),
        ("Could you please list any 2 ships?", 2),
        ("Name the three ships.", None),
        ("Which two ships sank?", None),
        ("List the ships.", None),
    ],
)
def test_a_question_may_ask_to_name_some_of_many(question: str, number: int | None) -> None:
    assert number_to_name(question) == number


def test_list_markers_are_taken_off_sentences() -> None:
    text = "- Japan\n- Two ships came.\n  They left."
    sentences = without_list_markers(split_sentences(text))
    assert [sentence.text for sentence in sentences] == ["Japan", "Two ships came.", "They left."]
    assert all(text[sentence.start : sentence.end] == sentence.text for sentence in sentences)
    numbered = without_list_markers(split_sentences("1. Japan\n2. Korea"))
    assert [sentence.text for sentence in numbered] == ["Japan", "Korea"]


def test_a_number_alone_is_no_list_marker() -> None:
    sentences = split_sentences("3. Oktober ist ein Feiertag.", "de")
    assert without_list_markers(sentences) == sentences


class TestLayingOut:
    def test_each_sentence_is_a_point(self) -> None:
        text, sentences = lay_out_points(*said("Japan sent two ships [1].", "Korea sent one [2]."))
        assert text == "- Japan sent two ships [1].\n- Korea sent one [2]."
        assert [text[each.start : each.end] for each in sentences] == [each.text for each in sentences]

    def test_one_sentence_is_no_list(self) -> None:
        text, sentences = said("Japan, Korea and Canada took part [1].")
        assert lay_out_points(text, sentences) == (text, tuple(sentences))

    def test_what_leans_on_the_sentence_before_stays_with_it(self) -> None:
        text, _ = lay_out_points(*said("Japan sent a ship [1].", "It left in May [2].", "Korea sent one [3]."))
        assert text == "- Japan sent a ship [1]. It left in May [2].\n- Korea sent one [3]."
        whole = said("Japan sent a ship [1].", "It left in May [2].")
        assert lay_out_points(*whole)[0] == whole[0]

    def test_points_stand_below_the_line_that_leads_in(self) -> None:
        text, _ = lay_out_points(*said("From Asia [1]:", "Japan [2]", "It sails [3].", "From Europe [4]:", "Malta [5]"))
        assert text == "From Asia [1]:\n- Japan [2]\n- It sails [3].\n\nFrom Europe [4]:\n- Malta [5]"

    def test_what_is_not_said_has_no_place(self) -> None:
        text, sentences = said("Japan sent two ships [1].", "Korea sent one [2].")
        left_out = AnswerSentence("Malta sent one.", None, None, Status.UNSUPPORTED)
        laid_out, kept = lay_out_points(text, [left_out, *sentences])
        assert kept[0] == left_out
        assert [laid_out[each.start : each.end] for each in kept[1:]] == [each.text for each in sentences]


@pytest.mark.parametrize(
    "reply",
    [
        "Japan, South Korea, the United States, Australia, and Canada took part.",
        "Japan took part in Kestrel-3.",
        "- Japan\n- South Korea\n- Australia",
        "1. Japan\n2. South Korea",
        "The following countries took part:",
        "The following countries took part: - Japan - South Korea",
    ],
)
def test_a_list_of_the_article_is_told_whole(library: Library, reply: str) -> None:
    assert ask(library, TOOK_PART, reply).text == LISTED


@pytest.mark.parametrize(
    ("reply", "left_out"),
    [
        ("Japan and Canada took part in Kestrel-3.", []),
        ("Japan took part. South Korea took part.", []),
        ("Japan and Malta took part.", ["Japan and Malta took part."]),
        ("Japan did not take part.", ["Japan did not take part."]),
    ],
)
def test_what_the_list_tells_is_not_left_out(library: Library, reply: str, left_out: list[str]) -> None:
    answer = ask(library, TOOK_PART, reply)
    assert answer.text == LISTED
    assert [sentence.text for sentence in answer.sentences if sentence.start is None] == left_out


@pytest.mark.parametrize("reply", ["Japan was not invited.", "Japan did not take part."])
def test_what_no_article_denies_is_not_denied(library: Library, reply: str) -> None:
    answer = ask(library, "Who took part in Kestrel-3?", reply)
    assert reply in [sentence.text for sentence in answer.sentences if sentence.start is None]
    assert " not " not in answer.text


@pytest.mark.parametrize(
    "reply",
    [
        "The commission named three causes of the flood.",
        "Heavy rain fell on the hills for six days.",
        "1. The dam at Corrach was not inspected for ten years.\n2. Heavy rain fell on the hills for six days.",
    ],
)
def test_the_points_of_a_list_may_be_sentences(library: Library, reply: str) -> None:
    assert ask(library, "What were the causes of the flood?", reply).text == CAUSES


def test_the_line_above_a_list_is_not_said_without_its_points(library: Library) -> None:
    assert ask(library, "Who took part in Kestrel-3?", "The following countries took part:").text == LISTED


def test_a_yes_no_question_is_answered_with_the_points_too(library: Library) -> None:
    assert ask(library, "Did the following countries take part in Kestrel-3?", "").text == f"Yes: {LISTED}"


def test_a_fact_that_stands_in_a_list_is_no_list(library: Library) -> None:
    reply = "Heavy rain fell on the hills for six days."
    assert ask(library, "How long did heavy rain fall on the hills?", reply).text == f"{reply[:-1]} [1]."


def test_so_many_are_named_as_were_asked_for(library: Library) -> None:
    answer = ask(library, "Name two countries that took part in Kestrel-3.", "Japan and South Korea took part.")
    assert answer.text == "The following countries took part [1]:\n- Japan [2]\n- South Korea [3]"


def test_a_long_list_is_cut_and_says_so(library: Library) -> None:
    text = ask(library, "Which boats call at Marrow?", "These boats call:").text
    assert text.count("\n- ") == 12
    assert text.endswith("\n- the Curlew [13] (the list goes on there)")


def test_a_list_that_goes_on_in_another_chunk_says_so(tmp_path: Path) -> None:
    long = ARTICLES["boats.md"].replace("- the ", "- the old sailing boat ")
    library = tiny_library(tmp_path, {"boats.md": long}, chunk_tokens=32, hits=1)
    text = ask(library, "Which boats call at Marrow?", "These boats call:").text
    assert 2 < text.count("\n- ") < 12
    assert text.endswith("(the list goes on there)")


def test_a_list_is_told_that_one_sentence_has_more_of_than_it_can_rest_on(library: Library) -> None:
    reply = (
        "The Heron, the Petrel, the Tern, the Gannet, the Puffin, the Skua, the Fulmar, the Eider and the Knot call."
    )
    assert ask(library, "Which boats call at Marrow?", reply).text.startswith("These boats call [1]:\n- the Heron [2]")
    invented = reply.replace("the Tern", "the Albatross")
    assert ask(library, "Which boats call at Marrow?", invented).refused


def test_what_stands_below_a_sentence_by_chance_is_no_list_of_its_things(library: Library) -> None:
    reply = "The shed of Lindwick was built in 1931."
    assert ask(library, "Which sheds were built in 1931?", reply).text == f"{reply[:-1]} [1]."


def test_a_superlative_asks_for_one_of_a_list(library: Library) -> None:
    reply = "The warning system failed on the first night."
    answer = ask(library, "What were the least of the causes of the flood on the first night?", reply)
    assert answer.text == f"{reply[:-1]} [1]."


def test_several_sentences_are_points_where_a_list_was_asked_for(library: Library) -> None:
    reply = "The bridge at Tarn was painted in June. The deck of the bridge at Tarn was laid anew in July."
    text = "The bridge at Tarn was painted in June [1]. The deck of the bridge at Tarn was laid anew in July [2]."
    assert ask(library, "What was done at the bridge at Tarn?", reply).text == text
    points = "- " + text.replace("]. ", "].\n- ")
    assert ask(library, "What was done at the bridge at Tarn, in bullet points?", reply).text.startswith(points)


def test_a_list_goes_on_with_what_names_more(library: Library) -> None:
    reply = "The bridge at Tarn was painted in June."
    assert ask(library, "List what was done at the bridge at Tarn.", reply).text == (
        "- The bridge at Tarn was painted in June [1].\n- Workers closed the bridge at Tarn in May [2].\n"
        "- The deck of the bridge at Tarn was laid anew in July [3]."
    )


def test_a_list_that_the_model_writes_is_laid_out(library: Library) -> None:
    reply = "- The bridge at Tarn was painted in June.\n- The deck of the bridge at Tarn was laid anew in July."
    assert ask(library, "What was done at the bridge at Tarn?", reply).text == (
        "- The bridge at Tarn was painted in June [1].\n- The deck of the bridge at Tarn was laid anew in July [2]."
    )


def test_a_stream_says_the_text_of_the_answer(library: Library) -> None:
    assistant = Assistant(library, generator=ScriptedGenerator(["Japan took part in Kestrel-3."]))
    events = [event for event in assistant.stream(TOOK_PART) if isinstance(event, Verified)]
    assert "".join(event.before + event.sentence.text for event in events) == LISTED


def test_a_list_is_read_as_text_by_what_comes_after(library: Library) -> None:
    answer = ask(library, TOOK_PART, "Japan took part in Kestrel-3.")
    assert plain_text(answer.to_dict()).startswith("The following countries took part: Japan South Korea the United")
    assert plain_answer(f"{answer.text}\n\nSources:\n\n[1] Kestrel-3 begins").endswith("- Australia.\n- Canada")
    assert render_answer(answer.to_dict()).count('<p class="quoted point">') == 5


@pytest.mark.models
def test_with_the_real_encoder_lists_are_told_whole(tmp_path: Path) -> None:
    articles = tiny_library(tmp_path, ARTICLES, encoder="all-MiniLM-L6-v2")
    assert ask(articles, TOOK_PART, "Japan and South Korea took part.").text == LISTED
    assert ask(articles, "What were the causes of the flood?", "Heavy rain fell on the hills.").text == CAUSES


def test_footnotes_of_the_article_are_not_taken_for_the_answers_own(tmp_path: Path) -> None:
    article = "The following countries took part in Kestrel-3:[7]\n\n- Japan [8]\n- South Korea [9]\n"
    library = tiny_library(tmp_path, {"kestrel.md": article})
    model = ScriptedGenerator(["Japan took part in Kestrel-3."])
    answer = Assistant(library, generator=model).ask("Which countries took part in Kestrel-3?")
    assert answer.text == "The following countries took part in Kestrel-3 [1]:\n- Japan [2]\n- South Korea [3]"
