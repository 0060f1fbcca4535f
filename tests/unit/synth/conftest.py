from __future__ import annotations

import polars as pl
import pytest

from featsel.synth.design import PlantedLog
from featsel.synth.plan import plan_log
from featsel.synth.rows import batches


@pytest.fixture(scope="package")
def plan() -> PlantedLog:
    """A log with everything in it."""
    return plan_log(n_rows=40_000, n_fields=25, n_noise=10, n_multivalued=1, leak=True, seed=3)


@pytest.fixture(scope="package")
def log(plan: PlantedLog) -> pl.DataFrame:
    return pl.concat(batches(plan))
