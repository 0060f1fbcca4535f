"""Which pairs of fields does ``featsel rank --interactions`` show?"""

from __future__ import annotations

from featsel.core.errors import ConfigError
from featsel.ranking.interactions import Interactions, find_interactions
from featsel.ranking.scores import Verdict
from featsel.report.interactions import interaction_entries, interactions_table
from featsel.workflows.ranked_log import Analysis, RankedLog

SILENT = (Verdict.CONSTANT, Verdict.IDENTIFIER)
"""Fields that tell nothing together with any other: they have one value, or no two rows share one."""


def interactions(ranked: RankedLog, *, top: int) -> Analysis:
    """Find the pairs of fields that tell most beyond both parts.

    Parameters
    ----------
    ranked : RankedLog
        An open log and its ranking.
    top : int
        How many pairs are wanted.

    Returns
    -------
    Analysis
        Key ``interactions`` of the document, and a table.

    Raises
    ------
    ConfigError
        There are no two fields that could form a pair.
    """
    silent = {each.name for each in ranked.ranking.fields if each.verdict in SILENT}
    names = [each.name for each in ranked.schema.fields if each.name not in silent]
    if len(names) < 2:
        raise ConfigError(
            f"--interactions needs two fields, and {len(names)} of the log can take part",
            "Constants and row identifiers cannot: include more columns, or drop --interactions.",
        )
    if ranked.schema.weight is not None:
        ranked.reporter.note(f"interactions count rows, not the weights in {ranked.schema.weight!r}")
    codes = ranked.codes()
    ranked.reporter.start("comparing pairs of fields", len(names) * (len(names) - 1) // 2)
    found = find_interactions(
        names,
        codes.of_rows,
        codes.labels(),
        top=top,
        seed=ranked.request.seed,
        n_threads=ranked.resources.n_threads,
        memory_bytes=ranked.resources.memory_bytes,
        advance=ranked.reporter.advance,
    )
    _warn_of_none(found, ranked)
    return Analysis(content={"interactions": interaction_entries(found)}, tables=(interactions_table(found),))


def _warn_of_none(found: Interactions, ranked: RankedLog) -> None:
    n_significant = sum(pair.is_significant for pair in found.pairs)
    if not n_significant:
        ranked.reporter.warn(
            f"none of the {found.n_pairs:,} pairs of fields tells more together than chance does"
        )
