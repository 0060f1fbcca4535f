"""What is planted in a log?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from featsel.core.schema import FieldKind

LABEL = "label"
"""Name of the 0/1 column: the first one that featsel looks for."""

DAY = "day"
"""Name of the column that orders the rows: whole days from 1."""


NULL_SHARES = (0.0, 0.0, 0.05, 0.0, 0.3)
"""Shares of nulls in turn. Five of them against four exponents: all combinations occur."""


class Role(StrEnum):
    """What a field was planted for."""

    INFORMATIVE = "informative"
    """Some of its values move the label, whatever the rest of the row says."""
    INTERACTION = "interaction"
    """Says nothing alone; together with its partner it does."""
    COPY = "copy_one_to_one"
    """The values of an informative field under other names."""
    NESTED_COPY = "copy_nested"
    """The values of an informative field, several of them under one name."""
    DRIFT = "drift"
    """Some of its values move the label, but other ones every day."""
    NOISE = "noise"
    """Drawn without a look at anything."""
    IDENTIFIER = "identifier"
    """A value of its own for every row."""
    LEAK_ECHO = "leak_echo"
    """Written after the click: repeats the label, but for a few rows."""
    LEAK_NULLS = "leak_nulls"
    """Written after the click: null where there was none, and only there."""


class Storage(StrEnum):
    """What the values of a field look like in the log."""

    TEXT = "text"
    """Strings such as ``c07_48213``."""
    INTEGER = "integer"
    """Integers that are names, such as 48213."""
    COUNT = "count"
    """Small integers that are numbers, from 0."""
    AMOUNT = "amount"
    """Floats that are numbers, such as a price of 19.95."""
    TAGS = "tags"
    """Lists of strings."""


@dataclass(frozen=True)
class LogScale:
    """The sizes that decide how strong a field must be to be found.

    Parameters
    ----------
    n_rows : int
        Rows of the log.
    n_days : int
        Days of the log.
    positive_rate : float
        Share of clicks.
    max_cardinality : int
        Bound of the cardinalities.
    """

    n_rows: int
    n_days: int
    positive_rate: float
    max_cardinality: int

    @property
    def label_entropy(self) -> float:
        """Entropy of the label in nats."""
        rate = self.positive_rate
        return -rate * math.log(rate) - (1.0 - rate) * math.log1p(-rate)


@dataclass(frozen=True, eq=False)
class PlantedField:
    """One field of a planted log. Its values are codes from 0, the most frequent first, until they are named.

    Parameters
    ----------
    name : str
        Name of the column.
    role : Role
        What the field was planted for.
    storage : Storage
        What its values look like.
    cardinality : int
        Number of values that can occur; a short log need not show all of them.
    exponent : float
        Exponent of the bounded Zipf law of the codes, 0 for equal frequencies.
    multiplier : int
        Key of the field's value names, see :func:`featsel.synth.values.value_names`.
    null_share : float
        Share of the rows that lose their value by chance, whatever the label.
    effects : ndarray of float64, shape (1, cardinality) or (n_days, cardinality), or None
        What each value adds to the log odds of a click, on each day where that differs.
    information : float
        Mutual information (nats) with the label that the effects of one day would have in a log without any
        other effect; the other effects of the row blur it a little. Zero for a field without effects.
    source : str or None
        The field that a copy repeats.
    """

    name: str
    role: Role
    storage: Storage
    cardinality: int
    exponent: float
    multiplier: int
    null_share: float = 0.0
    effects: NDArray[np.float64] | None = None
    information: float = 0.0
    source: str | None = None

    @property
    def kind(self) -> FieldKind:
        """How the values are meant to be read."""
        if self.storage is Storage.TAGS:
            return FieldKind.MULTIVALUED
        if self.storage in (Storage.COUNT, Storage.AMOUNT):
            return FieldKind.NUMERIC
        return FieldKind.CATEGORICAL


@dataclass(frozen=True)
class PlantedPair:
    """Two fields whose values matter only together, as in an exclusive or.

    Parameters
    ----------
    first, second : str
        Names of the fields.
    strength : float
        Added to the log odds where the codes are both even or both odd, else subtracted.
    """

    first: str
    second: str
    strength: float


@dataclass(frozen=True, eq=False)
class PlantedLog:
    """The whole design of a log: with it, :func:`featsel.synth.rows.batches` has nothing left to choose.

    Parameters
    ----------
    n_rows : int
        Rows of the log.
    n_days : int
        Days that the rows are spread over evenly, in order.
    positive_rate : float
        Expected share of clicks.
    seed : int
        Seed of the design and of the rows.
    fields : tuple of PlantedField
        In the order of the columns.
    pairs : tuple of PlantedPair
        Interactions.
    intercept : float
        Log odds of a click where nothing else has an effect.
    """

    n_rows: int
    n_days: int
    positive_rate: float
    seed: int
    fields: tuple[PlantedField, ...]
    pairs: tuple[PlantedPair, ...]
    intercept: float

    def with_role(self, *roles: Role) -> tuple[PlantedField, ...]:
        """Fields that were planted for one of these roles.

        Parameters
        ----------
        *roles : Role
            The roles.

        Returns
        -------
        tuple of PlantedField
            In the order of the columns.
        """
        return tuple(field for field in self.fields if field.role in roles)
