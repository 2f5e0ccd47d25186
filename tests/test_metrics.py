"""Every metric against its reference, or against cases that can be counted by hand."""

import random
import string
from collections.abc import Callable
from typing import Any, TypeAlias

import ir_measures
import pytest
from ir_measures import AP, RR, P, R, Success, nDCG
from rouge_score import rouge_scorer
from sklearn import metrics as sklearn_metrics

from rag.evaluate.metrics.answer import contains_borne_gold, contains_gold, exact_match, normalise_answer, token_f1
from rag.evaluate.metrics.citation import (
    Span,
    citation_exactness,
    citation_hit_rate,
    citation_precision,
    citation_recall,
    locate_quote,
    widen_to_neighbours,
    widen_to_paragraphs,
)
from rag.evaluate.metrics.confusion import count_decisions
from rag.evaluate.metrics.refusal import false_refusal, refusal_f1, refusal_precision, refusal_recall
from rag.evaluate.metrics.retrieval import (
    average_precision_at_k,
    hits_at_k,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
    reciprocal_rank_at_k,
)
from rag.evaluate.metrics.rouge import RougeL, rouge_l
from rag.evaluate.metrics.verification import roc_auc

Metric: TypeAlias = Callable[[list[str], dict[str, int], int], float | None]

RETRIEVAL: dict[Metric, Any] = {
    hits_at_k: Success,
    recall_at_k: R,
    precision_at_k: P,
    reciprocal_rank_at_k: RR,
    average_precision_at_k: AP,
    ndcg_at_k: nDCG,
}

WORDS = [
    *("the", "The", "a", "an", "cat", "Cat", "cats", "sat", "on", "mat", "and", "1,000", "3.5%", "U.S.", "naïve"),
    *("Zürich", "don't", "“quoted”", "co-op", "42", "—", "...", "another", "theatre", "ΑΒΓ", "Москва", "東京"),
]


def random_text(chance: random.Random, most: int = 12) -> str:
    gaps = [" ", " ", " ", "  ", "\n", "\t", ", ", "-"]
    return "".join(chance.choice(WORDS) + chance.choice(gaps) for _ in range(chance.randint(0, most)))


def random_rankings(number: int) -> dict[str, tuple[list[str], dict[str, int]]]:
    """Rankings of 0 to 30 of 40 ids against 1 to 15 graded ones, at least one of them relevant."""
    chance = random.Random(11)
    ids = [f"d{i}" for i in range(40)]
    rankings = {}
    for i in range(number):
        ranked = chance.sample(ids, chance.randint(0, 30))
        graded = chance.sample(ids, chance.randint(1, 15))
        relevance = {id_: chance.randint(0, 3) for id_ in graded} | {graded[0]: chance.randint(1, 3)}
        rankings[f"q{i}"] = (ranked, relevance)
    return rankings


@pytest.mark.parametrize("k", [1, 3, 10, 100])
@pytest.mark.parametrize(("metric", "reference"), RETRIEVAL.items(), ids=lambda it: getattr(it, "__name__", ""))
def test_retrieval_metrics_equal_ir_measures(metric: Metric, reference: Any, k: int) -> None:
    rankings = random_rankings(300)
    qrels = {query: relevance for query, (_, relevance) in rankings.items()}
    run = {query: {id_: float(-rank) for rank, id_ in enumerate(ranked)} for query, (ranked, _) in rankings.items()}

    expected = {it.query_id: it.value for it in ir_measures.iter_calc([reference @ k], qrels, run)}

    assert len(expected) == 300
    assert {query: metric(*rankings[query], k) for query in rankings} == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("metric", RETRIEVAL, ids=lambda it: it.__name__)
def test_retrieval_metrics_abstain_where_nothing_is_relevant(metric: Metric) -> None:
    assert metric(["a", "b"], {}, 5) is None
    assert metric(["a", "b"], {"a": 0, "b": -1}, 5) is None


