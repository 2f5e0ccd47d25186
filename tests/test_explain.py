"""Explanations: they tell what the search itself did, and what they say would help does help."""

import json
from pathlib import Path

import pytest

import rag.llama
from rag.assistant import Assistant
from rag.conditions import Condition
from rag.errors import LibraryError, QuestionError
from rag.explanation import Absence, Stage
from rag.library import Library
from rag.questions import QuestionKind
from rag.settings import Settings
from rag.testing import ScriptedGenerator, tiny_library
from tests.conftest import Command

QUESTION = "Which missiles did North Korea condemn?"


def assistant(library: Library, **settings: object) -> Assistant:
    values = library.settings.model_dump() | settings
    return Assistant(library, settings=Settings(**values), generator=ScriptedGenerator([]))


@pytest.fixture
def crowd(tmp_path: Path) -> Library:
    """Thirty articles: each further one is longer and says less of missiles; the last six nothing."""
    articles = {
        f"{n:02}.md": f"The count of missiles is {n}. " + "Nothing else was said on that day in town. " * n
        for n in range(24)
    } | {f"{n:02}.md": f"Bakers in town {n} sold bread and cake." for n in range(24, 30)}
    return tiny_library(tmp_path, articles, candidates=8, hits=3)


def test_candidates_come_as_search_returns_them_with_the_same_ranks_and_scores(crowd: Library) -> None:
    asking = assistant(crowd)
    hits = asking.retriever.search("How many missiles?", 8)
    candidates = asking.why("How many missiles?").candidates
    assert [candidate.chunk for candidate in candidates[:8]] == [hit.chunk for hit in hits]
    for hit, candidate in zip(hits, candidates, strict=False):
        ranks = {stage: place.rank if place else None for stage, place in candidate.places.items()}
        assert ranks == hit.ranks
        assert candidate.places["reranked"] is not None
        assert candidate.places["reranked"].score == hit.score
        assert candidate.relevance == max(hit.relevance)


def test_what_either_search_proposes_is_reranked(tmp_path: Path) -> None:
    library = tiny_library(
        tmp_path, {"a.md": "Zebra zebra.", "b.md": "Alpha beta zebra gamma delta.", "c.md": "The the."}, candidates=1
    )
    candidates = assistant(library).why("the zebra the").candidates
    assert [candidate.places["reranked"] and candidate.places["reranked"].rank for candidate in candidates] == [1, 2]
    assert {tuple(stage for stage in ("dense", "lexical") if each.places[stage]) for each in candidates} == {
        ("dense",),
        ("lexical",),
    }


def test_the_words_that_match_and_those_that_are_nowhere(library: Library) -> None:
    explanation = assistant(library).why("Which missile did zebras object to?")
    assert explanation.terms == {"missile": 1, "zebras": 0, "object": 1}
    by_source = {candidate.document.source: candidate.terms for candidate in explanation.candidates}
    assert by_source == {"missiles.md": ("missile", "object"), "bread.md": (), "notes/shells.txt": ()}


def test_the_sentences_shown_are_those_of_the_prompt(library: Library) -> None:
    generator = ScriptedGenerator(["North Korea condemned the joint production of missiles."])
    asking = Assistant(library, generator=generator)
    shown = [sentence.text for candidate in asking.why(QUESTION).candidates for sentence in candidate.shown or ()]
    assert generator.seen == []
    asking.ask(QUESTION)
    prompt = "\n".join(message.content for message in generator.seen[0])
    texts = [s.text for candidate in asking.why(QUESTION).candidates for s in candidate.chunk.sentences]
    assert [text for text in texts if text in prompt] == [text for text in texts if text in shown] != []


def test_nothing_is_shown_where_nothing_bears_on_the_question(library: Library) -> None:
    candidates = assistant(library).why("Zebras juggle?").candidates
    assert [candidate.shown for candidate in candidates] == [()] * 3


def is_shown(library: Library, source: str, question: str, settings: dict[str, int]) -> bool:
    candidates = assistant(library, **settings).why(question).candidates
    return any(candidate.shown for candidate in candidates if candidate.document.source == source)


