"""What does ``featsel synth`` do?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from featsel.artifacts.atomic import check_target, write_text
from featsel.artifacts.documents import to_json
from featsel.artifacts.frames import frame_suffix, from_batches, write_frame
from featsel.synth.design import PlantedLog
from featsel.synth.rows import batches
from featsel.synth.truth import truth
from featsel.workflows.reporter import Reporter


def synth(plan: PlantedLog, out: Path, reporter: Reporter) -> None:
    """Write a planted log and its truth.

    Parameters
    ----------
    plan : PlantedLog
        The design.
    out : Path
        The log; the truth appears beside it as ``NAME.truth.json``.
    reporter : Reporter
        Told of progress.

    Raises
    ------
    ConfigError
        The output cannot be written, or its format cannot hold the plan's lists.
    """
    check_target(out)
    truth_path = out.with_name(out.name.removesuffix(frame_suffix(out)) + ".truth.json")
    schema = next(batches(plan, 1)).schema
    reporter.start("writing", plan.n_rows)

    def counted() -> Iterator[pl.DataFrame]:
        for batch in batches(plan):
            yield batch
            reporter.advance(batch.height)

    write_frame(from_batches(counted, schema), out)
    write_text(truth_path, to_json(truth(plan)))
    reporter.note(f"wrote {out} ({plan.n_rows:,} rows, {len(plan.fields):,} fields) and {truth_path}")
