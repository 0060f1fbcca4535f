"""Intervals of a sample hold the score of the whole log, or are not given."""

from dataclasses import replace

import numpy as np
import pytest

from featsel.core.counts import FieldCounts
from featsel.core.schema import Field, FieldKind
from featsel.ranking.measures import scored_table
from featsel.ranking.rank_fields import rank_fields
from featsel.ranking.sampling import SampleInterval, sample_interval, undecided_pairs
from featsel.ranking.scores import Score
from featsel.stats import contingency_table

N_TOTAL = 40_000
N_SAMPLES = 40


def ranked(codes, labels, score):
    """The only field of a log, with its counts."""
    table = contingency_table(codes, labels, codes.max() + 1)
    counts = FieldCounts("a", table, np.unique(codes).size, labels.size, 0)
    label = contingency_table(np.zeros(labels.size, int), labels, 1)
    field = Field("a", FieldKind.CATEGORICAL, "")
    ranking = rank_fields([field], [counts], label=label, n_rows=labels.size, score=score)
    return ranking.fields[0], scored_table(table, 1)


def interval(codes, labels, score=Score.USABLE, *, n_total=N_TOTAL, seed=0):
    field, table = ranked(codes, labels, score)
    return sample_interval(field, table, score, n_rows=labels.size, n_total=n_total, seed=seed)


def log(n_values, strength):
    rng = np.random.default_rng([n_values, int(10 * strength)])
    shares = 1 / np.arange(1.0, n_values + 1) ** 0.7
    rates = 1 / (1 + np.exp(1.4 - strength * rng.standard_normal(n_values)))
    codes = rng.choice(n_values, N_TOTAL, p=shares / shares.sum())
    return codes, (rng.random(N_TOTAL) < rates[codes]).astype(np.int64)


@pytest.mark.parametrize("score", [Score.USABLE, Score.CORRECTED])
@pytest.mark.parametrize(("n_values", "strength"), [(3, 0.2), (30, 0.5), (800, 0.8), (3000, 0.8)])
def test_intervals_hold_the_score_of_the_whole_log(n_values, strength, score):
    codes, labels = log(n_values, strength)
    truth = ranked(codes, labels, score)[0].score
    holds = []
    for seed in range(N_SAMPLES):
        rows = np.random.default_rng(seed).choice(N_TOTAL, N_TOTAL // 5, replace=False)
        found = interval(codes[rows], labels[rows], score, seed=seed)
        holds.append(found.low <= truth <= found.high)
    # four standard errors of the share of so many samples below 95 %
    assert np.mean(holds) >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / N_SAMPLES)


def test_a_sample_of_nearly_all_rows_is_nearly_sure():
    codes, labels = log(30, 0.5)
    wide = interval(codes, labels, n_total=100 * N_TOTAL)
    narrow = interval(codes, labels, n_total=N_TOTAL + 100)
    # by the finite population: the part of the log that was not seen
    expected = np.sqrt(1 - N_TOTAL / (N_TOTAL + 100)) / np.sqrt(1 - 1 / 100)
    field = ranked(codes, labels, Score.USABLE)[0]
    assert (field.score - narrow.low) / (field.score - wide.low) == pytest.approx(expected)


def test_values_that_a_sample_holds_once_have_no_interval():
    rng = np.random.default_rng(0)
    codes, labels = rng.permutation(5000), rng.integers(0, 2, 5000)
    assert interval(codes, labels) is None


@pytest.mark.parametrize("score", [Score.MI, Score.Z, Score.AMI, Score.OUTRANK])
def test_scores_that_change_with_rows_have_no_interval(score):
    assert interval(*log(3, 0.5), score) is None


def fields_with(scores):
    codes, labels = log(30, 0.5)
    field = ranked(codes, labels, Score.USABLE)[0]
    return [replace(field, name=f"f{n}", rank=n + 1, score=score) for n, score in enumerate(scores)]


def test_neighbours_whose_intervals_meet_are_undecided():
    fields = fields_with([0.5, 0.3, 0.29, 0.1])
    around = [SampleInterval(field.score - 0.02, field.score + 0.02) for field in fields]
    found = undecided_pairs(fields, around)
    assert (found.n_pairs, found.ranks) == (3, (2,))


def test_a_field_without_an_interval_decides_nothing():
    fields = fields_with([0.5, 0.3, 0.1])
    around = [SampleInterval(field.score - 0.02, field.score + 0.02) for field in fields]
    assert undecided_pairs(fields, [around[0], None, around[2]]).ranks == (1, 2)
    assert undecided_pairs(fields[:1], around[:1]).n_pairs == 0


def test_copies_are_no_order_to_decide():
    fields = fields_with([0.5, 0.5, 0.1])
    around = [SampleInterval(field.score - 0.02, field.score + 0.02) for field in fields]
    assert undecided_pairs(fields, around).ranks == ()
