"""Which column is the label, and which rows are positive?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.errors import LabelError, MissingColumnError

LABEL_NAMES = ("label", "click", "clicked", "is_click", "target", "y")
"""Looked for in this order when no label is named."""

TEXT_LABELS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1, "False": 0, "True": 1}
"""How text (CSV) spells 0/1 and booleans."""

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
    for name in LABEL_NAMES:
        if name in columns:
            return name
    shown = ", ".join(columns[:12]) + (", …" if len(columns) > 12 else "")
    raise LabelError(
        f"no label was named and the log has none of {', '.join(LABEL_NAMES)}",
        f"Name the 0/1 column with --label. The log has: {shown}.",
    )


class LabelReader:
    """Turns batches of a label column into 0/1 and remembers what it saw.

    Parameters
    ----------
    name : str
        Name of the column, for messages.
    positive : str or None
        The value that counts as 1; None where labels are 0/1 or boolean.
    """

    def __init__(self, name: str, positive: str | None) -> None:
        self.name = name
        self.positive = positive
        self._seen: dict[str, None] = {}

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
            row = int(labels.is_null().arg_max() or 0)
            raise LabelError(
                f"label {self.name!r} is null in {labels.null_count():,} of {labels.len():,} rows (first at row {row:,} of the batch)",
                "Drop or fill those rows; a row without a label cannot be counted.",
            )
        is_positive = self._named(labels) if self.positive is not None else self._zero_one(labels)
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
            found = ", ".join(map(repr, list(self._seen)[:SHOWN_VALUES]))
            raise LabelError(
                f"label {self.name!r} never has the value {self.positive!r}; found: {found}",
                "Name one of the values found with --positive.",
            )
        only = f"{self.positive!r} or 1" if n_positive else "0"
        if self.positive is None:
            only = "1" if n_positive else "0"
        raise LabelError(
            f"label {self.name!r} has one value only: all {n_rows:,} rows are {only}",
            "A ranking needs positive and negative rows; is this the right column, and are the rows complete?",
        )

    def _zero_one(self, labels: pl.Series) -> pl.Series:
        if labels.dtype == pl.Boolean:
            return labels
        if labels.dtype.is_numeric():
            is_positive = labels == 1
            is_known = is_positive | (labels == 0)
        else:
            codes = (
                labels.cast(pl.String)
                .str.strip_chars()
                .replace_strict(TEXT_LABELS, default=None, return_dtype=pl.UInt8)
            )
            is_positive, is_known = codes == 1, codes.is_not_null()
        if not is_known.all():
            values = [str(value) for value in labels.unique(maintain_order=True).head(SHOWN_VALUES + 1)]
            more = ", …" if len(values) > SHOWN_VALUES else ""
            found = ", ".join(map(repr, values[:SHOWN_VALUES])) + more
            hint = (
                f"Name the value that means a click: --positive {values[-1]!r}."
                if len(values) == 2
                else "A label has two values; name the right column with --label."
            )
            raise LabelError(f"label {self.name!r} is not 0/1; found: {found}", hint)
        return is_positive.fill_null(value=False)

    def _named(self, labels: pl.Series) -> pl.Series:
        text = labels.cast(pl.String).str.strip_chars()
        assert self.positive is not None
        wanted = self.positive.strip()
        if labels.dtype.is_numeric():
            try:
                wanted = str(pl.Series([float(wanted)]).cast(labels.dtype).cast(pl.String)[0])
            except (ValueError, pl.exceptions.PolarsError):
                pass  # text that is no number matches nothing, which the check at the end reports
        self._seen.update(dict.fromkeys(text.unique(maintain_order=True).head(SHOWN_VALUES).to_list()))
        others = [value for value in self._seen if value != wanted]
        if len(others) > 1:
            raise LabelError(
                f"label {self.name!r} has more than two values: {', '.join(map(repr, list(self._seen)[:SHOWN_VALUES]))}",
                "Keep the rows of two classes, or derive a 0/1 column.",
            )
        return text == wanted