@pytest.mark.parametrize("number", range(30))
def test_the_remedy_brings_the_article_into_the_prompt(crowd: Library, number: int) -> None:
    source, question = f"{number:02}.md", "What is the count of missiles?"
    absence = assistant(crowd, evidence_tokens=64).why_not(source, question)
    present = {"evidence_tokens": 64}
    assert (absence.lost_at is None) == is_shown(crowd, source, question, present)
    everything = {"candidates": 30, "hits": 30, "evidence_tokens": 1000}
    assert bool(absence.remedy) == (absence.lost_at is not None and is_shown(crowd, source, question, everything))
    if absence.remedy:
        assert is_shown(crowd, source, question, present | absence.remedy)
    assert all(gap >= 0 for gap in absence.gaps.values())


def test_an_article_is_lost_at_each_stage_in_turn(crowd: Library) -> None:
    def lost(source: str, question: str = "What is the count of missiles?", **settings: int) -> Absence:
        return assistant(crowd, **settings).why_not(source, question)

    assert lost("00.md").lost_at is None
    far = lost("29.md")
    assert (far.lost_at, set(far.gaps)) == (Stage.SEARCH, {"dense"})
    assert far.candidates[0].places["dense"] is not None
    assert far.candidates[0].places["dense"].rank > 8
    assert far.candidates[0].places["lexical"] is None
    behind = lost("01.md", hits=1)
    assert (behind.lost_at, set(behind.gaps)) == (Stage.RERANKED, {"reranked"})
    assert behind.remedy["hits"] > 1
    nowhere = lost(assistant(crowd).search("Zebras juggle?", 1)[0].document.source, "Zebras juggle?")
    assert (nowhere.lost_at, nowhere.remedy) == (Stage.RELEVANCE, {})


def test_an_article_is_lost_for_want_of_what_is_quoted(library: Library, command: Command) -> None:
    question = 'Who condemned the "joint production" of missiles?'
    assert assistant(library).why_not("missiles.md", question).lost_at is None
    absence = assistant(library).why_not("bread.md", question)
    assert (absence.lost_at, absence.remedy, absence.candidates) == (Stage.QUOTED, {}, ())
    said = command("why-not", "bread.md", question).stdout
    assert said.startswith("bread.md is lost at the stage 'quoted'. It lacks the words that the question quotes")


def test_an_article_is_lost_for_want_of_tokens(tmp_path: Path) -> None:
    full = "Missiles were counted." + " It rained." * 29
    north = "Missiles were counted in the north."
    library = tiny_library(tmp_path, {"full.md": full, "north.md": north})
    absence = assistant(library, evidence_tokens=64).why_not("north.md", "Which missiles were counted?")
    tokens = len(full.split()) + len(north.split())
    assert (absence.lost_at, absence.remedy) == (Stage.BUDGET, {"evidence_tokens": tokens})
    assert absence.gaps == {"evidence_tokens": tokens - 64}
    assert assistant(library, evidence_tokens=64).why_not("north.md", "Were missiles counted?").lost_at is None


def test_an_article_is_lost_behind_one_that_bears_much_better(tmp_path: Path) -> None:
    library = tiny_library(tmp_path, {"a.md": "Missiles were counted.", "b.md": "Missiles flew over the bread."})
    behind = assistant(library).why_not("b.md", "Which missiles were counted?")
    assert (behind.lost_at, behind.remedy, set(behind.gaps)) == (Stage.BEHIND, {}, {"relevance"})
    assert behind.gaps["relevance"] > 0


def test_the_conditions_that_are_not_met_are_named(library: Library) -> None:
    where = [Condition.parse("date>=2026"), Condition.parse("title~objects")]
    absence = assistant(library).why_not("missiles.md", QUESTION, where=where)
    assert (absence.lost_at, absence.unmet, absence.candidates) == (Stage.FILTER, (where[0],), ())
    assert assistant(library).why_not("missiles.md", QUESTION, where=where[1:]).lost_at is None
    found = assistant(library).why(QUESTION, where=where[1:]).candidates
    assert [candidate.document.source for candidate in found] == ["missiles.md"]


