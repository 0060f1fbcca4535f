"""Are additive log-odds those of a logistic regression, and shrunk as the data ask?"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from featsel.stats import additive
from featsel.stats.additive import fit_additive, pair_products

Cells = tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.int64]]


def cells_of(first: NDArray[np.int64], second: NDArray[np.int64], labels: NDArray[np.int64]) -> Cells:
    counts = np.zeros((first.max() + 1, second.max() + 1, 2), np.int64)
    np.add.at(counts, (first, second, labels), 1)
    a, b = np.nonzero(counts.sum(axis=2))
    return a.astype(np.uint32), b.astype(np.uint32), counts[a, b]


def draw(sizes: tuple[int, int], n_rows: int, *, sds: tuple[float, float], seed: int = 0) -> Cells:
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, size, n_rows) for size in sizes]
    log_odds = sum(rng.normal(0, sd, size)[code] for sd, size, code in zip(sds, sizes, codes, strict=True))
    return cells_of(*codes, (rng.random(n_rows) < 1 / (1 + np.exp(1 - log_odds))).astype(np.int64))


def one_hot(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.float64]:
    columns = [code[:, None] == np.arange(code.max() + 1) for code in (first, second)]
    return np.concatenate(columns, axis=1).astype(np.float64)


def test_large_fields_of_few_values_are_fitted_as_by_a_logistic_regression() -> None:
    first, second, counts = draw((4, 6), 40_000, sds=(1.0, 1.0))

    fit = fit_additive(first, second, counts, sizes=(4, 6))

    design = np.repeat(one_hot(first, second), 2, axis=0)
    labels = np.tile([0, 1], len(counts))
    model = LogisticRegression(C=1e3, tol=1e-9, max_iter=1000).fit(design, labels, counts.ravel())
    # the effects' own variance of about one shrinks them by a thousandth
    assert np.abs(fit.rates - model.predict_proba(one_hot(first, second))[:, 1]).max() < 2e-3


def test_effects_of_noise_are_shrunk_to_nothing() -> None:
    first, second, counts = draw((2000, 5), 10_000, sds=(0.0, 0.0))

    fit = fit_additive(first, second, counts, sizes=(2000, 5))

    assert fit.rates.std() < 0.01


def test_effects_of_many_users_scatter_as_they_were_drawn() -> None:
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 3000, 24_000), rng.integers(0, 10, 24_000)
    effects = rng.normal(0, 1.5, 3000)
    labels = (rng.random(24_000) < 1 / (1 + np.exp(-effects[users]))).astype(np.int64)
    first, second, counts = cells_of(users, items, labels)

    rates = fit_additive(first, second, counts, sizes=(3000, 10)).rates

    error = rates - 1 / (1 + np.exp(-effects[first.astype(int)]))
    unshrunk = np.bincount(users, labels) / np.maximum(np.bincount(users), 1)
    plain = unshrunk[first.astype(int)] - 1 / (1 + np.exp(-effects[first.astype(int)]))
    assert np.square(error).mean() < 0.9 * np.square(plain).mean()
    assert abs(error.mean()) < 0.01


@pytest.mark.parametrize("is_exact", [True, False])
def test_leverages_are_those_of_the_hat_matrix(is_exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not is_exact:
        monkeypatch.setattr(additive, "EXACT_SIZE", 0)
    first, second, counts = draw((12, 7), 200_000, sds=(0.7, 0.7))

    fit = fit_additive(first, second, counts, sizes=(12, 7))

    weight = counts.sum(axis=1) * fit.rates * (1 - fit.rates)
    design = one_hot(first, second)
    gram = design.T @ (design * weight[:, None])
    expected = np.einsum("ij,jk,ik->i", design, np.linalg.pinv(gram), design)
    # the prior of effects with a variance of one half is worth 2 rows of thousands
    assert fit.leverages == pytest.approx(expected, rel=0.01 if is_exact else 0.06)


def test_leverages_add_up_to_the_effects_that_are_free() -> None:
    first, second, counts = draw((30, 20), 300_000, sds=(1.0, 1.0))

    fit = fit_additive(first, second, counts, sizes=(30, 20))

    weight = counts.sum(axis=1) * fit.rates * (1 - fit.rates)
    assert float(weight @ fit.leverages) == pytest.approx(30 + 20 - 1, rel=0.02)


def test_swapping_the_fields_changes_the_rates_by_the_tolerance_alone() -> None:
    first, second, counts = draw((50, 8), 20_000, sds=(1.0, 0.5))

    one = fit_additive(first, second, counts, sizes=(50, 8))
    other = fit_additive(second, first, counts, sizes=(8, 50))

    assert other.rates == pytest.approx(one.rates, abs=1e-3)


def test_products_of_pairs_are_those_of_different_rows() -> None:
    # residuals .7, .7, -.3: twice .7 * .7 - .7 * .3 - .7 * .3
    assert pair_products(np.array([[1, 2]]), np.array([0.3])) == pytest.approx([2 * (0.49 - 0.21 - 0.21)])
    assert pair_products(np.array([[1, 0], [0, 1]]), np.array([0.3, 0.3])) == pytest.approx([0.0, 0.0])
