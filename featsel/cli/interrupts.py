"""How does an interrupt end a command, whatever the command is doing?"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

AGAIN_S = 0.01
"""Until an interrupt comes again: too short for a person to notice."""


def heed_interrupts() -> None:
    """Let Ctrl-C and a polite kill raise KeyboardInterrupt, and none of them be lost.

    Python cannot raise what happens in a destructor or in a callback of C, such as those by which numba
    compiles; it prints the error there and goes on. An interrupt that ends so comes again until it is heard.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGALRM, _interrupt)
    sys.unraisablehook = _come_again


def _come_again(lost: UnraisableHookArgs) -> None:
    if issubclass(lost.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S, AGAIN_S)
    else:
        sys.__unraisablehook__(lost)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, but not in the hook, which may still run: it would be lost there, too."""
    caller = frame
    while caller is not None:
        if caller.f_code is _come_again.__code__:
            return
        caller = caller.f_back
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.default_int_handler(number, frame)
