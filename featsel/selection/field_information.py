"""How much does each field tell of the label, by itself, and is it more than chance?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.selection.candidates import Candidates
from featsel.stats import (
    benjamini_hochberg,
    group,
    independence_p_values,
    mutual_information,
    null_moments,
)

SIGNIFICANCE = 0.05
"""A field with a larger q-value is noise: one in twenty of those that stay may be."""


@dataclass(frozen=True)
class FieldInformation:
    """What the counts of each field say.

    Parameters
    ----------
    tables : tuple of ContingencyTable
        Counts by label, values with equal counts merged; the out-of-vocabulary feature is one of the values.
    corrected : ndarray of float64, shape (n_fields,)
        Corrected mutual information with the label, nats a row: on average zero for noise.
    q_values : ndarray of float64, shape (n_fields,)
        p-values of as much information under independence, adjusted for the number of fields.
    """

    tables: tuple[ContingencyTable, ...]
    corrected: NDArray[np.float64]
    q_values: NDArray[np.float64]

    @property
    def is_informative(self) -> NDArray[np.bool_]:
        """Whether a field tells more than chance explains, shape (n_fields,)."""
        return self.q_values <= SIGNIFICANCE


def field_information(candidates: Candidates) -> FieldInformation:
    """Score each field from its counts alone.

    A list counts as so many rows as it has values.

    Parameters
    ----------
    candidates : Candidates
        The fields.

    Returns
    -------
    FieldInformation
        One entry per field, in order.

    References
    ----------
    Vinh, Epps & Bailey, "Information theoretic measures for clusterings comparison", JMLR 11, 2010, for the
    correction; Benjamini & Hochberg, "Controlling the false discovery rate", JRSS B 57, 1995.
    """
    counts = candidates.counts
    by_label = np.column_stack([counts.rows - counts.positives, counts.positives])
    parts = np.split(by_label, candidates.layout.offsets[1:])
    tables = tuple(group(ContingencyTable(part, np.ones(len(part), np.int64))) for part in parts)
    observed = np.array([mutual_information(table) for table in tables])
    expected, sd = null_moments(tables)
    p_values = independence_p_values(tables, observed, (expected, sd))
    return FieldInformation(tables, observed - expected, benjamini_hochberg(p_values))
