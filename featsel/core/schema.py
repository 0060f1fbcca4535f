"""What is a field, and what is the shape of a log?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FieldKind(StrEnum):
    """How the values of a field are read."""

    CATEGORICAL = "categorical"
    NUMERIC = "numeric"
    MULTIVALUED = "multivalued"


@dataclass(frozen=True)
class Field:
    """One column of a log that can be ranked.

    Parameters
    ----------
    name : str
        Name of the column.
    kind : FieldKind
        How its values are read.
    reason : str
        Why that kind was chosen, in a few words for a person.
    """

    name: str
    kind: FieldKind
    reason: str


@dataclass(frozen=True)
class LogSchema:
    """The roles of the columns of a log.

    Parameters
    ----------
    fields : tuple of Field
        The columns to rank, in the order of the log.
    label : str
        The 0/1 label.
    positive : str or None
        The label value that counts as 1; None where the label is 0/1 or boolean already.
    weight : str or None
        Row weight.
    time : str or None
        Row time; it is not a field.
    """

    fields: tuple[Field, ...]
    label: str
    positive: str | None = None
    weight: str | None = None
    time: str | None = None
