"""Each check of the verifier: what it lets pass, what it catches, and where it does not apply."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rag.attribute import attribute_sentences
from rag.checks import CHECKS
from rag.checks.clauses import split_clauses
from rag.checks.dates import When, find_dates
from rag.checks.names import is_demonym
from rag.checks.negation import denies
from rag.checks.numbers import Quantity, find_quantities
from rag.checks.speech import spoken_words
from rag.datatypes import Document
from rag.load import load_documents
from rag.prompt import Evidence
from rag.sentences import split_sentences

ROOT = Path(__file__).parent
CLAIMS = [json.loads(line) for line in (ROOT / "cases/claims.jsonl").read_text(encoding="utf-8").splitlines()]
# What benchmarks/checks.py shows, rounded down to a twentieth: right ones that pass, wrong ones that are caught.
FLOORS = {False: (1.0, 0.85), True: (0.85, 0.75)}


def evidence(text: str, date: str | None = None) -> list[Evidence]:
    document = Document("d", text, "Article", "article.md", date)
    return [Evidence(document, 0, sentence, 1.0) for sentence in split_sentences(text)]


def outcome(check: str, sentence: str, source: str, date: str | None = None) -> bool | None:
    [attribution] = attribute_sentences(sentence, evidence(source, date))
    return CHECKS[check](attribution)


def is_borne(claim: dict[str, Any]) -> bool:
    [document] = load_documents((ROOT.parent / "seeds" / claim["document"]).read_bytes(), claim["document"])
    sources = [Evidence(document, 0, sentence, 1.0) for sentence in split_sentences(document.text)]
    return all(
        check(attribution) is not False
        for attribution in attribute_sentences(claim["claim"], sources)
        for check in CHECKS.values()
    )


@pytest.mark.parametrize("held_out", [False, True], ids=["development", "held out"])
def test_the_checks_together_pass_right_claims_and_catch_wrong_ones(held_out: bool) -> None:
    claims = [claim for claim in CLAIMS if claim["held_out"] is held_out]
    rates = []
    for supported in (True, False):
        judged = [is_borne(claim) == supported for claim in claims if claim["supported"] is supported]
        rates.append(sum(judged) / len(judged))
    assert rates[0] >= FLOORS[held_out][0]
    assert rates[1] >= FLOORS[held_out][1]


def test_every_check_has_claims_of_its_kind() -> None:
    assert {claim["kind"] for claim in CLAIMS} == set(CHECKS)


@pytest.mark.parametrize("check", [name for name in CHECKS if name != "words"])
def test_a_check_abstains_where_it_does_not_apply(check: str) -> None:
    assert outcome(check, "Yeast feeds the dough.", "Yeast feeds the dough.") is None


@pytest.mark.parametrize(
    ("check", "sentence", "source", "passes"),
    [
        ("numbers", "It has 1200 rooms.", "It has 1,200 rooms.", True),
        ("numbers", "It has 1,200 rooms.", "It has 1,201 rooms.", False),
        ("numbers", "It has twelve hundred rooms.", "It has 1,200 rooms.", True),
        ("numbers", "It cost 2.6 million pounds.", "It cost £2.6 million.", True),
        ("numbers", "It cost 2.6 million pounds.", "It cost £2.6m.", True),
        ("numbers", "It is 4,274 metres (14,022 feet) high.", "It rises to 4,274 m (14,022 ft).", True),
        ("numbers", "It is 4,274 metres high.", "It rises to 4,274 ft.", False),
        ("numbers", "It has 4.5 million readers.", "It has 4.5m readers.", True),
        ("numbers", "It cost 2.6 million euros.", "It cost £2.6 million.", False),
        ("numbers", "It rose by 8 per cent.", "It rose by 8%.", True),
        ("numbers", "It rose by 8 points.", "It rose by 8%.", False),
        ("numbers", "She came third in the race.", "She came second in the race.", False),
        ("numbers", "Nearly 500 people came.", "Exactly 492 people came.", True),
        ("numbers", "The farm has 5 dogs.", "The farm has 3 dogs. The mill has 5 dogs.", False),
        ("numbers", "The flood killed 3 and left 40 others hurt.", "The flood killed 3 and left 40 hurt.", True),
        ("dates", "It opened on 3 May 2021.", "It opened on May 3, 2021.", True),
        ("dates", "It opened in May 2021.", "It opened on 3 May 2021.", True),
        ("dates", "It opened on 3 May 2021.", "It opened in May 2021.", False),
        ("dates", "It opened in 2020.", "It opened in 2021.", False),
        ("names", "It was Kim who spoke.", "It was Kim Jong Un who spoke.", True),
        ("names", "It was Lee who spoke.", "It was Kim who spoke.", False),
        ("names", "The US left it.", "The U.S. left it.", True),
        ("names", "He joined NATO.", "He joined the North Atlantic Treaty Organization.", True),
        ("names", "He joined the North Atlantic Treaty Organization.", "He joined NATO.", True),
        ("names", "The Dutch minister left.", "The minister of the Netherlands left.", True),
        ("names", "It was Acme who will build it.", "Acme sold a mill. The firm will build it.", True),
        ("names", "He went to South Korea.", "He went to North Korea.", False),
        ("negation", "The bridge was damaged.", "The bridge was not damaged.", False),
        ("negation", "The bridge wasn't damaged.", "The bridge was not damaged.", True),
        ("negation", "No. 4 was damaged.", "No. 4 was damaged.", None),
        ("opposites", "The road is closed.", "The road is open.", False),
        ("opposites", "The road is closed.", "The road is open. The bridge is closed.", None),
        ("opposites", "Its cause is known.", "Its cause is unknown.", False),
        ("roles", "Rome defeated Carthage.", "Carthage was defeated by Rome.", True),
        ("roles", "Carthage defeated Rome.", "Carthage was defeated by Rome.", False),
        ("roles", "Peru condemned the treaty.", "Chile condemned the treaty with Peru.", False),
        ("roles", "Chile condemned the treaty.", "Santiago condemned the treaty with Peru.", None),
        ("roles", "Peru condemned the treaty.", "The head of Peru condemned the treaty.", None),
        ("speech", "The bridge is safe.", "The bridge is safe, Amina Dray said.", False),
        ("speech", "Amina Dray said the bridge is safe.", "The bridge is safe, Amina Dray said.", None),
        ("certainty", "The bridge was built.", "The bridge is to be built.", False),
        ("certainty", "The bridge may be built.", "The bridge could be built.", True),
        ("speech", "The mayor is Amina Dray.", "Amina Dray, the mayor, said this was wrong.", True),
        ("comparisons", "It is the largest mill.", "It is the second largest mill.", False),
        ("comparisons", "It is the biggest mill.", "It is the largest mill.", True),
        ("comparisons", "It has more than 500 rooms.", "It has 500 rooms.", False),
        ("comparisons", "It has over fifty rooms.", "It has 50 rooms.", False),
        ("comparisons", "It is setting up a mill over the river.", "It builds a mill across the river.", None),
        ("comparisons", "Prices went down.", "Prices went up.", False),
        ("comparisons", "It closed last week.", "It closed a week ago.", None),
        ("comparisons", "It is the largest mill.", "It is the largest mill and the second largest tower.", True),
        ("words", "The mill burned down.", "A bridge was painted.", False),
    ],
)
def test_a_check_tells_right_from_wrong(check: str, sentence: str, source: str, passes: bool | None) -> None:
    assert outcome(check, sentence, source) is passes


@pytest.mark.parametrize(
    ("said", "written", "published", "passes"),
    [
        ("It opened on 6 April 2025.", "It opened on Sunday.", "2025-04-06", True),
        ("It opened on 6 April 2025.", "It opened on Sunday.", "2025-04-08", True),
        ("It opened on 8 April 2025.", "It opened on Sunday.", "2025-04-08", False),
        ("It opened on 5 April 2025.", "It opened yesterday.", "2025-04-06", True),
        ("It opened on 30 December 2024.", "It opened on 30 December.", "2025-01-02", True),
        ("It opened on 30 December 2025.", "It opened on 30 December.", "2025-01-02", False),
        ("It opened on 6 April 2025.", "It opened on Sunday.", None, False),
    ],
)
def test_days_without_a_year_are_completed_by_the_articles_date(
    said: str, written: str, published: str | None, passes: bool
) -> None:
    assert outcome("dates", said, written, published) is passes


def test_numbers_in_dates_count_nothing() -> None:
    assert find_quantities("On 30 March 2025, in 1998 and on 2024-05-06.") == ()
    assert find_quantities("It cost £1.5 million.") == (Quantity(1_500_000.0, "pound", ordinal=False, rough=False),)


def test_dates_are_read_as_far_as_they_are_given() -> None:
    assert find_dates("On 30 March 2025, in May 2021, in 1998, on Friday and on 2024-05-06.") == (
        When(2025, 3, 30),
        When(2021, 5),
        When(1998),
        When(weekday=4),
        When(2024, 5, 6, 0),
    )


@pytest.mark.parametrize(
    ("people", "country", "same"),
    [("japanese", "japan", True), ("russian", "russia", True), ("french", "france", True), ("korean", "japan", False)],
)
def test_people_are_called_after_their_country(people: str, country: str, same: bool) -> None:
    assert is_demonym(people, country) is same


@pytest.mark.parametrize(
    ("clause", "denied"),
    [("It was not built", True), ("It was never not built", False), ("not only this", False), ("It was built", False)],
)
def test_two_negations_deny_nothing(clause: str, denied: bool) -> None:
    assert denies(clause) is denied


@pytest.mark.parametrize(
    ("sentence", "spoken"),
    [
        ("China objected, saying that it would harm trade.", " that it would harm trade."),
        ("The bridge is safe, Dray said.", "The bridge is safe"),
        ("The bridge is safe, said Dray, who built it.", "The bridge is safe, "),
        ("Amina Dray, the mayor, said this was wrong.", " this was wrong."),
        ("The fog, a kind called haar, closed the port.", ""),
        ("He left by the gate, though Ann believed it shut.", " it shut."),
        ("Rain fell.", ""),
    ],
)
def test_what_somebody_says_is_told_apart_from_who_says_it(sentence: str, spoken: str) -> None:
    assert spoken_words(sentence) == spoken


def test_clauses_are_not_cut_within_numbers_and_times() -> None:
    clauses: Sequence[str] = split_clauses("He ran 3,000 metres in 2:08:30, and nobody saw it.")
    assert clauses == ["He ran 3,000 metres in 2:08:30", "and nobody saw it."]


def test_a_source_that_is_clearly_closer_and_of_somebody_else_denies_what_is_pieced_together() -> None:
    source = "Hanna Bielska won the women's race in Marrowbridge. Marrowbridge cheered Tomas Eide, who won before."
    assert outcome("together", "Hanna Bielska won the women's race in Marrowbridge.", source) is True
    assert outcome("together", "Tomas Eide won the women's race in Marrowbridge.", source) is False
