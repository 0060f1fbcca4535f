"""Standard errors are those of a jackknife over rows, and as large as the spread of simulated logs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.counts import ContingencyTable
from featsel.stats import (
    expected_mutual_information,
    field_entropy,
    group,
    label_entropy,
    mutual_information,
    null_moments,
    standard_errors,
    usable_information,
)

COUNTS = [(300, 50), (120, 90), (30, 10), (20, 20), (20, 20), (3, 1), (1, 0), (1, 0), (0, 1)]
N_SIMULATED = 150


def plain(counts):
    return ContingencyTable(np.array(counts), np.ones(len(counts), np.int64))


def errors_of(table):
    table = group(table)
    return standard_errors([table], null_moments([table]), [usable_information(table)])


def information(table):
    observed, expected = mutual_information(table), expected_mutual_information(table)
    possible = (field_entropy(table) + label_entropy(table)) / 2 - expected
    return np.array([observed, observed - expected, (observed - expected) / possible])


def test_errors_are_those_of_deleting_each_row_in_turn():
    whole = np.array(COUNTS)
    scores, n_rows = [], []
    for value, label in zip(*np.nonzero(whole), strict=True):
        less = whole.copy()
        less[value, label] -= 1
        scores.append(information(group(plain(less))))
        n_rows.append(whole[value, label])
    scores, n_rows = np.array(scores), np.array(n_rows)
    total = whole.sum()
    centred = scores - n_rows @ scores / total
    jackknife = np.sqrt((total - 1) / total * (n_rows @ centred**2))
    found = errors_of(plain(whole))
    # the floor of a deletion is taken as linear in the click rate, and n - 1 as n
    assert [*found.mutual_information, *found.corrected, *found.adjusted] == pytest.approx(
        jackknife, rel=5 / total
    )


def test_a_field_without_information_has_the_spread_of_independence():
    table = plain([(40 * n, 10 * n) for n in range(1, 12)])
    assert errors_of(table).corrected == pytest.approx(null_moments([table])[1])


@pytest.mark.parametrize("counts", [[(90, 10)], [(1, 0)] * 90 + [(0, 1)] * 10])
def test_no_error_is_below_a_nat_in_the_log(counts):
    found = errors_of(plain(counts))
    assert found.corrected == pytest.approx(1 / 100)
    assert found.usable == pytest.approx(1 / 100)


@pytest.mark.parametrize("counts", [[(0, 0)], [(1, 0)], [(0, 5), (0, 3)], [(5, 1), (3, 0)]])
def test_degenerate_tables_have_finite_errors(counts):
    found = errors_of(plain(counts))
    for errors in (found.mutual_information, found.corrected, found.adjusted, found.usable):
        assert np.isfinite(errors).all()
        assert (errors >= 0).all()


def test_a_large_value_without_positives_is_not_taken_as_sure():
    # of ten positives that it should have it has none; had it one, the information would fall by ln(10) + 1
    # nats, in round numbers, in one row
    surprising, usual = plain([(1000, 0), (1000, 20)]), plain([(1000, 1), (1000, 19)])
    assert errors_of(surprising).corrected[0] > (np.log(10) + 1) / surprising.total
    assert errors_of(surprising).corrected == pytest.approx(errors_of(usual).corrected, rel=0.3)


@given(st.permutations(COUNTS))
def test_the_order_of_the_values_does_not_matter(counts):
    assert errors_of(plain(counts)).corrected == pytest.approx(errors_of(plain(COUNTS)).corrected)


def test_tables_with_other_margins_do_not_disturb_each_other():
    tables = [group(plain(counts)) for counts in (COUNTS, COUNTS[:4], COUNTS[2:])]
    both = standard_errors(tables, null_moments(tables), [usable_information(table) for table in tables])
    assert both.corrected == pytest.approx([errors_of(table).corrected[0] for table in tables])


def test_four_times_the_rows_halve_the_errors():
    table = plain([(450, 50), (300, 200)])
    more = plain([(1800, 200), (1200, 800)])
    assert errors_of(more).corrected == pytest.approx(errors_of(table).corrected / 2, rel=0.01)
    assert errors_of(more).usable == pytest.approx(errors_of(table).usable / 2, rel=0.02)


def test_fractional_weights_lie_between_whole_ones():
    low, middle, high = (
        errors_of(plain(np.array([(450, 50), (300, 200)]) * weight)).corrected[0] for weight in (1, 1.5, 2)
    )
    assert high < middle < low


@pytest.mark.parametrize("n_values", [2, 30, 3000])
@pytest.mark.parametrize("strength", [0.0, 0.2, 1.0])
def test_intervals_hold_the_mean_of_simulated_logs(n_values, strength):
    rng = np.random.default_rng([n_values, int(10 * strength)])
    shares = 1 / np.arange(1.0, n_values + 1)
    rates = 1 / (1 + np.exp(1.4 - strength * rng.standard_normal(n_values)))
    tables = []
    for _ in range(N_SIMULATED):
        sizes = rng.multinomial(6000, shares / shares.sum())
        positives = rng.binomial(sizes, rates)
        tables.append(group(plain(np.column_stack([sizes - positives, positives]))))
    moments = null_moments(tables)
    gains = [usable_information(table) for table in tables]
    errors = standard_errors(tables, moments, gains)
    # four standard errors of a share of so many simulations below 95 %; an amount that is cut off at zero is
    # skewed, which costs a few percent
    least = 0.93 - 4 * np.sqrt(0.95 * 0.05 / N_SIMULATED)
    corrected = np.array([mutual_information(table) for table in tables]) - moments[0]
    usable = np.array([gain.nats for gain in gains])
    for scores, error in ((corrected, errors.corrected), (usable, errors.usable)):
        assert np.mean(np.abs(scores - scores.mean()) <= 1.96 * error) >= least
        # and they are no wider than what the jackknife may overstate a quadratic part by
        if strength:
            assert np.sqrt(np.mean(error**2)) <= 1.6 * scores.std()
