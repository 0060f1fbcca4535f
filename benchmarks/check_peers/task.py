"""What is every peer given, and what does it hand back?

Each script is called with the reference day, the next day and a file for its answer. It knows what the
owner of the log would tell a tool: which column is the label, the time, the identifier of the row, and that
texts are categories.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LABEL, TIME, ID = "label", "ts", "request_id"
NUMBERS = ("bid", "floor", "hour", "slot")
CATEGORIES = (
    *("user_id", "ad_id", "campaign", "advertiser", "site", "device", "country", "country_code"),
    *("text_10", "text_100", "text_1000", "text_10000", "text_100000", "version"),
)
COLUMNS = (LABEL, TIME, ID, *NUMBERS, *CATEGORIES)


@dataclass(frozen=True)
class Answer:
    """What a tool said; ``None`` where it was not asked or does not know the question.

    Parameters
    ----------
    n_checks : int
        How many things it looked at.
    n_failed : int, optional
        How many of them it reports.
    constant : sequence of str, optional
        Columns that it calls constant.
    same : sequence of str, optional
        Pairs of columns that it calls equal, or all but.
    leak : sequence of str, optional
        Columns that it says give the label away.
    drift : sequence of str, optional
        Columns that it says have changed from one day to the next.
    note : str
        What else a reader should know.
    """

    n_checks: int
    n_failed: int | None = None
    constant: Sequence[str] | None = None
    same: Sequence[str] | None = None
    leak: Sequence[str] | None = None
    drift: Sequence[str] | None = None
    note: str = ""


def paths() -> tuple[Path, Path]:
    """The reference day and the next day."""
    return Path(sys.argv[1]), Path(sys.argv[2])


def pair(*columns: str) -> str:
    """Name of a pair of columns, whichever comes first."""
    return " = ".join(sorted(columns))


def hand_back(answer: Answer) -> None:
    """Write the answer."""
    Path(sys.argv[3]).write_text(json.dumps(asdict(answer), indent=1), encoding="utf-8")
