"""Search: both kinds of candidates, fused and reranked, whatever the question is made of."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.library import Library
from rag.relevance import chunk_relevances, weigh_question
from rag.retrieve import Mode, Retriever, fuse, lexical_query
from rag.testing import tiny_library


@pytest.fixture
def retriever(library: Library) -> Retriever:
    return Retriever(library, candidates=40)


def test_scores_are_fused_as_the_docstring_says() -> None:
    assert fuse({1: 0.6, 2: 0.2}, {1: 0.0, 2: 10.0}) == {2: pytest.approx(0.6), 1: pytest.approx(0.3)}
    assert fuse({1: 0.6, 2: 0.2}, {2: 10.0}) == {2: pytest.approx(0.6), 1: pytest.approx(0.3)}


def test_what_one_search_did_not_find_counts_as_its_worst() -> None:
    assert fuse({1: 0.8, 2: 0.4}, {3: 5.0}) == {
        3: pytest.approx(0.7),
        1: pytest.approx(0.4),
        2: pytest.approx(0.2),
    }


def test_fused_scores_come_best_first_and_equals_by_id() -> None:
    assert list(fuse({5: 0.1, 3: 0.1, 4: 0.9}, {})) == [4, 3, 5]
    assert fuse({}, {}) == {}
    assert fuse({}, {7: 2.0}) == {7: pytest.approx(0.5)}


@pytest.mark.parametrize(
    ("question", "query"),
    [
        ("What did North Korea object to?", '"north" OR "korea" OR "object"'),
        ("Which U.S. anti-tank missiles?", '"us" OR "anti" OR "tank" OR "missil"'),
        ("Who was it?", '"who" OR "was" OR "it"'),
        ("1,200 missiles, missiles!", '"1200" OR "missil"'),
        ('NEAR("a" b, 5) AND c*', '"near" OR "b" OR "5" OR "c"'),
        ("?!", ""),
    ],
    ids=[
        "content words",
        "initials and hyphens",
        "function words alone",
        "numbers and repeats",
        "operators",
        "no words",
    ],
)
def test_the_lexical_query_has_the_content_words_quoted(question: str, query: str) -> None:
    assert lexical_query(question) == query


def test_the_chunk_that_answers_comes_first(retriever: Retriever) -> None:
    hit, *_ = retriever.search("When did Pete Hegseth visit Tokyo?", 3)
    assert hit.document.source == "missiles.md"
    best = max(range(len(hit.relevance)), key=hit.relevance.__getitem__)
    assert "30 March 2025" in hit.chunk.sentences[best].text


def test_each_hit_has_its_rank_at_every_stage_that_saw_it(retriever: Retriever) -> None:
    hits = retriever.search("How does yeast make dough rise?", 3)
    assert [hit.ranks["reranked"] for hit in hits] == [1, 2, 3]
    assert sorted(hit.ranks["dense"] or 0 for hit in hits) == [1, 2, 3]
    assert sorted(hit.ranks["fused"] or 0 for hit in hits) == [1, 2, 3]
    assert hits[0].ranks["lexical"] == 1
    assert hits[-1].ranks["lexical"] is None


def test_scores_fall_and_relevance_is_given_for_every_sentence(retriever: Retriever) -> None:
    hits = retriever.search("Which missiles did North Korea condemn?", 3)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert len(hit.relevance) == len(hit.chunk.sentences)
        assert all(0 <= relevance <= 1.5 for relevance in hit.relevance)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_as_many_hits_as_asked_for(retriever: Retriever, count: int) -> None:
    assert len(retriever.search("missiles", count)) == count


def test_only_candidates_are_returned(library: Library) -> None:
    assert len(Retriever(library, candidates=1).search("yeast and missiles", 3)) <= 2


def test_the_same_question_gives_the_same_hits(retriever: Retriever) -> None:
    assert retriever.search("missiles", 3) == retriever.search("missiles", 3)


HOSTILE = {
    "quotes": '"missiles \'and "" Tokyo"',
    "operators": "missiles AND NOT (tokyo OR NEAR(a b)) title:x ^y z* - + {a b}:c",
    "operators alone": "AND OR NOT NEAR",
    "NUL": "missiles\0Tokyo",
    "emoji": "🚀🚀 missiles 👩‍🚀?",
    "no words": "… ?!",
    "another script": "平壌は何に反対したか",
    "combining marks": "e\u0301\u0301 Zo\u0308e",
    "lone surrogate": "missiles \udcff Tokyo",
    "10,000 words": " ".join(f"word{number}" for number in range(10_000)),
    "10,000 times a word": "missiles " * 10_000,
    "one word of 100,000 letters": "m" * 100_000,
    "SQL": "'; DROP TABLE chunks; --",
}


@pytest.mark.parametrize("question", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_question_is_only_a_question(retriever: Retriever, question: str) -> None:
    hits = retriever.search(question, 2)
    assert len(hits) == 2
    assert retriever.library.database.problems() == []


@settings(max_examples=50)
@given(st.text())
def test_any_text_makes_a_query_that_the_lexical_index_understands(
    tmp_path_factory: pytest.TempPathFactory, question: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any-text"
    library = Library.open(folder / ".rag") if folder.exists() else tiny_library(folder, {"a.md": "Some words here."})
    assert len(Retriever(library, 5).search(question, 5)) == 1
    library.close()


def test_an_emptied_library_finds_nothing(library: Library) -> None:
    library.remove("*")
    assert Retriever(library, 40).search("missiles", 5) == []


def test_a_change_by_another_process_is_seen(retriever: Retriever, tmp_path: Path) -> None:
    assert not any("zebra" in hit.chunk.text for hit in retriever.search("zebra", 5))
    other = Library.open(settings=retriever.library.settings)
    (tmp_path / "zoo.md").write_text("A zebra was born in the zoo.")
    other.index(tmp_path / "zoo.md")
    assert "zebra" in retriever.search("zebra", 5)[0].chunk.text
    other.remove("zoo.md")
    assert not any("zebra" in hit.chunk.text for hit in retriever.search("zebra", 5))


def test_relevance_is_the_cosine_and_half_the_weighted_share_of_the_words(tmp_path: Path) -> None:
    text = "Bakers wait. Dough rests in warm places. Some like it cold."
    library = tiny_library(tmp_path / "articles", {"bread.md": f"---\ntitle: Yeast\n---\n{text}"})
    ids, _ = library.database.vectors(256)
    kept = library.database.sentence_vectors(ids)[ids[0]]
    chunk, document = library.chunks(ids)[ids[0]]
    reading = library.encoder.read_query("warm yeast")
    cosines = kept.vectors @ reading.vector
    question = weigh_question("warm yeast", reading, {"warm": 3.0, "yeast": 1.0})
    found = chunk_relevances({1: (chunk, document)}, {1: kept}, question)[1]
    # "yeast", a quarter of the question, stands in the title alone, which counts half; so does a neighbour's "warm".
    shares = [0.75 / 2 + 0.25 / 2, 0.75 + 0.25 / 2, 0.75 / 2 + 0.25 / 2]
    assert found.sentences == pytest.approx([c + share / 2 for c, share in zip(cosines, shares, strict=True)])


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What did the US say about 1200 tanks?", "The U.S. sent 1,200 tanks."),
        ("What did the U.S. send?", "The US has sent tanks."),
        ("Who made the antiaircraft 3.5 inch gun?", "A 3.5-inch gun."),
        ("What is an anti-aircraft gun?", "An Anti Aircraft gun."),
        ("What did Zoë do?", "Zoe ran."),
        ("missile's range", "The missiles range far."),
    ],
)
def test_words_are_found_however_they_are_written(tmp_path: Path, question: str, words: str) -> None:
    others = {f"{number}.md": "Other words stand here, and here." for number in range(3)}
    library = tiny_library(tmp_path / "articles", {**others, "wanted.md": words})
    found = Retriever(library, 10, Mode.LEXICAL).search(question, 1)
    assert found[0].document.source == "wanted.md"


def test_what_is_quoted_must_stand_there_word_for_word(tmp_path: Path) -> None:
    articles = {"a.md": "The deal was new. A real deal.", "b.md": "Then came the New Deal, a real deal, a deal."}
    retriever = Retriever(tiny_library(tmp_path / "articles", articles), 10)
    assert [hit.document.source for hit in retriever.search('What was the "new deals"?', 5)] == ["b.md"]
    assert len(retriever.search("What was the new deal?", 5)) == 2


def test_what_is_quoted_but_stands_nowhere_is_searched_for_by_its_words(tmp_path: Path) -> None:
    retriever = Retriever(tiny_library(tmp_path / "articles", {"a.md": "A deal, and new."}), 10)
    assert len(retriever.search("What was the “new raw deal”?", 5)) == 1


def test_an_article_is_found_by_its_title_alone(tmp_path: Path) -> None:
    articles = {"a.md": "---\ntitle: The Rhine\n---\nIt flows north.", "b.md": "It flows south.", "c.md": "It stands."}
    retriever = Retriever(tiny_library(tmp_path / "articles", articles), 10)
    assert retriever.search("Where does the Rhine go?", 1)[0].document.source == "a.md"


UNPARTED = {
    "zh.md": "# 港口\n\n市议会周二决定关闭旧港大桥，维修需要两年。\n",
    "zh-2.md": "# 面包\n\n酵母使面团膨胀，温暖的厨房可以缩短一半时间。\n",
    "ja.md": "# 橋\n\n議会は火曜日に古い橋の閉鎖を決めた。工事は二年かかる。\n",
    "ja-2.md": "# パン\n\n酵母は生地を膨らませる。台所が暖かいと早い。\n",
    "ko.md": "# 다리\n\n의회는 화요일에 오래된 다리를 폐쇄하기로 결정했다.\n",
    "ko-2.md": "# 빵\n\n효모는 반죽을 부풀게 한다. 부엌이 따뜻하면 빠르다.\n",
    "ar.md": "# الجسر\n\nقرر المجلس إغلاق الجسر القديم يوم الثلاثاء.\n",
    "ar-2.md": "# الخبز\n\nتجعل الخميرة العجين ينتفخ في المطبخ الدافئ.\n",
}


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("旧港大桥什么时候关闭？", "zh.md"),
        ("面团为什么膨胀？", "zh-2.md"),
        ("古い橋はいつ閉鎖されますか", "ja.md"),
        ("生地を膨らませるものは何ですか", "ja-2.md"),
        ("다리는 언제 폐쇄됩니까?", "ko.md"),
        ("무엇이 반죽을 부풀게 합니까?", "ko-2.md"),
        ("متى يغلق جسر المدينة؟", "ar.md"),
        ("ماذا تفعل خميرة بالعجين؟", "ar-2.md"),
    ],
)
def test_a_question_in_a_script_that_does_not_part_words_finds_its_article_by_its_words(
    tmp_path: Path, question: str, source: str
) -> None:
    search = Retriever(tiny_library(tmp_path, UNPARTED), candidates=40, mode=Mode.LEXICAL)
    assert search.search(question, 1)[0].document.source.endswith(source)
