"""What is kept of labels and times, of which a check must survive all that can be wrong with them?"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.profile import MOST_SLOTS, SHOWN_FOREIGN, LabelProfile, TimeProfile
from featsel.core.schema import LogSchema
from featsel.engines.keys import as_numbers
from featsel.engines.packed_labels import PackedLabels
from featsel.engines.text_keys import text_keys, value_keys

MOST_FOREIGN = 20
"""Values that are no label; where there are more, none is shown."""

BOOLEAN_WORDS = {"false": "0", "true": "1"}

HOUR_S = 3600.0

EPOCH_UNITS = {1.0: (5e8, 5e9), 1e3: (5e11, 5e12), 1e6: (5e14, 5e15), 1e9: (5e17, 5e18)}
"""Parts of a second, and between which numbers a count of them since 1970 is taken for a time: 1985 to
2128."""


@dataclass(frozen=True)
class RolesOpening:
    """What the first rows of a log decide for all of it.

    Parameters
    ----------
    negative : str, optional
        The label value that is not positive, where the positive one was named.
    unit : tuple of float and bool, optional
        Parts of a second that times count, and whether they are points in time.
    """

    negative: str | None = None
    unit: tuple[float, bool] | None = None


class ProfileRoles:
    """Labels and times of all rows, read with the first group of fields; labels are remembered for others.

    Parameters
    ----------
    schema : LogSchema
        Names label and time, as far as the log has them.
    opening : RolesOpening, optional
        What the first rows of the log told, if these are later ones.
    """

    def __init__(self, schema: LogSchema, opening: RolesOpening | None = None) -> None:
        opening = opening or RolesOpening()
        self._labels = (
            SeenLabels(schema.label, schema.positive, negative=opening.negative) if schema.label else None
        )
        self._times = SeenTimes(schema.time, unit=opening.unit) if schema.time is not None else None
        self._packed = PackedLabels()
        self._n_absorbed = 0
        self.columns = [name for name in (schema.label, schema.time) if name]

    @property
    def n_rows(self) -> int:
        """Rows that were read with the first group."""
        return self._n_absorbed + self._packed.n_rows

    def read(self, batch: pl.DataFrame) -> dict[str, NDArray[np.uint64]]:
        """Read a batch of the first group.

        Parameters
        ----------
        batch : polars.DataFrame
            With the columns of label and time.

        Returns
        -------
        dict of str to ndarray of uint64
            Keys of the times, which belong to what a row is.
        """
        if self._labels is None:
            self._packed.add(np.zeros(batch.height, np.uint8))
        else:
            self._packed.add(self._labels.read(batch[self._labels.name]))
        return (
            {self._times.name: self._times.read(batch[self._times.name])} if self._times is not None else {}
        )

    def labels(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Labels of some rows."""
        return self._packed.between(start, stop)

    @property
    def opening(self) -> RolesOpening:
        """What later rows have to be read by."""
        return RolesOpening(
            None if self._labels is None else self._labels.negative,
            None if self._times is None else self._times.unit,
        )

    def tell_opening(self) -> bool:
        """Whether the rows so far told all of it."""
        knows_label = self._labels is None or self._labels.knows_both
        return knows_label and (self._times is None or self._times.unit is not None)

    def absorb(self, later: ProfileRoles) -> None:
        """Take over what was read of the rows that follow; their labels are not remembered."""
        if self._labels is not None and later._labels is not None:
            self._labels.absorb(later._labels)
        if self._times is not None and later._times is not None:
            self._times.absorb(later._times)
        self._n_absorbed += later.n_rows

    def without_labels(self) -> ProfileRoles:
        """Same, small enough to be sent: without the labels of the single rows."""
        self._n_absorbed, self._packed = self.n_rows, PackedLabels()
        return self

    def profiles(self) -> tuple[LabelProfile | None, TimeProfile | None]:
        """What was read of either; None where the log lacks it."""
        return (
            self._labels.profile() if self._labels is not None else None,
            self._times.profile() if self._times is not None else None,
        )


