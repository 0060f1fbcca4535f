"""What chance alone brings is no failure: small logs, rare values, heavy tails."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from featsel.core.profile import LogProfile
from featsel.core.profile_merging import merge_profiles

from .conftest import Checked


def test_a_field_with_one_odd_row_may_be_constant_in_another_half(checked: Checked) -> None:
    label = np.arange(4_000) % 2
    rare = pl.DataFrame({"label": label, "a": ["odd"] + ["no"] * 3_999, "b": np.arange(4_000) % 7})
    still = rare.with_columns(a=pl.lit("no"))
    often = rare.with_columns(pl.Series("a", np.where(np.arange(4_000) % 50 == 0, "odd", "no")))

    assert not checked(still, rare).failed("FS102")
    assert checked(still, often).failed("FS102") == {("FS102", "a", "error")}


@pytest.mark.parametrize("seed", range(4))
def test_new_values_of_a_field_that_hardly_repeats_are_as_many_as_expected(
    seed: int, checked: Checked
) -> None:
    rng = np.random.default_rng(seed)
    # half of the rows have values of their own, the others few, as addresses do
    values = np.where(rng.random(12_000) < 0.7, rng.integers(0, 10**7, 12_000), rng.zipf(1.5, 12_000) % 3_000)
    frame = pl.DataFrame({"label": rng.integers(0, 2, 12_000), "ip": values, "b": rng.integers(0, 9, 12_000)})
    today, before = frame.head(6_000), frame.tail(6_000)
    exact = float((~today["ip"].is_in(before["ip"].unique().implode())).mean())  # type: ignore[arg-type]
    found = checked(today, before, categorical=("ip",)).one("FS402", "ip")
    assert found.measured is not None
    assert found.reference is not None

    share = found.measured * (1 - found.reference) + found.reference
    assert share == pytest.approx(exact, abs=0.03)
    assert found.status.value == "pass"


def test_one_click_in_a_log_where_there_was_none_is_no_shift(checked: Checked) -> None:
    before = pl.DataFrame({"label": [0] * 3_000, "a": np.arange(3_000) % 5})
    today = before.with_columns(label=pl.Series([1] + [0] * 2_999))

    assert not checked(today, before).failed("FS404")
    assert not checked(before, before).failed("FS404")
    assert checked(before.with_columns(label=pl.Series([1, 0, 0] * 1_000)), before).failed("FS404")


def test_infinities_of_a_field_of_few_values_are_found(checked: Checked) -> None:
    values = [0.0, 1.0, np.inf, np.nan] * 500
    frame = pl.DataFrame({"label": np.arange(2_000) % 2, "flag": values})

    assert checked(frame, categorical=("flag",)).failed("FS107") == {
        ("FS107", "flag", "error"),
        ("FS107", "flag", "warning"),
    }


@pytest.mark.parametrize("n_rows", [300, 1_000, 5_000])
def test_heavy_tails_do_not_move(n_rows: int, checked: Checked) -> None:
    rng = np.random.default_rng(n_rows)
    days = [
        pl.DataFrame(
            {
                "label": rng.integers(0, 2, n_rows),
                **{f"n{i}": rng.zipf(1.3, n_rows).astype(float) for i in range(8)},
            }
        )
        for _ in range(2)
    ]

    assert not checked(*days, numeric=("n*",)).failed("FS401")


def test_information_in_a_few_rows_is_not_lost(checked: Checked) -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 12_000)
    # one value in a thousand that is nearly always positive
    rare = np.where((rng.random(12_000) < 0.002) & (label == 1), 1, rng.choice([0, 2], 12_000))
    frame = pl.DataFrame({"label": label, "rare": rare, "b": rng.integers(0, 9, 12_000)})

    assert not checked(frame.head(6_000), frame.tail(6_000)).failed("FS503")


def test_a_day_without_nulls_says_little_of_a_few(checked: Checked) -> None:
    before = pl.DataFrame({"label": np.arange(500) % 2, "a": np.arange(500) % 5})
    today = before.with_columns(
        pl.when(pl.int_range(pl.len()) < 3).then(None).otherwise(pl.col("a")).alias("a")
    )

    assert not checked(today, before).failed("FS101")


def test_a_profile_whose_values_are_hidden_merges_with_one_that_shows_them(
    profile: Callable[..., LogProfile],
) -> None:
    from dataclasses import replace

    frame = pl.DataFrame({"label": np.arange(1_000) % 2, "q": [10.5] * 999 + [1.0]})
    shown = profile(frame, numeric=("q",))
    hidden = replace(shown, fields=tuple(replace(field, top_text=None) for field in shown.fields))

    assert merge_profiles(shown, hidden).by_name["q"].top_rows == 1_998


def test_integers_of_128_bits_are_values(checked: Checked) -> None:
    frame = pl.DataFrame({"label": [0, 1] * 500, "id": pl.Series([2**100, 5] * 500, dtype=pl.Int128)})

    assert checked(frame, categorical=("id",)).one("FS102", "id").status.value == "pass"