def test_without_weights_what_is_shown_stays_unknown(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_MODELS", "nowhere")
    asking = Assistant(library, settings=Settings.read(library=library.folder, encoder="hashing"))
    assert [candidate.shown for candidate in asking.why(QUESTION).candidates] == [None] * 3
    absence = asking.why_not("missiles.md", QUESTION)
    assert absence.lost_at is None
    assert not Path("nowhere").exists()


def test_what_cannot_be_explained_is_said_in_one_line(library: Library) -> None:
    asking = assistant(library)
    with pytest.raises(LibraryError, match="holds nothing called 'tides"):
        asking.why_not("tides.md", QUESTION)
    with pytest.raises(LibraryError, match="names 2 files, among them bread"):
        asking.why_not("*.md", QUESTION)
    for explain in (asking.why, lambda question: asking.why_not("bread.md", question)):
        with pytest.raises(QuestionError, match="empty"):
            explain(" ")


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands count a scripted model's tokens instead of llama.cpp's."""
    (tmp_path / "any.gguf").write_bytes(b"GGUF")
    monkeypatch.setenv("RAG_LLM", "any.gguf")
    monkeypatch.setattr(rag.llama, "LlamaCppGenerator", lambda *_: ScriptedGenerator([]))


@pytest.mark.usefixtures("scripted")
def test_why_prints_a_table(library: Library, command: Command) -> None:
    ran = command("why", QUESTION)
    assert ran.status == 0
    heading, first, *_ = ran.stdout.splitlines()
    assert heading.split()[:5] == ["dense", "lexical", "fused", "reranked", "shown"]
    assert "Pyongyang objects · missiles.md" in first
    assert "“North Korea condemned the joint production of missiles.”" in ran.stdout
    assert "In no article: zebras, bake." in command("why", "Do zebras bake bread?").stdout


def test_of_a_yes_no_question_no_model_is_asked_and_why_says_so(library: Library, command: Command) -> None:
    explanation = assistant(library).why("Did North Korea condemn missiles?")
    assert explanation.kind is QuestionKind.YES_NO
    assert {candidate.shown for candidate in explanation.candidates} == {None}
    said = command("why", "Did North Korea condemn missiles?").stdout
    assert said.endswith("A yes/no question: no language model is asked; what the articles say decides.\n")
    assert "yes/no" not in command("why", QUESTION).stdout
    assert command("why-not", "missiles.md", "Did North Korea condemn missiles?").stdout.startswith(
        "missiles.md is found.\n"
    )


@pytest.mark.usefixtures("scripted")
def test_why_as_json_says_what_the_table_says(library: Library, command: Command) -> None:
    plain = json.loads(command("why", QUESTION, "--json", "--source", "*.md").stdout)
    assert (plain["question"], plain["kind"], plain["terms"]["korea"]) == (QUESTION, "list", 1)
    best, other = plain["candidates"]
    assert (best["source"], other["source"]) == ("missiles.md", "bread.md")
    assert best["places"]["lexical"]["rank"] == best["places"]["reranked"]["rank"] == 1
    assert best["best_sentence"]["text"] in [sentence["text"] for sentence in best["shown"]]
    assert other["places"]["lexical"] is None


@pytest.mark.usefixtures("scripted")
def test_why_exits_with_1_where_nothing_is_found(library: Library, command: Command) -> None:
    ran = command("why", QUESTION, "--where", "date>2030")
    assert (ran.status, ran.stdout) == (1, "")
    assert ran.stderr.startswith("No article in the library meets 'date>2030'")


@pytest.mark.usefixtures("scripted")
def test_why_not_says_where_and_what_would_help(
    library: Library, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("why-not", "missiles.md", QUESTION).stdout.startswith("missiles.md is found, and shown to the")
    unmet = command("why-not", "bread.md", QUESTION, "--where", "date>=2025")
    assert unmet.stdout == "bread.md is lost at the stage 'filter'. It does not meet the conditions: date>=2025.\n"
    behind = command("why-not", "bread.md", QUESTION).stdout
    assert behind.startswith("bread.md is lost at the stage 'behind'. It is found, but bears so much less")
    assert "(relevance). No setting would bring it in.\n" in behind
    monkeypatch.setenv("RAG_HITS", "1")
    both = "Which yeast makes the dough rise, and which missiles did North Korea condemn?"
    ran = command("why-not", "missiles.md", both)
    assert ran.status == 0
    assert ran.stdout.startswith("missiles.md is lost at the stage 'reranked'. It is a candidate, but others bear")
    plain = json.loads(command("why-not", "missiles.md", both, "--json").stdout)
    assert (plain["lost_at"], plain["source"], plain["unmet"]) == ("reranked", "missiles.md", [])
    assert f"It would be in with hits = {plain['remedy']['hits']}" in ran.stdout
    missing = command("why-not", "tides.md", QUESTION)
    assert (missing.status, missing.stdout) == (2, "")
