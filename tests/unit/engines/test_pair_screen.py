"""Does the compiled screening say of a pair what plain arrays say?"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from featsel.engines import pair_screen
from featsel.engines.pair_cells import count_cells
from featsel.engines.pair_screen import screen_pairs
from featsel.stats.additive import fit_additive
from featsel.stats.interaction import PRIOR_ROWS, interaction_test

N_ROWS = 20_000


def plain_z(first: NDArray[np.uint8], second: NDArray[np.uint8], labels: NDArray[np.uint8]) -> float:
    """The same in numpy, cell by cell as the formulas stand."""
    table = np.zeros((int(first.max()) + 1, int(second.max()) + 1, 2))
    np.add.at(table, (first, second, labels), 1)
    n, k = table.sum(axis=2), table[:, :, 1]
    rate = k.sum() / n.sum()
    odds = [(k.sum(axis=axis) + rate) / ((n - k).sum(axis=axis) + 1 - rate) for axis in (1, 0)]
    effects = [np.log(odds[0]), np.log(odds[1]) - np.log(rate / (1 - rate))]

    def rates() -> NDArray[np.float64]:
        return 1 / (1 + np.exp(-effects[0][:, None] - effects[1][None, :]))

    for _ in range(pair_screen.N_SWEEPS):
        for axis in (1, 0):
            e = rates()
            step = (k - n * e).sum(axis=axis) / ((n * e * (1 - e)).sum(axis=axis) + 1)
            effects[1 - axis] = effects[1 - axis] + np.clip(step, -2, 2)
    e = rates()
    v = e * (1 - e)
    weight = n * v
    sums = [np.maximum(weight.sum(axis=axis), 1e-300) for axis in (1, 0)]
    inverse = 1 / sums[0][:, None] + 1 / sums[1][None, :] - 1 / weight.sum()
    leverage = np.minimum(weight * inverse, 1)
    products = (k - n * e) ** 2 - k * (1 - e) ** 2 - (n - k) * e**2
    w = np.where(n >= 2, 1 / (weight + PRIOR_ROWS), 0)
    variance = 2 * (w**2 * n * (n - 1) * v**2 * (1 - leverage)).sum()
    return float((w * (products + v * leverage * (n - 1))).sum() / np.sqrt(variance))


@pytest.fixture(scope="module")
def rows() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Two fields that matter together, one that matters alone, one of noise, a copy, a constant."""
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(0, size, N_ROWS) for size in (12, 20, 9, 200, 9, 1)]).astype(np.uint8)
    codes[4] = codes[2]
    log_odds = np.where(codes[0] % 2 == codes[1] % 2, 0.3, -0.3) + rng.normal(0, 1, 9)[codes[2]] - 1
    return codes, (rng.random(N_ROWS) < 1 / (1 + np.exp(-log_odds))).astype(np.uint8)


def screened(
    codes: NDArray[np.uint8], labels: NDArray[np.uint8], pairs: list[list[int]]
) -> NDArray[np.float64]:
    n_codes = codes.max(axis=1).astype(np.int64) + 1
    return screen_pairs(codes, labels, np.array(pairs), n_codes=n_codes)


def test_it_agrees_with_plain_arrays(rows: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    codes, labels = rows
    pairs = [[0, 1], [0, 2], [1, 2], [2, 3], [0, 3], [3, 1]]

    found = screened(codes, labels, pairs)

    expected = [plain_z(codes[a], codes[b], labels) for a, b in pairs]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_an_odd_row_counts(rows: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    codes, labels = rows[0][:, :1001], rows[1][:1001]

    assert screened(codes, labels, [[0, 1]])[0] == pytest.approx(plain_z(codes[0], codes[1], labels))


def test_it_is_near_the_exact_test(rows: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    codes, labels = rows
    cells = count_cells(codes[0], codes[1], labels, sizes=(12, 20))
    fit = fit_additive(cells.first, cells.second, cells.counts, sizes=(12, 20))

    assert screened(codes, labels, [[0, 1]])[0] == pytest.approx(
        interaction_test(cells.counts, fit).z, rel=0.1
    )


def test_only_the_pair_that_matters_together_stands_out(
    rows: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    codes, labels = rows
    pairs = [[a, b] for a in range(6) for b in range(a + 1, 6)]

    z = dict(zip(map(tuple, pairs), screened(codes, labels, pairs), strict=True))

    assert z.pop((0, 1)) > 10
    assert max(map(abs, z.values())) < 4
    assert z[2, 4] == pytest.approx(0, abs=0.1)
    assert z[0, 5] == pytest.approx(0, abs=1e-6)


def test_no_pairs_have_no_z(rows: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    codes, labels = rows

    assert screen_pairs(
        codes, labels, np.empty((0, 2), np.int64), n_codes=np.full(6, 256, np.int64)
    ).shape == (0,)


def test_it_weighs_cells_as_the_exact_test_does() -> None:
    assert pair_screen.PRIOR_ROWS == PRIOR_ROWS
