from __future__ import annotations

import math

import pytest

from featsel.training.progress import Evaluation, Progress, after_evaluation
from featsel.training.settings import Monitor, TrainSettings


def evaluation(log_loss: float, auc: float = 0.5) -> Evaluation:
    return Evaluation(auc=auc, log_loss=log_loss, ratio=1.0, calibration_error=0.0, rows=10)


def after(*losses: float, settings: TrainSettings) -> Progress:
    """Progress after evaluations with these log losses, ten steps apart."""
    progress = Progress()
    for index, loss in enumerate(losses):
        progress = Progress(**{**vars(progress), "step": 10 * (index + 1)})
        progress = after_evaluation(progress, settings, train_loss=0.7, valid=evaluation(loss))
    return progress


def test_a_smaller_log_loss_is_better() -> None:
    progress = after(0.5, 0.4, 0.45, settings=TrainSettings())

    assert (progress.best, progress.best_step, progress.n_worse) == (0.4, 20, 1)
    assert [line.is_best for line in progress.history] == [True, True, False]


def test_a_larger_auc_is_better() -> None:
    settings = TrainSettings(monitor=Monitor.AUC)
    progress = Progress(step=1)
    for auc in (0.6, 0.7, 0.65):
        progress = after_evaluation(progress, settings, train_loss=0.7, valid=evaluation(1.0, auc))

    assert progress.best == 0.7


def test_an_equal_model_is_not_better() -> None:
    assert after(0.5, 0.5, settings=TrainSettings()).best_step == 10


def test_any_number_is_better_than_none() -> None:
    assert after(math.nan, 0.5, settings=TrainSettings()).best == 0.5


def test_training_stops_when_patience_is_at_its_end() -> None:
    settings = TrainSettings(patience=2)

    assert not after(0.5, 0.6, settings=settings).is_stopped
    assert after(0.5, 0.6, 0.6, settings=settings).is_stopped


def test_a_better_model_renews_patience() -> None:
    assert not after(0.5, 0.6, 0.4, 0.6, settings=TrainSettings(patience=2)).is_stopped


def test_rates_fall_on_a_plateau() -> None:
    progress = after(0.5, 0.6, 0.4, 0.6, settings=TrainSettings(rate=1.0, plateau_factor=0.1))

    assert progress.rate_factor == pytest.approx(0.01)
    assert [line.rate for line in progress.history] == pytest.approx([1, 1, 0.1, 0.1])


def test_without_validation_rows_the_last_model_is_the_best() -> None:
    progress = after_evaluation(Progress(step=7), TrainSettings(patience=1), train_loss=0.7, valid=None)

    assert (progress.best, progress.best_step, progress.is_stopped) == (None, 7, False)
    assert progress.history[0].is_best
