"""A search is told of every step, and leaves torch's generator as it was."""

from __future__ import annotations

import math

import pytest
import torch

from featsel.core.errors import ConfigError
from featsel.models.settings import ModelSettings
from featsel.selection.backbone import Backbone
from featsel.selection.search_steps import learn_steps
from featsel.training.distributed import Team
from featsel.training.learner import Learner
from featsel.training.progress import Progress
from featsel.training.settings import TrainSettings

SETTINGS = TrainSettings(batch_size=3000, rate=0.02)


def learner_of(candidates) -> Learner:
    return Learner(Backbone("fm", ModelSettings(), SETTINGS).build(candidates.config), SETTINGS, Team())


def test_every_step_is_told(planted) -> None:
    told: list[tuple[int, int, int]] = []

    def after_step(progress: Progress) -> None:
        told.append((progress.epoch, progress.batch, progress.step))

    state = torch.get_rng_state()
    learner = learner_of(planted)
    learn_steps(learner, planted.train, settings=SETTINGS, epochs=2, after_step=after_step)

    assert told == [(0, 1, 1), (0, 2, 2), (0, 3, 3), (1, 1, 4), (1, 2, 5), (1, 3, 6)]
    assert not learner.model.training
    assert torch.equal(torch.get_rng_state(), state)


def test_a_loss_that_is_no_number_ends_the_search(planted) -> None:
    learner = learner_of(planted)
    with torch.no_grad():
        learner.model.table.weight.fill_(math.nan)

    with pytest.raises(ConfigError, match="no number any more, 3 steps into the search") as caught:
        learn_steps(learner, planted.train, settings=SETTINGS, epochs=2, after_step=lambda _: None)

    assert caught.value.hint == "Lower the learning rate, or search with --precision fp32."
