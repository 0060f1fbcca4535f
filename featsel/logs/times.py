"""Which text columns spell points in time?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

SPELLINGS = tuple(
    f"%Y-%m-%d{clock}{zone}"
    for clock in ("", " %H:%M", "T%H:%M", " %H:%M:%S%.f", "T%H:%M:%S%.f")
    for zone in (("", "Z", "%#z") if clock else ("",))
)
"""ISO 8601 with a day, as databases and log writers spell it; other dates are left as text."""

START = r"^\s*\d{4}-\d{1,2}-\d{1,2}(?:[ T]|\s*$)"


def find_times(sample: pl.DataFrame) -> Mapping[str, str]:
    """Spelling of the text columns of which all values are points in time.

    Parameters
    ----------
    sample : polars.DataFrame
        First rows of the log.

    Returns
    -------
    mapping of str to str
        Name and format of :func:`parse_times`.
    """
    found: dict[str, str] = {}
    for column in sample:
        if column.dtype != pl.String:
            continue
        texts = column.drop_nulls().unique()
        if texts.is_empty() or not texts.str.contains(START).all():
            continue
        spelling = next(
            (spelling for spelling in SPELLINGS if not _parse(texts, spelling).null_count()), None
        )
        if spelling is not None:
            found[column.name] = spelling
    return found


def parse_times(batch: pl.DataFrame, spellings: Mapping[str, str]) -> tuple[pl.DataFrame, Mapping[str, int]]:
    """Turn text columns into points in time.

    Parameters
    ----------
    batch : polars.DataFrame
        Rows of a log.
    spellings : mapping of str to str
        See :func:`find_times`; columns that the batch lacks are passed over.

    Returns
    -------
    polars.DataFrame
        With those columns as Datetime in microseconds, UTC where a zone is given.
    mapping of str to int
        How many values of a column are no such text and became null.
    """
    parsed = {name: _parse(batch[name], spellings[name]) for name in _both(spellings, batch.columns)}
    n_lost = {name: times.null_count() - batch[name].null_count() for name, times in parsed.items()}
    return batch.with_columns(**parsed), n_lost


def _both(names: Iterable[str], others: Iterable[str]) -> list[str]:
    known = set(others)
    return [name for name in names if name in known]


def _parse(texts: pl.Series, spelling: str) -> pl.Series:
    stripped = texts.str.strip_chars()
    if "%H" not in spelling:
        return stripped.str.to_date(spelling, strict=False).cast(pl.Datetime("us"))
    return stripped.str.to_datetime(spelling, strict=False, time_unit="us").dt.replace_time_zone(None)
