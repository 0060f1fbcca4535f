"""Text that spells points in time becomes such."""

from datetime import datetime

import polars as pl
import pytest

from featsel.logs.times import find_times, parse_times


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["2017-11-07", "2017-11-08", None], datetime(2017, 11, 7)),
        (["2017-11-07 9:30", "2017-11-7 10:05"], datetime(2017, 11, 7, 9, 30)),
        (["2017-11-07 09:30:15", "2017-11-07 09:30:15.25"], datetime(2017, 11, 7, 9, 30, 15)),
        (["2017-11-07T09:30:15Z"], datetime(2017, 11, 7, 9, 30, 15)),
        (["2017-11-07T09:30:15+02:00"], datetime(2017, 11, 7, 7, 30, 15)),
        ([" 2017-11-07 "], datetime(2017, 11, 7)),
    ],
)
def test_iso_spellings_are_times(texts, first):
    frame = pl.DataFrame({"t": pl.Series(texts, dtype=pl.String)})
    parsed, n_lost = parse_times(frame, find_times(frame))
    assert parsed["t"][0] == first
    assert parsed["t"].dtype == pl.Datetime("us")
    assert n_lost == {"t": 0}


@pytest.mark.parametrize(
    "texts",
    [["2017-11-07", "x"], ["14102100"], ["2017-13-40"], ["07/11/2017"], [None], ["2017-11-07 x"], [""]],
)
def test_other_text_stays_text(texts):
    assert find_times(pl.DataFrame({"t": pl.Series(texts, dtype=pl.String)})) == {}


def test_later_text_becomes_null_and_is_counted():
    parsed, n_lost = parse_times(pl.DataFrame({"t": ["2017-11-07", "x", None]}), {"t": "%Y-%m-%d"})
    assert parsed["t"].null_count() == 2
    assert n_lost == {"t": 1}
