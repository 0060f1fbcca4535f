"""A real log is selected from, trained on and predicted from end to end."""

import json
from pathlib import Path

import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from featsel.cli.app import run

LOG = Path(__file__).resolve().parents[3] / "shared" / "data" / "frappe_87k.parquet"

pytestmark = pytest.mark.skipif(not LOG.is_file(), reason="the real logs are not beside the project")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Folder with a config, a model and the predictions of the whole log."""
    folder = tmp_path_factory.mktemp("frappe")
    features, model, scores = (str(folder / name) for name in ("f.yaml", "m", "scores.parquet"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEATSEL_CACHE", str(folder / "cache"))
        select = [
            "select",
            str(LOG),
            "--method",
            "all",
            "--exclude",
            "split",
            "--dim",
            "8",
            "-o",
            features,
            "-q",
        ]
        assert run(select) == 0
        train = [
            "train",
            features,
            str(LOG),
            "--hidden",
            "64",
            "--lr",
            ".003",
            "--threads",
            "1",
            "--epochs",
            "3",
            "-o",
            model,
            "-q",
        ]
        assert run(train) == 0
        assert run(["predict", model, str(LOG), "--keep", "label", "-o", scores, "-q"]) == 0
    return folder


def test_held_out_rows_are_predicted_well(trained):
    metrics = json.loads((trained / "m" / "metrics.json").read_text())

    assert metrics["test"]["auc"] > 0.9
    assert metrics["test"]["rows"] == metrics["valid"]["rows"]
    # a model that promises a tenth too much or too little would be a bug, not chance
    assert metrics["test"]["calibration"]["ratio"] == pytest.approx(1, abs=0.1)


def test_predictions_stand_beside_their_labels(trained):
    table = pl.read_parquet(trained / "scores.parquet")

    assert table["label"].equals(pl.read_parquet(LOG)["label"])
    assert roc_auc_score(table["label"], table["score"]) > 0.9
