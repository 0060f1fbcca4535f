"""Which tables show what fields have in common?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from featsel.ranking.clusters import Cluster
from featsel.ranking.exact_pairs import FieldPair, Relation
from featsel.report.ranking import NAME_WIDTH, FieldColumn
from featsel.report.table import Align, Cell, Column, Table

MOST_PAIRS = 20
"""Pairs that a table shows; the document has all of them."""

RELATION_WORDS = {
    Relation.ONE_TO_ONE: "one to one",
    Relation.NESTED: "nested",
    Relation.OVERLAPPING: "overlapping",
}
"""Relations as people read them."""

FIELDS_WIDTH = 40
"""Characters of a list of fields on one line."""

REDUNDANCY_COLUMNS = (
    FieldColumn(
        "redundant_with",
        {},
        Column(
            "shares with",
            wrap_at=NAME_WIDTH,
            drop_order=4,
            explanation="The field that it has most in common with.",
        ),
    ),
    FieldColumn(
        "redundancy",
        {},
        Column(
            "redundancy",
            Align.RIGHT,
            ".0%",
            explanation="What the two have in common beyond chance, as a share of the smaller entropy.",
            drop_order=4,
        ),
    ),
    FieldColumn(
        "mrmr_rank",
        {},
        Column(
            "added",
            Align.RIGHT,
            drop_order=3,
            explanation="Place if each field is to add to the ones before it.",
        ),
    ),
)
"""What redundancy adds to every field, without their cells."""


def redundancy_columns(
    names: Sequence[str],
    partners: Sequence[int | None],
    *,
    redundancy: NDArray[np.float64],
    order: Sequence[int],
) -> tuple[FieldColumn, ...]:
    """Columns that redundancy adds to a ranking.

    Parameters
    ----------
    names : sequence of str
        The fields, best first.
    partners : sequence of int or None
        For each field, which one it has most in common with.
    redundancy : ndarray of float64, shape (n_fields,)
        With that one.
    order : sequence of int
        The fields by what each adds to those before it.

    Returns
    -------
    tuple of FieldColumn
        ``redundant_with``, ``redundancy`` and ``mrmr_rank``.
    """
    with_names: dict[str, Cell] = {
        name: None if place is None else names[place] for name, place in zip(names, partners, strict=True)
    }
    shares: dict[str, Cell] = {
        name: float(share) for name, share in zip(names, redundancy.tolist(), strict=True)
    }
    places: dict[str, Cell] = {names[place]: rank for rank, place in enumerate(order, start=1)}
    return tuple(
        column.filled(cells)
        for column, cells in zip(REDUNDANCY_COLUMNS, (with_names, shares, places), strict=True)
    )


def pairs_table(pairs: Sequence[FieldPair], notes: Sequence[str] = ()) -> Table:
    """Pairs of fields that have much in common.

    Parameters
    ----------
    pairs : sequence of FieldPair
        The most redundant first.
    notes : sequence of str
        How they were counted.

    Returns
    -------
    Table
        Its best rows.
    """
    columns = (
        Column("field", wrap_at=NAME_WIDTH),
        Column("and field", wrap_at=NAME_WIDTH),
        Column("redundancy", Align.RIGHT, ".1%"),
        Column("in common", Align.RIGHT, "z,.3f", unit="nat", drop_order=1),
        Column("by chance", Align.RIGHT, "z,.3f", unit="nat", drop_order=2),
        Column("relation"),
        Column("determines", wrap_at=NAME_WIDTH, drop_order=1),
    )
    rows = tuple(
        (
            *pair.fields,
            pair.redundancy,
            pair.mutual_information,
            pair.expected_mutual_information,
            RELATION_WORDS[pair.relation],
            pair.determines,
        )
        for pair in pairs[:MOST_PAIRS]
    )
    more = (
        f"{len(pairs) - MOST_PAIRS:,} more are in the JSON document."
        if len(pairs) > MOST_PAIRS
        else "Of nested fields, the one whose value gives the other's determines it."
    )
    title = "Fields that go together" if pairs else "No two fields go together"
    return Table(title, columns, rows, (more, *notes) if pairs else tuple(notes))


def clusters_table(clusters: Sequence[Cluster]) -> Table:
    """Groups of fields that say much the same.

    Parameters
    ----------
    clusters : sequence of Cluster
        The groups.

    Returns
    -------
    Table
        One row a group.
    """
    columns = (
        Column("keep", wrap_at=NAME_WIDTH, explanation="The best-ranked field of the group."),
        Column("fields", Align.RIGHT, explanation="How many say much the same."),
        Column("others", wrap_at=FIELDS_WIDTH),
        Column("least redundancy", Align.RIGHT, ".0%", drop_order=1, explanation="Of any two of them."),
    )
    rows = tuple(
        (
            cluster.representative,
            len(cluster.fields),
            ", ".join(cluster.fields[1:]),
            cluster.least_redundancy,
        )
        for cluster in clusters
    )
    return Table("Groups of fields that say much the same", columns, rows)
