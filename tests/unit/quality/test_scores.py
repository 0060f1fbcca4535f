from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from featsel.core.profile import LogProfile
from featsel.quality.scores import rank_correlation

Profile = Callable[..., LogProfile]
Scores = st.lists(st.integers(0, 5).map(float), min_size=3, max_size=12)


@given(Scores, st.randoms())
def test_the_correlation_is_spearmans(first: list[float], random: np.random.Generator) -> None:
    second = [value + random.choice([0.0, 1.0, 2.0]) for value in first]  # type: ignore[attr-defined]
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert math.isnan(rank_correlation(first, second))
        return

    assert rank_correlation(first, second) == pytest.approx(stats.spearmanr(first, second).statistic)


def test_an_id_knows_no_label_and_a_copy_of_the_label_knows_it_all(profile: Profile) -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 4_000)
    frame = pl.DataFrame(
        {"label": label, "id": np.arange(4_000) + 5, "copy": label * 7, "user": rng.integers(0, 900, 4_000)}
    )
    fields = profile(frame, categorical=("*",)).by_name
    areas = {name: field.scores.held_out_auc for name, field in fields.items() if field.scores is not None}

    assert areas["id"] == 0.5
    assert areas["copy"] == 1.0
    assert areas["user"] < 0.55


def test_halves_of_a_log_agree_on_what_tells_most(profile: Profile, day: Callable[..., pl.DataFrame]) -> None:
    rng = np.random.default_rng(0)
    n_rows = 20_000
    label = rng.integers(0, 2, n_rows)
    columns = {
        f"c{index}": np.where(rng.random(n_rows) < 0.05 * index, label, rng.integers(0, 2, n_rows)) + 3
        for index in range(1, 9)
    }

    assert profile(pl.DataFrame({"label": label, **columns})).rank_agreement > 0.9
    # of a day with three fields that tell anything, nobody can say
    assert math.isnan(profile(day(0)).rank_agreement)


def test_a_log_of_one_label_has_no_scores(profile: Profile) -> None:
    log = profile(pl.DataFrame({"label": [0] * 50, "a": list(range(50))}))

    assert [field.scores for field in log.fields] == [None]
