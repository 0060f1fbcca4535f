"""What do two fields have in common, and what do they tell of the label only together?

Everything here is a matrix over all pairs of fields, from coarse codes: cheap enough to look at every pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.engines.coarse_codes import N_CODES, CoarseCodes
from featsel.engines.pair_tables import pair_sums
from featsel.stats import p_value
from featsel.stats.pairs import chance_of_cells, expected_pair_information, margin, redundancy

FloatArray = NDArray[np.float64]

PAIRS_AT_ONCE = 1 << 18
"""Pairs whose chance is computed together: it takes some thirty arrays of their length, and five thousand
fields have twelve million pairs."""

SIGNIFICANCE = 0.01
"""Probability that any of the independent pairs is said to have something in common: rare values meet by
chance, and what they share is then a large part of the little that they tell."""


@dataclass(frozen=True, eq=False)
class PairScreen:
    """What all pairs of fields show in coarse codes.

    Parameters
    ----------
    redundancy : ndarray of float64, shape (n_fields, n_fields)
        Share of the smaller entropy in common beyond chance; 0 where it may be chance.
    synergy : ndarray of float64, shape (n_fields, n_fields)
        What two fields tell of the label together beyond what each tells alone, nats, corrected for chance;
        negative where they tell the same.
    """

    redundancy: FloatArray
    synergy: FloatArray


def screen_pairs(codes: CoarseCodes, *, n_threads: int = 1) -> PairScreen:
    """Look at every pair of fields.

    Parameters
    ----------
    codes : CoarseCodes
        At least one field and one row.
    n_threads : int
        Threads that count.

    Returns
    -------
    PairScreen
        Symmetric, zero on the diagonal.
    """
    n_fields, n_rows, n_positive = codes.n_fields, codes.n_rows, int(codes.labels.sum())
    upper = np.triu_indices(n_fields)
    sums = pair_sums(
        codes,
        np.column_stack(upper).astype(np.int64),
        function=chance_of_cells(n_rows, n_positive),
        n_threads=n_threads,
    )
    # the table of a field with itself is that of the field
    joint = _symmetric(upper, np.log(n_rows) - sums.cells / n_rows, n_fields)
    of_label = _symmetric(upper, (sums.by_label - sums.cells - sums.functions) / n_rows, n_fields)
    of_label += _label_entropy(n_rows, n_positive)
    entropies, own = np.diag(joint), np.diag(of_label)
    margins = [margin(np.bincount(of_field, minlength=N_CODES)) for of_field in codes.codes]
    expected = expected_pair_information(margins)
    pairs = np.triu_indices(n_fields, 1)
    redundancy_of_pairs = certain_redundancy(
        (entropies[pairs[0]] + entropies[pairs[1]] - joint[pairs]),
        expected[pairs],
        np.minimum(entropies[pairs[0]], entropies[pairs[1]]),
        n_rows=n_rows,
        n_pairs=pairs[0].size,
    )
    synergy = of_label - own - own[:, None]
    np.fill_diagonal(synergy, 0.0)
    return PairScreen(_symmetric(pairs, redundancy_of_pairs, n_fields), synergy)


def certain_redundancy(
    information: FloatArray, expected: FloatArray, least_entropy: FloatArray, *, n_rows: int, n_pairs: int
) -> FloatArray:
    """Redundancy of pairs, where it is more than chance.

    Parameters
    ----------
    information, expected, least_entropy : ndarray of float64, shape (n_counted,)
        Plug-in mutual information, its expectation and the smaller entropy of pairs, nats.
    n_rows : int
        Rows that were counted.
    n_pairs : int
        Pairs among which these were looked for.

    Returns
    -------
    ndarray of float64, shape (n_counted,)
        From 0 to 1.
    """
    certain: FloatArray = np.zeros(information.shape)
    for start in range(0, information.size, PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        observed, mean, least = information[part], expected[part], least_entropy[part]
        # n I has mean n E under independence; half a chi-square of that mean has variance n E as well
        chance = p_value(observed, mean, np.sqrt(mean / n_rows)) * n_pairs
        certain[part] = np.where(chance <= SIGNIFICANCE, redundancy(observed, mean, least), 0.0)
    return certain


def _symmetric(places: tuple[NDArray[np.int64], ...], values: FloatArray, n_fields: int) -> FloatArray:
    matrix: FloatArray = np.zeros((n_fields, n_fields))
    matrix[places] = values
    matrix.T[places] = values
    return matrix


def _label_entropy(n_rows: int, n_positive: int) -> float:
    return margin(np.array([n_positive, n_rows - n_positive])).entropy
