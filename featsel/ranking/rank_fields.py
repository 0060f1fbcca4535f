"""In which order do the fields of a log tell of its label?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable, FieldCounts
from featsel.core.schema import Field
from featsel.ranking.measures import Measures, measure, scored_table
from featsel.ranking.scores import FieldScore, Ranking, Score, Verdict
from featsel.ranking.verdicts import Evidence, judge
from featsel.stats import (
    StandardErrors,
    benjamini_hochberg,
    label_entropy,
    relative_information,
    standard_errors,
)

FloatArray = NDArray[np.float64]

GATED_SCORES = frozenset({Score.USABLE, Score.CORRECTED})
"""Orders in which fields without significant information stand behind all others, whatever their amount."""


def rank_fields(
    fields: Sequence[Field],
    counts: Sequence[FieldCounts],
    *,
    label: ContingencyTable,
    n_rows: int,
    score: Score,
    min_count: int = 1,
    seed: int = 0,
) -> Ranking:
    """Score fields from their counts and put them in order.

    Parameters
    ----------
    fields : sequence of Field
        The fields.
    counts : sequence of FieldCounts
        Their counts, in the same order.
    label : ContingencyTable
        Counts of the labels alone, as one row.
    n_rows : int
        Rows that were counted.
    score : Score
        What orders the list, not ``FORWARD``: see :func:`featsel.ranking.outlook.order_forward`. Under
        ``USABLE`` and ``CORRECTED``, amounts that mean something only where there is anything, fields with
        significant information come first.
    min_count : int
        Values with fewer rows are pooled into one before scoring.
    seed : int
        Of the one random replicate that ``Score.OUTRANK`` subtracts.

    Returns
    -------
    Ranking
        Best first; equal scores by name.
    """
    tables = [scored_table(field.table, min_count) for field in counts]
    measures = measure(tables, [field.name for field in fields], score, seed=seed)
    q_values = benjamini_hochberg(measures.p_values)
    relative = relative_information(measures.observed, measures.expected, measures.entropies)
    errors = _errors(tables, counts, measures)
    usable = measures.usable
    verdicts = [
        judge(Evidence(field_counts, field.kind, float(q), float(nats)))
        for field, field_counts, q, nats in zip(fields, counts, q_values, usable, strict=True)
    ]
    is_last = [verdict not in {Verdict.INFORMATIVE, Verdict.LEAK} for verdict, _ in verdicts]
    order = order_fields([field.name for field in fields], measures.scores, is_last, score=score)
    scored = tuple(
        FieldScore(
            name=fields[i].name,
            kind=fields[i].kind,
            rank=rank,
            score=float(measures.scores[i]),
            score_se=None if (own := _own_errors(errors, score)) is None else float(own[i]),
            cardinality=counts[i].cardinality,
            coverage=counts[i].coverage,
            mutual_information=float(measures.observed[i]),
            expected_mutual_information=float(measures.expected[i]),
            corrected_mutual_information=float(measures.observed[i] - measures.expected[i]),
            corrected_mutual_information_se=float(errors.corrected[i]),
            relative_information=float(relative[i]),
            z=float(measures.z_scores[i]),
            p_value=float(measures.p_values[i]),
            q_value=float(q_values[i]),
            usable_information=float(usable[i]),
            usable_information_se=float(errors.usable[i]),
            verdict=verdicts[i][0],
            reason=verdicts[i][1],
        )
        for rank, i in enumerate(order, start=1)
    )
    return Ranking(scored, score, n_rows, float(label.label_totals[-1] / label.total), label_entropy(label))


def order_fields(
    names: Sequence[str], scores: FloatArray, is_last: Sequence[bool], *, score: Score
) -> list[int]:
    """Places of fields in their order.

    Parameters
    ----------
    names : sequence of str
        Names of the fields.
    scores : ndarray of float64, shape (n_fields,)
        What orders them.
    is_last : sequence of bool
        Whether a field stands behind all others, under the scores of :data:`GATED_SCORES`.
    score : Score
        Which score it is.

    Returns
    -------
    list of int
        Best first; equal scores by name.
    """
    is_gated = score in GATED_SCORES
    return sorted(range(len(names)), key=lambda i: (is_gated and is_last[i], -scores[i], names[i]))


def _errors(
    tables: Sequence[ContingencyTable], counts: Sequence[FieldCounts], measures: Measures
) -> StandardErrors:
    """Standard errors for as many independent observations as there are rows.

    The entries of a list come together and a weight repeats its row: neither makes more of them.
    """
    errors = standard_errors(tables, (measures.expected, measures.deviations), measures.gains)
    entries = np.array(
        [table.total / max(field.n_rows, 1) for table, field in zip(tables, counts, strict=True)]
    )
    factor = np.sqrt(np.maximum(entries, 1.0))
    return StandardErrors(
        errors.mutual_information * factor,
        errors.corrected * factor,
        errors.adjusted * factor,
        errors.usable * factor,
    )


def _own_errors(errors: StandardErrors, score: Score) -> FloatArray | None:
    return {
        Score.MI: errors.mutual_information,
        Score.CORRECTED: errors.corrected,
        Score.AMI: errors.adjusted,
        Score.USABLE: errors.usable,
    }.get(score)
