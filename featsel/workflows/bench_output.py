"""Which files does a bench write, whatever it compares?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from featsel.artifacts.atomic import write_text
from featsel.artifacts.documents import to_json
from featsel.artifacts.frames import write_frame
from featsel.core.errors import ConfigError
from featsel.report.table import Table, to_markdown, to_tsv
from featsel.workflows.outputs import check_outputs

OUTPUTS = frozenset({".json", ".csv", ".tsv", ".parquet", ".md"})
"""Extensions that a bench can have."""


@dataclass(frozen=True)
class BenchResult:
    """The document of a bench."""

    document: Mapping[str, object]

    def to_json(self) -> str:
        """Text of the document."""
        return to_json(self.document)


@dataclass(frozen=True)
class BenchViews:
    """What people read of a bench: tables, every number, and a page."""

    summaries: tuple[Table, ...]
    points: Table
    page: str


def check_bench_output(output: Path | None, html: Path | None, *, inputs: Sequence[str]) -> None:
    """Refuse files that cannot be written, before anything is read.

    Raises
    ------
    ConfigError
        An extension is none that a bench can have, or the place cannot be written to.
    """
    check_outputs((output,), page=html, inputs=inputs)
    if output is not None and output.suffix.lower() not in OUTPUTS:
        raise ConfigError(
            f"--output {str(output)!r} has no extension that a bench can have",
            "Use .json, .csv, .tsv, .parquet or .md; --html writes a page.",
        )


def write_bench(
    result: BenchResult,
    output: Path | None,
    html: Path | None,
    *,
    views: Callable[[Mapping[str, Any]], BenchViews],
) -> None:
    """Write the files that were asked for.

    Parameters
    ----------
    result : BenchResult
        What was found.
    output, html : Path, optional
        Where it goes.
    views : callable
        Makes what people read of the document.
    """
    if output is None and html is None:
        return
    seen = views(json.loads(result.to_json()))
    if output is not None:
        suffix = output.suffix.lower()
        if suffix == ".json":
            write_text(output, result.to_json())
        elif suffix == ".md":
            write_text(output, "\n".join(map(to_markdown, seen.summaries)))
        elif suffix == ".tsv":
            write_text(output, to_tsv(seen.points))
        else:
            names = [column.name for column in seen.points.columns]
            write_frame(pl.LazyFrame(seen.points.rows, schema=names, orient="row"), output)
    if html is not None:
        write_text(html, seen.page)
