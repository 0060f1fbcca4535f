"""The fit with an L1 penalty is scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from featsel.selection.sparse_logistic import fit_l1_logistic, sparse_rows

N_ROWS, N_COLUMNS, N_PLACES = 600, 12, 3


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(4)
    columns = rng.random((N_ROWS, N_COLUMNS)).argsort(axis=1)[:, :N_PLACES]
    values = np.where(rng.random(columns.shape) < 0.2, 0.0, rng.normal(1.0, 0.5, columns.shape))
    effects = rng.normal(0, 1, N_COLUMNS)
    chances = 1 / (1 + np.exp(0.7 - (effects[columns] * values).sum(axis=1)))
    labels = (rng.random(N_ROWS) < chances).astype(np.float64)
    return columns, values, labels


def dense_of(columns, values):
    rows = np.repeat(np.arange(N_ROWS), N_PLACES)
    return csr_array((values.ravel(), (rows, columns.ravel())), shape=(N_ROWS, N_COLUMNS)).toarray()


def test_products_are_those_of_the_matrix(problem) -> None:
    columns, values, labels = problem
    rows = sparse_rows(columns, values, n_columns=N_COLUMNS)
    dense = np.column_stack([dense_of(columns, values), np.ones(N_ROWS)])
    weights = np.arange(N_COLUMNS + 1.0)

    np.testing.assert_allclose(rows.logits(weights), dense @ weights)
    np.testing.assert_allclose(rows.sums(labels), dense.T @ labels)
    np.testing.assert_allclose(rows.map(np.square).sums(labels), (dense**2).T @ labels)


@pytest.mark.parametrize("penalty", [2.0, 10.0, 30.0])
def test_weights_are_those_of_scikit_learn(problem, penalty: float) -> None:
    columns, values, labels = problem
    rows = sparse_rows(columns, values, n_columns=N_COLUMNS)

    weights = fit_l1_logistic(rows, labels, penalty=penalty, start=np.zeros(N_COLUMNS + 1), n_steps=3000)

    oracle = LogisticRegression(
        l1_ratio=1.0, solver="saga", C=1 / penalty, tol=1e-10, max_iter=100_000, random_state=0
    ).fit(dense_of(columns, values), labels)
    np.testing.assert_allclose(weights[:-1], oracle.coef_[0], atol=1e-6)
    np.testing.assert_allclose(weights[-1], oracle.intercept_[0], atol=1e-6)
    assert ((weights[:-1] == 0) == (oracle.coef_[0] == 0)).all()


def test_a_penalty_above_every_gradient_leaves_the_base_rate(problem) -> None:
    columns, values, labels = problem
    rows = sparse_rows(columns, values, n_columns=N_COLUMNS)
    gradient = np.abs(rows.sums(labels.mean() - labels)[:-1]).max()

    weights = fit_l1_logistic(
        rows, labels, penalty=1.001 * gradient, start=np.zeros(N_COLUMNS + 1), n_steps=2000
    )

    assert not weights[:-1].any()
    assert weights[-1] == pytest.approx(np.log(labels.mean() / (1 - labels.mean())), abs=1e-9)
