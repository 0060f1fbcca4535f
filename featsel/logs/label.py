"""Which column is the label, and which rows are positive?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.errors import LabelError, MissingColumnError

LABEL_NAMES = ("label", "click", "clicked", "is_click", "target", "y")
"""Looked for in this order when no label is named."""

BOOLEAN_WORDS = {"false": "0", "true": "1"}
"""How text spells booleans, in any case."""

SHOWN_VALUES = 6


def choose_label(columns: Sequence[str], requested: str | None) -> str:
    """Name of the label column.

    Parameters
    ----------
    columns : sequence of str
        Columns of the log.
    requested : str or None
        What the user named.

    Returns
    -------
    str
        A column of the log.

    Raises
    ------
    MissingColumnError
        The named column does not exist.
    LabelError
        No label was named and none of the usual names exists.
    """
    if requested is not None:
        if requested not in columns:
            raise MissingColumnError(requested, available=columns)
        return requested
    usual = usual_label(columns)
    if usual is not None:
        return usual
    is_row = any(name.replace(".", "", 1).lstrip("-").isdigit() for name in columns)
    advice = " If these are values, not names: --no-header." if is_row else ""
    shown = ", ".join(columns[:12]) + (", …" if len(columns) > 12 else "")
    raise LabelError(
        f"no label was named and the log has none of {', '.join(LABEL_NAMES)}",
        f"Name the 0/1 column with --label. The log has: {shown}.{advice}",
    )


def usual_label(columns: Sequence[str]) -> str | None:
    """First of the usual names of a label that a log has; None where it has none of them."""
    return next((name for name in LABEL_NAMES if name in columns), None)


class LabelReader:
    """Turns batches of a label column into 0/1 and remembers what it saw.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    positive : str or None
        The value that counts as 1; None where labels are 0/1 or boolean.
    first_row : int, optional
        Where the rows begin that it reads, if they are a part of the log: which values there are is then
        judged by who absorbs it.
    """

    def __init__(self, name: str, positive: str | None, *, first_row: int | None = None) -> None:
        self.name = name
        self.positive = positive
        self._wanted = positive
        self._seen: dict[str, None] = {}
        self._is_part = first_row is not None
        self._n_rows = first_row or 0

    def at(self, first_row: int) -> LabelReader:
        """Reader for the part of the log that begins with a row."""
        return LabelReader(self.name, self.positive, first_row=first_row)

    def absorb(self, other: LabelReader) -> None:
        """Take over what the reader of a later part saw; raises what :meth:`read` would have raised."""
        self._seen.update(other._seen)
        self._wanted = other._wanted
        self._check_seen()

    def read(self, labels: pl.Series) -> NDArray[np.uint8]:
        """0/1 of one batch.

        Parameters
        ----------
        labels : polars.Series
            Any dtype.

        Returns
        -------
        ndarray of uint8, shape (n_rows,)
            1 where the row is positive.

        Raises
        ------
        LabelError
            A label is null or is none of the two values.
        """
        if labels.null_count():
            row = self._n_rows + int(labels.is_null().arg_max() or 0) + 1
            raise LabelError(
                f"label {self.name!r} is null in row {row:,}",
                "Drop or fill the rows without a label: they cannot be counted.",
            )
        is_positive = self._named(labels) if self.positive is not None else self._zero_one(labels)
        self._n_rows += labels.len()
        return is_positive.cast(pl.UInt8).to_numpy()

    def check_two_classes(self, *, n_rows: int, n_positive: int) -> None:
        """Refuse a log with one class.

        Parameters
        ----------
        n_rows, n_positive : int
            What was read.

        Raises
        ------
        LabelError
            All rows are positive, or none is.
        """
        if 0 < n_positive < n_rows:
            return
        if self.positive is not None and n_positive == 0:
            raise self._never_positive()
        only = int(n_positive > 0) if self.positive is None else repr(self.positive)
        raise LabelError(
            f"label {self.name!r} has one value only: all {n_rows:,} rows are {only}",
            "A ranking needs positive and negative rows: is this the right column, and is the log complete?",
        )

    def _zero_one(self, labels: pl.Series) -> pl.Series:
        if labels.dtype == pl.Boolean:
            return labels
        if labels.dtype.is_numeric():
            is_positive = labels == 1
            is_known = is_positive | (labels == 0)
        else:
            words = labels.cast(pl.String).str.strip_chars().str.to_lowercase()
            numbers = words.replace(BOOLEAN_WORDS).cast(pl.Float64, strict=False)
            is_positive = numbers == 1
            is_known = (is_positive | (numbers == 0)).fill_null(value=False)
        if not is_known.all():
            values = [str(value) for value in labels.unique(maintain_order=True).head(SHOWN_VALUES + 1)]
            if len(values) <= 2:
                hint = f"Name the value that means a click, such as --positive {max(values)!r}."
            else:
                hint = "A label has two values; name the right column with --label."
            raise LabelError(f"label {self.name!r} is not 0/1; found: {_listed(values)}", hint)
        return is_positive.fill_null(value=False)

    def _named(self, labels: pl.Series) -> pl.Series:
        assert self.positive is not None
        text = labels.cast(pl.String).str.strip_chars()
        wanted = self.positive.strip()
        if labels.dtype == pl.Boolean:
            wanted = wanted.lower()
        elif labels.dtype.is_numeric():
            # text that is no number matches nothing, which is reported at the end
            with suppress(ValueError, pl.exceptions.PolarsError):
                wanted = str(pl.Series([float(wanted)]).cast(labels.dtype).cast(pl.String)[0])
        self._wanted = wanted
        self._seen.update(dict.fromkeys(text.unique(maintain_order=True).head(SHOWN_VALUES + 1).to_list()))
        self._check_seen()
        return text == wanted

    def _check_seen(self) -> None:
        if self._is_part:
            return
        if len(self._seen) > 2:
            raise LabelError(
                f"label {self.name!r} has more than two values: {_listed(list(self._seen))}",
                "Keep the rows of two classes, or derive a 0/1 column.",
            )
        if len(self._seen) == 2 and self._wanted not in self._seen:
            raise self._never_positive()

    def _never_positive(self) -> LabelError:
        return LabelError(
            f"label {self.name!r} never has the value {self.positive!r}; found: {_listed(list(self._seen))}",
            "Name one of the values found with --positive.",
        )


def _listed(values: Sequence[str]) -> str:
    more = ", …" if len(values) > SHOWN_VALUES else ""
    return ", ".join(map(repr, values[:SHOWN_VALUES])) + more
