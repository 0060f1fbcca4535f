"""Which groups of fields say much the same?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CLUSTER_REDUNDANCY = 0.9
"""Two fields belong together where nine tenths of what one could tell is in the other. With less, chains of
half-redundant fields link most fields of a real log."""

PARTNER_REDUNDANCY = 0.1
"""Below it, what a field shares with its strongest partner is not worth a name."""

SAME = 1e-9
"""Redundancies that differ by less are equal but for rounding."""


@dataclass(frozen=True)
class Cluster:
    """Fields that say much the same.

    Parameters
    ----------
    fields : tuple of str
        At least two, best first.
    representative : str
        The best of them.
    least_redundancy : float
        Of any two of them; 1 where each pair is nested or one to one.
    """

    fields: tuple[str, ...]
    representative: str
    least_redundancy: float


def find_clusters(names: Sequence[str], redundancy: FloatArray) -> tuple[Cluster, ...]:
    """Group fields that are linked by a redundancy of nine tenths or more.

    Parameters
    ----------
    names : sequence of str
        The fields, best first.
    redundancy : ndarray of float64, shape (n_fields, n_fields)
        Symmetric.

    Returns
    -------
    tuple of Cluster
        In the order of their representatives; fields without any such link are in none.

    Examples
    --------
    >>> chain = np.array([[0.0, 0.9, 0.2], [0.9, 0.0, 1.0], [0.2, 1.0, 0.0]])
    >>> find_clusters(["a", "b", "c"], chain)
    (Cluster(fields=('a', 'b', 'c'), representative='a', least_redundancy=0.2),)
    """
    clusters: list[Cluster] = []
    is_free = np.ones(len(names), np.bool_)
    for start in range(len(names)):
        if not is_free[start]:
            continue
        members, waiting = [start], [start]
        is_free[start] = False
        while waiting:
            near = np.flatnonzero(is_free & (redundancy[waiting.pop()] >= CLUSTER_REDUNDANCY)).tolist()
            is_free[near] = False
            members += near
            waiting += near
        if len(members) > 1:
            members.sort()
            among = redundancy[np.ix_(members, members)][np.triu_indices(len(members), 1)]
            found = tuple(names[member] for member in members)
            clusters.append(Cluster(found, found[0], float(among.min())))
    return tuple(clusters)


def strongest_partners(redundancy: FloatArray) -> list[int | None]:
    """Find for each field the one that it has most in common with.

    Parameters
    ----------
    redundancy : ndarray of float64, shape (n_fields, n_fields)
        Symmetric, fields in order, best first.

    Returns
    -------
    list of int or None
        Of equals the better field; None below a redundancy of one tenth.
    """
    partners: list[int | None] = []
    for shared in redundancy:
        most = float(shared.max(initial=0.0))
        best = int(np.flatnonzero(shared >= most - SAME)[0])
        partners.append(best if most >= PARTNER_REDUNDANCY else None)
    return partners
