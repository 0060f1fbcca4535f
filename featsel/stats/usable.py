"""How much of what a field says could a model use on rows that it has not seen?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable

FloatArray = NDArray[np.float64]

WEAKEST_PRIOR = 1e-6
"""Prior rows below which a value's own rate is believed outright; a pure value then costs 1e-6 nats."""

STRONGEST_PRIOR = 16.0
"""Prior rows per row of the log beyond which even the largest value says next to nothing."""

GRID_RATIO = 4.0
"""Step of the coarse search: the gain varies over factors of ten in the prior, not over factors of two."""

N_BISECTIONS = 24
"""Halvings of the coarse bracket: the prior is then good to 2e-7, and the gain, flat there, to rounding."""


@dataclass(frozen=True)
class UsableInformation:
    """What the smoothed click-rate table of one field gains on held-out rows.

    Parameters
    ----------
    nats : float
        Log-loss gain per row over predicting the global rate, from 0 to about the label entropy.
    prior_strength : float
        Rows of the global rate that every value starts with; infinite if no smoothing gains anything.
    """

    nats: float
    prior_strength: float


@dataclass(frozen=True, eq=False)
class _Terms:
    """Rows that share their odds: ``n_rows`` of them gain ``ln((prior + own) / (prior + others))`` each."""

    n_rows: FloatArray
    own: FloatArray
    others: FloatArray

    def gain(self, prior: float) -> float:
        return float(np.dot(self.n_rows, np.log1p((self.own - self.others) / (prior + self.others))))

    def slope(self, prior: float) -> float:
        return float(
            np.dot(self.n_rows, (self.others - self.own) / (prior + self.own) / (prior + self.others))
        )


def usable_information(table: ContingencyTable) -> UsableInformation:
    r"""Leave-one-out log-loss gain of the field's own smoothed click-rate table.

    Every row is predicted from the other rows: a positive of a value with ``b`` positives in ``a`` rows gets
    the click rate :math:`(b - 1 + \alpha p) / (a - 1 + \alpha)`, a negative
    :math:`(b + \alpha p) / (a - 1 + \alpha)`. The global rate p leaves the row out as well, in the baseline
    and in the prior: a value that was seen once is then predicted exactly like the baseline, so a row
    identifier and a constant score zero, not a little above or below. More labels work alike.

    The prior strength :math:`\alpha` maximises the gain itself. The usual choice, the maximum likelihood of
    the beta-binomial, finds the same gain where rates follow a beta distribution and a smaller one where they
    do not: a few strong values among many weak ones, or rates that depend on frequency. The search costs an
    optimism of about one nat per log, not per row: noise scores zero or about ``1 / n_rows``.

    Parameters
    ----------
    table : ContingencyTable
        Joint counts of a field and any number of labels, better grouped: it is visited about fifty times.
        Where rows carry weights, a unit of weight is left out.

    Returns
    -------
    UsableInformation
        Nats per row, never negative, and the prior strength. Zero and infinity for an empty table, a
        constant, a row identifier, and most noise.

    Examples
    --------
    >>> import numpy as np
    >>> usable_information(ContingencyTable(np.array([[1, 0], [0, 1]]), np.array([80, 20])))
    UsableInformation(nats=0.0, prior_strength=inf)
    >>> round(usable_information(ContingencyTable(np.array([[45, 5], [5, 45]]), np.array([1, 1]))).nats, 2)
    0.36
    """
    return _best_prior(_terms(table, table.total), table.total)


def usable_gain(counts: NDArray[np.int64], expected: FloatArray) -> UsableInformation:
    r"""Leave-one-out log-loss gain of smoothed rates of cells over what is expected of each.

    As :func:`usable_information`, with a prior of its own for each cell: a positive of a cell with k
    positives in n rows gets :math:`(k - 1 + \alpha e) / (n - 1 + \alpha)` and is compared with e.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_cells, 2)
        Rows of each label.
    expected : ndarray of float64, shape (n_cells, 2)
        Probability that a row of the label was expected to have it, not zero; best without that row.

    Returns
    -------
    UsableInformation
        Nats per row, never negative, and the prior strength. Zero for cells of one row.

    Examples
    --------
    >>> import numpy as np
    >>> round(usable_gain(np.array([[45, 5], [5, 45]]), np.full((2, 2), 0.5)).nats, 2)
    0.35
    """
    n_rows = counts.astype(np.float64).ravel()
    others = np.repeat(counts.sum(axis=1) - 1.0, 2)
    own = (n_rows - 1.0) / expected.ravel()
    matters = (n_rows > 0) & (others > 0)
    return _best_prior(_Terms(n_rows[matters], own[matters], others[matters]), float(n_rows.sum()))


def _best_prior(terms: _Terms, total: float) -> UsableInformation:
    n_steps = math.ceil(math.log(STRONGEST_PRIOR * max(total, 1.0) / WEAKEST_PRIOR, GRID_RATIO))
    priors = [WEAKEST_PRIOR * GRID_RATIO**step for step in range(n_steps + 1)]
    gains = [terms.gain(prior) for prior in priors]
    best = max(range(len(priors)), key=gains.__getitem__)
    gain, prior = gains[best], priors[best]
    if 0 < best < n_steps:
        refined = _bisect(terms, priors[best - 1], priors[best + 1])
        gain, prior = max((gain, prior), (terms.gain(refined), refined))
    if gain <= 0:
        return UsableInformation(0.0, math.inf)
    return UsableInformation(gain / total, prior)


def _terms(table: ContingencyTable, total: float) -> _Terms:
    counts = table.counts.astype(np.float64)
    n_rows: list[FloatArray] = []
    own: list[FloatArray] = []
    others: list[FloatArray] = []
    sizes = counts.sum(axis=1)
    for label, label_total in enumerate(table.label_totals):
        count = counts[:, label]
        removed = np.minimum(count, 1.0)
        # alike is one for a constant field, so that own and others agree to the last bit
        alike = (count - removed) / (label_total - 1.0) if label_total > 1.0 else np.zeros_like(count)
        n_rows.append(table.multiplicity * count)
        own.append(alike * (total - 1.0))
        others.append(sizes - removed)
    terms = _Terms(np.concatenate(n_rows), np.concatenate(own), np.concatenate(others))
    matters = (terms.n_rows > 0) & (terms.own != terms.others)
    return _Terms(terms.n_rows[matters], terms.own[matters], terms.others[matters])


def _bisect(terms: _Terms, lower: float, upper: float) -> float:
    # towards the root of the slope, on a logarithmic scale
    for _ in range(N_BISECTIONS):
        middle = math.sqrt(lower * upper)
        if terms.slope(middle) > 0:
            lower = middle
        else:
            upper = middle
    return math.sqrt(lower * upper)
