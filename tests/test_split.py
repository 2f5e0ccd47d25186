import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.datatypes import Chunk, Document, Sentence
from rag.errors import SettingsError
from rag.load import load_documents
from rag.load.folder import find_articles
from rag.sentences import split_sentences
from rag.split import TITLE_BYTES, TokenCounter, passage_text, split_document

SHARED = Path(__file__).parents[1].parent / "shared" / "eval"


def count_words(texts: Sequence[str]) -> list[int]:
    """Each word and each mark is a token, and two frame the text, as in BERT."""
    return [len(re.findall(r"\w+|[^\w\s]", text)) + 2 for text in texts]


def count_characters(texts: Sequence[str]) -> list[int]:
    """White space counts too, so that sentences counted one by one give less than the whole."""
    return [len(text) + 2 for text in texts]


def document(text: str, title: str = "Title") -> Document:
    return Document(id="d", text=text, title=title, source="d.md")


def texts(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(text)]


def assert_partition(text: str, sentences: Sequence[Sentence]) -> None:
    """Every character that is no white space is in exactly one sentence, at the place that the sentence names."""
    position = 0
    for sentence in sentences:
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text
        assert sentence.text == sentence.text.strip()
        assert sentence.start >= position
        assert not text[position : sentence.start].strip()
        position = sentence.end
    assert not text[position:].strip()


def assert_chunks(chunks: Sequence[Chunk], of: Document) -> None:
    assert_partition(of.text, [sentence for chunk in chunks for sentence in chunk.sentences])
    for chunk in chunks:
        assert chunk.text == of.text[chunk.start : chunk.end]
        assert (chunk.start, chunk.end) == (chunk.sentences[0].start, chunk.sentences[-1].end)
        assert (chunk.document_id, chunk.id) == (of.id, 0)


# Each line is one paragraph; '|' stands where a sentence ends.
PROSE = """
The deal was signed in the U.S. on Friday.| The senators left.
He lives in the U.S.| He works from home.
The U.S. Army and the U.K. Navy met at the U.N. headquarters.| Nothing came of it.
Lt. Gen. Park met Brig. Gen. Cho, Capt. Lee and 1st Lt. Oh.| They agreed.
Gov. Ana Ruiz wrote to Sen. Bo Li Jr. on Jan. 5.| He replied on Feb. 9.
The ship sailed at 5 p.m. on Monday.| It was back by 9 a.m. local time.
He arrived at 5 p.m.| The talks began at once.
She lives at No. 5 and he at No. 10, Elm St., near Mt. Hood.| Both are away.
George W. Bush, J. K. Rowling and J. Robert Oppenheimer are well known.| J.R. Smith is not.
Prices rose 3.5 percent to $1.25 billion.| In May they fell by 0.4 percent.
“We object.”| He left.
"We object."| He left.
“We object,” she said.| “We always did.”| Nobody answered.
"Why?" she asked.| "Because!" he said.
He said: “We object. We shall act.”| Then he left.
It was over!| Was it?| Yes.
No...| He paused … and left.| She waited… | Then she left too.
The firm, Acme Inc., bought Smith & Co. for $4.5 million.| Acme Corp. Chairman Lo Mo was pleased.
See www.example.org/a.b for more.| Version 2.0.1 is out.
Dr. Kim, Mrs. Lee and Prof. Oh spoke to St. Louis radio.| The Rev. Al Dee listened.
Parts (e.g. wheels, i.e. round ones) are cheap, vs. 1990.| Tools are not.
The bridge opened in May.| Lindau paid for it.| Nobody told me.| Japan may.| The town likes art.| "We may," it said.
(He had left early.)| She stayed.| He knew (see p. 5).| Fine.
The 3rd Inf. Div. left Ft. Bragg for approx. 5 weeks.| It came back.
It costs £5.| €6 is too much.| "No," he said.
The 5" pipe broke.| She left.| "Call me," he said.
“It grew,” he wrote. ...| “Then it stopped.”
The claim is disputed.[1]| The rest is not.[2][3]| So it stands.
她走了。|他来了！|为什么？|“好。”
これは猫です。|犬ではない。
Министр уехал.| Переговоры закончились в пятницу.
El niño comió.| ¿Por qué?| Nadie lo sabe.
Rockets 🚀 flew.| 👩‍👩‍👧 watched.| 😀 Good e\u0301te\u0301.| End.
"""


@pytest.mark.parametrize("line", PROSE.strip().splitlines())
def test_sentences_of_news_prose(line: str) -> None:
    paragraph = line.replace("|", "")
    sentences = split_sentences(paragraph)
    assert [sentence.text for sentence in sentences] == [part.strip() for part in line.split("|")]
    assert_partition(paragraph, sentences)


