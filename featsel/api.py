"""How does a Python program rank the fields of a table or of a log?

What the command line does, as a function of a frame: the same numbers, warnings through :mod:`warnings`,
notes through the logger ``featsel``, and errors as exceptions of :mod:`featsel.core.errors`.
"""

from __future__ import annotations

import functools
import inspect
import logging
import re
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from os import PathLike, fspath
from typing import cast

import polars as pl

from featsel.core.cores import available_cores
from featsel.core.errors import ConfigError, FeatselError, FeatselWarning, did_you_mean
from featsel.engines.local import Resources
from featsel.ranking.scores import Score
from featsel.workflows.frames import rank_frame
from featsel.workflows.rank import RankOptions
from featsel.workflows.rank import rank as rank_files
from featsel.workflows.rank_questions import Asked
from featsel.workflows.request import Format, LogRequest

MEMORY_BYTES = 4 * 10**9
"""What the command line takes where ``--memory-limit`` is not given."""

LARGEST_SEED = (1 << 63) - 1

MOST_BINS = 1000

LEAST_MEMORY_BYTES = 16 * 10**6
"""Below this, tables would be too small to be of use."""

_LOGGER = logging.getLogger("featsel")


def rank(  # noqa: PLR0913 - the options of the command
    data: object,
    label: str | None = None,
    *,
    score: str = "usable",
    bins: int = 32,
    min_count: int = 1,
    positive: object = None,
    include: str | Sequence[str] = (),
    exclude: str | Sequence[str] = (),
    categorical: str | Sequence[str] = (),
    numeric: str | Sequence[str] = (),
    multivalued: str | Sequence[str] = (),
    time: str | None = None,
    weight: str | None = None,
    format: str | None = None,  # noqa: A002 - the option's name
    rows: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    memory_bytes: int = MEMORY_BYTES,
) -> pl.DataFrame:
    """Score every field of a table by its information on the label, corrected for cardinality.

    The numbers are those of ``featsel rank`` for the same rows, to the last bit. Fields that tell no more
    than chance would are called noise, however many values they have; row identifiers, constants and columns
    that were written after the click are named too.

    Parameters
    ----------
    data : DataFrame, LazyFrame, Arrow table, path or sequence of paths
        A table of polars, pandas or pyarrow, or of anything else that exports an Arrow stream; or what the
        command line takes: files, globs, folders, URLs. The index of a pandas frame is left out. The rows of
        a lazy frame are kept in a temporary file meanwhile.
    label : str, optional
        Column of the 0/1 label; else the first of ``label``, ``click``, ``clicked``, ``is_click``,
        ``target``, ``y`` that exists.
    score : {"usable", "corrected", "z", "mi", "ami", "outrank", "forward"}
        What orders the fields; ``"forward"`` needs a time.
    bins : int
        Quantile bins of a numeric field, 2 to 1000.
    min_count : int
        Values with fewer rows are pooled into one.
    positive : object, optional
        The label value that counts as 1, where labels are neither 0/1 nor boolean.
    include, exclude : str or sequence of str
        Only these columns, and not these; shell patterns.
    categorical, numeric : str or sequence of str
        Columns that are categories, and columns that are quantities; shell patterns. The kind of the others
        is inferred from their names and values.
    multivalued : str or sequence of str
        ``"COLUMN=SEPARATOR"``: text columns to split into lists of values.
    time, weight : str, optional
        Columns of row time and of row weight, which are no fields.
    format : str, optional
        Format of files whose extension does not say it.
    rows, sample : int, optional
        Only the first rows; and of them, a uniform sample.
    seed : int
        Of the sample, and of the random tables of ``score="outrank"``.
    threads : int, optional
        Threads that count; else as many as there are cores. Polars has threads of its own.
    memory_bytes : int
        Memory for counting; more is spilled to disk.

    Returns
    -------
    polars.DataFrame
        A row for each field, best first, with the columns ``name``, ``kind`` (categorical, numeric,
        multivalued), ``rank`` (from 1), ``score``, ``cardinality``, ``coverage`` (share of rows that are not
        null), ``mutual_information``, ``expected_mutual_information``, ``corrected_mutual_information``
        (nats), ``relative_information`` (corrected over label entropy), ``z``, ``p_value``, ``q_value``,
        ``usable_information`` (nats a row), ``verdict`` (informative, noise, constant, identifier, leak) and
        ``reason``. With a time, also ``forward_information`` (nats a row), ``carried`` (its share of what
        rows of the same time gain), ``drift_q_value`` and ``outlook`` (lasts, fades, drifts).

    Raises
    ------
    ConfigError
        An argument is wrong.
    DataError
        The data is wrong: a column is missing, the label has one value, a file cannot be read.
    TypeError
        ``data`` is neither a table nor a path.

    Warns
    -----
    FeatselWarning
        Something may be wrong with the data or the request.

    Examples
    --------
    >>> import featsel
    >>> import polars as pl
    >>> clicks = pl.DataFrame(
    ...     {"device": ["phone", "desk"] * 50, "hour": [7] * 50 + [8] * 50, "click": [1, 0, 0, 0] * 25}
    ... )
    >>> featsel.rank(clicks).select("name", "cardinality", "verdict").rows()
    [('device', 2, 'informative'), ('hour', 2, 'noise')]
    """
    with reporting() as reporter:
        chosen = _choice("score", score, [known.value for known in Score])
        if format is not None:
            _choice("format", format, [known.value for known in Format])
        _check_range("bins", bins, 2, MOST_BINS)
        _check_range("min_count", min_count, 1)
        _check_range("seed", seed, 0, LARGEST_SEED)
        _check_range("memory_bytes", memory_bytes, LEAST_MEMORY_BYTES)
        for name, limit in (("rows", rows), ("sample", sample), ("threads", threads)):
            if limit is not None:
                _check_range(name, limit, 1)
        request = LogRequest(
            paths=_paths(data),
            format=format,
            label=label,
            positive=None if positive is None else str(positive),
            include=_several(include),
            exclude=_several(exclude),
            categorical=_several(categorical),
            numeric=_several(numeric),
            multivalued=_several(multivalued),
            time=time,
            weight=weight,
            rows=rows,
            sample=sample,
            seed=seed,
        )
        options = RankOptions(
            Score(chosen), bins, min_count, questions=Asked().questions(request, Score(chosen))
        )
        resources = Resources(threads or available_cores(), memory_bytes)
        if request.paths:
            result = rank_files(request, options, resources, reporter)
        else:
            result = rank_frame(data, request, options, resources, reporter)
    return pl.DataFrame(result.fields, infer_schema_length=None)


