"""Is a field categorical, numeric or multi-valued?

Integers are the hard case: in CTR logs most are ids, but counts and prices are integers too. The name of the
column decides first, then the shape of its values. The reason is kept, in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.patterns import name_matcher
from featsel.core.schema import Field, FieldKind

FEW_VALUES = 50
"""Integers with so few distinct values are scored one by one either way; as categories they need no bins."""

CATEGORY_WORDS = frozenset(
    "id ids "  # noqa: SIM905 - a literal of so many words takes a page
    "uid gid cat category class code type kind key hash bin flag is has ip zip zipcode postcode "
    "app os device channel brand model site domain campaign creative advertiser publisher user item "
    "country city region state browser hour weekday day month dow onehot tag nbr group segment cluster "
    "bucket position pos slot".split()
)
"""Words in a column name that speak of categories."""

QUANTITY_WORDS = frozenset(
    "count counts "  # noqa: SIM905 - a literal of so many words takes a page
    "cnt num number n qty quantity amount amt price cost bid fee revenue income salary gain "
    "loss age days hours minutes seconds sec secs ms duration time timestamp ts size width height length "
    "len distance dist rate ratio pct percent share score avg mean median sum total min max std var "
    "weight wgt bytes balance temperature lat lon latitude longitude year history views clicks "
    "impressions".split()
)
"""Words in a column name that speak of quantities."""

CRITEO_NUMERIC = tuple(f"I{index}" for index in range(1, 14))
CRITEO_CATEGORICAL = tuple(f"C{index}" for index in range(1, 27))


def infer_fields(
    sample: pl.DataFrame,
    *,
    is_text: bool,
    is_criteo: bool = False,
    categorical: Sequence[str] = (),
    numeric: Sequence[str] = (),
) -> tuple[Field, ...]:
    """Kind of every column of a sample.

    Parameters
    ----------
    sample : polars.DataFrame
        First rows of the log, fields only.
    is_text : bool
        Whether the values are text that may spell numbers (CSV).
    is_criteo : bool
        Whether the log has the columns of the Criteo layout, see :func:`has_criteo_columns`.
    categorical, numeric : sequence of str
        Shell patterns that overrule the inference; where both match, the last word has ``numeric``.

    Returns
    -------
    tuple of Field
        One per column, in order.
    """
    is_numeric, is_categorical = name_matcher(numeric), name_matcher(categorical)
    fields: list[Field] = []
    for column in sample:
        name = column.name
        if is_numeric(name):
            kind, reason = FieldKind.NUMERIC, "--numeric names it"
        elif is_categorical(name):
            kind, reason = FieldKind.CATEGORICAL, "--categorical names it"
        elif is_criteo and name in CRITEO_NUMERIC:
            kind, reason = FieldKind.NUMERIC, "one of the 13 counts of the Criteo layout"
        elif is_criteo and name in CRITEO_CATEGORICAL:
            kind, reason = FieldKind.CATEGORICAL, "one of the 26 categories of the Criteo layout"
        else:
            kind, reason = _infer_kind(column, is_text=is_text)
        fields.append(Field(name, kind, reason))
    return tuple(fields)


def has_criteo_columns(columns: Iterable[str]) -> bool:
    """Whether all 39 fields of the Criteo layout are among the columns of a log."""
    return set(columns) >= {*CRITEO_NUMERIC, *CRITEO_CATEGORICAL}


def name_words(name: str) -> tuple[str, ...]:
    """Words of a column name in lower case: ``userAge_days`` gives ``user``, ``age``, ``days``."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+", " ", name)
    return tuple(spaced.lower().split())


def _infer_kind(  # noqa: PLR0911 - one answer per type
    column: pl.Series, *, is_text: bool
) -> tuple[FieldKind, str]:
    dtype = column.dtype
    if isinstance(dtype, pl.List | pl.Array):
        return FieldKind.MULTIVALUED, "lists of values"
    if dtype == pl.Boolean:
        return FieldKind.CATEGORICAL, "true or false"
    if dtype.is_temporal():
        return FieldKind.NUMERIC, "a point in time"
    if dtype.is_numeric():
        return _infer_number_kind(column.name, column.cast(pl.Float64), is_float=not dtype.is_integer())
    if is_text and dtype == pl.String:
        column = column.str.strip_chars()
        numbers = column.cast(pl.Float64, strict=False)
        n_text = column.len() - column.null_count()
        if n_text and numbers.null_count() == column.null_count():
            has_zero_padding = bool(column.str.contains(r"^[+-]?0\d").any())
            if has_zero_padding:
                return FieldKind.CATEGORICAL, "numbers with leading zeros are codes"
            is_float = bool(column.str.contains(r"[.eE]").any())
            return _infer_number_kind(column.name, numbers, is_float=is_float)
    return FieldKind.CATEGORICAL, "text"


def _infer_number_kind(name: str, numbers: pl.Series, *, is_float: bool) -> tuple[FieldKind, str]:
    values = numbers.drop_nulls().to_numpy()
    values = values[np.isfinite(values)]
    if is_float and not np.array_equal(values, np.trunc(values)):
        return FieldKind.NUMERIC, "fractional numbers"
    distinct, counts = np.unique(values, return_counts=True)
    word = _telling_word(name)
    # a rate can be 0 or 1 in all the first rows, so a float that is named a quantity stays one
    if distinct.size <= 2 and not (is_float and word in QUANTITY_WORDS):
        return FieldKind.CATEGORICAL, "at most two values"
    if word in QUANTITY_WORDS:
        return FieldKind.NUMERIC, f"'{word}' in its name speaks of a quantity"
    if word in CATEGORY_WORDS:
        return FieldKind.CATEGORICAL, f"'{word}' in its name speaks of a category"
    if distinct.size <= FEW_VALUES:
        return FieldKind.CATEGORICAL, f"whole numbers, at most {FEW_VALUES} distinct"
    return _infer_from_shape(distinct, counts)


def _telling_word(name: str) -> str | None:
    """Last word of the name that speaks of a kind: ``user_age`` is an age, ``price_id`` an id."""
    telling = CATEGORY_WORDS | QUANTITY_WORDS
    return next((word for word in reversed(name_words(name)) if word in telling), None)


def _infer_from_shape(distinct: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[FieldKind, str]:
    """Ids fill their range or scatter over it; quantities gather around a mode and thin out."""
    # the most frequent value may be a stand-in for 'missing' (-1, 0, 999) and says nothing about the shape
    is_rest = counts < counts.max()
    distinct, counts = distinct[is_rest], counts[is_rest]
    if counts.sum() < FEW_VALUES:
        return FieldKind.CATEGORICAL, "whole numbers without the shape of a quantity"
    if distinct.size > 0.25 * (distinct[-1] - distinct[0] + 1):
        return FieldKind.CATEGORICAL, "whole numbers that fill their range, as ids do"
    rest = np.repeat(distinct, counts)
    low, high = np.quantile(rest, [0.01, 0.99])
    heights, _ = np.histogram(rest, bins=12, range=(low, max(high, low + 1)))
    mode = int(heights.argmax())
    noise = 2.0 * np.sqrt(heights.max())
    rises = np.all(np.diff(heights[: mode + 1]) >= -noise)
    falls = np.all(np.diff(heights[mode:]) <= noise)
    if rises and falls and heights[mode] > 2 * heights.mean():
        return FieldKind.NUMERIC, "whole numbers that gather around one mode and thin out, as quantities do"
    return FieldKind.CATEGORICAL, "whole numbers without the shape of a quantity"