def labelled() -> list[dict[str, str]]:
    lines = (Path(__file__).parent / "cases" / "sentences.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_sentences_of_nine_languages_end_where_people_see_them_end() -> None:
    right = found = wanted = 0
    for case in labelled():
        text = case["text"].replace("¦", "")
        sentences = split_sentences(text, case["language"])
        assert_partition(text, sentences)
        ends = {sentence.end for sentence in sentences[:-1]}
        parts = case["text"].split("¦")
        expected = {len("".join(parts[: number + 1]).rstrip()) for number in range(len(parts) - 1)}
        right, found, wanted = right + len(ends & expected), found + len(ends), wanted + len(expected)
    assert wanted > 150
    assert 2 * right / (found + wanted) >= 0.98


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He came on Wed. afternoon. Then he left.", 2),
        ("no capitals here. not at all. ok", 3),
        ("It was sold in June. iPhones were not.", 2),
        ("He said no. The others said yes.", 2),
        ("It is at 9 a.m. Eastern time, or 8 a.m. Central.", 1),
    ],
)
def test_a_small_letter_goes_on_where_sentences_begin_with_capitals(text: str, sentences: int) -> None:
    assert len(split_sentences(text)) == sentences


class TestBlocks:
    def test_a_blank_line_ends_a_sentence_and_a_wrapped_line_does_not(self) -> None:
        assert texts("One goes\non here. Two\n \nthree\n\n\nfour") == ["One goes\non here.", "Two", "three", "four"]

    def test_windows_line_ends_make_no_difference(self) -> None:
        assert texts("One goes\r\non.\r\n\r\nTwo") == ["One goes\r\non.", "Two"]

    def test_headings_rules_and_table_rows_stand_alone(self) -> None:
        text = "# Heading\nText\n## Next ##\nMore\n***\n| a | b |\n| - | - |\n| 1.5 | 2 |\nEnd\n=====\nNew"
        assert texts(text) == text.split("\n")

    def test_list_items_keep_their_markers_and_their_wrapped_lines(self) -> None:
        assert texts("Buy:\n- Eggs. Many\n  of them\n* Milk\n1. First\n2) Second\na) Third") == [
            "Buy:", "- Eggs.", "Many\n  of them", "* Milk", "1. First", "2) Second", "a) Third",
        ]  # fmt: skip

    def test_a_wrapped_line_that_begins_with_a_number_is_no_list_item(self) -> None:
        assert texts("They met in\n2024. It was on April\n5. Nobody came.") == [
            "They met in\n2024.", "It was on April\n5.", "Nobody came.",
        ]  # fmt: skip

    def test_a_hash_or_a_dash_within_a_line_is_text(self) -> None:
        assert texts("#tag is - as ever - fun. -5 degrees") == ["#tag is - as ever - fun.", "-5 degrees"]

    def test_a_quotation_that_is_too_long_to_cite_is_split(self) -> None:
        inner = ["We came a long way over the mountains, and nobody helped us at all."] * 5
        assert texts(f"“{' '.join(inner)}” She left.") == [f"“{inner[0]}", *inner[1:-1], f"{inner[-1]}”", "She left."]

    def test_an_aside_in_quotes_or_brackets_does_not_end_a_long_sentence(self) -> None:
        long = "and so on past the mill and the church and the school and the long wall of the yard " * 4
        text = f'She asked "Why?" and went to Ft. Bragg (it was late.) by road, {long.strip()}. He stayed.'
        assert [len(sentence) for sentence in texts(text)] == [len(text) - 11, 10]

    def test_no_text_has_no_sentences(self) -> None:
        assert texts("") == texts(" \n\t\n ") == []


PIECES = st.sampled_from(
    ["a", "Word", " ", "\n", "\n\n", ". ", "! ", "… ", '"', "“", "”", "(", ")", "# ", "- ", "1. ", "| ", ", ", "---\n"]
) | st.sampled_from(["U.S. ", "Ft. ", "。", "她", "😀", "e\u0301", "\u2028", "\x85", "\xa0", "\r\n", "long " * 300])
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=80).map("".join))


@given(TEXTS)
@example('"a. ( b.) "C')
def test_sentences_partition_any_text(text: str) -> None:
    assert_partition(text, split_sentences(text))


@pytest.mark.parametrize("count", [count_words, count_characters])
@given(text=TEXTS, title=st.text(max_size=300), max_tokens=st.integers(TITLE_BYTES + 16, 400))
def test_chunks_partition_any_document_within_the_bound_whatever_its_title(
    count: TokenCounter, text: str, title: str, max_tokens: int
) -> None:
    of = document(text, title.encode(errors="ignore").decode())
    chunks = split_document(of, count, max_tokens)
    assert_chunks(chunks, of)
    passages = [passage_text(of.title, chunk.text) for chunk in chunks]
    assert all(counted <= max_tokens for counted in count(passages))


