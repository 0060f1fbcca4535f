"""Rows that a reader leaves out are told, not lost."""

import polars as pl
import pytest

from featsel.core.errors import UnreadableFileError
from featsel.logs.log import open_log
from featsel.logs.sources import find_source


@pytest.mark.parametrize("suffix", ["arrow", "parquet"])
def test_a_reader_that_stops_early_without_an_error_is_an_error(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"log.{suffix}"
    frame = pl.DataFrame({"label": [0, 1] * 150, "c": range(300)})
    frame.write_ipc(path) if suffix == "arrow" else frame.write_parquet(path)
    # as polars does where one of its reading tasks panics
    monkeypatch.setattr(pl.LazyFrame, "collect_batches", lambda *_, **__: iter([frame.head(200)]))

    with (
        open_log(find_source([str(path)])) as log,
        pytest.raises(UnreadableFileError, match="ends after 200 of 300 rows"),
    ):
        list(log.batches(["c"]))
