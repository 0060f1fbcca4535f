"""deepchecks: its suites for the integrity of one day, and for a reference day beside the next one.

The label, the time, the identifier and the categories are declared, which its documentation asks for; the
report is saved as a page, which is what its suites are for. A fourth argument names the suite, ``integrity``
or ``validation``.
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
    """Run one suite, save its page and read what it says of the columns."""
    warnings.simplefilter("ignore")
    reference, current = paths()
    if sys.argv[4] == "integrity":
        suite = data_integrity().run(_dataset(current))
    else:
        days = {"train_dataset": _dataset(reference), "test_dataset": _dataset(current)}
        suite = train_test_validation().run(**days)
    suite.save_as_html(str(Path(sys.argv[3]).with_suffix(".html")))
    failed = [result.check.name() for result in suite.get_not_passed_checks()]
    broken = [f"{each.check.name()}: {each.exception}" for each in suite.get_not_ran_checks()]
    found = {type(each.check).__name__: each for each in suite.results if isinstance(each, CheckResult)}
    correlated = found.get("FeatureFeatureCorrelation")
    answer = Answer(
        len(suite.results),
        len(failed),
        constant=_named(found, "IsSingleValue", lambda count: count == 1),
        same=None if correlated is None else _pairs(correlated.value),
        leak=_named(found, "FeatureLabelCorrelation", lambda score: score >= PREDICTIVE),
        drift=_named(found, "FeatureDrift", lambda drift: (drift["Drift score"] or 0.0) >= DRIFTED),
        note="; ".join([*dict.fromkeys(failed), *(f"did not run: {text[:80]}" for text in broken)]),
    )
    hand_back(answer)


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
