"""Where is a log counted: in this process, or on a cluster?"""

from __future__ import annotations

from featsel.core.engine import Cluster
from featsel.core.errors import ConfigError
from featsel.core.schema import LogSchema
from featsel.engines.local import LogCounts, Resources, count_fields
from featsel.engines.profiles import ProfiledLog, profile_log
from featsel.engines.ray_cluster import Workers, workers_of
from featsel.engines.ray_counts import count_on_ray
from featsel.engines.ray_profiles import profile_on_ray
from featsel.logs.label import LabelReader
from featsel.logs.log import Log
from featsel.workflows.reporter import Reporter


def count_log(
    log: Log,
    schema: LogSchema,
    label: LabelReader,
    *,
    n_bins: int,
    resources: Resources,
    reporter: Reporter,
) -> LogCounts:
    """Count every field of a log against its label.

    Parameters
    ----------
    log : Log
        The log, open.
    schema : LogSchema
        Its fields and roles.
    label : LabelReader
        Reads its labels.
    n_bins : int
        Bins of a numeric field.
    resources : Resources
        Threads, memory, and the cluster if there is one.
    reporter : Reporter
        Told of progress.

    Returns
    -------
    LogCounts
        The same wherever it is counted.

    Raises
    ------
    ConfigError
        The cluster cannot be used.
    DataError
        The log cannot be read, or a label or weight is wrong.
    """
    workers = workers_for(log, resources.cluster, reporter)
    n_cells = log.count_rows() * len(schema.fields) if log.is_columnar else None
    reporter.start(f"counting {len(schema.fields):,} fields", n_cells)
    if workers is not None:
        return count_on_ray(
            schema,
            log=log,
            label=label,
            n_bins=n_bins,
            workers=workers,
            resources=Resources(1, resources.memory_bytes),
            advance=reporter.advance,
        )
    return count_fields(
        schema,
        read=log.batches,
        read_label=label.read,
        is_columnar=log.is_columnar,
        n_bins=n_bins,
        resources=resources,
        advance=reporter.advance,
    )


def profile_rows(log: Log, schema: LogSchema, *, resources: Resources, reporter: Reporter) -> ProfiledLog:
    """Profile a log.

    Parameters
    ----------
    log : Log
        The log, open.
    schema : LogSchema
        Its fields and roles.
    resources : Resources
        Threads, memory, and the cluster if there is one.
    reporter : Reporter
        Told of progress.

    Returns
    -------
    ProfiledLog
        The same wherever it is profiled.

    Raises
    ------
    ConfigError
        The cluster cannot be used.
    DataError
        The log cannot be read.
    """
    workers = workers_for(log, resources.cluster, reporter)
    n_cells = log.count_rows() * len(schema.fields) if log.is_columnar else None
    reporter.start(f"profiling {len(schema.fields):,} fields", n_cells)
    if workers is not None:
        return profile_on_ray(
            schema,
            log=log,
            workers=workers,
            resources=Resources(1, resources.memory_bytes),
            advance=reporter.advance,
        )
    return profile_log(
        schema,
        read=log.batches,
        is_columnar=log.is_columnar,
        resources=resources,
        advance=reporter.advance,
    )


def workers_for(log: Log, cluster: Cluster | None, reporter: Reporter) -> Workers | None:
    """Workers that can read a log; None where everything happens in this process.

    Parameters
    ----------
    log : Log
        The log, open.
    cluster : Cluster or None
        Where they are.
    reporter : Reporter
        Told how many workers there are.

    Returns
    -------
    Workers or None
        Connected.

    Raises
    ------
    ConfigError
        The cluster cannot be used, or could not read the log.
    """
    if cluster is None:
        return None
    if cluster.address is not None and log.is_copied:
        raise ConfigError(
            f"--ray-address: {log.source.title} is copied to this machine to be read, and the workers of a "
            "cluster cannot see the copy",
            "Write it as Parquet to where they can, with featsel convert.",
        )
    workers = workers_of(cluster)
    reporter.note(f"Ray: {workers.n_workers} worker{'s' if workers.n_workers > 1 else ''}")
    return workers
