"""Which crosses does ``featsel select --crosses`` add to the fields?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featsel.core.columns import CategoricalColumn, EncodedLog
from featsel.encoding.row_codes import RowCodes, category_codes
from featsel.engines.local import Resources
from featsel.ranking.interactions import find_interactions
from featsel.workflows.reporter import Reporter

CANDIDATES = 4
"""Pairs that are looked at for each cross that is wanted: some are there already, or say nothing new."""


@dataclass(frozen=True)
class Wanted:
    """Crosses to find.

    Parameters
    ----------
    number : int
        How many, at most.
    present : tuple of tuple of str
        Those that are there already.
    min_count : int
        Values of fewer training rows are pooled.
    """

    number: int
    present: tuple[tuple[str, ...], ...]
    min_count: int


def find_crosses(
    log: EncodedLog,
    is_train: NDArray[np.bool_],
    names: Sequence[str],
    *,
    wanted: Wanted,
    seed: int,
    resources: Resources,
    reporter: Reporter,
) -> tuple[tuple[str, str], ...]:
    """Find the pairs of fields whose cross a model would gain most from, on training rows alone.

    Parameters
    ----------
    log : EncodedLog
        All rows.
    is_train : ndarray of bool, shape (n_rows,)
        Rows that may be looked at.
    names : sequence of str
        Fields that may take part.
    wanted : Wanted
        How many crosses, and of what.
    seed : int
        Of sampled rows.
    resources : Resources
        Threads and memory.
    reporter : Reporter
        Told of fields that cannot take part, and of what was found.

    Returns
    -------
    tuple of (str, str)
        Best first; fewer where no more pairs tell anything together.
    """
    columns = {name: log.columns[name] for name in names}
    categories = {name: each for name, each in columns.items() if isinstance(each, CategoricalColumn)}
    if len(categories) < len(columns):
        reporter.note(
            f"--crosses: {len(columns) - len(categories):,} numeric or multi-valued fields cannot be crossed"
        )

    def read(name: str) -> RowCodes:
        return category_codes(categories[name], is_train, min_count=wanted.min_count)

    assert log.label is not None, "a log to select from has a label"
    labels = log.label.read()[is_train]
    usable = [name for name in categories if 1 < read(name).n_codes < labels.size]
    reporter.start("comparing pairs of fields", len(usable) * (len(usable) - 1) // 2)
    found = find_interactions(
        usable,
        read,
        labels,
        top=CANDIDATES * wanted.number,
        seed=seed,
        n_threads=resources.n_threads,
        memory_bytes=resources.memory_bytes,
        advance=reporter.advance,
    )
    taken = {frozenset(cross) for cross in wanted.present}
    crosses = [
        (pair.first, pair.second)
        for pair in found.pairs
        if pair.is_significant
        and pair.scores.usable_synergy > 0
        and pair.known_from is None
        and frozenset((pair.first, pair.second)) not in taken
        and f"{pair.first}*{pair.second}" not in log.columns
    ][: wanted.number]
    told = ", ".join("*".join(cross) for cross in crosses) if crosses else "none"
    reporter.note(f"--crosses {wanted.number}: {told} of {found.n_pairs:,} pairs of fields")
    return tuple(crosses)
