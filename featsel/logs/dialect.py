"""How are the lines of a delimited file cut?"""

from __future__ import annotations

from dataclasses import dataclass

JOINED_SEPARATOR = b"\x1f"
"""Stands in for a separator of several characters, which the parser cannot take (ASCII unit separator)."""


@dataclass(frozen=True)
class Dialect:
    """How the lines of a log are cut.

    Parameters
    ----------
    columns : tuple of str
        Names of the columns.
    has_header : bool
        Whether the first row of every file is a header.
    separator : str
        Between values; one character or more.
    has_quotes : bool
        Whether a value between double quotes is quoted. Other quotes are part of the value.
    null_values : tuple of str
        Texts that mean null, beside the empty one.
    """

    columns: tuple[str, ...]
    has_header: bool
    separator: str
    has_quotes: bool = True
    null_values: tuple[str, ...] = ()

    @property
    def separator_bytes(self) -> bytes:
        """The separator as it stands in the file."""
        return self.separator.encode()

    @property
    def parsed_separator(self) -> bytes:
        """The one byte that separates values once a block is tidy."""
        return JOINED_SEPARATOR if len(self.separator_bytes) > 1 else self.separator_bytes
