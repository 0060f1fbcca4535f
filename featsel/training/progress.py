"""How far is a training, and what does an evaluation change?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from featsel.training.settings import Monitor, TrainSettings


@dataclass(frozen=True)
class Evaluation:
    """How good a model is on some rows.

    Parameters
    ----------
    auc, log_loss : float
        See :mod:`featsel.training.metrics`.
    ratio, calibration_error : float
        See :class:`featsel.training.calibration.Calibration`.
    rows : int
        How many were predicted.
    """

    auc: float
    log_loss: float
    ratio: float
    calibration_error: float
    rows: int


@dataclass(frozen=True)
class Report:
    """One line of a training's history.

    Parameters
    ----------
    epoch : int
        Counted from 1.
    step : int
        Steps so far.
    train_loss : float
        Mean log loss of the training rows since the last report, each as it was before its step.
    rate : float
        Learning rate of the head in these steps.
    valid : Evaluation, optional
        None without validation rows.
    is_best : bool
        Whether the model is the best so far; without validation rows the last one is.
    """

    epoch: int
    step: int
    train_loss: float
    rate: float
    valid: Evaluation | None
    is_best: bool


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Parameters
    ----------
    epoch, batch : int
        What comes next, counted from 0.
    step : int
        Steps so far.
    rate_factor : float
        What learning rates are multiplied with.
    best : float, optional
        Best value of what is monitored.
    best_step : int, optional
        When it was reached.
    n_worse : int
        Evaluations in a row without a better model.
    is_stopped : bool
        Whether training ended before its last epoch.
    history : tuple of Report
        One for each epoch and evaluation.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    rate_factor: float = 1.0
    best: float | None = None
    best_step: int | None = None
    n_worse: int = 0
    is_stopped: bool = False
    history: tuple[Report, ...] = ()


def after_evaluation(
    progress: Progress, settings: TrainSettings, *, train_loss: float, valid: Evaluation | None
) -> Progress:
    """What an evaluation changes: the best model, the learning rates, whether training goes on.

    Parameters
    ----------
    progress : Progress
        After the last step.
    settings : TrainSettings
        What better means, and what follows.
    train_loss : float
        Mean log loss of training rows since the last report.
    valid : Evaluation, optional
        None without validation rows.

    Returns
    -------
    Progress
        With one report more.
    """
    value = _monitored(valid, settings.monitor)
    is_best = valid is None or _is_better(value, progress.best, settings.monitor)
    report = Report(
        epoch=progress.epoch + 1,
        step=progress.step,
        train_loss=train_loss,
        rate=settings.scaled_head_rate * progress.rate_factor,
        valid=valid,
        is_best=is_best,
    )
    progress = replace(progress, history=(*progress.history, report))
    if is_best:
        return replace(progress, best=value, best_step=progress.step, n_worse=0)
    n_worse = progress.n_worse + 1
    return replace(
        progress,
        n_worse=n_worse,
        rate_factor=progress.rate_factor * (settings.plateau_factor or 1.0),
        is_stopped=settings.patience is not None and n_worse >= settings.patience,
    )


def _monitored(valid: Evaluation | None, monitor: Monitor) -> float | None:
    if valid is None:
        return None
    return valid.auc if monitor is Monitor.AUC else valid.log_loss


def _is_better(value: float | None, best: float | None, monitor: Monitor) -> bool:
    if best is None or math.isnan(best):
        return True
    assert value is not None
    return value > best if monitor is Monitor.AUC else value < best
