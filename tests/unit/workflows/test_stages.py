from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from featsel.selection.order import FeatureOrder, Shadows
from featsel.workflows.stages import Stages


@pytest.mark.parametrize("odds", [None, np.array([-np.inf, 2.5, -1.0])])
def test_an_order_is_the_same_when_it_is_read_again(tmp_path: Path, odds: np.ndarray | None) -> None:
    order = FeatureOrder(
        ids=np.array([1, 2]),
        fields=np.array([0]),
        scores=np.array([np.nan, 3.0, -0.5]),
        field_scores=np.array([2.5]),
        dropped={1: "constant"},
        shadows=Shadows(np.array([2]), 4),
        warnings=("gates did not move",),
        odds=odds,
    )
    stages = Stages(tmp_path, "log")
    stages.order("search", lambda: order)

    def fail() -> FeatureOrder:
        raise AssertionError("searched again")

    read = stages.order("search", fail)

    for field in fields(FeatureOrder):
        if field.name != "shadows":
            np.testing.assert_equal(getattr(read, field.name), getattr(order, field.name))
    assert read.shadows is not None
    assert read.shadows.kept_share(3) == 0.25
