"""In which order do the fields of a log tell of its label?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable, CountArray, FieldCounts
from featsel.core.schema import Field
from featsel.ranking.scores import FieldScore, Ranking, Score, Verdict
from featsel.ranking.verdicts import Evidence, judge
from featsel.stats import (
    benjamini_hochberg,
    field_entropy,
    group,
    label_entropy,
    mutual_information,
    null_moments,
    p_value,
    relative_information,
    two_value_p_value,
    usable_information,
    z_score,
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
    tables = [group(pool_rare(group(field.table), min_count)) for field in counts]
    entropies = np.array([label_entropy(table) for table in tables])
    observed = np.array([mutual_information(table) for table in tables])
    expected, sd = null_moments(tables)
    p_values = p_value(observed, expected, sd)
    for index, table in enumerate(tables):
        if (exact := two_value_p_value(table)) is not None:
            p_values[index] = exact
    q_values = benjamini_hochberg(p_values)
    z_scores = z_score(observed, expected, sd)
    relative = relative_information(observed, expected, entropies)
    usable = np.array([usable_information(table).nats for table in tables])
    if score is Score.OUTRANK:
        scores = np.array(
            [_outrank(field.name, table, seed) for field, table in zip(fields, tables, strict=True)]
        )
    elif score is Score.AMI:
        own = np.array([field_entropy(table) for table in tables])
        scores = relative_information(observed, expected, (own + entropies) / 2)
    else:
        scores = {
            Score.MI: observed,
            Score.CORRECTED: observed - expected,
            Score.Z: z_scores,
            Score.USABLE: usable,
        }[score]
    verdicts = [
        judge(Evidence(field_counts, field.kind, float(q), float(nats)))
        for field, field_counts, q, nats in zip(fields, counts, q_values, usable, strict=True)
    ]
    is_gated = score in GATED_SCORES
    is_last = [is_gated and verdict not in {Verdict.INFORMATIVE, Verdict.LEAK} for verdict, _ in verdicts]
    order = sorted(range(len(fields)), key=lambda i: (is_last[i], -scores[i], fields[i].name))
    scored = tuple(
        FieldScore(
            name=fields[i].name,
            kind=fields[i].kind,
            rank=rank,
            score=float(scores[i]),
            cardinality=counts[i].cardinality,
            coverage=counts[i].coverage,
            mutual_information=float(observed[i]),
            expected_mutual_information=float(expected[i]),
            corrected_mutual_information=float(observed[i] - expected[i]),
            relative_information=float(relative[i]),
            z=float(z_scores[i]),
            p_value=float(p_values[i]),
            q_value=float(q_values[i]),
            usable_information=float(usable[i]),
            verdict=verdicts[i][0],
            reason=verdicts[i][1],
        )
        for rank, i in enumerate(order, start=1)
    )
    return Ranking(scored, score, n_rows, float(label.label_totals[-1] / label.total), label_entropy(label))


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
