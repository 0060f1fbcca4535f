"""What does ``featsel rank --redundancy`` do?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featsel.engines.coarse_codes import CoarseCodes, coarse_codes, sample_rows
from featsel.engines.joint_codes import CountedCodes, counted_codes
from featsel.ranking.clusters import find_clusters, strongest_partners
from featsel.ranking.exact_pairs import (
    ExactPairs,
    count_exactly,
    field_pairs,
    hidden_share,
    pairs_worth_counting,
)
from featsel.ranking.field_pairs import PairScreen, screen_pairs
from featsel.ranking.greedy_orders import order_fields
from featsel.ranking.nesting import find_nested, first_rows
from featsel.ranking.scores import Strategy
from featsel.report.ranking import counted
from featsel.report.redundancy import clusters_table, pairs_table, redundancy_columns
from featsel.stats.pairs import Margin, margin
from featsel.workflows.ranked_log import Analysis, RankedLog

SCREEN_CELLS = 5 * 10**10
"""Rows times pairs that coarse codes are counted on: a minute of one core."""

LEAST_ROWS = 10_000
"""Rows that pairs are looked at with, however many fields there are."""

BYTES_PER_CODE = 4
"""Of the codes of fields whose pairs are counted exactly."""


@dataclass(frozen=True, eq=False)
class _Fields:
    """All fields in memory, and what their full codes say, by place in the ranking."""

    coarse: CoarseCodes
    margins: Sequence[Margin]
    hidden: NDArray[np.float64]


def find_redundancy(ranked: RankedLog, *, strategy: Strategy) -> Analysis:
    """Find what fields have in common, and order them by what each adds to those before it.

    Parameters
    ----------
    ranked : RankedLog
        A ranking whose log is open.
    strategy : Strategy
        What adding means.

    Returns
    -------
    Analysis
        ``redundancy`` in the document; ``redundant_with``, ``redundancy`` and ``mrmr_rank`` of every field.
    """
    n_threads = ranked.resources.n_threads
    names = [field.name for field in ranked.ranking.fields]
    n_pairs = len(names) * (len(names) - 1) // 2
    ranked.reporter.start(f"comparing {counted(n_pairs, 'pair')} of fields", None)
    fields = _read_fields(ranked, names)
    screen = screen_pairs(fields.coarse, n_threads=n_threads)
    nested = _nested(ranked, names)
    exact, n_left = _count_exactly(ranked, names, fields, screen, nested)
    shared = screen.redundancy.copy()
    shared[tuple(exact.pairs.T)] = shared[tuple(exact.pairs.T[::-1])] = exact.redundancy
    order = order_fields(ranked.ranking, shared, screen.synergy, strategy=strategy)
    pairs = field_pairs(names, exact, nested)
    clusters = find_clusters(names, shared)
    notes = tuple(_notes(ranked, fields.coarse.n_rows, n_left))
    for note in notes:
        ranked.reporter.note(note)
    columns = redundancy_columns(
        names, strongest_partners(shared), redundancy=shared.max(axis=1, initial=0.0), order=order
    )
    content = {
        "strategy": strategy,
        "screened_rows": fields.coarse.n_rows,
        "exact_pairs": len(exact.pairs),
        "pairs": [asdict(pair) for pair in pairs],
        "clusters": [asdict(cluster) for cluster in clusters],
    }
    tables = pairs_table(pairs, notes), clusters_table(clusters)
    return Analysis(columns, {"redundancy": content}, tables)


def _read_fields(ranked: RankedLog, names: Sequence[str]) -> _Fields:
    codes, n_threads = ranked.codes(), ranked.resources.n_threads
    most = min(
        ranked.resources.memory_bytes // (2 * len(names)),
        SCREEN_CELLS // (len(names) * (len(names) + 1) // 2),
    )
    rows = sample_rows(codes.n_rows, max(most, LEAST_ROWS), seed=ranked.request.seed)
    margins: dict[str, Margin] = {}
    hidden: dict[str, float] = {}

    def read(name: str) -> NDArray[np.unsignedinteger]:
        of_rows = codes.of_rows(name)
        counts = np.bincount(of_rows.codes, minlength=of_rows.n_codes)
        margins[name], hidden[name] = margin(counts), hidden_share(counts)
        return of_rows.codes

    coarse = coarse_codes(read, names, codes.labels(), rows=rows, n_threads=n_threads)
    return _Fields(coarse, [margins[name] for name in names], np.array([hidden[name] for name in names]))


def _nested(ranked: RankedLog, names: Sequence[str]) -> NDArray[np.bool_]:
    codes = ranked.codes()
    rows = first_rows(codes.n_rows)
    first = np.stack([codes.values_of_rows(name, rows).astype(np.uint16) for name in names])

    @lru_cache(maxsize=_n_kept(ranked))
    def read(field: int) -> NDArray[np.uint32]:
        return codes.values_of_rows(names[field])

    return find_nested(first, read, n_threads=ranked.resources.n_threads)


def _count_exactly(
    ranked: RankedLog,
    names: Sequence[str],
    fields: _Fields,
    screen: PairScreen,
    nested: NDArray[np.bool_],
) -> tuple[ExactPairs, int]:
    codes = ranked.codes()
    pairs, n_left = pairs_worth_counting(screen, hidden=fields.hidden, nested=nested, n_rows=codes.n_rows)

    @lru_cache(maxsize=_n_kept(ranked))
    def read(field: int) -> CountedCodes:
        of_rows = codes.of_rows(names[field])
        return counted_codes(of_rows.codes, of_rows.n_codes)

    exact = count_exactly(read, pairs, fields.margins, n_threads=ranked.resources.n_threads)
    return exact, n_left


def _n_kept(ranked: RankedLog) -> int:
    """Fields whose codes stay in memory."""
    return max(ranked.resources.memory_bytes // (2 * BYTES_PER_CODE * ranked.codes().n_rows), 2)


def _notes(ranked: RankedLog, n_screened: int, n_left: int) -> Iterator[str]:
    n_rows = ranked.codes().n_rows
    if n_screened < n_rows:
        yield (
            f"All pairs were compared on {n_screened:,} of {n_rows:,} rows, drawn at random; what is told of "
            "a pair by name was counted on all rows."
        )
    if n_left:
        yield (
            f"{counted(n_left, 'further pair')} would have been counted exactly, but for time; theirs is "
            "the redundancy of the 256 coarse values of each field."
        )
    if ranked.schema.weight is not None:
        yield "Pairs count every row once, whatever its weight."
