"""How much memory did a piece of work take?"""

from __future__ import annotations

import ctypes
from pathlib import Path

STATUS = Path("/proc/self/status")
"""Where Linux tells how much memory the process has (``VmRSS``) and had at most (``VmHWM``)."""

CLEAR = Path("/proc/self/clear_refs")
"""Where the latter can be set back."""

FORGET_PEAK = "5"
"""What to write there for it."""


class PeakMemory:
    """Watches the memory of this process from now on."""

    def __init__(self) -> None:
        self._before: int | None = None
        try:
            # else what earlier work has freed would count as held, and hide what this one takes
            ctypes.CDLL(None).malloc_trim(0)
            CLEAR.write_text(FORGET_PEAK, encoding="ascii")
            self._before = _status_bytes("VmRSS")
        except (OSError, AttributeError, TypeError, LookupError):
            pass  # this system does not tell

    def more_bytes(self) -> int | None:
        """Bytes at the peak beyond what was held at the start; None where the system does not tell."""
        if self._before is None:
            return None
        return max(0, _status_bytes("VmHWM") - self._before)


def _status_bytes(name: str) -> int:
    lines = STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    found = {key: value for key, _, value in (line.partition(":") for line in lines)}
    return int(found[name].split()[0]) * 1024
