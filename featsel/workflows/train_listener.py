"""Who hears how a training goes? The terminal, the folder of the model, TensorBoard."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Any

from featsel.core.errors import ConfigError
from featsel.training.checkpoints import TrainState
from featsel.training.cuts import Cuts
from featsel.training.progress import Progress, Report
from featsel.training.settings import TrainSettings
from featsel.workflows.model_folder import write_checkpoint
from featsel.workflows.reporter import Reporter

CHECKPOINT_S = 300.0
"""Between checkpoints within an epoch, unless their steps are named."""

EPOCH_CHECKPOINT_S = 10.0
"""An epoch that ends sooner after a checkpoint has none of its own: it is quickly trained again."""


class TrainListener:
    """Hears the callbacks of a training.

    Parameters
    ----------
    folder : Path
        Of the model; checkpoints go there.
    settings : TrainSettings
        How it learns.
    reporter : Reporter
        Told of steps and epochs.
    cuts : Cuts
        How many rows each batch has, over all processes.
    n_rows : int
        Training rows.
    data : str
        What tells them from others.
    checkpoint_steps : int, optional
        Steps between checkpoints within an epoch; every five minutes where absent.
    tensorboard : Path, optional
        Folder for TensorBoard.
    """

    def __init__(
        self,
        folder: Path,
        settings: TrainSettings,
        reporter: Reporter,
        *,
        cuts: Cuts,
        n_rows: int,
        data: str,
        checkpoint_steps: int | None = None,
        tensorboard: Path | None = None,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._reporter = reporter
        self._cuts = cuts
        self._data = data
        self._checkpoint_steps = checkpoint_steps
        self._writer: Any = (
            _summary_writer(tensorboard) if tensorboard is not None else None
        )  # torch's is untyped
        self._saved_at = time.monotonic()
        self._is_asked = False
        self._since = (time.monotonic(), time.process_time())
        self._n_rows_read = 0
        self.train_s = 0.0
        self.train_cpu_s = 0.0
        reporter.start("training", n_rows * settings.epochs)

    def __enter__(self) -> TrainListener:
        """Begin to listen."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        if self._writer is not None:
            self._writer.close()

    @property
    def rows_per_second(self) -> int:
        """Training rows that were read a second, evaluations aside."""
        return round(self._n_rows_read / max(self.train_s, 1e-9))

    @property
    def rows_per_cpu_second(self) -> int:
        """Training rows that were read a processor second, evaluations aside."""
        return round(self._n_rows_read / max(self.train_cpu_s, 1e-9))

    def on_step(self, progress: Progress) -> bool:
        """Count a step; true asks for a checkpoint."""
        n_rows = self._cuts.start(progress.batch) - self._cuts.start(progress.batch - 1)
        self._n_rows_read += n_rows
        self._reporter.advance(n_rows)
        self._take_time()
        if self._checkpoint_steps is not None:
            self._is_asked = progress.step % self._checkpoint_steps == 0
        else:
            self._is_asked = time.monotonic() - self._saved_at > CHECKPOINT_S
        return self._is_asked

    def on_report(self, line: Report) -> None:
        """Tell of an evaluation, whose time does not count as training."""
        self._since = (time.monotonic(), time.process_time())
        told = f"epoch {line.epoch}: training log loss {line.train_loss:.5f}"
        if line.valid is not None:
            told += f", validation log loss {line.valid.log_loss:.5f}, AUC {line.valid.auc:.5f}"
            told += " (best so far)" if line.is_best else ""
        self._reporter.note(told)
        if self._writer is not None:
            self._writer.add_scalar("log_loss/train", line.train_loss, line.step)
            self._writer.add_scalar("rate", line.rate, line.step)
            if line.valid is not None:
                self._writer.add_scalar("log_loss/valid", line.valid.log_loss, line.step)
                self._writer.add_scalar("auc/valid", line.valid.auc, line.step)

    def on_checkpoint(self, state: TrainState) -> None:
        """Keep how far the training is."""
        progress = state.facts["progress"]
        is_last = progress["is_stopped"] or progress["epoch"] >= self._settings.epochs
        if self._is_asked or is_last or time.monotonic() - self._saved_at > EPOCH_CHECKPOINT_S:
            write_checkpoint(self._folder, state, data=self._data)
            self._saved_at = time.monotonic()
        self._is_asked = False
        self._since = (time.monotonic(), time.process_time())

    def _take_time(self) -> None:
        now = (time.monotonic(), time.process_time())
        self.train_s += now[0] - self._since[0]
        self.train_cpu_s += now[1] - self._since[1]
        self._since = now


def _summary_writer(folder: Path) -> object:
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - comes with the extra 'tensorboard'
    except ImportError as error:
        raise ConfigError(
            "--tensorboard needs a package that is not installed",
            "Install it with: pip install 'featsel[tensorboard]'",
        ) from error
    return SummaryWriter(str(folder))