@pytest.mark.parametrize("metric", RETRIEVAL, ids=lambda it: it.__name__)
def test_retrieval_metrics_refuse_a_ranking_that_names_an_id_twice(metric: Metric) -> None:
    with pytest.raises(ValueError, match="twice"):
        metric(["a", "a"], {"a": 1}, 5)


def test_ndcg_matches_the_numbers_in_its_docstring() -> None:
    assert ndcg_at_k(["x", "y", "z"], {"x": 1, "y": 0, "z": 2}, 3) == pytest.approx(0.76, abs=0.001)


# The definition of SQuAD 2.0 (evaluate-v2.0.py, rajpurkar/SQuAD-explorer), restated step by step and on purpose without
# the shortcuts of the code under test: lower case; each ASCII punctuation mark removed; the words a, an and the
# replaced by a space; white space made single. Gold answers that are empty after that are dropped, and "" stands in
# where none is left. Exact match and F1 are the best over the gold answers; with an empty side, F1 asks for two.


def squad_tokens(text: str) -> list[str]:
    kept = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    word, out = "", ""
    for letter in [*kept, " "]:
        if letter.isalnum() or letter == "_":
            word += letter
            continue
        out += (" " if word in ("a", "an", "the") else word) + letter
        word = ""
    return out.split()


def squad_scores(answer: str, golds: list[str]) -> tuple[float, float]:
    said = squad_tokens(answer)
    exact, f1 = [], []
    for gold in [tokens for tokens in map(squad_tokens, golds) if tokens] or [[]]:
        exact.append(float(said == gold))
        left = list(gold)
        same = 0
        for token in said:
            if token in left:
                left.remove(token)
                same += 1
        if not said or not gold:
            f1.append(float(said == gold))
        elif same == 0:
            f1.append(0.0)
        else:
            precision, recall = same / len(said), same / len(gold)
            f1.append(2 * precision * recall / (precision + recall))
    return max(exact), max(f1)


def random_answers(number: int) -> list[tuple[str, list[str]]]:
    """Answers with 0 to 4 gold answers, among them empty ones and ones that differ only in what is normalised away."""
    chance = random.Random(5)
    rows = []
    for _ in range(number):
        answer = random_text(chance)
        golds = [random_text(chance, most=5) for _ in range(chance.randint(0, 3))]
        if chance.random() < 0.4:
            golds.append(" ".join(answer.split()[::2]) + random_text(chance, most=4))
        if chance.random() < 0.3:
            golds.append(f"The {answer.upper()}!")
        rows.append((answer, golds))
    return rows


def test_exact_match_and_f1_equal_squads_definition() -> None:
    rows = random_answers(500)

    expected = [squad_scores(answer, golds) for answer, golds in rows]

    assert [exact_match(*row) for row in rows] == [exact for exact, _ in expected]
    assert [token_f1(*row) for row in rows] == pytest.approx([f1 for _, f1 in expected], abs=1e-12)
    assert {exact for exact, _ in expected} == {0.0, 1.0}
    assert sum(0 < f1 < 1 for _, f1 in expected) > 100


def test_saying_nothing_is_right_only_where_there_is_no_answer() -> None:
    assert (exact_match("", []), token_f1("", [])) == (1, 1)
    assert (exact_match("Paris", []), token_f1("Paris", [])) == (0, 0)
    assert (exact_match("", ["Paris"]), token_f1("", ["Paris"])) == (0, 0)


def test_normalisation_drops_case_punctuation_articles_and_white_space() -> None:
    assert normalise_answer(" The  U.S. Army,\nan army! ") == "us army army"


@pytest.mark.parametrize(
    ("answer", "golds", "expected"),
    [
        ("It was the Treaty of Lisbon, in 2007.", ["Treaty of Lisbon"], 1),
        ("It was signed in 2007.", ["Lisbon", "2007"], 1),
        ("It was a catalogue.", ["cat"], 0),
        ("Lisbon, a Treaty of", ["Treaty of Lisbon"], 0),
        ("", ["Lisbon"], 0),
        ("anything", [], None),
        ("anything", ["the"], None),
    ],
)
def test_contains_wants_the_gold_tokens_in_a_row(answer: str, golds: list[str], expected: float | None) -> None:
    assert contains_gold(answer, golds) == expected