class SeenLabels:
    """Labels of all rows; whatever is none of the two values counts as negative.

    Parameters
    ----------
    name : str
        Name of the column.
    positive : str or None
        The value that counts as 1; None where labels are 0/1 or boolean.
    negative : str, optional
        The other value, if earlier rows told it.
    """

    def __init__(self, name: str, positive: str | None, *, negative: str | None = None) -> None:
        self.name = name
        self.negative = negative
        self._positive = positive
        self._n_positive = 0
        self._n_null = 0
        self._n_foreign = 0
        self._foreign: Counter[str] = Counter()
        self._n_runs = 0
        self._first: int | None = None
        self._last: int | None = None

    @property
    def knows_both(self) -> bool:
        """Whether it knows both values."""
        return self._positive is None or self.negative is not None

    def absorb(self, later: SeenLabels) -> None:
        """Take over what was read of the rows that follow."""
        self._n_positive += later._n_positive
        self._n_null += later._n_null
        self._n_foreign += later._n_foreign
        self._foreign.update(later._foreign)
        self._n_runs += later._n_runs
        if later._first is not None:
            self._n_runs -= int(self._last == later._first)
            self._first = later._first if self._first is None else self._first
            self._last = later._last

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
        """
        self._n_null += labels.null_count()
        is_positive, is_foreign = self._named(labels) if self._positive is not None else _zero_one(labels)
        if is_foreign.any():
            found = labels.filter(is_foreign)
            self._n_foreign += found.len()
            self._foreign.update(
                str(value) for value in found.unique(maintain_order=True).head(MOST_FOREIGN + 1)
            )
        values = is_positive.cast(pl.UInt8).to_numpy()
        self._n_positive += int(np.count_nonzero(values))
        if values.size:
            self._n_runs += int(np.count_nonzero(np.diff(values))) + int(self._last != values[0])
            self._first = int(values[0]) if self._first is None else self._first
            self._last = int(values[-1])
        return values

    def profile(self) -> LabelProfile:
        """All that was read."""
        # a column of many values is another column that was taken for the label, and may hold anything
        foreign = tuple(list(self._foreign)[:SHOWN_FOREIGN]) if len(self._foreign) <= MOST_FOREIGN else ()
        return LabelProfile(self.name, self._n_positive, self._n_null, self._n_foreign, foreign, self._n_runs)

    def _named(self, labels: pl.Series) -> tuple[pl.Series, pl.Series]:
        assert self._positive is not None
        text = labels.cast(pl.String).str.strip_chars()
        is_positive = (text == self._positive.strip()).fill_null(value=False)
        # the other value is the one that is most frequent at first; a third one is foreign
        rest = text.filter(~is_positive).drop_nulls()
        if self.negative is None and rest.len():
            self.negative = str(rest.mode().sort()[0])
        is_foreign = ~is_positive & text.is_not_null() & (text != self.negative).fill_null(value=False)
        return is_positive, is_foreign


def _zero_one(labels: pl.Series) -> tuple[pl.Series, pl.Series]:
    if labels.dtype == pl.Boolean:
        return labels.fill_null(value=False), pl.Series([False]).new_from_index(0, labels.len())
    if labels.dtype.is_numeric():
        numbers = labels
    else:
        words = labels.cast(pl.String).str.strip_chars().str.to_lowercase()
        numbers = words.replace(BOOLEAN_WORDS).cast(pl.Float64, strict=False)
    is_positive = (numbers == 1).fill_null(value=False)
    is_negative = (numbers == 0).fill_null(value=False)
    return is_positive, labels.is_not_null() & ~is_positive & ~is_negative


class SeenTimes:
    """Times of all rows.

    Parameters
    ----------
    name : str
        Name of the column.
    unit : tuple of float and bool, optional
        Parts of a second that they count and whether they are points in time, if earlier rows told it.
    """

    def __init__(self, name: str, *, unit: tuple[float, bool] | None = None) -> None:
        self.name = name
        self._factor: float | None = None
        self._is_calendar = False
        if unit is not None:
            self._factor, self._is_calendar = unit
        self._low, self._high = math.inf, -math.inf
        self._n_null = 0
        self._n_backward = 0
        self._first, self._last = math.nan, -math.inf
        self._width = HOUR_S if self._is_calendar else 1.0
        self._slots: Counter[int] = Counter()

    @property
    def unit(self) -> tuple[float, bool] | None:
        """Parts of a second that times count, and whether they are points in time, once a row told it."""
        return None if self._factor is None else (self._factor, self._is_calendar)

    def absorb(self, later: SeenTimes) -> None:
        """Take over what was read of the rows that follow, by the unit that these told."""
        self._n_null += later._n_null
        if not later._slots:
            return
        if not self._slots:
            self._factor, self._is_calendar, self._width = later._factor, later._is_calendar, later._width
            self._first = later._first
        self._low, self._high = min(self._low, later._low), max(self._high, later._high)
        self._n_backward += later._n_backward + int(later._first < self._last)
        self._last = later._last
        while self._width < later._width:
            self._halve()
        while later._width < self._width:
            later._halve()
        self._slots.update(later._slots)
        self._fit()

    def read(self, column: pl.Series) -> NDArray[np.uint64]:
        """Take one batch.

        Parameters
        ----------
        column : polars.Series
            Points in time, or numbers.

        Returns
        -------
        ndarray of uint64, shape (n_rows,)
            Equal for rows of equal times.
        """
        self._count(column)
        return text_keys(column)[0] if column.dtype == pl.String else value_keys(column)

    def _count(self, column: pl.Series) -> None:
        times = self._seconds(column)
        self._n_null += times.null_count()
        values = times.drop_nulls().to_numpy()
        values = values[np.isfinite(values)]
        if not values.size:
            return
        self._low, self._high = min(self._low, float(values.min())), max(self._high, float(values.max()))
        self._n_backward += int(np.count_nonzero(np.diff(values, prepend=self._last) < 0))
        self._first = float(values[0]) if math.isnan(self._first) else self._first
        self._last = float(values[-1])
        slots, counts = np.unique(np.floor(values / self._width), return_counts=True)
        for slot, n_rows in zip(slots.tolist(), counts.tolist(), strict=True):
            self._slots[int(slot)] += n_rows
        self._fit()

    def _fit(self) -> None:
        while max(self._slots) - min(self._slots) >= MOST_SLOTS:
            self._halve()

    def _halve(self) -> None:
        """Make slots twice as wide."""
        self._width *= 2
        halved: Counter[int] = Counter()
        for slot, n_rows in self._slots.items():
            halved[slot // 2] += n_rows
        self._slots = halved

    def profile(self) -> TimeProfile:
        """All that was read."""
        if not self._slots:
            return TimeProfile(
                self.name,
                math.nan,
                math.nan,
                self._n_null,
                0,
                self._width,
                np.zeros(0, np.int64),
                self._is_calendar,
            )
        first, last = min(self._slots), max(self._slots)
        slots = np.array([self._slots[slot] for slot in range(first, last + 1)], np.int64)
        return TimeProfile(
            self.name,
            self._low,
            self._high,
            self._n_null,
            self._n_backward,
            self._width,
            slots,
            self._is_calendar,
        )

    def _seconds(self, column: pl.Series) -> pl.Series:
        if column.dtype.is_temporal():
            if isinstance(column.dtype, pl.Date | pl.Datetime):
                column = column.cast(pl.Datetime("us"))
                factor, self._is_calendar = 1e6, True
            else:
                factor = 1e9
        else:
            factor = self._factor or 1.0
        times = as_numbers(column)
        if self._factor is None and times.null_count() < times.len():
            middle = float(times.median() or 0.0)  # type: ignore[arg-type]  # numbers have a number in their middle
            if not column.dtype.is_temporal():
                units = [unit for unit, (low, high) in EPOCH_UNITS.items() if low <= middle < high]
                factor, self._is_calendar = (units[0], True) if units else (1.0, False)
            self._factor = factor
            self._width = HOUR_S if self._is_calendar else 1.0
        return times / (self._factor or 1.0)
