"""How are interactions of fields shown?"""

from __future__ import annotations

from collections.abc import Sequence

from featsel.ranking.interactions import Interaction, Interactions
from featsel.report.ranking import NAME_WIDTH, counted
from featsel.report.table import Align, Cell, Column, Table


def interaction_entries(found: Interactions) -> list[dict[str, object]]:
    """Interactions for the JSON document.

    Parameters
    ----------
    found : Interactions
        Best first.

    Returns
    -------
    list of dict
        One for each pair; information in nats per row.
    """
    return [
        {
            "fields": [pair.first, pair.second],
            "joint_information": pair.scores.joint_information,
            "synergy": pair.scores.synergy,
            "usable_synergy": pair.scores.usable_synergy,
            "z": pair.scores.z,
            "p_value": pair.scores.p_value,
            "q_value": pair.q_value,
            "cells": pair.scores.n_cells,
            "known_from": pair.known_from,
        }
        for pair in found.pairs
    ]


def interactions_table(found: Interactions) -> Table:
    """Interactions for people and pipes.

    Parameters
    ----------
    found : Interactions
        Best first.

    Returns
    -------
    Table
        One row per pair.
    """
    compared = f"{counted(found.n_pairs, 'pair')} compared, {found.n_exact:,} exactly; "
    return best_pairs_table(found.pairs, compared)


def best_pairs_table(pairs: Sequence[Interaction], compared: str = "") -> Table:
    """Interactions of which the document tells; it does not say how many pairs were looked at.

    Parameters
    ----------
    pairs : sequence of Interaction
        Best first.
    compared : str
        How many they are the best of, as the beginning of a sentence.

    Returns
    -------
    Table
        One row per pair.
    """
    columns = (
        Column("field", wrap_at=NAME_WIDTH, explanation="One field of the pair."),
        Column("with", wrap_at=NAME_WIDTH, explanation="The other one."),
        _number("usable", "Held-out log-loss gain per row of a cross of both, over what they add up to."),
        _number("synergy", "Corrected information that neither field has by itself.", drop_order=2),
        _number("joint", "Corrected information of both together.", drop_order=3),
        Column(
            "z",
            Align.RIGHT,
            "z,.1f",
            explanation="Standard deviations of chance above nothing beyond additive log-odds.",
            drop_order=1,
        ),
        Column(
            "q",
            Align.RIGHT,
            ".2g",
            explanation="Share of false finds if the list is cut here, of all pairs that were compared.",
        ),
        Column("cells", Align.RIGHT, ",", explanation="Pairs of values that occur.", drop_order=4),
        Column("known from", explanation="A field that determines both.", drop_order=5),
    )
    n_significant = sum(pair.is_significant for pair in pairs)
    told = f"{compared}{n_significant:,} of these {len(pairs):,} tell more together than chance would."
    return Table("Interactions", columns, tuple(map(_row, pairs)), (told,))


def _row(pair: Interaction) -> tuple[Cell, ...]:
    scores = pair.scores
    return (
        pair.first,
        pair.second,
        scores.usable_synergy,
        scores.synergy,
        scores.joint_information,
        scores.z,
        pair.q_value,
        scores.n_cells,
        pair.known_from,
    )


def _number(name: str, explanation: str, *, drop_order: int = 0) -> Column:
    return Column(name, Align.RIGHT, "z,.3f", "mnat", explanation, drop_order=drop_order, factor=1000)