def test_rouge_l_equals_the_rouge_score_package() -> None:
    chance = random.Random(3)
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    compared = 0
    for _ in range(400):
        answer, golds = random_text(chance, 40), [random_text(chance, 40) for _ in range(chance.randint(1, 3))]
        golds = [gold for gold in golds if rouge_l("", [gold])]
        if not golds:
            continue
        score = rouge_l(answer, golds)
        reference = scorer.score_multi(golds, answer)["rougeL"]
        assert score is not None
        assert (score.precision, score.recall, score.f1) == pytest.approx(tuple(reference), abs=1e-12)
        compared += 1
    assert compared > 300


def test_rouge_l_abstains_without_a_gold_answer_it_can_read() -> None:
    assert rouge_l("a cat", []) is None
    assert rouge_l("東京", ["東京"]) is None
    assert rouge_l("", ["a cat"]) == RougeL(0, 0)


def test_refusals_that_are_counted_by_hand() -> None:
    # refused, answerable: two right refusals, one wrong one, one that was missed, two right answers.
    pairs = [(True, False), (True, False), (True, True), (False, False), (False, True), (False, True)]

    assert [refusal_precision(*pair) for pair in pairs] == [1, 1, 0, None, None, None]
    assert [refusal_recall(*pair) for pair in pairs] == [1, 1, None, 0, None, None]
    assert [false_refusal(*pair) for pair in pairs] == [None, None, 1, None, 0, 0]
    assert refusal_f1(pairs) == pytest.approx(2 / 3)
    assert refusal_f1([(False, True)]) is None


TEXT = "# Title\n\nFirst one here. Second one.\nStill the first paragraph.\n \n  Other words\there.\r\n\r\nLast."


def span_of(quote: str) -> Span:
    span = locate_quote("a.md", TEXT, quote)
    assert span is not None
    return span


def test_a_quote_is_found_as_it_is_or_with_other_white_space() -> None:
    for quote, found in {
        "Second one.": "Second one.",
        " Second one.\n": "Second one.",
        "Second one. Still the": "Second one.\nStill the",
        "Other\nwords  here.": "Other words\there.",
    }.items():
        span = span_of(quote)
        assert TEXT[span.start : span.end] == found


@pytest.mark.parametrize("quote", ["", " \n", "second one.", "Secondone.", "Second one. (sic)"])
def test_a_quote_that_is_not_there_is_not_found(quote: str) -> None:
    assert locate_quote("a.md", TEXT, quote) is None


@pytest.mark.parametrize(
    ("quote", "paragraph"),
    [
        ("Title", "# Title"),
        ("Second one.", "First one here. Second one.\nStill the first paragraph."),
        ("First one", "First one here. Second one.\nStill the first paragraph."),
        ("Other words", "  Other words\there.\r"),
        ("Last.", "Last."),
        ("Title First", "# Title\n\nFirst one here. Second one.\nStill the first paragraph."),
    ],
)
def test_a_span_widens_to_the_paragraphs_it_touches(quote: str, paragraph: str) -> None:
    span = widen_to_paragraphs(span_of(quote), TEXT)
    assert TEXT[span.start : span.end] == paragraph


def test_citations_that_are_counted_by_hand() -> None:
    gold = [Span("a.md", 10, 20), Span("b.md", 0, 10)]
    cited = [Span("a.md", 15, 25), Span("a.md", 15, 25), Span("a.md", 20, 30)]

    assert citation_precision(cited, gold) == pytest.approx(5 / 15)
    assert citation_hit_rate(cited, gold) == pytest.approx(2 / 3)
    assert citation_recall(cited, gold) == pytest.approx(1 / 2)


