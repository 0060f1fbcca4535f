"""How does a model learn from a log?"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from featsel.core.errors import ConfigError, UnreadableFileError
from featsel.models.model import CTRModel
from featsel.training.batches import Rows, ShuffledBatches
from featsel.training.checkpoints import TrainState, facts_of, progress_of
from featsel.training.cuts import EqualCuts
from featsel.training.distributed import Team
from featsel.training.learner import Learner, part_of
from featsel.training.predictions import evaluation_of
from featsel.training.progress import Evaluation, Progress, Report, after_evaluation
from featsel.training.settings import TrainSettings
from featsel.training.shards import ShardedBatches, Shards, predicted_by_all

CHECK_STEPS = 32
"""How often a look is taken at whether the loss is still a number: on a GPU each look waits for all steps."""


def _go_on(_: Progress) -> bool:
    return False


def _say_nothing(_: Report) -> None:
    pass


def _keep_nothing(_: TrainState) -> None:
    pass


@dataclass(frozen=True)
class Callbacks:
    """Who is told of a training; of several processes the first one alone tells.

    Parameters
    ----------
    on_step : callable
        Told how far it is after each step; true asks for a checkpoint.
    on_report : callable
        Told of each epoch and each evaluation.
    on_checkpoint : callable
        Given what to keep, when a step asked for it and after each epoch. The tensors change with the next
        step: they have to be written or copied before it returns.
    """

    on_step: Callable[[Progress], bool] = _go_on
    on_report: Callable[[Report], None] = _say_nothing
    on_checkpoint: Callable[[TrainState], None] = _keep_nothing


@dataclass(frozen=True)
class FitResult:
    """What a training led to.

    Parameters
    ----------
    progress : Progress
        How far it came, with its history.
    valid : Evaluation, optional
        Of the weights that the model has now; None without validation rows.
    """

    progress: Progress
    valid: Evaluation | None


def fit(
    model: CTRModel,
    train: Rows | Shards,
    *,
    valid: Rows | Shards | None = None,
    settings: TrainSettings,
    state: TrainState | None = None,
    callbacks: Callbacks | None = None,
    team: Team | None = None,
) -> FitResult:
    """Train a model, and leave it with its best weights.

    The result depends on the arguments alone: not on what torch drew before, which is left as it was.

    Parameters
    ----------
    model : CTRModel
        Learns in place; on the device of the settings.
    train : Rows or Shards
        What it learns from: all rows in each process, or in each its own shards.
    valid : Rows or Shards, optional
        What says which weights are best; without it the last ones are. Of rows, the first process evaluates
        all, of shards each process its own.
    settings : TrainSettings
        How it learns.
    state : TrainState, optional
        An earlier training, which goes on bit for bit. The number of processes may be another one.
    callbacks : Callbacks, optional
        Who is told.
    team : Team, optional
        Processes that train together, each with the same arguments but for rows.

    Returns
    -------
    FitResult
        The history, and how good the model is.

    Raises
    ------
    ConfigError
        The loss is no number any more, or ``state`` is of another training.
    """
    gpus = [settings.device] if settings.device.type == "cuda" else []
    with torch.random.fork_rng(gpus):
        training = _Training(model, train, valid, settings, callbacks or Callbacks(), team or Team())
        if state is not None:
            training.resume(state)
        return training.run()


class _Training:
    """One training, from its first step (or that of a checkpoint) to its last."""

    def __init__(
        self,
        model: CTRModel,
        train: Rows | Shards,
        valid: Rows | Shards | None,
        settings: TrainSettings,
        callbacks: Callbacks,
        team: Team,
    ) -> None:
        self._learner = Learner(model, settings, team)
        self._train = train
        self._valid = valid
        self._settings = settings
        self._callbacks = callbacks if team.rank == 0 else Callbacks()
        self._team = team
        self._progress = Progress()
        self._best: dict[str, Tensor] = {}

    def resume(self, state: TrainState) -> None:
        self._progress = progress_of(
            state.facts, self._settings, n_rows=self._train.n_rows, shards=_sizes(self._train)
        )
        best = part_of(state.tensors, "best")
        try:
            best = {name: best[name] for name in self._learner.weights()} if best else {}
            self._learner.restore(state.tensors)
        except (KeyError, RuntimeError) as error:
            raise UnreadableFileError(
                f"the checkpoint does not hold what this model had learnt: {error}",
                "Begin anew without --resume.",
            ) from error
        self._best = best

    def run(self) -> FitResult:
        settings = self._settings
        batches = self._batches()
        self._learner.model.train()
        while self._progress.epoch < settings.epochs and not self._progress.is_stopped:
            self._run_epoch(batches)
        self._learner.model.eval()
        return self._finish()

    def _batches(self) -> ShuffledBatches | ShardedBatches:
        settings, train = self._settings, self._train
        if isinstance(train, Shards):
            return ShardedBatches(
                train,
                self._team,
                batch_size=settings.batch_size,
                buffer_rows=settings.buffer_rows,
                seed=settings.seed,
                device=settings.device,
            )
        return ShuffledBatches(
            train,
            cuts=EqualCuts(train.n_rows, settings.batch_size),
            buffer_rows=settings.buffer_rows,
            seed=settings.seed,
            device=settings.device,
        )

    def _run_epoch(self, batches: ShuffledBatches | ShardedBatches) -> None:
        progress = self._progress
        n_batches = batches.n_batches
        every = self._settings.evaluate_steps
        for batch in batches.epoch(progress.epoch, first=progress.batch):
            self._keep_best()
            sizes = batches.sizes(progress.batch) if isinstance(batches, ShardedBatches) else None
            # of fewer rows than processes some process would have none
            if sum(sizes) > 0 if sizes is not None else batch.n_rows >= self._team.size:
                self._learner.step(batch, n_step=progress.step, rate_factor=progress.rate_factor, sizes=sizes)
            progress = replace(progress, batch=progress.batch + 1, step=progress.step + 1)
            self._progress = progress
            if progress.step % CHECK_STEPS == 0:
                self._check()
            if every is not None and progress.step % every == 0 and progress.batch < n_batches:
                progress = self._report()
                if progress.is_stopped:
                    self._callbacks.on_step(progress)
                    break
            if self._callbacks.on_step(progress):
                self._callbacks.on_checkpoint(self._state())
        else:
            self._report()
            self._progress = replace(self._progress, epoch=self._progress.epoch + 1, batch=0)
        self._callbacks.on_checkpoint(self._state())

    def _keep_best(self) -> None:
        """Copy the weights before a step changes them, if they are the best ones so far."""
        if (
            self._valid is not None
            and self._progress.best_step == self._progress.step
            and self._progress.step
        ):
            self._best = {name: value.clone() for name, value in self._learner.weights().items()}

    def _report(self) -> Progress:
        self._check()
        valid = None
        if self._valid is not None:
            valid = self._evaluation(self._valid)
        self._progress = after_evaluation(
            self._progress, self._settings, train_loss=self._learner.mean_loss, valid=valid
        )
        self._learner.forget_losses()
        self._callbacks.on_report(self._progress.history[-1])
        return self._progress

    def _evaluation(self, rows: Rows | Shards) -> Evaluation | None:
        settings, team = self._settings, self._team
        found = predicted_by_all(
            self._learner.model, rows, team, device=settings.device, precision=settings.precision
        )
        return team.from_first(None if found is None else evaluation_of(*found))

    def _check(self) -> None:
        if not math.isfinite(self._learner.mean_loss):
            raise ConfigError(
                f"the training loss is no number any more, {self._progress.step:,} steps into the training",
                f"Lower --lr, which is {self._settings.rate:g}, or train with --precision fp32.",
            )

    def _state(self) -> TrainState:
        self._check()
        best = {f"best.{name}": value for name, value in self._best.items()}
        return TrainState(
            {**self._learner.state(), **best},
            facts_of(self._progress, self._settings, n_rows=self._train.n_rows, shards=_sizes(self._train)),
        )

    def _finish(self) -> FitResult:
        progress = self._progress
        valid = progress.history[-1].valid if progress.history else None
        if self._valid is not None and progress.best_step not in {None, progress.step}:
            self._learner.restore_weights(self._best)
            valid = next(line.valid for line in progress.history if line.step == progress.best_step)
        return FitResult(progress, valid)


def _sizes(rows: Rows | Shards) -> tuple[int, ...] | None:
    return rows.sizes if isinstance(rows, Shards) else None
