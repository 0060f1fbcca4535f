"""How many bytes is a unit?"""

from __future__ import annotations

from collections.abc import Mapping

BYTE_UNITS: Mapping[str, int] = {
    "B": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate("KMGT", start=1)},
    **{f"{prefix}IB": 1024**power for power, prefix in enumerate("KMGT", start=1)},
}
"""Bytes of a unit in capital letters; users write them in any case."""
