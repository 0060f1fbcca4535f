"""pointblank: every column of the new day is there, filled and of the type of the reference day.

No row comes twice either.

On polars, which its documentation uses throughout, with the report as a page.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pointblank as pb
import polars as pl
from task import Answer, hand_back, paths


def main() -> None:
    """Interrogate the new day and write the page."""
    reference, current = paths()
    empty = pl.read_parquet(reference, n_rows=0)
    found = (
        pb.Validate(data=pl.read_parquet(current), tbl_name="day")
        .col_exists(columns=empty.columns)
        .col_vals_not_null(columns=empty.columns)
        .col_schema_match(schema=pb.Schema(tbl=empty))
        .rows_distinct()
        .interrogate()
    )
    page = found.get_tabular_report().as_raw_html()
    Path(sys.argv[3]).with_suffix(".html").write_text(page, encoding="utf-8")
    passed = found.all_passed()
    n_failed = sum(count > 0 for count in found.n_failed().values())
    note = "" if passed else "see the page"
    hand_back(Answer(len(found.n_failed()), n_failed, note=note))


if __name__ == "__main__":
    main()
