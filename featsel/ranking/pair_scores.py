"""What do two fields tell of the label together that neither tells alone, exactly?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.stats.additive import AdditiveFit, fit_additive
from featsel.stats.interaction import InteractionTest, expected_without, interaction_test
from featsel.stats.strata import conditional_information
from featsel.stats.usable import usable_gain

Codes = NDArray[np.uint32]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class PairScores:
    """How much, how surely and how usably.

    Parameters
    ----------
    joint_information : float
        Corrected mutual information of the pair and the label, nats.
    synergy : float
        What of it neither field has by itself, nats; negative where they say the same.
    usable_synergy : float
        Held-out log-loss gain per row of a click rate for each cell, over additive log-odds; not negative.
    z, p_value : float
        Of the test for nothing beyond additive log-odds.
    n_cells : int
        Pairs of values that occur.
    """

    joint_information: float
    synergy: float
    usable_synergy: float
    z: float
    p_value: float
    n_cells: int


def score_pair(first: Codes, second: Codes, counts: Counts, *, sizes: tuple[int, int]) -> PairScores:
    r"""Score two fields by the cells of their table.

    By the chain rule the joint information of A and B is :math:`I(A; y) + I(B; y \mid A)`, each with its own
    expectation taken off, and the synergy :math:`I(B; y \mid A) - I(B; y)`. A is the field of the lower
    entropy: small strata leave nothing to be found within them, because chance explains all of it.

    Parameters
    ----------
    first, second : ndarray of uint32, shape (n_cells,)
        Codes of the cells.
    counts : ndarray of int64, shape (n_cells, 2)
        Rows of each label.
    sizes : tuple of int
        How many codes each has.

    Returns
    -------
    PairScores
        The same for both orders of the fields, up to rounding.
    """
    margins = [_margin(codes, counts, size) for codes, size in zip((first, second), sizes, strict=True)]
    own = [conditional_information(np.zeros(len(each), np.uint32), each) for each in margins]
    # of equal entropies, the field that comes first when sorted by its counts
    outer = 0 if _key(margins[0]) <= _key(margins[1]) else 1
    within = conditional_information((first, second)[outer], counts)
    test, usable = _beyond_additive(first, second, counts, sizes)
    return PairScores(
        joint_information=own[outer] + within,
        synergy=within - own[1 - outer],
        usable_synergy=usable,
        z=test.z,
        p_value=test.p_value,
        n_cells=len(counts),
    )


def _beyond_additive(
    first: Codes, second: Codes, counts: Counts, sizes: tuple[int, int]
) -> tuple[InteractionTest, float]:
    compared = _compared(first, second, sizes)
    hits = int(counts[compared, 1].sum())
    if not 0 < hits < int(counts[compared].sum()):
        return InteractionTest(0.0, 1.0), 0.0
    # rows that cannot be compared still tell of the effects of their values
    fit = fit_additive(first, second, counts, sizes=sizes)
    fit = AdditiveFit(fit.rates[compared], fit.leverages[compared])
    gain = usable_gain(counts[compared], expected_without(fit)).nats
    return interaction_test(counts[compared], fit), gain * float(counts[compared].sum() / counts.sum())


def _compared(first: Codes, second: Codes, sizes: tuple[int, int]) -> NDArray[np.bool_]:
    """Cells that share either value with other such cells; a value's one cell tells what the value tells.

    None are left of nested fields, such as a user and the user's country, and of copies.
    """
    left = np.ones(first.size, np.bool_)
    while True:
        n_first = np.bincount(first[left], minlength=sizes[0])
        n_second = np.bincount(second[left], minlength=sizes[1])
        kept = left & (n_first[first] > 1) & (n_second[second] > 1)
        if np.array_equal(kept, left):
            return kept
        left = kept


def _margin(codes: Codes, counts: Counts, size: int) -> Counts:
    columns = [np.bincount(codes, counts[:, label], size).astype(np.int64) for label in (0, 1)]
    margin = np.stack(columns, axis=1)
    return margin[margin.any(axis=1)]


def _key(margin: Counts) -> tuple[float, list[list[int]]]:
    rows = margin.sum(axis=1)
    order = np.lexsort((margin[:, 1], rows))
    # the same sum in any order of the values
    return -float(np.dot(rows[order], np.log(rows[order]))), margin[order].tolist()
