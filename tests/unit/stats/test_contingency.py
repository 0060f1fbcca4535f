"""Do rows become the right counts, and do counts combine as rows would?"""

from __future__ import annotations

import numpy as np
import pytest

from featsel.core.counts import ContingencyTable
from featsel.stats import add, concatenate, contingency_table, group

CODES = np.array([0, 2, 2, 1, 2], np.uint32)
LABELS = np.array([1, 0, 1, 1, 1], np.int64)


def test_rows_are_counted_by_code_and_label() -> None:
    table = contingency_table(CODES, LABELS, 4)

    assert table.counts.tolist() == [[0, 1], [0, 1], [1, 2], [0, 0]]
    assert table.counts.dtype == np.int64
    assert table.multiplicity.tolist() == [1, 1, 1, 1]


def test_weights_add_up_to_float_counts() -> None:
    table = contingency_table(CODES, LABELS, 3, weights=np.array([0.5, 1.0, 2.0, 0.25, 4.0]))

    assert table.counts.tolist() == [[0.0, 0.5], [0.0, 0.25], [1.0, 6.0]]


def test_boolean_labels_are_zero_and_one() -> None:
    table = contingency_table(CODES, LABELS == 1, 3)

    assert table.counts.tolist() == contingency_table(CODES, LABELS, 3).counts.tolist()


def test_labels_may_be_more_than_two() -> None:
    table = contingency_table(np.array([0, 0, 1]), np.array([0, 2, 1]), 2, n_labels=3)

    assert table.counts.tolist() == [[1, 0, 1], [0, 1, 0]]


def test_no_rows_are_a_table_of_zeros() -> None:
    table = contingency_table(np.array([], np.int64), np.array([], np.int64), 2)

    assert table.counts.tolist() == [[0, 0], [0, 0]]


def test_unsigned_codes_do_not_wrap_around() -> None:
    table = contingency_table(np.array([200], np.uint8), np.array([1], np.uint8), 201)

    assert table.counts[200].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("codes", "labels", "message"),
    [
        ([0, 3], [0, 1], "codes from 0 to 3 are not below 3"),
        ([-1, 2], [0, 1], "codes from -1 to 2 are not below 3"),
        ([0, 1], [0, 2], "labels from 0 to 2 are not below 2"),
        ([0, 1], [0], "2 codes but 1 labels"),
    ],
)
def test_rows_out_of_range_are_refused(codes: list[int], labels: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        contingency_table(np.array(codes), np.array(labels), 3)


def test_grouping_sorts_merges_and_drops_zeros() -> None:
    table = ContingencyTable(np.array([[3, 1], [0, 2], [0, 0], [3, 1], [0, 2]]), np.array([1, 1, 1, 2, 5]))

    grouped = group(table)

    assert grouped.counts.tolist() == [[0, 2], [3, 1]]
    assert grouped.multiplicity.tolist() == [6, 3]


@pytest.mark.parametrize("scale", [1.0, 2.0**40])
def test_grouping_floats_and_huge_counts_orders_like_integers(scale: float) -> None:
    counts = np.random.default_rng(3).integers(0, 4, size=(200, 2))
    plain = ContingencyTable(counts, np.ones(200, np.int64))
    scaled = counts * scale if scale == 1.0 else counts * int(scale)

    grouped = group(ContingencyTable(scaled, plain.multiplicity))

    assert (grouped.counts / scale).tolist() == group(plain).counts.tolist()
    assert grouped.multiplicity.tolist() == group(plain).multiplicity.tolist()


def test_grouping_nothing_gives_nothing() -> None:
    grouped = group(ContingencyTable(np.zeros((3, 2), np.int64), np.ones(3, np.int64)))

    assert grouped.counts.shape == (0, 2)
    assert grouped.n_values == 0


def test_batches_add_up_to_the_table_of_all_rows() -> None:
    total = add(contingency_table(CODES[:2], LABELS[:2], 4), contingency_table(CODES[2:], LABELS[2:], 4))

    assert total.counts.tolist() == contingency_table(CODES, LABELS, 4).counts.tolist()


def test_tables_of_other_codes_do_not_add_up() -> None:
    with pytest.raises(ValueError, match=r"shape \(3, 2\) and \(4, 2\)"):
        add(contingency_table(CODES, LABELS, 3), contingency_table(CODES, LABELS, 4))


def test_grouped_tables_do_not_add_up() -> None:
    grouped = group(contingency_table(CODES, LABELS, 3))

    with pytest.raises(ValueError, match="no longer stand for codes"):
        add(grouped, grouped)


def test_shards_of_one_column_concatenate_to_the_column() -> None:
    table = contingency_table(CODES, LABELS, 4)
    shards = [ContingencyTable(table.counts[:2], np.ones(2, np.int64)), group(table)]

    joined = concatenate(shards)

    assert joined.counts.tolist() == [[0, 1], [0, 1], [0, 1], [1, 2]]
    assert joined.multiplicity.tolist() == [1, 1, 2, 1]


@pytest.mark.parametrize("n_labels", [[], [2, 3]])
def test_tables_without_a_common_number_of_labels_are_refused(n_labels: list[int]) -> None:
    tables = [ContingencyTable(np.zeros((1, n), np.int64), np.ones(1, np.int64)) for n in n_labels]

    with pytest.raises(ValueError, match="one common number of labels"):
        concatenate(tables)
