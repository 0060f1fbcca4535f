"""Which rows are trained on, and which are held out?"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.columns import EncodedLog, ListColumn, NumericColumn
from featsel.core.errors import ConfigError
from featsel.core.feature_config import ConfigData, ConfigSplit, FeatureConfig, SplitOrder
from featsel.encoding.splits import Part, split_rows
from featsel.logs.fingerprint import fingerprint
from featsel.training.shards import Shards
from featsel.workflows.config_rows import ConfigRows, open_config_rows
from featsel.workflows.encode import EncodeResources
from featsel.workflows.log_rows import LogRows
from featsel.workflows.request import LogRequest

SEEN = (
    "rows are held out that were not when the feature config was made: its vocabularies and bins have "
    "seen them"
)
"""A warning: metrics of such rows are too good."""

NEEDS_BOTH = "Training needs both; hold out fewer rows, or others with --split random."
"""A hint for training rows of one label."""

DEFAULT_VALID = 0.1
"""Share of a log that validates where neither the user nor the config says another."""


@dataclass(frozen=True)
class HeldOut:
    """Rows that are not trained on: a log of their own, or a share of the rows of the training log.

    Parameters
    ----------
    path : str, optional
        The log.
    share : float, optional
        The share; what the config says where neither is given.
    """

    path: str | None = None
    share: float | None = None


@dataclass(frozen=True)
class Held:
    """Rows to evaluate on.

    Parameters
    ----------
    rows : LogRows or Shards
        The rows.
    groups : ndarray of int, shape (n_rows,), optional
        Group of each.
    """

    rows: LogRows | Shards
    groups: NDArray[np.integer] | None


@dataclass(frozen=True)
class TrainRows:
    """Rows by what they are used for.

    Parameters
    ----------
    train : LogRows or Shards
        What the model learns from.
    n_log_rows : int
        Rows of the training log, held-out ones included.
    row_bytes : int
        Bytes of a row in memory.
    held : mapping of str to Held
        ``valid`` and ``test``, where there are any.
    split : ConfigSplit
        How the log was split.
    fingerprint : str
        Of the training log.
    """

    train: LogRows | Shards
    n_log_rows: int
    row_bytes: int
    held: Mapping[str, Held]
    split: ConfigSplit
    fingerprint: str


@contextmanager
def open_train_rows(
    request: LogRequest,
    config: FeatureConfig,
    values: pl.DataFrame,
    *,
    held_out: Mapping[str, HeldOut],
    order: SplitOrder | None,
    group: str | None,
    resources: EncodeResources,
) -> Generator[TrainRows]:
    """Open the logs of a training.

    Parameters
    ----------
    request : LogRequest
        The training log.
    config, values : FeatureConfig, polars.DataFrame
        What the model reads.
    held_out : mapping of str to HeldOut
        ``valid`` and ``test``.
    order : SplitOrder, optional
        Which rows shares hold out; what the config says where absent.
    group : str, optional
        Column that groups the rows that are evaluated.
    resources : EncodeResources
        What encoding may use, and who is told what is worth knowing.

    Yields
    ------
    TrainRows
        Valid until the block ends.

    Raises
    ------
    ConfigError, DataError
        A log is wrong, or no row is left to train on.
    """
    extra = (group,) if group is not None else ()
    order, time = chosen_order(request, config, order)
    with ExitStack() as stack:

        def open_log(request: LogRequest) -> ConfigRows:
            return stack.enter_context(
                open_config_rows(request, config, values, resources=resources, time=request.time, extra=extra)
            )

        opened = open_log(replace(request, time=time))
        codes = opened.codes
        rows = LogRows(codes, opened.reader)
        mark = fingerprint(opened.log.source.paths)
        split = chosen_split(request, config, held_out, order, mark=mark)
        times = None if codes.times is None else codes.times.read()
        parts = split_rows(codes.n_rows, split, times=times)
        if mark == config.data.fingerprint and were_seen(parts, split, config.data, times=times):
            resources.reporter.warn(SEEN)
        held: dict[str, Held] = {}
        for name, part in (("valid", Part.VALID), ("test", Part.TEST)):
            path = held_out[name].path
            if path is not None:
                other = open_log(replace(request, paths=(path,), time=None, rows=None, sample=None))
                held[name] = Held(LogRows(other.codes, other.reader), _groups(other.codes, group))
            elif np.any(parts == part):
                groups = _groups(codes, group)
                chosen = parts == part
                held[name] = Held(rows.where(chosen), groups[chosen] if groups is not None else None)
        train = rows.where(parts == Part.TRAIN) if np.any(parts != Part.TRAIN) else rows
        train.check_labels("training", NEEDS_BOTH)
        yield TrainRows(train, train.n_log_rows, train.row_bytes, held, split, mark)


def chosen_order(
    request: LogRequest, config: FeatureConfig, order: SplitOrder | None
) -> tuple[SplitOrder, str | None]:
    """Which rows shares hold out, and, for a split in time, the column of the times.

    Parameters
    ----------
    request : LogRequest
        The training log.
    config : FeatureConfig
        What the model reads.
    order : SplitOrder or None
        What the user wants.

    Returns
    -------
    SplitOrder, str or None
        That of the config, where the user names neither it nor a time.

    Raises
    ------
    ConfigError
        Nobody names the times.
    """
    if order is None:
        of_config = config.data.split.order if config.data.split is not None else SplitOrder.RANDOM
        order = SplitOrder.TIME if request.time is not None else of_config
    time = (request.time or config.time) if order is SplitOrder.TIME else None
    if order is SplitOrder.TIME and time is None:
        raise ConfigError("--split time needs the time of the rows", "Name its column with --time.")
    return order, time


def chosen_split(
    request: LogRequest,
    config: FeatureConfig,
    held_out: Mapping[str, HeldOut],
    order: SplitOrder,
    *,
    mark: str,
) -> ConfigSplit:
    """Shares of the training log that are held out; where nothing was said, those of the config.

    Parameters
    ----------
    request, config
        As of :func:`chosen_order`.
    held_out : mapping of str to HeldOut
        ``valid`` and ``test``.
    order : SplitOrder
        Which rows shares hold out.
    mark : str
        Fingerprint of the training log.

    Returns
    -------
    ConfigSplit
        Shares of 0 where a log of its own is given.
    """
    is_same_log = mark == config.data.fingerprint
    of_config = config.data.split if is_same_log else None
    usual = {"valid": DEFAULT_VALID, "test": 0.0}
    if of_config is not None:
        usual = {"valid": of_config.valid, "test": of_config.test}
    shares: dict[str, float] = {}
    for name, held in held_out.items():
        share = held.share if held.share is not None else usual[name]
        shares[name] = 0.0 if held.path is not None else share
    seed = of_config.seed if of_config is not None else request.seed
    return ConfigSplit(order, shares["valid"], shares["test"], seed)


def were_seen(
    parts: NDArray[np.uint8], split: ConfigSplit, made_from: ConfigData, *, times: NDArray[np.float64] | None
) -> bool:
    """Whether a row is held out that the features of the config were made from.

    Parameters
    ----------
    parts : ndarray of uint8, shape (n_rows,)
        A :class:`featsel.encoding.splits.Part` for each row of the log.
    split : ConfigSplit
        What made them.
    made_from : ConfigData
        The same log, and how it was split when the config was made.
    times : ndarray of float64, shape (n_rows,), optional
        Row times, for a split in time.

    Returns
    -------
    bool
        False where the config kept the same rows apart.
    """
    is_held = parts != Part.TRAIN
    if (split == made_from.split and parts.size == made_from.rows) or not is_held.any():
        return False
    if made_from.split is None or made_from.rows != parts.size or made_from.split.order is not split.order:
        return True
    earlier = split_rows(parts.size, made_from.split, times=times)
    return bool(np.any(is_held & (earlier == Part.TRAIN)))


def _groups(codes: EncodedLog, group: str | None) -> NDArray[np.integer] | None:
    if group is None:
        return None
    column = codes.columns[group]
    assert not isinstance(column, ListColumn), "columns that group rows hold one value a row"
    if isinstance(column, NumericColumn):
        return np.unique(column.numbers.read(), return_inverse=True)[1]
    return column.codes.read()
