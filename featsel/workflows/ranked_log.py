"""What is known of a log once its fields are ranked, and what can be asked of it then?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from featsel.core.counts import ContingencyTable
from featsel.core.schema import LogSchema
from featsel.encoding.row_codes import LogCodes
from featsel.engines.local import LogCounts, Resources
from featsel.ranking.measures import scored_table
from featsel.ranking.scores import Ranking
from featsel.report.ranking import FieldColumn
from featsel.report.table import Table
from featsel.workflows.reporter import Reporter
from featsel.workflows.request import LogRequest


@dataclass(frozen=True)
class RankedLog:
    """A ranked log that is still open.

    Parameters
    ----------
    request : LogRequest
        How it was asked for.
    schema : LogSchema
        Its fields and roles.
    counts : LogCounts
        What the pass over its rows left.
    ranking : Ranking
        What came of them.
    codes : callable
        Gives its rows as codes; the log is encoded on the first call.
    resources : Resources
        Threads and memory.
    reporter : Reporter
        Told of progress and of what is worth knowing.
    min_count : int
        Values with fewer rows are pooled.
    fingerprint : str, optional
        Of the log; None for one in memory.
    options : mapping of str to object
        As they stand in the document of the ranking.
    n_sampled_from : int
        Rows of the log of which these are a sample; as many as were counted where all were.
    """

    request: LogRequest
    schema: LogSchema
    counts: LogCounts
    ranking: Ranking
    codes: Callable[[], LogCodes]
    resources: Resources
    reporter: Reporter
    min_count: int
    fingerprint: str | None
    options: Mapping[str, object]
    n_sampled_from: int

    def tables(self) -> Mapping[str, ContingencyTable]:
        """Counts of each field as they were scored."""
        return {counts.name: scored_table(counts.table, self.min_count) for counts in self.counts.fields}


@dataclass(frozen=True)
class Analysis:
    """Answer to a question beyond the order of the fields.

    Parameters
    ----------
    columns : tuple of FieldColumn
        What it adds to every field.
    content : mapping of str to object
        What it adds to the document, by key.
    tables : tuple of Table
        What people see besides, each with a title.
    ranking : Ranking, optional
        The same fields in the order that it gives them, where that is what was asked for.
    """

    columns: tuple[FieldColumn, ...] = ()
    content: Mapping[str, object] = field(default_factory=dict[str, object])
    tables: tuple[Table, ...] = ()
    ranking: Ranking | None = None
