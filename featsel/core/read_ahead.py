"""How is the next piece read while the last one is still worked on?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Piece = TypeVar("Piece")

MOST_READERS = 32
"""Far more than ever read at once: a reader that waits for another one must not keep it from its thread."""


def read_ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Iterate in a thread that is one piece ahead.

    Parameters
    ----------
    pieces : iterator
        Its work should release the interpreter lock, as reading, decompressing and parsing do.

    Yields
    ------
    object
        The pieces in order; an error of the iterator is raised where its piece would stand.
    """
    # there is nothing to clean up, on purpose: an interrupt during the clean-up of a generator would be lost
    end = object()
    coming = _readers().submit(next, pieces, end)
    while (piece := coming.result()) is not end:
        coming = _readers().submit(next, pieces, end)
        yield piece  # type: ignore[misc]  # no type can say 'not the sentinel'


@cache
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_READERS, thread_name_prefix="featsel-read-ahead")
