"""deepchecks: its suites for the integrity of one day and for a reference day beside the next one.

The label, the time, the identifier and the categories are declared, which its documentation asks for; both
reports are saved as pages, which is what its suites are for.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pandas as pd
from deepchecks.core import CheckResult
from deepchecks.tabular import Dataset
from deepchecks.tabular.suites import data_integrity, train_test_validation
from task import CATEGORIES, ID, LABEL, TIME, Answer, hand_back, pair, paths

CORRELATED = 0.9
PREDICTIVE = 0.8
DRIFTED = 0.2
"""Its own thresholds."""


def main() -> None:
    """Run both suites, save their pages and read what they say of the columns."""
    warnings.simplefilter("ignore")
    reference, current = (_dataset(path) for path in paths())
    found: dict[str, CheckResult] = {}
    failed, broken, n_checks = [], [], 0
    for name, suite in (
        ("integrity", data_integrity().run(current)),
        ("validation", train_test_validation().run(train_dataset=reference, test_dataset=current)),
    ):
        suite.save_as_html(str(Path(sys.argv[3]).with_suffix(f".{name}.html")))
        failed += [result.check.name() for result in suite.get_not_passed_checks()]
        broken += [f"{failure.check.name()}: {failure.exception}" for failure in suite.get_not_ran_checks()]
        n_checks += len(suite.results)
        found |= {type(each.check).__name__: each for each in suite.results if isinstance(each, CheckResult)}
    note = "; ".join([*dict.fromkeys(failed), *(f"did not run: {text[:80]}" for text in broken)])
    answer = Answer(
        n_checks,
        len(failed),
        constant=_named(found, "IsSingleValue", lambda count: count == 1),
        same=_pairs(found["FeatureFeatureCorrelation"].value)
        if "FeatureFeatureCorrelation" in found
        else None,
        leak=_named(found, "FeatureLabelCorrelation", lambda score: score >= PREDICTIVE),
        drift=_named(found, "FeatureDrift", lambda drift: (drift["Drift score"] or 0.0) >= DRIFTED),
        note=note,
    )
    hand_back(answer, "deepchecks", "pandas", "numpy", "scikit-learn")


def _dataset(path: Path) -> Dataset:
    return Dataset(
        pd.read_parquet(path),
        label=LABEL,
        label_type="binary",
        cat_features=list(CATEGORIES),
        index_name=ID,
        datetime_name=TIME,
    )


def _named(found, check, is_hit):  # noqa: ANN001, ANN202  # what a check holds is not typed
    value = found[check].value if check in found else None
    return None if value is None else [name for name, measured in value.items() if is_hit(measured)]


def _pairs(correlations: pd.DataFrame) -> list[str]:
    names = list(correlations.columns)
    return [
        pair(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if correlations.loc[a, b] > CORRELATED
    ]


if __name__ == "__main__":
    main()
