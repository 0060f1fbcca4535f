"""Which values of a column are domains large enough to be ranked apart?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_DOMAINS = 50
"""More are not read one by one, and each costs a table per field."""

LEAST_ROWS = 200
LEAST_OF_LABEL = 20
"""A domain of fewer rows, or of fewer of either label, tells no field from noise."""


@dataclass(frozen=True, eq=False)
class Slices:
    """Rows by domain.

    Parameters
    ----------
    domains : ndarray of uint8, shape (n_rows,)
        Domain of each row; ``n_domains`` for rows that are left out.
    kept : tuple of int
        Codes of the values that are domains by themselves, the one with the most rows first.
    n_pooled : int
        Values that share one further domain, the last; 0 where there is none.
    n_left_out : int
        Values whose rows are left out, because even together they are too few.
    n_rows, n_positive : ndarray of int64, shape (n_domains,)
        Rows of each domain, and those of label 1.
    n_rows_left_out : int
        Rows of no domain.
    """

    domains: NDArray[np.uint8]
    kept: tuple[int, ...]
    n_pooled: int
    n_left_out: int
    n_rows: NDArray[np.int64]
    n_positive: NDArray[np.int64]
    n_rows_left_out: int

    @property
    def n_domains(self) -> int:
        """How many there are."""
        return len(self.kept) + (self.n_pooled > 0)


def cut_slices(codes: NDArray[Any], labels: NDArray[np.uint8]) -> Slices:
    """Make a domain of every value that is large enough, and one of the others if they are.

    Parameters
    ----------
    codes : ndarray of unsigned integers, shape (n_rows,)
        Values of the rows.
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1.

    Returns
    -------
    Slices
        :data:`MOST_DOMAINS` and one at most, perhaps none.

    Examples
    --------
    >>> codes, labels = np.repeat([0, 1, 2], [300, 200, 50]), np.tile([0, 1], 275).astype(np.uint8)
    >>> slices = cut_slices(codes, labels)
    >>> slices.kept, slices.n_pooled, slices.n_left_out
    ((0, 1), 0, 1)
    """
    rows = np.bincount(codes)
    positives = np.bincount(codes[labels == 1], minlength=rows.size)
    order = np.argsort(-rows, kind="stable")
    kept = order[_is_large(rows, positives)[order]][:MOST_DOMAINS]
    is_rest = rows > 0
    is_rest[kept] = False
    n_rest = int(is_rest.sum())
    is_pooled = n_rest > 0 and bool(_is_large(rows[is_rest].sum(), positives[is_rest].sum()))
    domain_of = np.full(rows.size, kept.size, np.uint8)
    domain_of[kept] = np.arange(kept.size)
    domains = domain_of[codes]
    n_domains = kept.size + is_pooled
    return Slices(
        domains,
        tuple(kept.tolist()),
        n_rest if is_pooled else 0,
        0 if is_pooled else n_rest,
        np.bincount(domains, minlength=n_domains)[:n_domains],
        np.bincount(domains[labels == 1], minlength=n_domains)[:n_domains],
        0 if is_pooled else int(rows[is_rest].sum()),
    )


def _is_large(rows: NDArray[np.int64], positives: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether slices have enough rows, and enough of either label."""
    return (rows >= LEAST_ROWS) & (positives >= LEAST_OF_LABEL) & (rows - positives >= LEAST_OF_LABEL)
