"""Are the pairs that tell more together found among many, and no others called interactions?"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from featsel.encoding.row_codes import RowCodes
from featsel.ranking import interactions
from featsel.ranking.interactions import Interactions, find_interactions

N_ROWS = 20_000
Log = tuple[dict[str, RowCodes], NDArray[np.uint8]]


def codes_of(values: NDArray[np.int64]) -> RowCodes:
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    new = np.empty(counts.size, np.int64)
    new[np.argsort(-counts, kind="stable")] = np.arange(counts.size)
    return RowCodes(new[codes].astype(np.uint16), counts.size)


@pytest.fixture(scope="module")
def log() -> Log:
    """Two pairs that matter together, relevant fields, a copy, a nested field, noise up to 5,000 values."""
    rng = np.random.default_rng(0)
    columns = {f"noise{size}": rng.integers(0, size, N_ROWS) for size in (2, 5, 30, 400, 5000)}
    log_odds = np.full(N_ROWS, -1.5)
    for index in range(4):
        columns[f"relevant{index}"] = rng.geometric(0.1, N_ROWS) % 40
        log_odds += rng.normal(0, 0.6, 40)[columns[f"relevant{index}"]]
    for index in range(2):
        first, second = rng.integers(0, 12, N_ROWS), rng.integers(0, 20, N_ROWS)
        columns |= {f"left{index}": first, f"right{index}": second}
        log_odds += np.where(first % 2 == second % 2, 0.6, -0.6)
    columns["copy"] = 100 - columns["relevant0"]
    columns["nested"] = columns["relevant1"] // 4
    labels = rng.random(N_ROWS) < 1 / (1 + np.exp(-log_odds))
    return {name: codes_of(values) for name, values in columns.items()}, labels.astype(np.uint8)


def find(log: Log, *, top: int = 10, seed: int = 0, n_threads: int = 1) -> Interactions:
    codes, labels = log
    return find_interactions(list(codes), codes.__getitem__, labels, top=top, seed=seed, n_threads=n_threads)


def names_of(found: Interactions) -> list[set[str]]:
    return [{pair.first, pair.second} for pair in found.pairs]


PLANTED = [{"left0", "right0"}, {"left1", "right1"}]


def test_planted_pairs_are_the_only_interactions(log: Log) -> None:
    found = find(log, top=105)

    significant = [pair for pair in found.pairs if pair.is_significant]
    assert sorted(map(sorted, names_of(found)[:2])) == sorted(map(sorted, PLANTED))
    assert len(significant) == 2
    assert max(abs(pair.scores.z) for pair in found.pairs[2:]) < 4
    assert (found.n_pairs, found.n_exact) == (105, 105)


def thin_screening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interactions, "EXACT_PAIRS", 5)
    monkeypatch.setattr(interactions, "EXACT_FOR_EACH", 1)
    monkeypatch.setattr(interactions, "SURVIVORS", 20)
    monkeypatch.setattr(interactions, "SCREENED_ROWS", 105 * 8_000)


def test_screening_keeps_what_matters(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    every = find(log, top=2)
    thin_screening(monkeypatch)

    found = find(log, top=2)

    assert (found.n_pairs, found.n_exact) == (105, 5)
    assert names_of(found) == names_of(every)
    # all values and all rows decide, whatever screening saw
    assert [pair.scores for pair in found.pairs] == [pair.scores for pair in every.pairs]
    assert [pair.q_value for pair in found.pairs] == [pair.q_value for pair in every.pairs]


def test_threads_and_seed_change_nothing_that_is_found(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    thin_screening(monkeypatch)
    monkeypatch.setattr(interactions, "PAIRS_AT_ONCE", 7)

    one = find(log, top=2)

    assert find(log, top=2, n_threads=3) == one
    assert names_of(find(log, top=2, seed=7)) == names_of(one)


def test_chance_is_counted_over_all_pairs(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    thin_screening(monkeypatch)

    found = find(log, top=5)

    for place, pair in enumerate(sorted(found.pairs, key=lambda pair: pair.scores.p_value)):
        assert pair.q_value <= min(1.0, pair.scores.p_value * 105 / (place + 1)) + 1e-15
    assert found.pairs[0].q_value >= found.pairs[0].scores.p_value * 105 / 2


def test_a_pair_that_a_third_field_determines_comes_last() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, 6, N_ROWS), rng.integers(0, 6, N_ROWS)
    one, two = rng.integers(0, 6, N_ROWS), rng.integers(0, 6, N_ROWS)
    log_odds = np.where(left % 2 == right % 2, 1.0, -1.0) + np.where(one % 2 == two % 2, 0.3, -0.3)
    columns = {"left": left, "right": right, "one": one, "two": two, "both": left * 6 + right}
    labels = (rng.random(N_ROWS) < 1 / (1 + np.exp(-log_odds))).astype(np.uint8)

    found = find(({name: codes_of(values) for name, values in columns.items()}, labels))

    assert [(pair.first, pair.second, pair.known_from) for pair in found.pairs[:2]] == [
        ("one", "two", None),
        ("left", "right", "both"),
    ]
    assert found.pairs[1].scores.usable_synergy > found.pairs[0].scores.usable_synergy


def test_two_fields_are_one_pair() -> None:
    rng = np.random.default_rng(0)
    columns = {"a": codes_of(rng.integers(0, 3, 500)), "b": codes_of(rng.integers(0, 3, 500))}

    found = find((columns, rng.integers(0, 2, 500).astype(np.uint8)))

    assert names_of(found) == [{"a", "b"}]
    assert not found.pairs[0].is_significant


def test_steps_add_up_to_the_pairs(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    thin_screening(monkeypatch)
    codes, labels = log
    steps: list[int] = []

    find_interactions(list(codes), codes.__getitem__, labels, top=1, advance=steps.append)

    assert sum(steps) == 105


def test_a_sample_of_one_label_screens_nothing_away() -> None:
    rng = np.random.default_rng(0)
    columns = {str(index): codes_of(rng.integers(0, 3, 4000)) for index in range(20)}
    labels = np.zeros(4000, np.uint8)
    labels[17] = 1

    found = find_interactions(list(columns), columns.__getitem__, labels, top=3, memory_bytes=20 * 2 * 10)

    assert len(found.pairs) == 3
