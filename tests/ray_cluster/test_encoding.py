"""A log that is encoded on a cluster has the columns that it has here, to the last byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from featsel.core.errors import DataError
from featsel.core.schema import FieldKind
from featsel.workflows.encode import EncodeResources, Roles, encoded
from featsel.workflows.request import LogRequest, open_request, read_schema

from .conftest import DATA, Notes

pytestmark = pytest.mark.usefixtures("workers")


def files_of(
    folder: Path, where, *paths, roles: Roles | None = None, kinds=None, **options
) -> dict[str, bytes]:
    """All that the cache of a log holds."""
    request = LogRequest(tuple(map(str, paths)), **options)
    with open_request(request, Notes()) as log:
        schema = read_schema(log, request, Notes())
        fields = kinds or {each.name: each.kind for each in schema.fields}
        roles = roles or Roles(schema.label, schema.positive, schema.time, schema.weight)
        with encoded(log, request, fields, roles, EncodeResources(folder, 2, Notes(), where)):
            pass
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_columns_are_the_same(cluster, frame, tmp_path, suffix):
    (tmp_path / "log").mkdir()
    rows = frame.with_columns(
        ts=pl.int_range(pl.len()) * 7, ratio=pl.Series(np.arange(frame.height) % 300 / 8).fill_nan(None)
    )
    rows = rows if suffix == "parquet" else rows.drop("tags")
    for index, part in enumerate(rows.iter_slices(2500)):
        getattr(part, f"write_{suffix}")(tmp_path / "log" / f"{index}.{suffix}")
    options = {"time": "ts", "weight": "weight", "categorical": ("ratio",)}
    here = files_of(tmp_path / "here", None, tmp_path / "log", **options)
    there = files_of(tmp_path / "there", cluster, tmp_path / "log", **options)
    assert here == there
    assert sum(name.endswith("values.parquet") for name in here) == (4 if suffix == "parquet" else 3)


@pytest.mark.parametrize(
    ("name", "options"),
    [("criteo_kaggle_10k", {}), ("kuairand_pure_92k", {"time": "ts"}), ("frappe_87k", {})],
)
def test_columns_of_real_logs_are_the_same(cluster, tmp_path, name, options):
    path = DATA / f"{name}.parquet"
    if not path.exists():
        pytest.skip("the real logs are not here")
    here = files_of(tmp_path / "here", None, path, **options)
    assert here == files_of(tmp_path / "there", cluster, path, **options)


def test_errors_are_told_as_here(cluster, frame, tmp_path):
    words = frame.select(
        "click", word=pl.lit("abc"), time=pl.when(pl.int_range(pl.len()) == 4000).then(None).otherwise(1)
    )
    words.write_parquet(tmp_path / "log.parquet")
    kinds = {"word": FieldKind.NUMERIC}
    for where in (None, cluster):
        with pytest.raises(DataError, match="column 'word' holds 'abc' and no numbers"):
            files_of(tmp_path / "cache", where, tmp_path / "log.parquet", kinds=kinds, roles=Roles(None))
        with pytest.raises(DataError, match="time 'time' holds None in row"):
            files_of(tmp_path / "cache", where, tmp_path / "log.parquet", roles=Roles(None, time="time"))
