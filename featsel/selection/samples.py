"""Which rows does a method look at that cannot look at all of them?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from featsel.selection.candidates import blocks
from featsel.training.batches import Block, Rows

SAMPLE_ROWS = 200_000
"""Enough to tell fields apart; what a method makes of them fits into memory and takes seconds."""

SAMPLE_CELLS = 1 << 24
"""Slots of all sampled rows: a log of very many fields gets fewer rows instead of gigabytes."""


def sampled_blocks(rows: Rows, *, rng: np.random.Generator, n_rows: int = SAMPLE_ROWS) -> Iterator[Block]:
    """Rows drawn without replacement, block by block.

    Parameters
    ----------
    rows : Rows
        What is drawn from, in one pass.
    rng : Generator
        Draws, where there are more than ``n_rows``.
    n_rows : int
        Rows at most.

    Yields
    ------
    Block
        Drawn rows in the order of the log.
    """
    if rows.n_rows <= n_rows:
        yield from blocks(rows)
        return
    chosen = np.sort(rng.choice(rows.n_rows, n_rows, replace=False, shuffle=False))
    start = 0
    for block in blocks(rows):
        stop = start + block.labels.size
        first, last = np.searchsorted(chosen, (start, stop))
        if first < last:
            yield select_rows(block, chosen[first:last] - start)
        start = stop


def sample_rows(rows: Rows, *, rng: np.random.Generator, n_slots: int, n_rows: int = SAMPLE_ROWS) -> Block:
    """Rows drawn without replacement, in memory.

    Parameters
    ----------
    rows : Rows
        What is drawn from, in one pass.
    rng : Generator
        Draws, where there are more rows than are wanted.
    n_slots : int
        Ids of a row.
    n_rows : int
        Rows at most; fewer where rows have very many slots.

    Returns
    -------
    Block
        Drawn rows in the order of the log.
    """
    n_rows = min(n_rows, max(SAMPLE_CELLS // n_slots, 1))
    parts = list(sampled_blocks(rows, rng=rng, n_rows=n_rows))
    return Block(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.labels for part in parts]),
        _joined([part.weights for part in parts]),
        _joined([part.row_weights for part in parts]),
    )


def select_rows(block: Block, places: NDArray[np.int64]) -> Block:
    """Copy of the rows at some places.

    Parameters
    ----------
    block : Block
        Rows.
    places : ndarray of int64
        Which ones.

    Returns
    -------
    Block
        Those, in the order of the places.
    """
    return Block(
        block.ids[places],
        block.labels[places],
        None if block.weights is None else block.weights[places],
        None if block.row_weights is None else block.row_weights[places],
    )


def _joined(parts: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32] | None:
    present = [part for part in parts if part is not None]
    return np.concatenate(present) if present else None
