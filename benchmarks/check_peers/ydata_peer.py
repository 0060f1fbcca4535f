"""ydata-profiling, which is now called fg-data-profiling: its minimal profile of one day, as a page.

``minimal=True`` is what its documentation recommends for large logs: no correlations and no interactions.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pandas as pd
from data_profiling import ProfileReport
from task import Answer, hand_back, paths


def main() -> None:
    """Profile the new day, write the page and read its alerts."""
    warnings.simplefilter("ignore")
    _, current = paths()
    report = ProfileReport(pd.read_parquet(current), minimal=True, progress_bar=False, title="Day")
    report.to_file(Path(sys.argv[3]).with_suffix(".html"), silent=True)
    alerts = report.get_description().alerts
    kinds = {
        alert.alert_type.name: [each.column_name for each in alerts if each.alert_type is alert.alert_type]
        for alert in alerts
    }
    note = "; ".join(f"{kind.lower()}: {', '.join(columns)}" for kind, columns in kinds.items())
    hand_back(
        Answer(
            len(report.get_description().variables),
            len(alerts),
            constant=kinds.get("CONSTANT", []),
            note=note,
        )
    )


if __name__ == "__main__":
    main()