class TestChunks:
    # With count_words a sentence of five words and a full stop costs 6, the title and the frame 3.
    SENTENCE = "Five words are in here."

    def paragraph(self, sentences: int) -> str:
        return " ".join([self.SENTENCE] * sentences)

    def sizes(self, text: str, max_tokens: int) -> list[int]:
        of = document(text)
        chunks = split_document(of, count_words, max_tokens)
        assert_chunks(chunks, of)
        return [len(chunk.sentences) for chunk in chunks]

    def test_a_document_that_fits_is_one_chunk_to_the_last_token(self) -> None:
        assert self.sizes(self.paragraph(4), 3 + 4 * 6) == [4]
        assert self.sizes(self.paragraph(4), 3 + 4 * 6 - 1) == [3, 1]

    def test_a_chunk_at_least_half_full_ends_with_its_paragraph_if_the_next_does_not_fit_whole(self) -> None:
        text = "\n\n".join([self.paragraph(3), self.paragraph(4)])
        assert self.sizes(text, 3 + 6 * 6) == [3, 4]

    def test_a_chunk_less_than_half_full_takes_what_fits_of_the_next_paragraph(self) -> None:
        text = "\n\n".join([self.paragraph(2), self.paragraph(6)])
        assert self.sizes(text, 3 + 6 * 6) == [6, 2]

    def test_short_paragraphs_share_a_chunk(self) -> None:
        assert self.sizes("\n\n".join([self.paragraph(2)] * 5), 3 + 6 * 6) == [6, 4]

    @pytest.mark.parametrize("sentences", [1, 2, 3, 4, 5])
    def test_a_heading_stays_with_what_follows_it(self, sentences: int) -> None:
        of = document(f"{self.paragraph(sentences)}\n\n## Part\n\n### One\n\n{self.paragraph(6)}")
        chunks = split_document(of, count_words, 3 + 6 * 6)
        assert_chunks(chunks, of)
        assert not any(chunk.sentences[-1].text.startswith("#") for chunk in chunks)

    def test_headings_alone_fill_chunks_too(self) -> None:
        assert self.sizes("\n".join(["# One two three"] * 5), 3 + 8) == [2, 2, 1]

    def test_a_long_sentence_is_cut_after_a_clause_and_never_within_a_word(self) -> None:
        clauses = ["one two three four five six seven,"] * 20
        of = document(" ".join(clauses))
        chunks = split_document(of, count_words, 40)
        assert_chunks(chunks, of)
        assert all(chunk.text.endswith("seven,") for chunk in chunks)

    def test_a_long_sentence_without_clauses_is_cut_at_white_space(self) -> None:
        of = document("word " * 500)
        chunks = split_document(of, count_words, 40)
        assert_chunks(chunks, of)
        assert {word for chunk in chunks for word in chunk.text.split()} == {"word"}
        assert len(chunks) <= 20

    @pytest.mark.parametrize("character", ["x", "她", "😀"])
    def test_a_long_word_is_cut_anywhere(self, character: str) -> None:
        of = document(character * 5000)
        chunks = split_document(of, count_characters, 100)
        assert_chunks(chunks, of)
        assert len(chunks) <= 100

    def test_many_texts_are_counted_in_few_calls(self) -> None:
        calls = []

        def count(passages: Sequence[str]) -> list[int]:
            calls.append(len(passages))
            return count_words(passages)

        split_document(document("\n\n".join([self.paragraph(20)] * 50)), count, 100)
        assert len(calls) == 2

    def test_no_text_makes_no_chunks(self) -> None:
        assert split_document(document(" \n"), count_words, 100) == []

    @pytest.mark.parametrize("max_tokens", [1, 3, 20])
    def test_a_bound_without_room_beside_the_title_is_refused(self, max_tokens: int) -> None:
        with pytest.raises(SettingsError, match=r"^d\.md: .* raise chunk_tokens\.$"):
            split_document(document(self.SENTENCE, "word " * 100), count_words, max_tokens)


class TestPassage:
    def test_the_title_stands_above_the_text(self) -> None:
        assert passage_text("Talks resume", "They met.") == "Talks resume\nThey met."

    @pytest.mark.parametrize("title", ["word " * 100, "x" * 500, "題" * 500, "😀" * 200])
    def test_a_long_title_is_cut_between_words_where_it_has_any(self, title: str) -> None:
        cut = passage_text(title, "").removesuffix("\n")
        assert title.startswith(cut)
        assert TITLE_BYTES - 10 < len(cut.encode()) <= TITLE_BYTES
        assert set(cut.split()) == set(title.split()) or " " not in title


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["squad2/articles", "clapnq/articles"])
def test_offsets_are_exact_in_every_article_of_the_public_data(folder: str) -> None:
    if not (SHARED / folder).is_dir():
        pytest.skip(f"../shared/eval/{folder} is not beside the checkout")
    for file in find_articles(SHARED / folder).files:
        for of in load_documents(file.read_bytes(), file.name):
            assert_partition(of.text, split_sentences(of.text))
            chunks = split_document(of, count_words, 256)
            assert_chunks(chunks, of)
            assert max(count_words([passage_text(of.title, chunk.text) for chunk in chunks])) <= 256


def test_initials_behind_a_hyphen_are_not_cut() -> None:
    text = "Kim ordered the toughest anti-U.S. counteraction. It was a pro-U.N. act."
    assert [sentence.text for sentence in split_sentences(text)] == [
        "Kim ordered the toughest anti-U.S. counteraction.",
        "It was a pro-U.N. act.",
    ]
