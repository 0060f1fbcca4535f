"""Which log do the tools check? Two days of one, where nothing changed but the rows.

``python snapshots.py FOLDER ROWS`` writes ``FOLDER/b.parquet``, the reference day, and ``a.parquet``, the
next day, of 21 columns: identifiers, bids, nested and equal columns, a constant, texts of 10 to 100,000
values. ``python snapshots.py FILE ROWS --wide`` writes one day of 40 columns, streamed. A label depends on
the ad, the site, the device and the hour; no column gives it away, and every day is drawn from the same
distributions. The same seed gives the same rows.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.io.plugins import register_io_source

SEED = 20_261_123
DAY = datetime(2026, 10, 5)
USERS, ADS, CAMPAIGNS, ADVERTISERS, SITES, COUNTRIES = 400_000, 20_000, 2_000, 300, 5_000, 200
TEXTS = (10, 100, 1_000, 10_000, 100_000)
WIDE_TEXTS = (2, 5, 20, 50, 200, 500, 2_000, 5_000, 20_000, 50_000, 200_000, 500_000)
WIDE_NUMBERS = 7
PIECE_ROWS = 250_000
"""Forty columns of a piece take about 100 MB while they are made."""

MEAN_LOGIT = -3.2


class Catalogue:
    """What does not change from day to day: the values, how often each is drawn, and what it does to a click.

    Parameters
    ----------
    is_wide : bool
        Whether the log has 40 columns rather than 21.
    """

    def __init__(self, *, is_wide: bool) -> None:
        rng = np.random.default_rng(SEED)
        self.texts = TEXTS + (WIDE_TEXTS if is_wide else ())
        self.n_numbers = WIDE_NUMBERS if is_wide else 0
        sizes = {"user": USERS, "ad": ADS, "site": SITES, "country": COUNTRIES}
        sizes |= {f"text_{i}": size for i, size in enumerate(self.texts)}
        self.values = {
            name: pl.Series([f"{name}-{i:x}" for i in range(size)]) for name, size in sizes.items()
        }
        self.values["device"] = pl.Series(["phone", "desktop", "tablet", "tv"])
        self.values["campaign"] = pl.Series([f"campaign-{i}" for i in range(CAMPAIGNS)])
        self.values["advertiser"] = pl.Series([f"advertiser-{i}" for i in range(ADVERTISERS)])
        self.values["code"] = pl.Series([chr(65 + i // 26) + chr(65 + i % 26) for i in range(COUNTRIES)])
        self.draws = {name: _zipf(size, 0.4 if name == "user" else 1.1) for name, size in sizes.items()}
        self.draws["device"] = _cumulated(np.array([0.6, 0.3, 0.08, 0.02]))
        self.draws["slot"] = _zipf(8, 0.5)
        # people sleep: four times as many impressions in the evening as at night
        self.draws["second"] = _cumulated(np.repeat(1.6 - np.cos(2 * np.pi * (np.arange(24) - 4) / 24), 3600))
        self.campaign_of = rng.integers(CAMPAIGNS, size=ADS)
        self.advertiser_of = rng.integers(ADVERTISERS, size=CAMPAIGNS)
        self.effects = {name: rng.normal(0.0, 0.4, size) for name, size in (("ad", ADS), ("site", SITES))}
        self.effects["device"] = np.array([0.0, -0.3, 0.1, -0.6])

    def rows(self, n_rows: int, rng: np.random.Generator, day: int) -> pl.DataFrame:
        """Draw rows of a day, in no order of time."""
        drawn = {name: np.searchsorted(draw, rng.random(n_rows)) for name, draw in self.draws.items()}
        campaign = self.campaign_of[drawn["ad"]]
        hour = drawn["second"] // 3600
        logit = MEAN_LOGIT + 0.2 * np.sin(2 * np.pi * hour / 24)
        logit += sum(effect[drawn[name]] for name, effect in self.effects.items())
        bid = rng.lognormal(-0.5, 0.8, n_rows)
        text: dict[str, tuple[str, NDArray[np.int64]]] = {
            **{"user_id": ("user", drawn["user"]), "ad_id": ("ad", drawn["ad"])},
            **{
                "campaign": ("campaign", campaign),
                "advertiser": ("advertiser", self.advertiser_of[campaign]),
            },
            **{"site": ("site", drawn["site"]), "device": ("device", drawn["device"])},
            **{"country": ("country", drawn["country"]), "country_code": ("code", drawn["country"])},
            **{f"text_{size}": (f"text_{i}", drawn[f"text_{i}"]) for i, size in enumerate(self.texts)},
        }
        start = DAY + timedelta(days=day)
        return pl.DataFrame(
            {
                "label": (rng.random(n_rows) < 1 / (1 + np.exp(-logit))).astype(np.int64),
                "ts": pl.select(start + pl.duration(seconds=pl.Series(drawn["second"]))).to_series(),
                "request_id": _request_ids(n_rows, rng),
                "bid": bid,
                "floor": bid * rng.uniform(0.1, 0.9, n_rows) ** 2 + rng.lognormal(-4, 0.5, n_rows),
                **{name: self.values[source].gather(codes) for name, (source, codes) in text.items()},
                "hour": hour,
                "slot": drawn["slot"] + 1,
                "version": np.full(n_rows, "v2"),
                **{f"number_{i}": _number(i, n_rows, rng) for i in range(self.n_numbers)},
            }
        )


def main() -> None:
    """Write the log or the two days."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("--wide", action="store_true")
    options = parser.parse_args()
    if options.wide:
        write_wide(options.path, options.rows)
    else:
        options.path.mkdir(parents=True, exist_ok=True)
        catalogue = Catalogue(is_wide=False)
        for day, name in enumerate(("b", "a")):
            rows = catalogue.rows(options.rows, np.random.default_rng((SEED, day)), day)
            rows.sort("ts").write_parquet(options.path / f"{name}.parquet")


def write_wide(path: Path, n_rows: int) -> None:
    """Write one day of 40 columns, piece by piece."""
    catalogue, rng = Catalogue(is_wide=True), np.random.default_rng((SEED, 2))

    def pieces(*_: object) -> Iterator[pl.DataFrame]:
        for start in range(0, n_rows, PIECE_ROWS):
            yield catalogue.rows(min(PIECE_ROWS, n_rows - start), rng, 0)

    schema = catalogue.rows(1, np.random.default_rng(0), 0).schema
    source: Callable[..., Iterator[pl.DataFrame]] = pieces
    register_io_source(source, schema=schema).sink_parquet(path, row_group_size=PIECE_ROWS)


def _zipf(size: int, exponent: float) -> NDArray[np.float64]:
    return _cumulated(np.arange(1, size + 1) ** -exponent)


def _cumulated(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    cumulated = np.cumsum(weights) / weights.sum()
    cumulated[-1] = 1.0
    return cumulated


def _request_ids(n_rows: int, rng: np.random.Generator) -> pl.Series:
    digits = rng.bytes(8 * n_rows).hex().encode()
    return pl.Series(np.frombuffer(digits, dtype="S16")).cast(pl.String)


def _number(kind: int, n_rows: int, rng: np.random.Generator) -> NDArray[np.float64] | NDArray[np.int64]:
    if kind % 2:
        return rng.poisson(10.0**kind % 997, n_rows)
    return rng.lognormal(kind, 1.0, n_rows).round(2)


if __name__ == "__main__":
    main()
