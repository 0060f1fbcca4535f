from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from featsel.core.errors import ConfigError, UnreadableFileError
from featsel.training.checkpoints import facts_of, progress_of
from featsel.training.optimizers import TableOptimizer
from featsel.training.progress import Evaluation, Progress, Report
from featsel.training.settings import TrainSettings

PROGRESS = Progress(
    epoch=1,
    batch=3,
    step=17,
    rate_factor=0.1,
    best=0.1 + 0.2,
    best_step=10,
    history=(
        Report(1, 10, 0.7, 1e-3, Evaluation(0.6, 0.3, 1.0, 0.01, 99), is_best=True),
        Report(1, 15, 0.6, 1e-4, None, is_best=False),
    ),
)


def test_facts_go_through_json_unchanged() -> None:
    settings = TrainSettings(optimizer=TableOptimizer.ADAGRAD)
    text = json.dumps(facts_of(PROGRESS, settings, n_rows=5), allow_nan=False)

    assert progress_of(json.loads(text), settings, n_rows=5) == PROGRESS


def test_numbers_that_are_none_come_back_as_such() -> None:
    unknown = Report(1, 10, 0.7, 1e-3, Evaluation(math.nan, 0.3, math.nan, 0.01, 99), is_best=True)
    progress = replace(PROGRESS, history=(unknown,))

    text = json.dumps(facts_of(progress, TrainSettings(), n_rows=5), allow_nan=False)

    valid = progress_of(json.loads(text), TrainSettings(), n_rows=5).history[0].valid
    assert valid is not None
    assert math.isnan(valid.auc)
    assert valid.log_loss == 0.3


@pytest.mark.parametrize("damage", [{"progress": None}, {"progress": {"history": [{}]}}, {"rows": 5}])
def test_a_damaged_checkpoint_is_told_as_such(damage) -> None:
    facts = facts_of(PROGRESS, TrainSettings(), n_rows=5)
    facts = damage if "rows" in damage else {**facts, **damage}

    with pytest.raises(UnreadableFileError, match="does not say how far the training came"):
        progress_of(facts, TrainSettings(), n_rows=5)


def test_all_differences_to_the_earlier_training_are_named_at_once() -> None:
    facts = facts_of(PROGRESS, TrainSettings(batch_size=4096, seed=1), n_rows=5000)

    with pytest.raises(ConfigError) as error:
        progress_of(facts, TrainSettings(batch_size=1024, seed=2), n_rows=4000)

    assert error.value.message == (
        "the training cannot go on: there were 5,000 training rows and are 4,000; --seed was 1 and is 2; "
        "--batch-size was 4096 and is 1024"
    )
    assert error.value.hint is not None
    assert "without --resume" in error.value.hint
