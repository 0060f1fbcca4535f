"""How does a log become columns of codes on disk?"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from featsel.core.columns import CategoricalColumn, Column, EncodedLog, ListColumn, NumericColumn, StoredArray
from featsel.core.engine import Cluster
from featsel.core.errors import EmptyLogError
from featsel.core.schema import FieldKind
from featsel.engines.roles import read_weights
from featsel.logs.cache import ColumnCache, default_cache, open_cache
from featsel.logs.fingerprint import fingerprint
from featsel.logs.label import LabelReader
from featsel.logs.log import Log
from featsel.logs.sources import STANDARD_INPUT, is_url
from featsel.logs.stored import write_column
from featsel.workflows.column_writers import FIELD_WRITERS, ColumnWriter, RoleWriter, TimeReader
from featsel.workflows.counting import workers_for
from featsel.workflows.encode_ray import ColumnRequest, encode_on_ray
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest

__all__ = ["EncodeResources", "Roles", "default_cache", "encoded"]

GROUP_FIELDS = 4
"""Columns read together from a columnar log: more would decode faster, and hold more in memory."""


@dataclass(frozen=True)
class Roles:
    """Columns that are no fields.

    Parameters
    ----------
    label : str or None
        The label; None where the log need not have one.
    positive : str or None
        The label value that counts as 1.
    time, weight : str or None
        Row time and row weight.
    """

    label: str | None
    positive: str | None = None
    time: str | None = None
    weight: str | None = None


@dataclass(frozen=True)
class EncodeResources:
    """What encoding may use, and who is told of it.

    Parameters
    ----------
    cache : Path or None
        Folder in which encoded columns are kept; None keeps nothing.
    n_threads : int
        Threads.
    reporter : Reporter
        Told of progress.
    cluster : Cluster, optional
        What reads the log, if not this process.
    """

    cache: Path | None
    n_threads: int
    reporter: Reporter
    cluster: Cluster | None = None


@contextmanager
def encoded(
    log: Log,
    request: LogRequest,
    fields: Mapping[str, FieldKind],
    roles: Roles,
    resources: EncodeResources,
) -> Generator[EncodedLog]:
    """Columns of a log as codes: those that are kept from an earlier time, and the others made now.

    Parameters
    ----------
    log : Log
        The log, open.
    request : LogRequest
        How it was opened.
    fields : mapping of str to FieldKind
        Columns to encode, and as what.
    roles : Roles
        Label, time and weight.
    resources : EncodeResources
        What encoding may use.

    Yields
    ------
    EncodedLog
        Valid until the block ends.

    Raises
    ------
    DataError
        There are no rows, or a value has no place in its column.
    """
    root = resources.cache if _can_be_kept(request) else None
    with open_cache(root, _reading(log, request)) as kept:
        makers = _makers(log, request, fields, roles)
        columns = {key: kept.find(key) for key in makers}
        missing = [key for key, column in columns.items() if column is None]
        if missing:
            _encode(log, {key: makers[key] for key in missing}, kept, resources)
            columns.update({key: kept.find(key) for key in missing})
        found = {makers[key].role: column for key, column in columns.items() if column is not None}
        label, times, weights = (_stored(found.get(role)) for role in ("label", "time", "weight"))
        n_rows = max(map(_count_rows, found.values()))
        if n_rows == 0:
            raise EmptyLogError(f"{log.source.title} holds no rows", "Give a log with rows.")
        yield EncodedLog(
            n_rows=n_rows,
            columns={
                name: column
                for name in fields
                if not isinstance(column := found[f"field {name}"], StoredArray)
            },
            label=label,
            times=times,
            weights=weights,
            folder=None if root is None else kept.folder,
        )


@dataclass(frozen=True)
class _Maker:
    """What makes a column: where its values stand, what it is in the log, and how it is written."""

    name: str
    role: str
    open: Callable[[Path], ColumnWriter]
    kind: FieldKind | None = None


def _can_be_kept(request: LogRequest) -> bool:
    """Whether the log can be known again: it is no table in memory, not piped in, and behind no address."""
    paths = [Path(path) for path in request.paths if path != STANDARD_INPUT]
    is_piped = len(paths) < len(request.paths) or any(
        path.exists() and not (path.is_file() or path.is_dir()) for path in paths
    )
    return bool(paths) and not is_piped and not any(map(is_url, request.paths))


def _reading(log: Log, request: LogRequest) -> dict[str, object]:
    """All that decides which values a log has."""
    paths = log.source.paths
    options = request.as_options()
    names = ("columns", "header", "separator", "null_values", "rows", "sample")
    return {
        "fingerprint": fingerprint(paths),
        # the fingerprint of a large file does not see every change in place
        "modified": [Path(path).stat().st_mtime_ns for path in paths if not is_url(path)],
        "partitions": log.source.partitions,
        "format": log.source.format,
        **{name: options[name] for name in names},
        "seed": request.seed if request.sample is not None else None,
        **({"shard": log.shard} if log.shard else {}),
    }


def _makers(
    log: Log, request: LogRequest, fields: Mapping[str, FieldKind], roles: Roles
) -> dict[str, _Maker]:
    """Maker of every column that is wanted, by a key that says all that decides its codes."""
    splits = {rule.partition("=")[0]: rule for rule in request.multivalued}
    makers: dict[str, _Maker] = {}
    for name, kind in fields.items():
        key = repr(("field", name, kind, splits.get(name), log.dtypes[name]))
        makers[key] = _Maker(name, f"field {name}", FIELD_WRITERS[kind], kind)
    numbers = np.dtype("<f8")
    if roles.label is not None:
        reader = LabelReader(roles.label, roles.positive)
        makers[repr(("label", roles.label, roles.positive))] = _Maker(
            roles.label, "label", partial(RoleWriter, dtype=np.dtype("u1"), read=reader.read)
        )
    if roles.time is not None:
        makers[repr(("time", roles.time, log.dtypes[roles.time]))] = _Maker(
            roles.time, "time", partial(RoleWriter, dtype=numbers, read=TimeReader().read)
        )
    if roles.weight is not None:
        makers[repr(("weight", roles.weight))] = _Maker(
            roles.weight, "weight", partial(RoleWriter, dtype=numbers, read=read_weights)
        )
    return makers


def _encode(log: Log, makers: Mapping[str, _Maker], kept: ColumnCache, resources: EncodeResources) -> None:
    keys = list(makers)
    group_size = GROUP_FIELDS if log.is_columnar else len(keys)
    n_rows = log.count_rows() if log.is_columnar else None
    resources.reporter.start(
        f"encoding {len(keys):,} columns", n_rows * len(keys) if n_rows is not None else None
    )
    workers = workers_for(log, resources.cluster, resources.reporter)
    with kept.adding() as folder:
        if workers is not None:
            writers = _open(keys, makers, kept, folder)
            requests = [ColumnRequest(makers[key].name, makers[key].kind) for key in keys]
            columns = list(zip(requests, writers.values(), strict=True))
            encode_on_ray(log, columns, workers=workers, advance=resources.reporter.advance)
            _finish(writers, kept, folder)
            return
        with ThreadPoolExecutor(resources.n_threads) as pool:
            for start in range(0, len(keys), group_size):
                group = keys[start : start + group_size]
                writers = _open(group, makers, kept, folder)
                names = list(dict.fromkeys(makers[key].name for key in group))
                for batch in log.batches(names):
                    tasks = [pool.submit(writers[key].add, batch[makers[key].name]) for key in group]
                    for task in tasks:
                        task.result()
                    resources.reporter.advance(batch.height * len(group))
                _finish(writers, kept, folder)


def _open(
    keys: Sequence[str], makers: Mapping[str, _Maker], kept: ColumnCache, folder: Path
) -> dict[str, ColumnWriter]:
    writers: dict[str, ColumnWriter] = {}
    for key in keys:
        (folder / kept.folder_name(key)).mkdir()
        writers[key] = makers[key].open(folder / kept.folder_name(key))
    return writers


def _finish(writers: Mapping[str, ColumnWriter], kept: ColumnCache, folder: Path) -> None:
    for key, writer in writers.items():
        write_column(folder / kept.folder_name(key), writer.finish())


def _count_rows(column: Column | StoredArray) -> int:
    if isinstance(column, CategoricalColumn):
        return column.codes.size
    if isinstance(column, ListColumn):
        return column.ends.size
    return column.numbers.size if isinstance(column, NumericColumn) else column.size


def _stored(column: Column | StoredArray | None) -> StoredArray | None:
    assert column is None or isinstance(column, StoredArray)
    return column
