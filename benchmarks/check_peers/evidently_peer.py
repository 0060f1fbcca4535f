"""Evidently: the presets for drift and for a summary, on both days.

The columns are declared, which its documentation asks for; the report is saved as a page. A fourth argument
names the preset, ``drift`` or ``summary``.
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset, DataSummaryPreset
from task import CATEGORIES, ID, LABEL, NUMBERS, TIME, Answer, hand_back, paths

PRESETS = {"drift": DataDriftPreset, "summary": DataSummaryPreset}


def main() -> None:
    """Run one preset, save its page and read what it says."""
    warnings.simplefilter("ignore")
    definition = DataDefinition(
        id_column=ID,
        timestamp=TIME,
        numerical_columns=list(NUMBERS),
        categorical_columns=[LABEL, *CATEGORIES],
    )
    reference, current = (
        Dataset.from_pandas(pd.read_parquet(path), data_definition=definition) for path in paths()
    )
    preset = sys.argv[4]
    found = Report([PRESETS[preset]()], include_tests=True).run(current, reference)
    found.save_html(str(Path(sys.argv[3]).with_suffix(".html")))
    told = found.dict()
    failed = [test for test in told["tests"] if "FAIL" in str(test["status"])]
    note = "; ".join(test["name"] for test in failed)
    answer = Answer(len(told["tests"]), len(failed), note=note)
    if preset == "drift":
        columns = [test["metric_config"]["params"].get("column") for test in failed]
        answer = replace(answer, drift=[name for name in columns if name])
    else:
        # it counts such columns without their names
        counts = {metric["metric_name"]: metric["value"] for metric in told["metrics"]}
        n_same = max(counts["DuplicatedColumnsCount()"], counts["AlmostDuplicatedColumnsCount()"])
        answer = replace(
            answer,
            constant=["unnamed"] * int(counts["ConstantColumnsCount()"]),
            same=["unnamed"] * int(n_same),
        )
    hand_back(answer)


if __name__ == "__main__":
    main()
