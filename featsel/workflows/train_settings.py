"""Which settings does a training have that depend on its rows and its machine?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from featsel.training.batches import CHUNK_ROWS
from featsel.training.devices import Device, Precision, choose_device, choose_precision
from featsel.training.recipe import usual_batch_size, usual_table_l2
from featsel.training.settings import TrainSettings

BUFFER_SHARE = 0.2
"""Of the memory limit, for a buffer of rows: while one is used, the next one is read and put together."""


@dataclass(frozen=True)
class Wishes:
    """What a user wants of a training, as far as its rows and its machine decide the rest.

    Parameters
    ----------
    device : Device
        Where.
    precision : Precision
        Of matrix products.
    batch_size : int, optional
        Rows of a step; about 128 steps an epoch where absent.
    table_l2 : float, optional
        L2 of the embeddings that a batch touches; what suits the size of the batch where absent.
    """

    device: Device = Device.AUTO
    precision: Precision = Precision.AUTO
    batch_size: int | None = None
    table_l2: float | None = None


def complete(
    settings: TrainSettings,
    wishes: Wishes,
    *,
    n_rows: int,
    row_bytes: int,
    memory_bytes: int,
    local_rank: int = 0,
) -> TrainSettings:
    """Settings with everything that rows and machine decide.

    Parameters
    ----------
    settings : TrainSettings
        How to learn.
    wishes : Wishes
        What the user said of the rest.
    n_rows : int
        Training rows.
    row_bytes : int
        Bytes of one in memory.
    memory_bytes : int
        Memory that rows and tables may take.
    local_rank : int
        Which process of this machine it is: it chooses the GPU.

    Returns
    -------
    TrainSettings
        Of a training that can begin.
    """
    device = choose_device(wishes.device, local_rank=local_rank)
    batch_size = wishes.batch_size or usual_batch_size(n_rows)
    table_l2 = wishes.table_l2
    if table_l2 is None:
        table_l2 = usual_table_l2(settings.base_batch_size or batch_size)
    return replace(
        settings,
        device=device,
        precision=choose_precision(wishes.precision, device),
        batch_size=batch_size,
        table_l2=table_l2,
        buffer_rows=max(CHUNK_ROWS, int(BUFFER_SHARE * memory_bytes / row_bytes)),
    )
