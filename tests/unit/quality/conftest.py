"""Logs, and the findings that their comparison leads to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from featsel.core.profile import LogProfile
from featsel.engines.local import Resources
from featsel.quality.comparison import Chosen, Comparison
from featsel.quality.findings import Finding, Status
from featsel.quality.policy import Policy
from featsel.quality.rules import RULES
from featsel.quality.run import run_rules
from featsel.workflows.profile import read_log_profile
from featsel.workflows.request import LogRequest

NOW = 1_700_100_000.0
Checked = Callable[..., "Findings"]


class Quiet:
    """Hears all and says nothing."""

    def start(self, task: str, total: int | None) -> None: ...

    def advance(self, steps: int) -> None: ...

    def note(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...

    def detail(self, text: str) -> None: ...


class Findings:
    """Findings to ask about."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.all = findings

    def one(self, code: str, field: str | None = None, measure: str | None = None) -> Finding:
        """The finding of a rule at a place."""
        (found,) = [
            each
            for each in self.all
            if each.code == code and each.field == field and measure in {None, each.measure}
        ]
        return found

    def failed(self, *codes: str) -> set[tuple[str, str | None, str]]:
        """Failures, of some rules or of all, without those that are only worth knowing."""
        return {
            (each.code, each.field, each.severity.value)
            for each in self.all
            if each.status is Status.FAIL
            and each.severity.value != "info"
            and (not codes or each.code in codes)
        }


@pytest.fixture
def profile(tmp_path: Path) -> Callable[..., LogProfile]:
    def of(frame: pl.DataFrame, *, like: LogProfile | None = None, **request: object) -> LogProfile:
        path = tmp_path / f"log{len(list(tmp_path.iterdir()))}.parquet"
        frame.write_parquet(path)
        asked = LogRequest((str(path),), **request)  # type: ignore[arg-type]
        return read_log_profile(asked, Resources(1, 1 << 28), Quiet(), like=like).profile

    return of


@pytest.fixture
def checked(profile: Callable[..., LogProfile]) -> Checked:
    def run(
        today: pl.DataFrame,
        before: pl.DataFrame | None = None,
        *,
        chosen: Chosen | None = None,
        now: float = NOW,
        **request: object,
    ) -> Findings:
        reference = profile(before, **request) if before is not None else None
        log = profile(today, like=reference, **request)
        comparison = Comparison(log, reference, chosen, now)
        return Findings(run_rules(comparison, RULES, Policy(), today=date(2026, 1, 1)))

    return run


@pytest.fixture
def day() -> Callable[..., pl.DataFrame]:
    """A day of a click log with fields of every sort; another seed, another day of the same source."""

    def make(seed: int = 0, n_rows: int = 6_000) -> pl.DataFrame:
        rng = np.random.default_rng(seed)
        device = rng.choice(4, n_rows, p=[0.4, 0.35, 0.2, 0.05])
        site = np.minimum(rng.zipf(1.4, n_rows), 400)
        slot = rng.integers(0, 10, n_rows)
        odds = -2.0 + 0.8 * (device == 1) - 0.7 * (device == 2) + 0.5 * (slot < 3) + 0.4 * (site % 3 == 0)
        return pl.DataFrame(
            {
                "label": (rng.random(n_rows) < 1 / (1 + np.exp(-odds))).astype(np.int8),
                "ts": np.sort(rng.integers(0, 86_400, n_rows)) + 1_700_000_000,
                "device": [("ios", "android", "web", "tv")[value] for value in device],
                "site": [f"site{value}.com" for value in site],
                "user": rng.integers(0, 50_000, n_rows),
                "slot": slot,
                "bid": rng.lognormal(0, 1, n_rows),
                "age": pl.Series(rng.integers(18, 80, n_rows)).cast(pl.Int32),
            }
        )

    return make
