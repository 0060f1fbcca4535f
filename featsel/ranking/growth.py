"""How much of a score is owed to the number of rows?

A field with many values tells more the more rows there are to learn them from. Chance thins the counts of a
field to those of a smaller log; what the score loses by that is what it gained by the last rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from featsel.core.counts import ContingencyTable
from featsel.ranking.measures import measure
from featsel.ranking.scores import Score
from featsel.stats.held_out import split_halves

N_THINNINGS = 8
"""Smaller logs whose mean is taken: its error is then about a third of one that is far below the score's."""


@dataclass(frozen=True)
class Growth:
    """What a score gains by rows.

    Parameters
    ----------
    gain : float
        Score of all rows less the mean score of smaller logs.
    se : float
        Standard error of that mean.
    """

    gain: float
    se: float


def score_growth(table: ContingencyTable, name: str, score: Score, *, share: float, seed: int = 0) -> Growth:
    """What the score of a field gains from a share of the rows to all of them.

    Parameters
    ----------
    table : ContingencyTable
        Whole counts of a field and a label of two values.
    name : str
        Of the field; each has thinnings of its own.
    score : Score
        Which score.
    share : float
        Rows of the smaller logs over the rows of the log, from 0 to 1.
    seed : int
        Of the thinnings.

    Returns
    -------
    Growth
        In the unit of the score; nothing where a smaller log would have no rows.
    """
    rng = np.random.default_rng([seed, *name.encode()])
    thinned = [split_halves(table, rng, share=share).tables()[0] for _ in range(N_THINNINGS)]
    thinned = [each for each in thinned if each.total > 1]
    if len(thinned) <= 1:
        return Growth(0.0, 0.0)
    whole = measure([table], [name], score, seed=seed).scores[0]
    scores = measure(thinned, [name] * len(thinned), score, seed=seed).scores
    return Growth(float(whole - scores.mean()), float(scores.std(ddof=1) / np.sqrt(scores.size)))
