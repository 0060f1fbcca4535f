"""Which rows do ids share, and how many rows does that take?"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.errors import ConfigError
from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable
from featsel.models import Layout
from featsel.models.embedding import HashedTable, Table, build_table, mix, modulus_for, rows_of_fields

from .reference import mixed

ids_of_any_size = st.integers(min_value=0, max_value=2**62)


def layout(n_ids: int) -> Layout:
    return Layout(offsets=(0, n_ids // 2), n_ids=n_ids, dims=(4, 4), field_of_slot=(0, 1))


def new_table(embedding: EmbeddingTable, *, n_ids: int = 1000, has_linear: bool = True) -> Table:
    return build_table(
        layout(n_ids),
        embedding,
        dim=embedding.dim,
        has_linear=has_linear,
        sd=0.01,
        generator=torch.Generator().manual_seed(0),
    )


def hash_table(n_rows: int, *, n_lookups: int = 1, salt: int = 0) -> HashedTable:
    return HashedTable(
        n_rows,
        n_lookups,
        has_linear=False,
        n_lookups=n_lookups,
        salt=salt,
        sd=1.0,
        generator=torch.Generator(),
    )


@given(key=ids_of_any_size, salt=ids_of_any_size)
def test_hashes_are_those_of_unbounded_integers(key: int, salt: int) -> None:
    assert mix(torch.tensor(key), salt).item() == mixed(key, salt)


def test_hashes_of_numpy_are_the_same() -> None:
    keys = np.arange(5000, dtype=np.uint64) * np.uint64(2**47 + 1)
    bits = np.uint64(2**63 - 1)

    state = (keys * np.uint64(0x9E3779B97F4A7C15) + np.uint64(77)) & bits
    state = ((state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)) & bits
    state = ((state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)) & bits
    state ^= state >> np.uint64(31)

    assert np.array_equal(mix(torch.from_numpy(keys.astype(np.int64)), 77).numpy(), state.astype(np.int64))


@pytest.mark.parametrize("lookup", [0, 1, 2])
@pytest.mark.parametrize("n_rows", [997, 1000, 1024])
def test_ids_spread_evenly_over_the_rows(n_rows: int, lookup: int) -> None:
    rows = hash_table(n_rows, n_lookups=3).rows(torch.arange(200_000))[:, lookup]

    counts = torch.bincount(rows, minlength=n_rows).double()

    chi_squared = ((counts - counts.mean()) ** 2 / counts.mean()).sum().item()
    assert abs(chi_squared - (n_rows - 1)) < 5 * math.sqrt(2 * (n_rows - 1))


@pytest.mark.parametrize(("first", "second"), [((0, 0), (0, 1)), ((0, 0), (1, 0)), ((0, 1), (1, 0))])
def test_salts_and_look_ups_collide_no_more_than_chance(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    n_ids, n_rows = 200_000, 500
    ids = torch.arange(n_ids)
    a, b = (
        hash_table(n_rows, n_lookups=2, salt=salt).rows(ids)[:, lookup] for salt, lookup in (first, second)
    )

    n_pairs = torch.bincount(a * n_rows + b, minlength=n_rows**2).double()

    expected = n_ids / n_rows**2
    chi_squared = ((n_pairs - expected) ** 2 / expected).sum().item()
    assert abs(chi_squared - n_rows**2) < 5 * math.sqrt(2 * n_rows**2 / expected + 2 * n_rows**2)


@given(n_ids=st.integers(2, 3000), spare=st.integers(0, 4000))
def test_quotient_and_remainder_tell_all_ids_apart_in_the_rows_given(n_ids: int, spare: int) -> None:
    n_rows = math.ceil(2 * math.sqrt(n_ids)) + spare
    table = new_table(EmbeddingTable(EmbeddingScheme.QR, 1, rows=n_rows), n_ids=n_ids)

    rows = table.rows(torch.arange(n_ids))

    assert table.weight.shape[0] == min(n_rows, n_ids + 1)
    assert len({(quotient, remainder) for quotient, remainder in rows.tolist()}) == n_ids
    assert rows[:, 0].max() < rows[:, 1].min()
    assert rows.max() < table.weight.shape[0]


@given(n_ids=st.integers(1, 10**9))
def test_the_rows_that_an_error_asks_for_are_the_fewest(n_ids: int) -> None:
    least = math.isqrt(4 * n_ids - 1) + 1  # the root of 4 n, rounded up

    with pytest.raises(ConfigError) as caught:
        modulus_for(n_ids, least - 1)

    assert (
        caught.value.message
        == f"{least - 1} rows are too few for quotients and remainders of {n_ids} features"
    )
    assert caught.value.hint == f"Give the table {least} rows or more."
    assert modulus_for(n_ids, least) >= 1


def test_a_product_of_two_rows_has_the_spread_of_one_row() -> None:
    table = new_table(EmbeddingTable(EmbeddingScheme.QR, 16, rows=400), n_ids=30_000, has_linear=False)

    rows = table.combine(table.weight[table.rows(torch.arange(30_000))].unsqueeze(0))

    assert rows.std().item() == pytest.approx(0.01, rel=0.1)


def test_out_of_vocabulary_rows_and_first_order_weights_start_at_zero() -> None:
    weight = new_table(EmbeddingTable(EmbeddingScheme.FULL, 4)).weight

    assert not weight[[0, 500]].any()
    assert not weight[:, 4].any()
    assert weight[1:500, :4].all()


def test_a_unified_row_is_as_wide_as_its_part_of_the_embedding() -> None:
    table = new_table(EmbeddingTable(EmbeddingScheme.UNIFIED, 4, rows=50, lookups=2))

    assert table.weight.shape == (50, 3)
    assert table.rows(torch.arange(7)).shape == (7, 2)


def test_a_shared_table_without_rows_is_an_error() -> None:
    with pytest.raises(ConfigError, match="embedding scheme 'hash' has no rows") as caught:
        new_table(EmbeddingTable(EmbeddingScheme.HASH, 4))
    assert caught.value.hint == "Give the table its rows."


def test_look_ups_that_do_not_divide_the_width_are_an_error() -> None:
    with pytest.raises(ConfigError, match="embeddings of width 4 cannot be made of 3 look-ups") as caught:
        new_table(EmbeddingTable(EmbeddingScheme.UNIFIED, 4, rows=50, lookups=3))
    assert caught.value.hint == "Choose a width that is a multiple of the look-ups."


@given(sizes=st.lists(st.integers(1, 10**6), min_size=1, max_size=40), spare=st.integers(0, 10**7))
def test_hashed_fields_get_rows_in_proportion_and_one_at_least(sizes: list[int], spare: int) -> None:
    n_rows = len(sizes) + spare

    rows = rows_of_fields(sizes, n_rows)

    shares = [1 + spare * size / sum(sizes) for size in sizes]
    assert sum(rows) == n_rows
    assert min(rows) >= 1
    # ends of parts are rounded down
    assert all(abs(found - share) < 1 + 1e-6 for found, share in zip(rows, shares, strict=True))


def test_more_fields_than_rows_are_an_error() -> None:
    with pytest.raises(ConfigError) as caught:
        rows_of_fields([5, 7, 9], 2)
    assert caught.value.message == "2 rows are too few for 3 fields, which have rows of their own"
    assert caught.value.hint == ("Give the table 3 rows or more, or let fields share rows: scheme 'unified'.")


def test_a_hashed_field_keeps_to_its_part_of_the_table() -> None:
    table = new_table(EmbeddingTable(EmbeddingScheme.HASH, 4, rows=60), n_ids=900)
    ids = torch.stack([torch.arange(450), torch.arange(450, 900)], dim=1)

    rows = table.rows(ids)[..., 0]

    assert rows_of_fields([450, 450], 60) == (30, 30)
    assert (rows[:, 0].min().item(), rows[:, 0].max().item()) == (0, 29)
    assert (rows[:, 1].min().item(), rows[:, 1].max().item()) == (30, 59)
    counts = torch.bincount(rows.flatten(), minlength=60).double()
    chi_squared = ((counts - 15) ** 2 / 15).sum().item()
    assert abs(chi_squared - 58) < 5 * math.sqrt(2 * 58)


def test_another_salt_makes_other_collisions() -> None:
    first, second = (
        new_table(EmbeddingTable(EmbeddingScheme.HASH, 4, rows=60, salt=salt), n_ids=900) for salt in (0, 1)
    )
    ids = torch.stack([torch.arange(450), torch.arange(450, 900)], dim=1)

    same = (first.rows(ids) == second.rows(ids)).double().mean().item()

    assert same == pytest.approx(1 / 30, abs=5 * math.sqrt(1 / 30 / 900))
