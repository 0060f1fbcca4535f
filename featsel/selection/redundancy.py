"""How much of one field does another one tell already?

Fields have too many values for tables of pairs. Coarse codes have 256: the most frequent values keep a code
of their own, the others share what is left. Merging values never adds information, so what coarse codes have
in common is a lower bound.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.selection.candidates import Candidates
from featsel.selection.samples import sampled_blocks
from featsel.stats.cells import expected_deviance

FloatArray = NDArray[np.float64]

N_CODES = 256
"""A code is a byte, and the table of a pair, 64k cells, stays in the second-level cache."""

N_OWN = 127
"""Values with a code of their own; the rest share the other half."""

GRID_SIZE = 64
"""Sizes of a value, on a logarithmic scale, at which chance is evaluated: linear interpolation between steps
of a factor 1.2 is good to half a percent of what chance explains."""

RESOLUTION = 1e-9
"""Nats below which nothing is left to explain but rounding."""


def coarse_codes(candidates: Candidates, *, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Coarse codes of a sample of the training rows.

    Of a list, the first value is taken; of an empty one, the out-of-vocabulary feature.

    Parameters
    ----------
    candidates : Candidates
        The fields.
    rng : Generator
        Draws the rows.

    Returns
    -------
    ndarray of uint8, shape (n_fields, n_sampled_rows)
        Codes; each field has its own.
    """
    layout = candidates.layout
    # lists are filled from the front, and an empty slot holds the out-of-vocabulary feature
    first_slots = np.searchsorted(layout.field_of_slot, np.arange(layout.n_fields))
    code_of_id = _code_of_id(candidates)
    parts = [code_of_id[block.ids[:, first_slots]] for block in sampled_blocks(candidates.train, rng=rng)]
    return np.ascontiguousarray(np.concatenate(parts).T)


def _code_of_id(candidates: Candidates) -> NDArray[np.uint8]:
    offsets, n_ids = np.asarray(candidates.layout.offsets), candidates.layout.n_ids
    order = np.lexsort((-candidates.counts.rows, candidates.field_of_id))
    rank = np.empty(n_ids, np.int64)
    rank[order] = np.arange(n_ids)
    rank -= offsets[candidates.field_of_id]
    # neighbours in frequency go to different codes, so that shared codes are about equally frequent
    return np.where(rank < N_OWN, rank, N_OWN + (rank - N_OWN) % (N_CODES - N_OWN)).astype(np.uint8)


class Redundancy:
    """Redundancy of pairs of fields.

    Parameters
    ----------
    codes : ndarray of uint8, shape (n_fields, n_rows)
        Coarse codes, see :func:`coarse_codes`.

    References
    ----------
    Vinh, Epps & Bailey, "Information theoretic measures for clusterings comparison", JMLR 11, 2010: this is
    the adjusted mutual information, normalised by the smaller entropy.

    Examples
    --------
    >>> a = np.tile(np.array([0, 1, 0, 1], np.uint8), 100)
    >>> b = np.tile(np.array([0, 0, 1, 1], np.uint8), 100)
    >>> Redundancy(np.stack([a, 1 - a, b])).of(0, np.array([1, 2]))
    array([1., 0.])
    """

    def __init__(self, codes: NDArray[np.uint8]) -> None:
        self._codes = codes
        n_rows = codes.shape[1]
        sizes: NDArray[np.int64] = np.array([np.bincount(row, minlength=N_CODES) for row in codes], np.int64)
        self._entropies = np.array([_entropy(row, n_rows) for row in sizes])
        grid = np.unique(np.rint(n_rows ** (np.arange(GRID_SIZE) / (GRID_SIZE - 1))).astype(np.int64))
        spread: FloatArray = np.stack([_spread(row[row > 0], grid) for row in sizes])
        # what two fields have in common by chance is a sum over cells, of a function of both sizes alone
        self._chance: FloatArray = spread @ _cell_chance(grid, n_rows) @ spread.T / n_rows

    def of(self, field: int, others: NDArray[np.int64]) -> FloatArray:
        """Share of the smaller entropy that a field has in common with each of some others.

        Parameters
        ----------
        field : int
            Index of the field.
        others : ndarray of int64, shape (n_others,)
            Indexes of the others.

        Returns
        -------
        ndarray of float64, shape (n_others,)
            0 for independent fields, 1 where one field determines the other.
        """
        high = self._codes[field].astype(np.int64) * N_CODES
        shares = np.zeros(others.size)
        for place, other in enumerate(others.tolist()):
            pairs = np.bincount(high + self._codes[other], minlength=N_CODES * N_CODES)
            own, chance = self._entropies[[field, other]], self._chance[field, other]
            shared = own.sum() - _entropy(pairs, high.size) - chance
            most = own.min() - chance
            if most > RESOLUTION:
                shares[place] = shared / most
        return np.clip(shares, 0.0, 1.0)


def _entropy(sizes: NDArray[np.int64], n_rows: int) -> float:
    sizes = sizes[sizes > 0]
    return float(sizes @ np.log(n_rows / sizes)) / n_rows


def _spread(sizes: NDArray[np.int64], grid: NDArray[np.int64]) -> FloatArray:
    # weights of the grid's sizes that interpolate a sum over the values
    places: FloatArray = np.interp(np.log(sizes), np.log(grid), np.arange(grid.size))
    below = np.minimum(places.astype(np.int64), max(grid.size - 2, 0))
    above = np.minimum(below + 1, grid.size - 1)
    weights: FloatArray = np.zeros(grid.size)
    np.add.at(weights, below, below + 1.0 - places)
    np.add.at(weights, above, places - below)
    return weights


def _cell_chance(grid: NDArray[np.int64], n_rows: int) -> FloatArray:
    # a value that all rows have tells nothing
    per_size = [
        expected_deviance(grid, n_rows, size) if size < n_rows else np.zeros(grid.size)
        for size in grid.tolist()
    ]
    return np.stack(per_size, axis=1)
