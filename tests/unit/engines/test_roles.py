"""Labels are read once and are the same for every group of fields."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.schema import LogSchema
from featsel.engines.roles import RoleReader


def cut(rows, sizes):
    """Cut a frame into batches of the given sizes, the last of which takes what is left."""
    start = 0
    for size in sizes:
        if start + size < rows.height:
            yield rows[start : start + size]
            start += size
    yield rows[start:]


@given(
    labels=st.lists(st.integers(0, 1), min_size=1, max_size=60),
    first=st.lists(st.integers(1, 20), max_size=6),
    second=st.lists(st.integers(1, 20), max_size=6),
)
def test_labels_are_recalled_however_the_rows_are_cut(labels, first, second):
    rows = pl.DataFrame({"label": labels, "field": range(len(labels))})
    roles = RoleReader(LogSchema((), "label"), lambda column: column.cast(pl.UInt8).to_numpy())
    assert roles.begin() == ["label"]
    read = [roles.read(batch)[0] for batch in cut(rows, first)]
    assert roles.begin() == []
    recalled = [roles.read(batch)[0] for batch in cut(rows.drop("label"), second)]
    assert np.concatenate(read).tolist() == np.concatenate(recalled).tolist() == labels
    assert (roles.n_rows, roles.n_positive) == (len(labels), sum(labels))


def test_weights_are_read_with_every_group():
    rows = pl.DataFrame({"label": [0, 1, 1], "w": [1.5, 2.0, 0.0]})
    roles = RoleReader(LogSchema((), "label", weight="w"), lambda column: column.cast(pl.UInt8).to_numpy())
    for columns in (["label", "w"], ["w"]):
        assert roles.begin() == columns
        _, weights = roles.read(rows.select(columns))
        assert weights.tolist() == [1.5, 2.0, 0.0]
    assert roles.label_sums == pytest.approx((1.5, 2.0))
