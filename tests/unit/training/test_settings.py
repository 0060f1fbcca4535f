from __future__ import annotations

import pytest

from featsel.training.settings import TrainSettings


def test_without_a_base_batch_size_nothing_is_scaled() -> None:
    settings = TrainSettings(rate=0.01, batch_size=1 << 16)

    assert (settings.scale, settings.scaled_head_rate, settings.scaled_table_rate) == (1, 0.01, 0.01)


def test_a_larger_batch_raises_the_rate_of_the_head_alone() -> None:
    settings = TrainSettings(rate=0.01, batch_size=1 << 14, base_batch_size=1 << 10)

    assert settings.scale == 16
    assert settings.scaled_head_rate == pytest.approx(0.04)
    assert settings.scaled_table_rate == 0.01


def test_the_table_may_have_its_own_rate() -> None:
    settings = TrainSettings(rate=0.01, table_rate=0.002)

    assert (settings.scaled_head_rate, settings.scaled_table_rate) == (0.01, 0.002)
