"""How does a model learn while a search follows every step?"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from featsel.core.errors import ConfigError
from featsel.training.batches import Rows, ShuffledBatches
from featsel.training.cuts import EqualCuts
from featsel.training.learner import Learner
from featsel.training.progress import Progress
from featsel.training.settings import TrainSettings


def learn_steps(
    learner: Learner,
    rows: Rows,
    *,
    settings: TrainSettings,
    epochs: int,
    after_step: Callable[[Progress], None],
) -> None:
    """Train a model for some epochs, without an evaluation between them.

    The result depends on the arguments alone: not on what torch drew before, which is left as it was.

    Parameters
    ----------
    learner : Learner
        Its model ends with the weights of the last step.
    rows : Rows
        What it learns from.
    settings : TrainSettings
        Those of the learner; epochs, and what depends on validation rows, have no effect.
    epochs : int
        Passes over the rows.
    after_step : callable
        Told of each step, with ``epoch`` that of the step and ``batch`` how many of it are done. Gradients of
        the log loss that the model's parameters do not take are where the backward pass left them.

    Raises
    ------
    ConfigError
        The loss is no number any more.
    """
    batches = ordered_batches(rows, settings)
    gpus = [settings.device] if settings.device.type == "cuda" else []
    step = 0
    learner.model.train()
    with torch.random.fork_rng(gpus):
        for epoch in range(epochs):
            for n_batches, batch in enumerate(batches.epoch(epoch), start=1):
                learner.step(batch, n_step=step, rate_factor=1.0)
                step += 1
                if n_batches == batches.n_batches:
                    _check(learner, step)
                after_step(Progress(epoch=epoch, batch=n_batches, step=step))
    learner.model.eval()


def ordered_batches(rows: Rows, settings: TrainSettings) -> ShuffledBatches:
    """Shuffled batches of rows, as a training with these settings has them.

    Parameters
    ----------
    rows : Rows
        What is shuffled.
    settings : TrainSettings
        Size, order and device.

    Returns
    -------
    ShuffledBatches
        Epoch by epoch.
    """
    return ShuffledBatches(
        rows,
        cuts=EqualCuts(rows.n_rows, settings.batch_size),
        buffer_rows=settings.buffer_rows,
        seed=settings.seed,
        device=settings.device,
    )


def _check(learner: Learner, step: int) -> None:
    if not math.isfinite(learner.mean_loss):
        raise ConfigError(
            f"the loss of the gate search is no number any more, {step:,} steps into the search",
            "Lower the learning rate, or search with --precision fp32.",
        )
