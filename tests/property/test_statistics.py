"""Which laws hold for every table?"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.stats import (
    add,
    benjamini_hochberg,
    concatenate,
    contingency_table,
    expected_mutual_information,
    field_entropy,
    group,
    label_entropy,
    mutual_information,
    null_moments,
    p_value,
    usable_information,
    variance_of_mutual_information,
)

# sums of up to a few hundred logarithms of a few units, each rounded to 2^-53
ROUNDING = 1e-12

law = settings(deadline=None, max_examples=60, derandomize=True)


@st.composite
def logs(draw: st.DrawFn) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Codes, labels and cardinality of a small log, from constants to identifiers."""
    n_rows = draw(st.integers(1, 60))
    cardinality = draw(st.integers(1, 60))
    codes = draw(hnp.arrays(np.int64, n_rows, elements=st.integers(0, cardinality - 1)))
    labels = draw(hnp.arrays(np.int64, n_rows, elements=st.integers(0, 1)))
    return codes, labels, cardinality


def all_scores(table: ContingencyTable) -> list[float]:
    return [
        mutual_information(table),
        expected_mutual_information(table),
        variance_of_mutual_information(table) ** 0.5,
        usable_information(table).nats,
    ]


@law
@given(logs())
def test_information_lies_between_zero_and_both_entropies(
    log: tuple[NDArray[np.int64], NDArray[np.int64], int],
) -> None:
    table = contingency_table(*log)
    ceiling = min(field_entropy(table), label_entropy(table)) + ROUNDING

    assert 0.0 <= mutual_information(table) <= ceiling
    assert 0.0 <= expected_mutual_information(table) <= ceiling


@law
@given(logs(), st.integers(0, 999))
def test_shuffled_rows_and_renamed_values_change_nothing(
    log: tuple[NDArray[np.int64], NDArray[np.int64], int], seed: int
) -> None:
    codes, labels, cardinality = log
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(codes.size), rng.permutation(cardinality)

    renamed = contingency_table(names[codes][order], labels[order], cardinality)

    assert all_scores(renamed) == pytest.approx(all_scores(contingency_table(*log)), abs=ROUNDING)


@law
@given(logs(), st.integers(0, 60))
def test_batches_add_up(log: tuple[NDArray[np.int64], NDArray[np.int64], int], cut: int) -> None:
    codes, labels, cardinality = log

    total = add(
        contingency_table(codes[:cut], labels[:cut], cardinality),
        contingency_table(codes[cut:], labels[cut:], cardinality),
    )

    assert total.counts.tolist() == contingency_table(*log).counts.tolist()


@law
@given(logs())
def test_grouping_and_sharding_change_nothing(
    log: tuple[NDArray[np.int64], NDArray[np.int64], int],
) -> None:
    table = contingency_table(*log)
    halves = [ContingencyTable(table.counts[part::2], table.multiplicity[part::2]) for part in (0, 1)]

    regrouped = group(concatenate([group(half) for half in halves]))

    assert regrouped.counts.tolist() == group(table).counts.tolist()
    assert regrouped.multiplicity.tolist() == group(table).multiplicity.tolist()
    assert all_scores(regrouped) == pytest.approx(all_scores(table), abs=ROUNDING)


@law
@given(logs(), st.integers(0, 59), st.integers(0, 59))
def test_merging_two_values_never_raises_information(
    log: tuple[NDArray[np.int64], NDArray[np.int64], int], first: int, second: int
) -> None:
    codes, labels, cardinality = log
    merged = np.where(codes == first % cardinality, second % cardinality, codes)

    after = mutual_information(contingency_table(merged, labels, cardinality))

    assert after <= mutual_information(contingency_table(*log)) + ROUNDING


@law
@given(logs(), st.integers(2, 5))
def test_whole_weights_equal_repeated_rows(
    log: tuple[NDArray[np.int64], NDArray[np.int64], int], most: int
) -> None:
    codes, labels, cardinality = log
    weights = np.random.default_rng(most).integers(0, most, codes.size)

    weighted = contingency_table(codes, labels, cardinality, weights=weights.astype(np.float64))
    repeated = contingency_table(np.repeat(codes, weights), np.repeat(labels, weights), cardinality)

    assert all_scores(weighted) == pytest.approx(all_scores(repeated), abs=ROUNDING)


@law
@given(st.integers(0, 500), st.integers(0, 500))
def test_a_field_of_single_rows_shows_nothing(n_negatives: int, n_positives: int) -> None:
    table = ContingencyTable(np.array([[1, 0], [0, 1]]), np.array([n_negatives, n_positives]))

    means, deviations = null_moments([table])

    assert mutual_information(table) - means[0] == pytest.approx(0.0, abs=ROUNDING)
    assert deviations[0] == 0.0
    assert p_value(mutual_information(table), means, deviations).tolist() == [1.0]
    assert usable_information(table).nats == 0.0


@law
@given(logs())
def test_p_values_are_probabilities(log: tuple[NDArray[np.int64], NDArray[np.int64], int]) -> None:
    table = contingency_table(*log)
    means, deviations = null_moments([table])

    p = p_value(mutual_information(table), means, deviations)

    assert 0.0 <= p[0] <= 1.0


@law
@given(st.lists(st.floats(0.0, 1.0), max_size=50))
def test_q_values_keep_the_order_of_p_values(p_values: list[float]) -> None:
    q = benjamini_hochberg(p_values)

    in_order = q[np.argsort(p_values, kind="stable")].tolist()
    assert all(first <= second for first, second in pairwise(in_order))
    assert (q >= np.array(p_values)).all()
    assert (q <= 1.0).all()
