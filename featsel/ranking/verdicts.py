"""What is a field good for?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from featsel.core.counts import ContingencyTable, FieldCounts
from featsel.core.schema import FieldKind
from featsel.ranking.scores import Verdict
from featsel.stats import label_entropy, mutual_information

SIGNIFICANCE = 0.01
"""A field is informative if its q-value is below: one in a hundred fields called so may be noise."""

IDENTIFIER_SHARE = 0.95
"""Distinct values over rows from which a categorical field names rows instead of describing them."""

IDENTIFIER_VALUES = 50
"""With fewer values than this a field is no identifier, however few rows there are."""

LEAK_SHARE = 0.7
"""Share of the label's entropy that one field explains on held-out rows, from which it is called a leak. On
real click logs the best honest field reached .52, columns written after the click .83 to 1."""

LEAK_NULL_SHARE = 0.5
"""The same for the mere fact that the field is null."""

PURE_ROWS = 20
LEAK_PURE_SHARE = 0.1
RARE_CLICKS = 0.2
"""Where at most a fifth of the rows are positive, a value with 20 rows, all of them positive, is no luck;
values like that which hold a tenth of all clicks were written after the click. In the other columns of real
click logs they hold up to .002."""


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on.

    Parameters
    ----------
    counts : FieldCounts
        Counts of the field.
    kind : FieldKind
        How its values were read.
    q_value : float
        Adjusted p-value of its mutual information.
    usable_information : float
        Held-out log-loss gain, nats a row.
    """

    counts: FieldCounts
    kind: FieldKind
    q_value: float
    usable_information: float


def judge(evidence: Evidence) -> tuple[Verdict, str]:
    """Verdict over one field, with its reason.

    Parameters
    ----------
    evidence : Evidence
        Scores and counts of the field.

    Returns
    -------
    Verdict
        What the field is good for.
    str
        Why, in a few words with numbers.
    """
    counts = evidence.counts
    if counts.table.n_values <= 1:
        return Verdict.CONSTANT, "one value" if not counts.n_null else "null in every row"
    leak = _leak(evidence)
    if leak is not None:
        return Verdict.LEAK, leak
    n_present = counts.n_rows - counts.n_null
    n_distinct = counts.cardinality - (counts.n_null > 0)
    is_named = evidence.kind is FieldKind.CATEGORICAL and n_distinct >= IDENTIFIER_VALUES
    if is_named and n_distinct >= IDENTIFIER_SHARE * n_present:
        return Verdict.IDENTIFIER, f"{n_distinct:,} distinct values in {n_present:,} rows"
    if evidence.q_value > SIGNIFICANCE:
        return (
            Verdict.NOISE,
            f"no more information than a random field of its cardinality (q {evidence.q_value:.2g})",
        )
    return Verdict.INFORMATIVE, f"more information than chance explains (q {evidence.q_value:.1g})"


def _leak(evidence: Evidence) -> str | None:
    counts = evidence.counts
    table = counts.table
    entropy = label_entropy(table)
    if entropy <= 0 or evidence.q_value > SIGNIFICANCE:
        return None
    if (share := evidence.usable_information / entropy) >= LEAK_SHARE:
        return f"explains {share:.0%} of the label on held-out rows: known before the click?"
    if counts.n_null and (share := mutual_information(_null_table(counts)) / entropy) >= LEAK_NULL_SHARE:
        return f"being null explains {share:.0%} of the label: written after the click?"
    share = _pure_share(counts)
    if share >= LEAK_PURE_SHARE and table.label_totals[1] <= RARE_CLICKS * table.total:
        return f"values that only positive rows have hold {share:.0%} of them: written after the click?"
    return None


def _pure_share(counts: FieldCounts) -> float:
    """Share of the positive rows in values that no negative row has; not being null is one of them."""
    table = counts.table
    negatives, positives = table.counts[:, 0], table.counts[:, 1]
    is_pure = (negatives == 0) & (positives >= PURE_ROWS)
    n_pure = float((positives * table.multiplicity)[is_pure].sum())
    present = table.label_totals - counts.null_counts
    if counts.n_null and present[0] <= 0 and present[1] >= PURE_ROWS:
        n_pure = max(n_pure, float(present[1]))
    return n_pure / float(table.label_totals[1])


def _null_table(counts: FieldCounts) -> ContingencyTable:
    """Counts of null and not null."""
    null = np.asarray(counts.null_counts)
    return ContingencyTable(
        np.array([null, np.maximum(counts.table.label_totals - null, 0.0)]), np.ones(2, np.int64)
    )
