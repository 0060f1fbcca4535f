"""What is measured of fields before they are put in order?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable, CountArray
from featsel.ranking.scores import Score
from featsel.stats import (
    UsableInformation,
    field_entropy,
    group,
    independence_p_values,
    label_entropy,
    mutual_information,
    null_moments,
    relative_information,
    usable_information,
    z_score,
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measures:
    """What tables of counts say of the label, each an array with an entry per table.

    Parameters
    ----------
    observed : ndarray of float64
        Plug-in mutual information, nats.
    expected, deviations : ndarray of float64
        Its mean and standard deviation under independence.
    p_values : ndarray of float64
        Probability of as much under independence.
    entropies : ndarray of float64
        Of the label.
    gains : tuple of UsableInformation
        What could be used of it.
    scores : ndarray of float64
        What orders fields.
    """

    observed: FloatArray
    expected: FloatArray
    deviations: FloatArray
    p_values: FloatArray
    entropies: FloatArray
    gains: tuple[UsableInformation, ...]
    scores: FloatArray

    @property
    def usable(self) -> FloatArray:
        """Usable information, nats."""
        return np.array([gain.nats for gain in self.gains])

    @property
    def z_scores(self) -> FloatArray:
        """Information above its expectation, in standard deviations of independence."""
        return z_score(self.observed, self.expected, self.deviations)


def measure(
    tables: Sequence[ContingencyTable], names: Sequence[str], score: Score, *, seed: int = 0
) -> Measures:
    """Measure tables of counts.

    Parameters
    ----------
    tables : sequence of ContingencyTable
        Joint counts of fields and two labels, grouped.
    names : sequence of str
        Names of their fields.
    score : Score
        What orders them.
    seed : int
        Of the one random replicate that ``Score.OUTRANK`` subtracts.

    Returns
    -------
    Measures
        In the order of the tables.
    """
    entropies = np.array([label_entropy(table) for table in tables])
    observed = np.array([mutual_information(table) for table in tables])
    expected, deviations = null_moments(tables)
    p_values = independence_p_values(tables, observed, (expected, deviations))
    gains = tuple(usable_information(table) for table in tables)
    if score is Score.OUTRANK:
        scores = np.array([_outrank(name, table, seed) for name, table in zip(names, tables, strict=True)])
    elif score is Score.AMI:
        own = np.array([field_entropy(table) for table in tables])
        scores = relative_information(observed, expected, (own + entropies) / 2)
    else:
        scores = {
            Score.MI: observed,
            Score.CORRECTED: observed - expected,
            Score.Z: z_score(observed, expected, deviations),
            Score.USABLE: np.array([gain.nats for gain in gains]),
        }[score]
    return Measures(observed, expected, deviations, p_values, entropies, gains, scores)


def pool_rare(table: ContingencyTable, min_count: int) -> ContingencyTable:
    """Merge all values with fewer than ``min_count`` rows into one.

    Parameters
    ----------
    table : ContingencyTable
        Any table.
    min_count : int
        Rows (or their weight) from which a value stands alone.

    Returns
    -------
    ContingencyTable
        The same table where no value is rare.
    """
    is_rare = table.counts.sum(axis=1) < min_count
    if not is_rare.any():
        return table
    weights = table.multiplicity[is_rare].astype(table.counts.dtype)
    pooled: CountArray = (table.counts[is_rare] * weights[:, None]).sum(axis=0, keepdims=True)
    return ContingencyTable(
        np.concatenate([table.counts[~is_rare], pooled]), np.append(table.multiplicity[~is_rare], 1)
    )


def scored_table(table: ContingencyTable, min_count: int) -> ContingencyTable:
    """Counts as they are scored: rare values pooled, equal ones grouped.

    Parameters
    ----------
    table : ContingencyTable
        As counted.
    min_count : int
        Rows (or their weight) from which a value stands alone.

    Returns
    -------
    ContingencyTable
        Grouped.
    """
    return group(pool_rare(group(table), min_count))


def _outrank(name: str, table: ContingencyTable, seed: int) -> float:
    """Mutual information minus that of one random table with the same margins.

    This is the idea of OutRank's default score (Škrlj & Mramor, RecSys 2023), on all rows at once.
    """
    sizes = np.repeat(np.rint(table.counts.sum(axis=1)).astype(np.int64), table.multiplicity)
    n_positive = round(table.label_totals[-1])
    rng = np.random.default_rng([seed, *name.encode()])
    positives = rng.multivariate_hypergeometric(sizes, min(n_positive, int(sizes.sum())), method="marginals")
    replicate = ContingencyTable(
        np.column_stack([sizes - positives, positives]), np.ones(sizes.size, np.int64)
    )
    return mutual_information(table) - mutual_information(replicate)
