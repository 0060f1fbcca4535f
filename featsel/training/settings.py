"""What can be set about a training?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

import torch

from featsel.training.devices import Precision
from featsel.training.optimizers import TableOptimizer


class Monitor(StrEnum):
    """Which number of the validation rows says that a model is better."""

    LOG_LOSS = "log-loss"
    AUC = "auc"


@dataclass(frozen=True)
class TrainSettings:
    """How a model is trained.

    Parameters
    ----------
    epochs : int
        Passes over the rows.
    batch_size : int
        Rows of a step, over all processes.
    rate : float
        Learning rate of the head, and of the table unless it has its own.
    table_rate : float, optional
        Learning rate of the table.
    optimizer : TableOptimizer
        How the table learns; the head learns with Adam.
    table_l2, head_l2 : float
        Times the weights is added to their gradient: of embeddings, and of all others. First-order weights of
        features count among the others.
    base_batch_size : int, optional
        Batch size for which the rates and L2 above are meant. For batches s times as large the head's rate
        grows with the square root of s and L2 with s, and the table's rate stays (CowClip's rule).
    most_gradient : float, optional
        Longer gradients, of head and table together, are shortened to this norm.
    patience : int, optional
        Evaluations in a row without a better model after which training ends.
    monitor : Monitor
        What better means.
    plateau_factor : float, optional
        Learning rates are multiplied with it after each evaluation without a better model.
    evaluate_steps : int, optional
        Evaluate after so many steps, too, not only after each epoch.
    buffer_rows : int
        Rows that are kept in memory and shuffled.
    seed : int
        Of the order of rows and of dropout; not negative.
    device : torch.device
        Where the model is.
    precision : Precision
        Of matrix products; not ``auto``.
    is_compiled : bool
        Whether torch.compile makes kernels for the head.

    References
    ----------
    Zheng et al., "CowClip: Reducing CTR Prediction Model Training Time from 12 Hours to 10 Minutes on 1 GPU",
    AAAI 2023, section 3.
    """

    epochs: int = 1
    batch_size: int = 4096
    rate: float = 1e-3
    table_rate: float | None = None
    optimizer: TableOptimizer = TableOptimizer.ADAM
    table_l2: float = 0.0
    head_l2: float = 0.0
    base_batch_size: int | None = None
    most_gradient: float | None = None
    patience: int | None = None
    monitor: Monitor = Monitor.LOG_LOSS
    plateau_factor: float | None = None
    evaluate_steps: int | None = None
    buffer_rows: int = 1 << 22
    seed: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    precision: Precision = Precision.FP32
    is_compiled: bool = False

    @property
    def scale(self) -> float:
        """How many times the batch is larger than the one that rates and L2 are meant for."""
        return self.batch_size / (self.base_batch_size or self.batch_size)

    @property
    def scaled_head_rate(self) -> float:
        """Learning rate of the head at this batch size."""
        return self.rate * math.sqrt(self.scale)

    @property
    def scaled_table_rate(self) -> float:
        """Learning rate of the table, which the batch size does not change."""
        return self.rate if self.table_rate is None else self.table_rate