def test_a_citation_beside_the_evidence_counts_at_paragraph_grain_only() -> None:
    cited, gold = [span_of("First one here.")], [span_of("Second one.")]
    assert (citation_hit_rate(cited, gold), citation_recall(cited, gold)) == (0, 0)

    wide_cited = [widen_to_paragraphs(span, TEXT) for span in cited]
    wide_gold = [widen_to_paragraphs(span, TEXT) for span in gold]
    assert (citation_hit_rate(wide_cited, wide_gold), citation_recall(wide_cited, wide_gold)) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "quotes", "cites_evidence", "borne"),
    [
        ("In caves.", ["They sleep in caves."], False, 1),
        ("In caves.", ["They sleep there."], False, 0),
        ("In caves.", ["They sleep there."], True, 1),
        ("In trees.", ["They sleep in caves."], True, 0),
        ("In caves.", [], False, 0),
    ],
)
def test_a_gold_answer_counts_as_borne_where_it_is_cited(
    answer: str, quotes: list[str], cites_evidence: bool, borne: float
) -> None:
    assert contains_borne_gold(answer, ["caves"], quotes, cites_evidence) == borne
    assert contains_borne_gold(answer, [], quotes, cites_evidence) is None


@pytest.mark.parametrize(
    ("start", "end", "near"),
    [(12, 15, (0, 30)), (0, 5, (0, 20)), (25, 28, (10, 30)), (5, 12, (0, 30)), (30, 31, (30, 31))],
)
def test_a_span_widens_by_the_sentences_beside_those_that_it_touches(
    start: int, end: int, near: tuple[int, int]
) -> None:
    sentences = [Span("a.md", place, place + 10) for place in (0, 10, 20)]
    assert widen_to_neighbours(Span("a.md", start, end), sentences) == Span("a.md", *near)
    assert widen_to_neighbours(Span("b.md", start, end), sentences) == Span("b.md", start, end)


def test_citation_metrics_abstain_where_they_do_not_apply() -> None:
    span = Span("a.md", 0, 5)
    for metric in (citation_precision, citation_hit_rate, citation_recall):
        assert metric([span], []) is None
        assert metric([], []) is None
    assert citation_precision([], [span]) is None
    assert citation_hit_rate([], [span]) is None
    assert citation_recall([], [span]) == 0
    assert citation_exactness([], {}) is None


def test_exactness_wants_every_letter() -> None:
    texts = {"a.md": "One two three."}
    right = (Span("a.md", 4, 7), "two")
    wrong = [
        (Span("a.md", 4, 7), "Two"),
        (Span("a.md", 3, 7), "two"),
        (Span("a.md", -6, -1), "three"),
        (Span("a.md", 4, 4), ""),
        (Span("b.md", 4, 7), "two"),
    ]
    assert citation_exactness([right], texts) == 1
    assert citation_exactness([right, *wrong], texts) == pytest.approx(1 / 6)


def test_decisions_and_auc_equal_scikit_learn() -> None:
    chance = random.Random(2)
    for _ in range(250):
        n = chance.randint(4, 60)
        labels = [True, False, *(chance.random() < 0.4 for _ in range(n))]
        scores = [round(chance.random(), 1) for _ in labels]  # one decimal, so that many are equal
        decided = [True, *(score >= 0.6 for score in scores[1:])]

        counts = count_decisions(zip(decided, labels, strict=True))

        assert counts.precision == pytest.approx(sklearn_metrics.precision_score(labels, decided))
        assert counts.recall == pytest.approx(sklearn_metrics.recall_score(labels, decided))
        assert counts.f1 == pytest.approx(sklearn_metrics.f1_score(labels, decided))
        assert counts.balanced_accuracy == pytest.approx(sklearn_metrics.balanced_accuracy_score(labels, decided))
        assert roc_auc(scores, labels) == pytest.approx(sklearn_metrics.roc_auc_score(labels, scores))


def test_decisions_and_auc_abstain_where_a_divisor_is_missing() -> None:
    nothing_yes = count_decisions([(False, False)])
    assert (nothing_yes.precision, nothing_yes.recall, nothing_yes.f1) == (None, None, None)
    assert nothing_yes.balanced_accuracy is None
    assert roc_auc([0.1, 0.9], [True, True]) is None
    assert roc_auc([], []) is None
