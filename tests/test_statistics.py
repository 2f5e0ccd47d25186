"""Estimates and comparisons on values whose spread is known."""

import numpy as np
import pytest

from rag.evaluate.metrics.confusion import count_decisions
from rag.evaluate.metrics.verification import roc_auc
from rag.evaluate.statistics import Estimate, compare_paired, percentile, summarise, summarise_set


def test_an_interval_is_as_wide_as_the_normal_law_has_it() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)

    estimate = summarise(values)

    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.mean == pytest.approx(values.mean())
    expected_width = 2 * 1.96 * values.std() / np.sqrt(len(values))
    assert estimate.high - estimate.low == pytest.approx(expected_width, rel=0.1)


def test_intervals_hold_the_true_mean_about_95_times_in_100() -> None:
    rng = np.random.default_rng(4)
    estimates = [summarise(rng.integers(0, 2, 60).astype(float)) for _ in range(200)]

    held = sum(it.low is not None and it.high is not None and it.low <= 0.5 <= it.high for it in estimates)

    assert 0.90 <= held / 200 <= 0.99


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(0).random(50)
    assert summarise(values, seed=1) == summarise(values, seed=1)
    assert summarise(values, seed=1) != summarise(values, seed=2)


def test_equal_values_have_an_interval_without_width() -> None:
    assert summarise([0.5, 0.5, 0.5]) == Estimate(0.5, 0.5, 0.5, 3)


def test_cases_that_abstain_are_not_counted() -> None:
    assert summarise([1.0, None, 1.0, None]) == Estimate(1.0, 1.0, 1.0, 2)


def test_fewer_than_two_values_have_no_interval() -> None:
    assert summarise([None, 0.25]) == Estimate(0.25, None, None, 1)
    assert summarise([None]) == Estimate(None, None, None, 0)


def test_a_figure_of_the_set_gets_an_interval_around_it() -> None:
    pairs = [(True, True)] * 30 + [(True, False)] * 10 + [(False, True)] * 10 + [(False, False)] * 30

    estimate = summarise_set(pairs, lambda rows: count_decisions(rows).f1)

    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.mean == pytest.approx(0.75)
    assert 0.6 < estimate.low < 0.75 < estimate.high < 0.9


def test_resamples_without_a_figure_are_left_out() -> None:
    # One resample in 16 holds a single kind of label, and has no area under a curve.
    rows = [(0.9, True), (0.4, True), (0.6, False), (0.1, False), (0.2, False)]

    estimate = summarise_set(rows, lambda drawn: roc_auc([score for score, _ in drawn], [yes for _, yes in drawn]))

    assert estimate.mean == pytest.approx(5 / 6)
    assert estimate.low is not None
    assert estimate.high == 1


def test_a_figure_that_the_set_does_not_have_is_none() -> None:
    assert summarise_set([(False, False)] * 3, lambda rows: count_decisions(rows).f1) == Estimate(None, None, None, 3)


def test_a_run_that_is_better_by_chance_only_is_told_from_one_that_is_better() -> None:
    rng = np.random.default_rng(8)
    before = rng.random(80)
    noise = rng.normal(0, 0.2, 80)
    noise -= noise.mean()

    alike = compare_paired(list(before), list(before + noise))
    better = compare_paired(list(before), list(before + noise + 0.1))

    assert alike.difference.low is not None
    assert alike.difference.high is not None
    assert alike.p_value is not None
    assert alike.difference.low < 0 < alike.difference.high
    assert alike.p_value > 0.5
    assert better.difference.low is not None
    assert better.p_value is not None
    assert better.difference.mean == pytest.approx(0.1)
    assert better.difference.low > 0
    assert better.p_value < 0.01


def test_the_p_value_of_few_cases_counts_every_swap() -> None:
    # Of the 2**5 ways to swap, one gives a difference as high and one as low.
    comparison = compare_paired([0.0] * 5, [1.0, 2.0, 3.0, 4.0, 5.0])
    assert comparison.p_value == pytest.approx(2 / 32)


def test_equal_runs_do_not_differ() -> None:
    comparison = compare_paired([0.0, 1.0, 0.5], [0.0, 1.0, 0.5])
    assert comparison.difference == Estimate(0.0, 0.0, 0.0, 3)
    assert comparison.p_value == 1


def test_only_cases_that_have_a_value_in_both_runs_are_compared() -> None:
    comparison = compare_paired([None, 0.0, 0.0, 0.0], [1.0, None, 0.5, 0.5])
    assert comparison.difference == Estimate(0.5, 0.5, 0.5, 2)


def test_runs_without_common_cases_cannot_be_compared() -> None:
    comparison = compare_paired([None, 0.0], [1.0, None])
    assert comparison.difference == Estimate(None, None, None, 0)
    assert comparison.p_value is None


def test_runs_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        compare_paired([0.0, 1.0], [0.0])


def test_percentiles_are_interpolated_and_skip_what_abstains() -> None:
    seconds = [None, 4.0, 1.0, 3.0, 2.0]
    assert percentile(seconds, 50) == 2.5
    assert percentile(seconds, 95) == pytest.approx(3.85)
    assert percentile([None], 50) is None
