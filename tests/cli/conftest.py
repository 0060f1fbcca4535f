"""What tests of several commands share: a cache of their own, and a small log with planted effects."""

import datetime

import numpy as np
import polars as pl
import pytest

N_ROWS = 800


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """Folder of encoded logs; the user's own is left alone."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEATSEL_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def clicks():
    """Clicks that depend on user, price and tags; rows in the order of their hours."""
    rng = np.random.default_rng(0)
    users = rng.integers(0, 20, N_ROWS)
    prices = rng.lognormal(0, 1, N_ROWS).round(2)
    tags = rng.random((N_ROWS, 5)) < 0.3
    effects = rng.normal(0, 1.5, 20)[users] + np.log(prices) + 2.0 * tags[:, 0]
    start = datetime.datetime(2024, 1, 1)
    hours = [start + datetime.timedelta(hours=int(hour)) for hour in np.sort(rng.integers(0, 240, N_ROWS))]
    return pl.DataFrame(
        {
            "click": (rng.random(N_ROWS) < 1 / (1 + np.exp(0.5 - effects))).astype(np.int64),
            "user": [f"u{user}" for user in users],
            "item": rng.integers(0, 8, N_ROWS),
            "price": [None if price > 4 else price for price in prices.tolist()],
            "tags": [[f"t{index}" for index in np.flatnonzero(row)] for row in tags],
            "hour": hours,
            "mass": rng.integers(1, 4, N_ROWS),
        }
    )


@pytest.fixture(scope="session")
def log(clicks, tmp_path_factory):
    """The clicks as a Parquet file."""
    path = tmp_path_factory.mktemp("clicks") / "log.parquet"
    clicks.write_parquet(path)
    return path


@pytest.fixture(scope="session")
def text_log(clicks, log):
    """The same log as CSV, with its lists joined by ``|``."""
    path = log.with_suffix(".csv")
    # an empty cell is null, and so is an empty list
    joined = clicks.with_columns(pl.col("tags").list.join("|").replace("", None))
    joined.write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S")
    return path


@pytest.fixture
def told_error(capsys):
    """What was told as the one error of a command, with its hint."""

    def tell():
        err = capsys.readouterr().err
        assert err.count("featsel: error: ") == 1, err
        assert "Traceback" not in err
        return err.partition("featsel: error: ")[2]

    return tell
