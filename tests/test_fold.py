"""Near-copies are folded into one Hit that lists them; what only looks alike is not, and no place is lost to copies."""

import json
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.conditions import Condition
from rag.datatypes import Chunk, Document, Hit
from rag.explanation import Stage
from rag.fold import fold_copies
from rag.retrieve import Retriever
from rag.sentences import split_sentences
from rag.settings import Settings
from rag.testing import ScriptedGenerator, tiny_library
from tests.conftest import Command
from tests.test_seeds import ARTICLES, read_article, read_cases

PAIRS = read_cases("near-copies.jsonl")
COPIES = [pair for pair in PAIRS if pair["folds"]]
OTHERS = [pair for pair in PAIRS if not pair["folds"]]
REPORT = COPIES[0]["higher"]
QUESTION = "Where did the ferry run aground?"
PAPERS = {f"{paper}.md": f"# {paper}\n\n{REPORT}" for paper in ("Courier", "Gazette", "Herald", "Mail", "Post", "Star")}
BREAD = "Bakers in Carn baked bread for the passengers of the ferry."


def hits(*texts: str) -> list[Hit]:
    found = []
    for number, text in enumerate(texts):
        chunk = Chunk(str(number), text, 0, len(text), tuple(split_sentences(text)), number)
        found.append(Hit(chunk, Document(str(number), text, "", f"{number}.md"), 1.0, {}, (1.0,)))
    return found


@pytest.mark.parametrize("pair", COPIES, ids=lambda pair: pair["kind"])
def test_a_copy_is_folded_into_what_stands_above_it(pair: dict[str, str]) -> None:
    (hit,) = fold_copies(hits(pair["higher"], pair["lower"]))
    assert hit.chunk.text == pair["higher"]
    assert [copy.chunk.text for copy in hit.also] == [pair["lower"]]


@pytest.mark.parametrize("turned", [False, True], ids=["as it is", "turned round"])
@pytest.mark.parametrize("pair", OTHERS, ids=lambda pair: pair["kind"])
def test_what_only_looks_alike_stays(pair: dict[str, str], turned: bool) -> None:
    texts = [pair["lower"], pair["higher"]] if turned else [pair["higher"], pair["lower"]]
    found = hits(*texts)
    assert fold_copies(found) == found


def test_what_says_more_than_the_copy_above_it_stays() -> None:
    found = hits(next(pair["lower"] for pair in COPIES if pair["kind"] == "cut at the end"), REPORT)
    assert fold_copies(found) == found


def test_sample_articles_and_odd_texts_are_no_copies_of_one_another() -> None:
    found = hits(*(read_article(path)[1] for path in ARTICLES), "", "?", "A b.", "平壌は合意を非難した。")
    assert fold_copies(found) == found


def test_copies_are_folded_into_the_first_and_the_order_stays() -> None:
    found = hits(REPORT, BREAD, REPORT, "?", BREAD, REPORT, "?")
    folded = fold_copies(found)
    assert [hit.chunk.id for hit in folded] == [0, 1, 3]
    assert [[copy.chunk.id for copy in hit.also] for hit in folded] == [[2, 5], [4], [6]]


def test_copies_take_no_places(tmp_path: Path) -> None:
    distinct = {f"{number}.md": f"The ferry to island {number} sails at {number} o'clock." for number in range(4)}
    library = tiny_library(tmp_path, PAPERS | distinct)
    for candidates in (4, 40):
        first, *rest = Retriever(library, candidates).search(QUESTION, 4)
        assert first.document.source in PAPERS
        assert {copy.document.source for copy in first.also} <= PAPERS.keys() - {first.document.source}
        assert len(first.also) >= 3
        assert len(rest) == 3
        assert {hit.document.source for hit in rest} <= distinct.keys()


def test_copies_take_no_places_among_articles_that_meet_conditions(tmp_path: Path) -> None:
    library = tiny_library(tmp_path, PAPERS | {"bread.md": BREAD, "other/bread.md": BREAD})
    where = [Condition.parse("source!=other")]
    found = Retriever(library, 3).search(QUESTION, 2, where)
    assert len(found) == 2
    assert [copy.document.source for copy in found[1].also] == []
    assert Retriever(library, 3).search(QUESTION, 5, [Condition.parse("source=other")])[0].also == ()


def test_search_lists_the_other_sources(tmp_path: Path, command: Command) -> None:
    tiny_library(tmp_path, PAPERS | {"bread.md": BREAD})
    plain = json.loads(command("search", QUESTION, "--json").stdout)
    first, second = plain["hits"]
    assert (second["source"], second["also"]) == ("bread.md", [])
    assert {first["source"], *(copy["source"] for copy in first["also"])} == PAPERS.keys()
    assert first["also"][0].keys() == {"chunk_id", "document_id", "source", "title", "date"}
    listed = ", ".join(copy["source"] for copy in first["also"])
    assert f"   also in {listed}\n" in command("search", QUESTION).stdout


def test_an_explanation_says_what_was_folded_into_what(tmp_path: Path, command: Command) -> None:
    library = tiny_library(tmp_path, PAPERS | {"bread.md": BREAD}, hits=1)
    asking = Assistant(library, settings=Settings(**library.settings.model_dump()), generator=ScriptedGenerator([]))
    (hit,) = asking.search(QUESTION)
    candidates = asking.why(QUESTION).candidates
    folded = {candidate.chunk.id: candidate.folded_into for candidate in candidates if candidate.folded_into}
    assert folded == dict.fromkeys([copy.chunk.id for copy in hit.also], hit)
    assert candidates[0].folded_into is None

    source = hit.also[0].document.source
    absence = asking.why_not(source, QUESTION)
    assert (absence.lost_at, absence.remedy, absence.gaps) == (Stage.FOLDED, {}, {})
    assert absence.to_dict()["candidates"][0]["folded_into"] == {
        "chunk_id": hit.chunk.id,
        "source": hit.document.source,
    }
    behind = asking.why_not("bread.md", QUESTION)
    assert (behind.lost_at, behind.remedy["hits"]) == (Stage.RERANKED, 2)

    assert f"(repeats {hit.document.source})" in command("why", QUESTION).stdout
    said = command("why-not", source, QUESTION).stdout
    assert said.startswith(f"{source} is lost at the stage 'folded'. It only repeats another article")
    assert f": {hit.document.source}.\n" in said