class LoggingReporter:
    """Keeps warnings, writes what else is worth knowing to the logger ``featsel``, and shows no progress."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def start(self, task: str, total: int | None) -> None:  # noqa: ARG002 - as reporters are called
        """Log that a task begins."""
        _LOGGER.debug(task)

    def advance(self, steps: int) -> None:
        """Hear of progress, and be silent."""

    def note(self, text: str) -> None:
        """Log a note."""
        _LOGGER.info(in_python(text))

    def warn(self, text: str) -> None:
        """Keep a warning."""
        self.warnings.append(in_python(text))

    def detail(self, text: str) -> None:
        """Log a detail."""
        _LOGGER.debug(text)


@contextmanager
def reporting() -> Generator[LoggingReporter]:
    """Speak of arguments instead of options, in the warnings and errors of a block.

    Yields
    ------
    LoggingReporter
        Its warnings are given to the caller of the function that has the block, when the block ends well.

    Raises
    ------
    FeatselError
        That of the block, with its hint as a note, which tracebacks show.
    """
    reporter = LoggingReporter()
    try:
        yield reporter
    except FeatselError as error:
        error.message = in_python(error.message)
        error.args = (error.message,)
        if error.hint is not None:
            error.hint = in_python(error.hint)
            error.add_note(f"featsel: hint: {error.hint}")
        raise
    for text in reporter.warnings:
        # above this frame are contextlib's, the function with the block, and its caller
        warnings.warn(text, FeatselWarning, stacklevel=4)


def in_python(text: str) -> str:
    """Message that names arguments where it named options.

    Parameters
    ----------
    text : str
        As the command line shows it.

    Returns
    -------
    str
        Options that :func:`rank` does not have stay.

    Examples
    --------
    >>> in_python("Name the value that means a click, such as --positive 'yes'.")
    "Name the value that means a click, such as positive='yes'."
    >>> in_python("Name the right column with --label.")
    "Name the right column with the argument 'label'."
    """
    return re.sub(r"--([a-z]+(?:-[a-z]+)*)( (?=['\"]))?", _argument, text)


def _argument(option: re.Match[str]) -> str:
    name = option[1].replace("-", "_")
    if name not in _arguments():
        return option[0]
    return f"{name}=" if option[2] else f"the argument {name!r}"


@functools.cache
def _arguments() -> frozenset[str]:
    return frozenset(inspect.signature(rank).parameters)


def _choice(name: str, value: str, known: Sequence[str]) -> str:
    if value not in known:
        raise ConfigError(
            f"{name} is {value!r}, which does not exist", did_you_mean(str(value), known, what="Known are")
        )
    return value


def _check_range(name: str, value: int, least: int, most: int | None = None) -> None:
    if not least <= value <= (value if most is None else most):
        limits = f"{least:,} or more" if most is None else f"from {least:,} to {most:,}"
        raise ConfigError(f"{name} is {value!r}", f"Give a number, {limits}.")


def _several(patterns: str | Sequence[str]) -> tuple[str, ...]:
    """Patterns of which there may be one alone, as text."""
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)


def _paths(data: object) -> tuple[str, ...]:
    """Paths that are meant; none where it is a table."""
    if isinstance(data, str | PathLike):
        return (fspath(data),)
    if isinstance(data, list | tuple):  # what is no path in it, fspath refuses
        if not data:
            raise ConfigError("there is no path to read", "Give at least one file, glob, folder or URL.")
        return tuple(fspath(path) for path in cast("Sequence[str | PathLike[str]]", data))
    return ()
