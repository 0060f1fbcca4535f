"""What do rules look at?"""

from __future__ import annotations

from dataclasses import dataclass

from featsel.core.profile import FieldProfile, LogProfile, ValueType


@dataclass(frozen=True)
class Chosen:
    """What a feature config chose.

    Parameters
    ----------
    fields : frozenset of str
        Columns that it reads.
    n_features : int
        Features of all its fields.
    table_bytes : int
        Bytes of its embedding table.
    """

    fields: frozenset[str]
    n_features: int
    table_bytes: int


@dataclass(frozen=True)
class Comparison:
    """A log, and what it is compared with.

    Parameters
    ----------
    today : LogProfile
        The log.
    before : LogProfile or None
        The reference.
    chosen : Chosen or None
        What a feature config says.
    now : float
        Seconds since 1970.
    """

    today: LogProfile
    before: LogProfile | None = None
    chosen: Chosen | None = None
    now: float = 0.0

    @property
    def times(self) -> frozenset[str]:
        """Columns that hold points in time."""
        return frozenset(column.name for column in self.today.columns if column.type is ValueType.TIME)

    def in_both(self) -> list[tuple[FieldProfile, FieldProfile]]:
        """Fields of today and of the reference that are read alike."""
        if self.before is None:
            return []
        known = self.before.by_name
        return [
            (field, known[field.name])
            for field in self.today.fields
            if field.name in known and field.kind is known[field.name].kind
        ]
