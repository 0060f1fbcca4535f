"""Fields that tell of each other become strong, noise and constants do not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.datasets import make_classification

from featsel.core.schema import Field, FieldKind
from featsel.ranking.quickselection import (
    LARGEST_DEVIATION,
    Ensemble,
    Strengths,
    input_strengths,
    is_luck,
    rank_strengths,
    standardise,
)
from featsel.ranking.sparse_autoencoder import Training

QUICK = Ensemble(3, Training(n_hidden=300, n_epochs=40, epoch_rows=1000, largest_density=0.05))


def standardised(table):
    return np.column_stack([standardise(column) for column in table.T])


def factor_table(n_fields, n_planted, *, n_rows=1000, seed=0):
    """Fields of which the first share a hidden cause, in random numbers of deviation 1."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n_rows, n_fields))
    table[:, :n_planted] = 0.8 * rng.normal(size=(n_rows, 1)) + 0.6 * table[:, :n_planted]
    return table


def madelon(seed):
    """Five informative fields, fifteen combinations of them, 480 of noise."""
    table, _ = make_classification(
        n_samples=2000,
        n_features=500,
        n_informative=5,
        n_redundant=15,
        n_clusters_per_class=16,
        shuffle=False,
        scale=None,  # of each field another one: variance tells nothing
        random_state=seed,
    )
    return table


def test_planted_fields_are_the_strongest():
    strengths = input_strengths(standardised(factor_table(40, 8)), QUICK)

    assert set(np.argsort(-strengths.mean)[:8]) == set(range(8))
    assert not is_luck(strengths, 3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_at_least_15_of_20_planted_fields_of_a_madelon_are_found(seed):
    strengths = input_strengths(standardised(madelon(seed)), Ensemble(), seed=seed, n_threads=2)

    assert np.count_nonzero(np.argsort(-strengths.mean)[:20] < 20) >= 15


def test_most_planted_fields_of_a_madelon_are_found_by_one_network_in_few_epochs():
    ensemble = Ensemble(1, Training(n_epochs=40))

    strengths = input_strengths(standardised(madelon(7)), ensemble)

    assert np.count_nonzero(np.argsort(-strengths.mean)[:20] < 20) >= 15


def test_strengths_do_not_depend_on_the_number_of_threads():
    rows = standardised(factor_table(12, 4))
    ensemble = replace(QUICK, training=replace(QUICK.training, n_epochs=5))

    alone, together = (input_strengths(rows, ensemble, n_threads=n) for n in (1, 3))

    assert alone.mean.tobytes() == together.mean.tobytes()
    assert alone.spread.tobytes() == together.spread.tobytes()


def test_another_seed_gives_other_strengths():
    rows = standardised(factor_table(12, 4))
    ensemble = replace(QUICK, training=replace(QUICK.training, n_epochs=2))

    first, second = (input_strengths(rows, ensemble, seed=seed) for seed in (0, 1))

    assert (first.mean != second.mean).any()


def test_constant_fields_have_strength_0_and_change_no_other():
    table = factor_table(12, 4)
    ensemble = replace(QUICK, training=replace(QUICK.training, n_epochs=3))
    with_constants = np.insert(table, [0, 5, 12], 7.5, axis=1)

    alone = input_strengths(standardised(table), ensemble)
    among = input_strengths(standardised(with_constants), ensemble)

    places = [0, 6, 14]
    assert (among.mean[places] == 0).all()
    assert np.delete(among.mean, places).tobytes() == alone.mean.tobytes()


def test_the_mean_field_has_strength_1():
    strengths = input_strengths(standardised(factor_table(12, 4)), QUICK)

    assert strengths.mean.mean() == pytest.approx(1)


def test_connections_stay_as_many_and_are_told_with_their_bytes():
    steps = []

    strengths = input_strengths(standardised(factor_table(12, 4)), QUICK, advance=steps.append)

    # .05 of 12 times 300 pairs, in two layers of three networks
    assert strengths.n_connections == 2 * 3 * 180
    assert strengths.n_bytes == 16 * strengths.n_connections + 3 * 8 * (300 + 12)
    assert sum(steps) == 3 * 40


def test_unrelated_fields_are_called_luck():
    strengths = input_strengths(standardised(factor_table(6, 0)), QUICK)

    assert is_luck(strengths, 3)


def test_one_field_alone_is_luck():
    strengths = input_strengths(standardised(factor_table(1, 0)), QUICK)

    assert strengths.mean.tolist() == [1.0]
    assert is_luck(strengths, 3)


NUMBERS = st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True)


@given(arrays(np.float64, st.integers(0, 40), elements=NUMBERS))
def test_standardised_numbers_are_finite_and_bounded(numbers):
    standard = standardise(numbers)

    assert np.isfinite(standard).all()
    assert (np.abs(standard) <= LARGEST_DEVIATION).all()
    assert (standard[np.isnan(numbers)] == 0).all()


@given(arrays(np.float64, st.integers(2, 40), elements=NUMBERS))
def test_standardised_numbers_keep_their_order(numbers):
    found = np.sort(numbers[~np.isnan(numbers)])

    assert (np.diff(standardise(found)) >= 0).all()


@given(arrays(np.float64, 30, elements=st.floats(-1e3, 1e3)), st.integers(-200, 200))
def test_the_unit_of_numbers_does_not_matter(numbers, exponent):
    assert standardise(np.ldexp(numbers, exponent)) == pytest.approx(standardise(numbers), abs=1e-5)


def test_tame_numbers_have_mean_0_and_deviation_1():
    numbers = np.random.default_rng(0).normal(5, 3, 1000)

    standard = standardise(numbers)

    assert standard == pytest.approx((numbers - numbers.mean()) / numbers.std(), abs=1e-5)


def test_a_heavy_tail_becomes_normal():
    normal = np.random.default_rng(0).normal(size=2000)

    standard = standardise(np.exp(4 * normal))

    assert np.abs(standard).max() < 4
    assert np.corrcoef(standard, normal)[0, 1] > 0.999


def test_null_is_the_mean_and_infinity_the_end_of_the_ranks():
    # quarters of the ranks: 1/8, 3/8, 5/8, 7/8
    standard = standardise(np.array([np.nan, 3, np.inf, -np.inf, 4]))

    # from a table of the normal distribution: 1.1503 and .3186
    deviation = np.sqrt((1.1503**2 + 0.3186**2) / 2)
    expected = np.array([0, -0.3186, 1.1503, -1.1503, 0.3186]) / deviation
    assert standard == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("numbers", [[2.0, 2.0], [np.nan, np.nan], [np.inf, np.inf], [5.0, np.nan], []])
def test_constants_become_zeros(numbers):
    assert (standardise(np.array(numbers)) == 0).all()


def test_the_strongest_field_is_first_and_ties_are_broken_by_name():
    names = ("b", "a", "c")
    fields = [Field(name, FieldKind.NUMERIC, "") for name in names]
    strengths = Strengths(np.array([0.5, 0.5, 2.0]), np.array([0.1, 0.2, 0.3]), 1, 1)

    ranking = rank_strengths(fields, strengths, [1.0, 0.5, 0.25], n_rows=9, n_trained_rows=4)

    assert [each.name for each in ranking.fields] == ["c", "a", "b"]
    assert [each.rank for each in ranking.fields] == [1, 2, 3]
    assert [each.spread for each in ranking.fields] == [0.3, 0.2, 0.1]
    assert [each.coverage for each in ranking.fields] == [0.25, 0.5, 1.0]
    assert (ranking.n_rows, ranking.n_trained_rows) == (9, 4)
