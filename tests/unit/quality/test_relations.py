from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from featsel.core.profile import LogProfile, Relations, SampledRows
from featsel.engines import profiles
from featsel.quality.relations import relate

Profile = Callable[..., LogProfile]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_fields_that_are_one_to_one_are_one_group(profile: Profile, rng: np.random.Generator) -> None:
    codes = rng.integers(0, 30, 3_000)
    frame = pl.DataFrame(
        {
            "label": rng.integers(0, 2, 3_000),
            "a": codes,
            "text": [f"v{code}" for code in codes],
            "again": 100 - codes,
            "almost": np.where(np.arange(3_000) == 1_500, 99, codes),
        }
    )

    assert profile(frame).relations.equal == (("a", "text", "again"),)


def test_a_null_is_one_to_one_with_a_value(profile: Profile, rng: np.random.Generator) -> None:
    codes = rng.integers(0, 5, 2_000)
    holes = [None if code == 2 else int(code) for code in codes]
    frame = pl.DataFrame({"label": rng.integers(0, 2, 2_000), "a": codes, "b": holes})

    assert profile(frame).relations.equal == (("a", "b"),)


def test_a_hierarchy_is_named_from_the_fine_to_the_coarse(profile: Profile, rng: np.random.Generator) -> None:
    ad = rng.integers(0, 300, 5_000)
    frame = pl.DataFrame(
        {
            "label": rng.integers(0, 2, 5_000),
            "ad": ad,
            "campaign": ad // 10,
            "advertiser": ad // 100,
            "noise": rng.integers(0, 300, 5_000),
        }
    )

    assert set(profile(frame).relations.nested) == {
        ("ad", "campaign"),
        ("ad", "advertiser"),
        ("campaign", "advertiser"),
    }


def test_values_that_hardly_repeat_determine_nothing(profile: Profile, rng: np.random.Generator) -> None:
    frame = pl.DataFrame(
        {
            "label": rng.integers(0, 2, 3_000),
            "id": rng.integers(0, 10**6, 3_000),
            "few": rng.integers(0, 3, 3_000),
        }
    )

    assert profile(frame, categorical=("*",)).relations.nested == ()


def test_columns_that_determine_others_are_found_among_many(
    profile: Profile, rng: np.random.Generator
) -> None:
    fine = [rng.integers(0, 40, 2_000) for _ in range(30)]
    columns = {f"fine{i}": codes for i, codes in enumerate(fine)}
    columns |= {f"coarse{i}": codes % 7 for i, codes in enumerate(fine)}
    frame = pl.DataFrame({"label": rng.integers(0, 2, 2_000), **columns})

    nested = profile(frame, categorical=("*",)).relations.nested

    assert nested == tuple((f"fine{i}", f"coarse{i}") for i in range(30))


def test_a_log_of_no_fields_has_no_relations() -> None:
    sample = SampledRows((), (), np.array([0, 1], np.uint8))

    assert relate(sample, ()) == Relations(2)


def test_relations_of_a_long_log_are_found_on_a_sample(
    profile: Profile, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "SAMPLE_ROWS", 1_000)
    codes = rng.integers(0, 30, 8_000)
    frame = pl.DataFrame(
        {"label": rng.integers(0, 2, 8_000), "a": codes, "b": codes * 3 + 1, "c": rng.integers(0, 30, 8_000)}
    )
    relations = profile(frame).relations

    assert 400 <= relations.n_rows <= 1_000
    assert relations.equal == (("a", "b"),)


def test_random_labels_have_no_leaks(profile: Profile, rng: np.random.Generator) -> None:
    frame = pl.DataFrame(
        {"label": rng.integers(0, 2, 3_000), **{f"c{i}": rng.integers(0, 60, 3_000) for i in range(12)}}
    )

    assert profile(frame).relations.leaks == ()
