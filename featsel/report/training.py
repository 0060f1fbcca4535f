"""How does the result of a training look as a table?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featsel.report.table import Align, Cell, Column, Table

PARTS = ("train", "valid", "test")


def training_table(document: Mapping[str, Any]) -> Table:
    """How good a model is on the rows that it learnt from and on those it did not.

    Parameters
    ----------
    document : mapping
        Content of ``metrics.json``.

    Returns
    -------
    Table
        A row for each part of the data.
    """
    has_groups = any("gauc" in document.get(part, {}) for part in PARTS)
    columns = [
        Column(
            "part",
            explanation="Rows that it learnt from, those that chose the best weights, those of the test.",
        ),
        Column("rows", Align.RIGHT, ",", explanation="How many."),
        Column(
            "auc",
            Align.RIGHT,
            ".5f",
            explanation="Chance that a positive row is predicted above a negative one; 0.5 knows nothing.",
        ),
        Column(
            "log_loss",
            Align.RIGHT,
            ".5f",
            explanation="Mean surprise at the label, in nats. Training rows count as they were predicted "
            "before their step, since the last evaluation.",
        ),
        Column(
            "predicted_over_actual",
            Align.RIGHT,
            ".4f",
            explanation="Positive rows that were predicted, over those that came.",
            drop_order=1,
        ),
        Column(
            "calibration_error",
            Align.RIGHT,
            ".5f",
            explanation="Mean distance between prediction and rate over the bins.",
            drop_order=2,
        ),
    ]
    if has_groups:
        columns.append(
            Column("gauc", Align.RIGHT, ".5f", explanation="Mean AUC within groups, weighted by their rows.")
        )
    rows: list[tuple[Cell, ...]] = []
    for part in PARTS:
        measured = document.get(part)
        if measured is None:
            continue
        meaning = measured.get("calibration", {})
        cells: list[Cell] = [part, measured["rows"], measured.get("auc"), measured["log_loss"]]
        cells += [meaning.get("ratio"), meaning.get("expected_error")]
        cells += [measured.get("gauc", {}).get("auc")] if has_groups else []
        rows.append(tuple(cells))
    model = document["model"]
    title = (
        f"{model['name']}, {model['parameters']:,} parameters, best epoch {document['best_epoch']} of "
        f"{document['epochs']}, {document['rows_per_second']:,} rows a second"
    )
    return Table(title, tuple(columns), tuple(rows))
