"""Which options do all commands share that read a log?"""

from __future__ import annotations

import importlib.util
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from featsel.core.byte_units import BYTE_UNITS
from featsel.core.cores import available_cores
from featsel.core.engine import Engine
from featsel.core.errors import ConfigError, did_you_mean
from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable, SplitOrder
from featsel.core.processes import processes_on_machine

if TYPE_CHECKING:
    from featsel.workflows.request import TextOptions


def apply_config(context: typer.Context, path: Path | None) -> Path | None:
    """Let a config file give the defaults of a command's options; called while options are parsed."""
    from featsel.cli.config import read_defaults  # noqa: PLC0415 - tomllib is needed here alone

    root = context.parent
    commands = getattr(root.command, "commands", {}) if root is not None else {}
    known = {
        name: {option for parameter in command.params for option in _keys(parameter)}
        for name, command in commands.items()
    }
    context.default_map = read_defaults(path, command=str(context.info_name), known=known)
    return path


def _keys(parameter: Any) -> tuple[str, ...]:  # noqa: ANN401 - typer's parameter classes are private
    return (parameter.name,) if getattr(parameter, "param_type_name", "") == "option" else ()


Data = Annotated[
    list[str], typer.Argument(metavar="DATA...", help="Files, globs, folders, URLs, or - for standard input.")
]
Label = Annotated[
    str | None,
    typer.Option(
        "--label", "-l", help="The 0/1 label; else the first of label, click, clicked, is_click, target, y."
    ),
]
Positive = Annotated[str | None, typer.Option(metavar="VALUE", help="The label value that counts as 1.")]
Include = Annotated[
    list[str] | None, typer.Option(metavar="PATTERN", help="Only these columns (shell pattern, repeatable).")
]
Exclude = Annotated[list[str] | None, typer.Option(metavar="PATTERN", help="Not these columns (repeatable).")]
Categorical = Annotated[
    list[str] | None, typer.Option(metavar="PATTERN", help="These columns are categories (repeatable).")
]
Numeric = Annotated[
    list[str] | None, typer.Option(metavar="PATTERN", help="These columns are quantities (repeatable).")
]
Multivalued = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN=SEP", help="Split this text column into a list of values (repeatable)."),
]
Time = Annotated[
    str | None, typer.Option(metavar="NAME", help="Column with the time of the row; it is not a field.")
]
Weight = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Column with the weight of the row: it counts as so many rows."),
]
InputFormat = Annotated[
    str | None,
    typer.Option(
        "--format", help="parquet, ipc, csv, tsv, ndjson, criteo, libsvm, libffm or vw; else by extension."
    ),
]
Columns = Annotated[
    str | None, typer.Option(metavar="A,B,…", help="Names of all columns of a text file, in order.")
]
NoHeader = Annotated[bool, typer.Option("--no-header", help="The text file has no header line.")]
Separator = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Separator of the text file; \\t is a tab.")
]
NullValues = Annotated[
    list[str] | None,
    typer.Option(metavar="A,B,…", help="Texts that mean null, beside the empty one (repeatable)."),
]
Rows = Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the first N rows.")]
Sample = Annotated[int | None, typer.Option(min=1, metavar="N", help="A uniform sample of N rows.")]
Seed = Annotated[int, typer.Option(min=0, max=(1 << 63) - 1, help="Seed of everything random.")]
Threads = Annotated[int | None, typer.Option(min=1, max=1024, metavar="N", help="Threads; else all cores.")]
MemoryLimit = Annotated[
    str,
    typer.Option(metavar="SIZE", help="Memory for counting, such as 500MB or 4GB; more is spilled to disk."),
]
EngineName = Annotated[
    Engine, typer.Option(help="Where the log is read and counted: here, or on a Ray cluster.")
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="With --engine ray: a running cluster; else one is started here, of --threads workers.",
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        is_eager=True,
        callback=apply_config,
        help="TOML file with options; else featsel.toml or [tool.featsel] of pyproject.toml in this folder.",
    ),
]
ValidShare = Annotated[
    float, typer.Option("--valid", min=0, max=0.9, metavar="SHARE", help="Share of the rows for validation.")
]
TestShare = Annotated[
    float, typer.Option("--test", min=0, max=0.9, metavar="SHARE", help="Share of the rows for test.")
]
Split = Annotated[
    SplitOrder | None,
    typer.Option(
        help="Which rows a share holds out: random ones, the last of the log (ordered), or the last in "
        "--time; else time where --time is given, and random."
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Where encoded logs are kept; else FEATSEL_CACHE, or featsel in the user's cache folder.",
    ),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Encode the log anew and keep nothing of it.")]
Html = Annotated[Path | None, typer.Option(help="Write a page that opens offline.")]
MinCount = Annotated[
    int, typer.Option(min=1, help="Values in fewer training rows have no feature of their own.")
]
NumericEncoding = Annotated[
    Literal["quantile", "log2", "standard"],
    typer.Option(help="How numeric fields are encoded: bins, floor(ln² x), or one scaled embedding."),
]
Bins = Annotated[int, typer.Option(min=2, max=10_000, help="Quantile bins of a numeric field.")]
Dim = Annotated[int, typer.Option(min=1, max=4096, help="Width of the embeddings.")]
Epochs = Annotated[int, typer.Option(min=1, help="Passes of a training, at most.")]
BatchSize = Annotated[
    int | None, typer.Option(min=1, help="Rows of a step; else 128 to 4096, about 128 steps an epoch.")
]
LearningRate = Annotated[float, typer.Option("--lr", min=0, help="Learning rate.")]
TableL2 = Annotated[
    float | None,
    typer.Option(
        "--l2",
        min=0,
        help="L2 of the embeddings that a batch touches; else 15 over --batch-size, at most .03.",
    ),
]
Device = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where models learn.")]
Precision = Annotated[Literal["auto", "fp32", "bf16"], typer.Option(help="Of matrix products.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no progress.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say why each kind was chosen; show tracebacks.")
]


LEAST_MEMORY_BYTES = 16 * 10**6
"""Below this, tables would be too small to be of use."""


def parse_bytes(text: str) -> int:
    """Bytes of a size such as ``500MB``, ``4GB`` or ``2GiB``.

    Parameters
    ----------
    text : str
        A number with a unit.

    Returns
    -------
    int
        Bytes.

    Raises
    ------
    ConfigError
        The text is no size, or too small a one.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    unit = (match[2].upper() or "B") if match is not None else ""
    if match is None or unit not in BYTE_UNITS:
        raise ConfigError(
            f"--memory-limit {text!r} is no size", "Write a number and a unit, such as 500MB or 4GB."
        )
    n_bytes = int(float(match[1]) * BYTE_UNITS[unit])
    if n_bytes < LEAST_MEMORY_BYTES:
        raise ConfigError(f"--memory-limit {text!r} is too small", "Counting needs 16MB or more.")
    return n_bytes


def use_threads(threads: int | None) -> int:
    """Number of threads, told to polars before it starts its own."""
    # far more threads than cores only wait for each other
    n_cores = available_cores()
    n_threads = min(threads or max(1, n_cores // processes_on_machine()), max(16, 4 * n_cores))
    os.environ["POLARS_MAX_THREADS"] = str(n_threads)
    # counting is slower than reading, so more row groups read ahead would only wait in memory
    os.environ.setdefault("POLARS_ROW_GROUP_PREFETCH_SIZE", "1")
    # what polars frees goes back soon instead of late: a fifth less memory at no cost (docs/experiments.md)
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:100,muzzy_decay_ms:0")
    return n_threads


def check_finite(numbers: Mapping[str, float | None]) -> None:
    """Refuse options that are no numbers, which a lower bound lets through."""
    for option, number in numbers.items():
        if number is not None and not math.isfinite(number):
            raise ConfigError(f"{option} is {number}", "Give a number.")


def needs_torch(command: str, *, extra: str = "train") -> None:
    """Refuse a command whose extra is not installed."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("safetensors") is None:
        raise ConfigError(
            f"featsel {command} needs torch and safetensors, which are not installed",
            f"Install them with: pip install 'featsel[{extra}]'",
        )


def cache_folder(folder: Path | None, *, is_off: bool) -> Path | None:
    """Folder in which encoded logs are kept; None where none is."""
    from featsel.workflows.encode import default_cache  # noqa: PLC0415 - polars is loaded from here on

    if is_off and folder is not None:
        raise ConfigError("--cache and --no-cache exclude each other", "Give one of them.")
    return None if is_off else folder or default_cache()


def embedding_table(
    scheme: EmbeddingScheme, dim: int, rows: int | None, lookups: int, *, seed: int
) -> EmbeddingTable:
    """How the embeddings are stored.

    Parameters
    ----------
    scheme : EmbeddingScheme
        Full, or one of those that share rows.
    dim : int
        Width of the embeddings.
    rows : int or None
        Rows of a shared table.
    lookups : int
        Rows that make one embedding of a unified table.
    seed : int
        Salt of the hashes.

    Returns
    -------
    EmbeddingTable
        As it stands in a feature config.

    Raises
    ------
    ConfigError
        Options contradict each other.
    """
    if scheme is EmbeddingScheme.FULL:
        if rows is not None:
            raise ConfigError(
                "--table-rows is for shared tables", "Add --embedding hash, qr or unified, or drop it."
            )
        return EmbeddingTable(scheme, dim)
    if rows is None:
        raise ConfigError(f"--embedding {scheme} needs --table-rows", "Say how many rows the table has.")
    if scheme is EmbeddingScheme.QR:
        return EmbeddingTable(scheme, dim, rows=rows)
    if scheme is EmbeddingScheme.HASH:
        return EmbeddingTable(scheme, dim, rows=rows, salt=seed)
    if dim % lookups:
        raise ConfigError(f"--dim {dim} cannot be made of --lookups {lookups}", "Give a divisor of --dim.")
    return EmbeddingTable(scheme, dim, rows=rows, lookups=lookups, salt=seed)


def known_format(name: str | None) -> str | None:
    """Name of a format that exists; ``arrow`` means IPC."""
    from featsel.workflows.request import Format  # noqa: PLC0415 - needed only where a log is read

    if name is None:
        return None
    lower = {"arrow": "ipc", "feather": "ipc", "jsonl": "ndjson"}.get(name.lower(), name.lower())
    if lower not in set(Format):
        raise ConfigError(
            f"--format {name!r} is no format",
            did_you_mean(lower, [known.value for known in Format], what="Known are"),
        )
    return lower


def text_options(
    columns: str | None, separator: str | None, null_values: list[str] | None, *, has_header: bool
) -> TextOptions:
    """What the options say of delimited text.

    Parameters
    ----------
    columns : str or None
        Comma-separated names.
    separator : str or None
        May spell a tab as backslash and t.
    null_values : list of str or None
        Texts that mean null, also several in one, separated by commas.
    has_header : bool
        Whether the first line names the columns.

    Returns
    -------
    TextOptions
        For the reader.

    Raises
    ------
    ConfigError
        A column is named twice or has no name, or the separator is empty.
    """
    from featsel.workflows.request import TextOptions  # noqa: PLC0415 - needed only where a log is read

    names = tuple(name.strip() for name in columns.split(",")) if columns is not None else None
    for name in names or ():
        if not name or (names or ()).count(name) > 1:
            raise ConfigError(
                f"--columns {columns!r} names {name!r} twice or not at all", "Give every column one name."
            )
    nulls = tuple(text for texts in null_values or () for text in texts.split(","))
    if separator is not None:
        separator = separator.replace("\\t", "\t")
        if not separator or separator in {"\n", "\r", '"'}:
            raise ConfigError(
                f"--separator {separator!r} cannot separate values", "Give a character such as ; or \\t."
            )
    return TextOptions(names, has_header, separator, nulls)
