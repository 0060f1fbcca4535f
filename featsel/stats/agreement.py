"""How alike are several choices from the same fields?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

NORMAL_95 = 1.959963984540054
"""Standard deviations within which 95 % of a normal distribution lie."""


@dataclass(frozen=True)
class Agreement:
    """Stability of a choice.

    Parameters
    ----------
    index : float
        1 where all choices are the same, 0 on average where each is drawn by chance, slightly negative at
        least.
    low, high : float
        Its 95 % confidence interval.
    """

    index: float
    low: float
    high: float


def choice_agreement(is_chosen: NDArray[np.bool_]) -> Agreement | None:
    """Stability of choices, corrected for chance.

    Parameters
    ----------
    is_chosen : ndarray of bool, shape (n_choices, n_fields)
        Which fields each choice holds; two choices at least.

    Returns
    -------
    Agreement or None
        None where every choice holds all of the fields or none: there was nothing to choose.

    References
    ----------
    Nogueira, Sechidis & Brown, "On the stability of feature selection algorithms", JMLR 18, 2018.

    Examples
    --------
    >>> choice_agreement(np.array([[True, True, False, False], [True, False, True, False]])).index
    0.0
    >>> choice_agreement(np.array([[True, False], [True, False], [True, False]]))
    Agreement(index=1.0, low=1.0, high=1.0)
    """
    n_choices, n_fields = is_chosen.shape
    chosen: FloatArray = is_chosen.astype(np.float64)
    frequency: FloatArray = chosen.mean(axis=0)
    sizes: FloatArray = chosen.sum(axis=1)
    mean_share = float(sizes.mean()) / n_fields
    by_chance = mean_share * (1.0 - mean_share)
    if by_chance <= 0:
        return None
    spread = float(np.mean(frequency * (1.0 - frequency))) * n_choices / (n_choices - 1)
    if spread == 0:
        return Agreement(1.0, 1.0, 1.0)
    index = 1.0 - spread / by_chance
    # by how much each choice moves the index, twice over, up to a constant
    shares = sizes / n_fields
    own = (chosen @ frequency) / n_fields - shares * mean_share
    own += index / 2.0 * (2.0 * shares * mean_share - shares - mean_share + 1.0)
    own /= by_chance
    variance = 4.0 / n_choices**2 * float(np.sum((own - own.mean()) ** 2))
    reach = NORMAL_95 * math.sqrt(variance)
    return Agreement(index, index - reach, index + reach)
