"""A log that is profiled on a cluster has the profile that it has here, to the last byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from featsel.artifacts.profiles import write_profile
from featsel.core.profile import LogProfile
from featsel.engines import profiles
from featsel.engines.local import Resources
from featsel.workflows.profile import read_log_profile
from featsel.workflows.request import LogRequest

from .conftest import DATA, Notes

pytestmark = pytest.mark.usefixtures("workers")


def both(cluster, tmp_path, *paths, **options) -> tuple[LogProfile, LogProfile]:
    """Profiles of the same request, here and on the cluster, whose files are compared byte by byte."""
    request = LogRequest(tuple(map(str, paths)), **options)
    found, files = [], []
    for where in (None, cluster):
        notes = Notes()
        read = read_log_profile(request, Resources(2, 256 << 20, where), notes)
        found.append(read.profile)
        target = Path(tmp_path) / f"{len(found)}.profile.json"
        write_profile(target, read.profile, source={"fingerprint": read.fingerprint}, keeps_values=True)
        files.append((target.read_bytes(), notes.warnings))
    assert files[0] == files[1]
    return found[0], found[1]


@pytest.fixture(scope="module")
def odd_frame() -> pl.DataFrame:
    """What a check must survive: foreign labels, rows twice, times that go back, odd texts, lists, nulls."""
    rng = np.random.default_rng(11)
    n_rows = 6000
    sizes = rng.integers(0, 4, n_rows)
    odd = ["a", " b", "", "NULL", "nan", "c ", "ü", None]
    frame = pl.DataFrame(
        {
            "label": [("yes", "no", "no")[place] for place in rng.integers(0, 3, n_rows)],
            "ts": 1_700_000_000 + np.cumsum(rng.integers(-5, 900, n_rows)),
            "user": [f"u{value}" for value in rng.zipf(1.2, n_rows)],
            "odd": [odd[place] for place in rng.integers(0, 8, n_rows)],
            "id": rng.permutation(n_rows),
            "price": [None if value < 0.3 else value for value in rng.lognormal(size=n_rows)],
            "tags": [[f"t{tag}" for tag in rng.integers(0, 300, size)] for size in sizes],
        }
    )
    frame[4321, "label"] = "maybe"
    return pl.concat([frame[:3000], frame[:700], frame[3000:]])


@pytest.mark.parametrize(
    "options",
    [
        {"time": "ts", "positive": "yes"},
        {"positive": "maybe", "include": ("user", "tags")},
        {"label": "nothing", "rows": 4000, "sample": 3000},
    ],
)
def test_profiles_are_the_same_for_every_reading(cluster, odd_frame, tmp_path, options):
    if options.get("label"):
        odd_frame, options = odd_frame.drop("label"), {**options, "label": None}
    (tmp_path / "log").mkdir()
    for index, (start, stop) in enumerate([(0, 100), (100, 5500), (5500, odd_frame.height)]):
        odd_frame[start:stop].write_parquet(tmp_path / "log" / f"{index}.parquet", row_group_size=500)
    here, _ = both(cluster, tmp_path, tmp_path / "log", **options)
    if options.get("time"):
        assert here.time.n_backward > 0
        assert here.label.foreign == ("maybe",)
        assert here.rows.n_repeated == 700


@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
def test_profiles_are_the_same_for_text(cluster, odd_frame, tmp_path, suffix):
    (tmp_path / "log").mkdir()
    flat = odd_frame.drop("tags")
    for index in range(3):
        getattr(flat[2000 * index : 2000 * (index + 1)], f"write_{suffix}")(
            tmp_path / "log" / f"{index}.{suffix}"
        )
    both(cluster, tmp_path, tmp_path / "log", positive="yes", time="ts")


def test_rows_that_are_looked_at_together_are_the_same(cluster, odd_frame, tmp_path, monkeypatch):
    monkeypatch.setattr(profiles, "SAMPLE_ROWS", 500)
    odd_frame.write_parquet(tmp_path / "log.parquet")
    here, there = both(cluster, tmp_path, tmp_path / "log.parquet", positive="yes")
    assert repr(here.relations) == repr(there.relations)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("criteo_kaggle_10k", {}),
        ("kuairand_pure_92k", {"exclude": ("post_*", "stat_*"), "time": "ts"}),
        ("talkingdata_100k", {"time": "click_time"}),
        ("diabetes130_102k", {}),
    ],
)
def test_profiles_of_real_logs_are_the_same(cluster, tmp_path, name, options):
    path = DATA / f"{name}.parquet"
    if not path.exists():
        pytest.skip("the real logs are not here")
    both(cluster, tmp_path, path, **options)
