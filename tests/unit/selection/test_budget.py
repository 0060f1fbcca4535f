from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.errors import ConfigError
from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable, Rest
from featsel.core.table_size import table_bytes
from featsel.selection.budget import Budget, cut, parse_budget
from featsel.selection.candidates import Candidates
from featsel.selection.order import FeatureOrder
from featsel.selection.random_order import random_order
from featsel.selection.subsets import subset_of

ROW_BYTES = 16  # of four numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20fields", (20, None, None, None)),
        ("1 field", (1, None, None, None)),
        ("30%", (None, 0.3, None, None)),
        ("2.5%", (None, 0.025, None, None)),
        ("250_000features", (None, None, 250_000, None)),
        ("64MB", (None, None, None, 64_000_000)),
        ("1.5GiB", (None, None, None, 3 << 29)),
        ("100bytes", (None, None, None, 100)),
        ("2.002MB", (None, None, None, 2_002_000)),
        ("1.001kB", (None, None, None, 1001)),
        (f"{10**400}features", (None, None, 1 << 62, None)),
        (" 3 fields, .5 %,7features,8kb", (3, 0.005, 7, 8000)),
    ],
)
def test_budgets_are_read(text: str, expected: tuple[float | None, ...]) -> None:
    budget = parse_budget(text)

    assert (budget.fields, budget.share, budget.features, budget.n_bytes) == pytest.approx(expected)
    assert budget.text == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is no budget"),
        ("30", "'30' is no budget"),
        ("many features", "'many features' is no budget"),
        ("-3fields", "'-3fields' is no budget"),
        ("1e3features", "'1e3features' is no budget"),
        ("20fields,", "'' is no budget"),
        ("0fields", "'0fields' leaves nothing to choose"),
        (".5features", "'.5features' leaves nothing to choose"),
        ("0%", "'0%' leaves nothing to choose"),
        ("130%", "'130%' is more than all features"),
        ("3fields,4fields", "limits fields twice"),
        ("1MB,1GB", "limits bytes twice"),
    ],
)
def test_what_is_no_budget_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_budget(text)

    assert message in caught.value.message
    assert "64MB" in str(caught.value.hint)


def bought(candidates: Candidates, order: FeatureOrder, text: str) -> tuple[set[int], int, int]:
    """Features, fields and bytes that a budget buys."""
    ids = cut(order, candidates, parse_budget(text))
    config = subset_of(candidates, ids).config
    return set(ids.tolist()), len(config.fields), table_bytes(config)


@given(st.integers(1, 250), st.integers(1, 250), st.integers(0, 5))
def test_features_are_spent_to_the_last_one_and_larger_budgets_contain_smaller_ones(
    planted: Candidates, few: int, more: int, seed: int
) -> None:
    order = random_order(planted, seed=seed)
    few, more = sorted((few, more))
    n_all = int(planted.is_feature.sum())

    small, _, _ = bought(planted, order, f"{few}features")
    large, _, _ = bought(planted, order, f"{more}features")

    assert len(small) == min(few, n_all)
    assert small <= large


@given(st.integers(2 * ROW_BYTES, 250 * ROW_BYTES), st.integers(0, 5), st.sampled_from(Rest))
def test_bytes_are_kept_and_less_than_a_feature_is_wasted(
    planted: Candidates, n_bytes: int, seed: int, rest: Rest
) -> None:
    candidates = replace(planted, config=replace(planted.config, rest=rest))
    order = random_order(candidates, seed=seed)

    ids, _, used = bought(candidates, order, f"{n_bytes}bytes")

    # a feature that opens a field needs a row for unknown values too
    dearest = ROW_BYTES * (2 if rest is Rest.OOV else 1)
    assert used <= n_bytes
    assert n_bytes - used < dearest or len(ids) == order.ids.size


@given(st.integers(1, 9), st.integers(0, 5))
def test_fields_are_those_that_come_first(planted: Candidates, n_fields: int, seed: int) -> None:
    order = random_order(planted, seed=seed)

    ids, found, _ = bought(planted, order, f"{n_fields}fields")

    assert found == min(n_fields, order.fields.size)
    assert set(planted.field_of_id[list(ids)].tolist()) == set(order.fields[:n_fields].tolist())


def test_shares_are_of_all_features_and_have_no_binary_rounding(planted: Candidates) -> None:
    order = random_order(planted, seed=0)
    n_all = int(planted.is_feature.sum())

    for percent in range(1, 101):
        ids, _, _ = bought(planted, order, f"{percent}%")
        assert len(ids) == max(1, n_all * percent // 100)


def test_the_tightest_of_several_limits_decides(planted: Candidates) -> None:
    order = random_order(planted, seed=0)

    ids, n_fields, used = bought(planted, order, "2fields,5features,64MB")

    assert (len(ids), n_fields <= 2, used <= 64_000_000) == (5, True, True)


def test_a_budget_without_room_is_refused_with_what_one_feature_takes(planted: Candidates) -> None:
    with pytest.raises(ConfigError) as caught:
        cut(random_order(planted, seed=0), planted, parse_budget("1bytes"))

    assert "has room for no feature" in caught.value.message
    assert f"takes {2 * ROW_BYTES} bytes" in str(caught.value.hint)


def test_bytes_of_a_shared_table_do_not_depend_on_features(planted: Candidates) -> None:
    table = EmbeddingTable(EmbeddingScheme.HASH, 4, rows=10)
    candidates = replace(planted, config=replace(planted.config, embedding=table))

    with pytest.raises(ConfigError, match="as large as --table-rows says"):
        cut(random_order(candidates, seed=0), candidates, Budget("1MB", n_bytes=10**6))


def test_an_order_without_features_buys_nothing(planted: Candidates) -> None:
    order = random_order(planted, seed=0)
    empty = replace(order, ids=np.empty(0, np.int64), fields=np.empty(0, np.int64))

    assert cut(empty, planted, parse_budget("1bytes")).size == 0
