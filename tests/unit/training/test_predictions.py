from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss, roc_auc_score

from featsel.training.devices import Precision
from featsel.training.predictions import evaluate, labelled_predictions, predictions

from .conftest import NewModel, NewRows

CPU = torch.device("cpu")


def test_predictions_are_the_probabilities_of_all_rows_in_order(
    new_model: NewModel, new_rows: NewRows
) -> None:
    model, rows = new_model(), new_rows(1000, chunk_rows=7)

    parts = list(predictions(model, rows, device=CPU, precision=Precision.FP32))

    with torch.no_grad():
        expected = torch.sigmoid(model(torch.from_numpy(rows.block.ids)))
    np.testing.assert_allclose(np.concatenate(parts), expected.numpy(), rtol=1e-6)


def test_bfloat16_predicts_about_the_same(new_model: NewModel, new_rows: NewRows) -> None:
    model, rows = new_model(), new_rows()

    exact = evaluate(model, rows, device=CPU, precision=Precision.FP32)
    rounded = evaluate(model, rows, device=CPU, precision=Precision.BF16)

    # bfloat16 keeps 8 bits
    assert rounded.log_loss == pytest.approx(exact.log_loss, rel=2**-8)


@pytest.mark.parametrize("is_weighted", [False, True])
def test_an_evaluation_measures_the_predictions(
    is_weighted: bool, new_model: NewModel, new_rows: NewRows
) -> None:
    model, rows = new_model(), new_rows(is_weighted=is_weighted)

    measured = evaluate(model, rows, device=CPU, precision=Precision.FP32)

    labels, chances, weights = labelled_predictions(model, rows, device=CPU, precision=Precision.FP32)
    np.testing.assert_array_equal(labels, rows.block.labels)
    assert (weights is not None) is is_weighted
    assert measured.rows == 1000
    assert measured.auc == pytest.approx(roc_auc_score(labels, chances, sample_weight=weights))
    assert measured.log_loss == pytest.approx(
        log_loss(labels, chances.astype(np.float64), sample_weight=weights)
    )
    assert measured.ratio == pytest.approx(
        np.average(chances, weights=weights) / np.average(labels, weights=weights)
    )


def test_dropout_rests_while_a_model_predicts(new_model: NewModel, new_rows: NewRows) -> None:
    model, rows = new_model(dropout=0.5), new_rows(100)
    model.train()

    first, second = (
        np.concatenate(list(predictions(model, rows, device=CPU, precision=Precision.FP32))) for _ in range(2)
    )

    np.testing.assert_array_equal(first, second)
    assert model.training


def test_a_broken_model_has_no_quality(new_model: NewModel, new_rows: NewRows) -> None:
    model = new_model()
    with torch.no_grad():
        model.table.weight.fill_(math.nan)

    measured = evaluate(model, new_rows(10), device=CPU, precision=Precision.FP32)

    assert math.isnan(measured.auc)
    assert math.isnan(measured.log_loss)
    assert measured.rows == 10
