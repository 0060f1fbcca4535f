from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featsel.core.columns import CategoricalColumn, Column, ListColumn, NumericColumn, StoredArray
from featsel.logs import stored as stored_columns
from featsel.logs.stored import (
    COLUMN_FILE,
    ArrayWriter,
    CodeWriter,
    TextWriter,
    read_column,
    write_column,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "column"
    made.mkdir()
    return made


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.integers(0, 12), st.none() | st.integers(0, 14))
def test_slices_are_those_of_the_array(tmp_path: Path, start: int, stop: int | None) -> None:
    numbers = np.arange(10, dtype="<f8") / 3
    numbers.tofile(tmp_path / "numbers")

    read = StoredArray(tmp_path / "numbers", numbers.dtype, 10).read(start, stop)

    assert read.tolist() == numbers[start:stop].tolist()


def test_what_is_appended_stands_in_order(folder: Path) -> None:
    writer = ArrayWriter(folder / "numbers", np.dtype("<i8"))

    for part in ([1, 2], [], [3]):
        writer.append(np.array(part, np.int32))

    stored = writer.finish()
    assert (stored.size, stored.dtype) == (3, np.dtype("<i8"))
    assert stored.read().tolist() == [1, 2, 3]


def test_an_array_to_which_nothing_is_appended_is_empty(folder: Path) -> None:
    assert ArrayWriter(folder / "numbers", np.dtype("<i8")).finish().read().size == 0


@pytest.mark.parametrize(
    ("n_values", "item_bytes"), [(1, 1), (256, 1), (257, 2), (65_536, 2), (65_537, 4), (2**32, 4)]
)
def test_codes_take_as_few_bytes_as_their_number_allows(folder: Path, n_values: int, item_bytes: int) -> None:
    writer = CodeWriter(folder / "codes")

    writer.append_codes(np.array([0, n_values - 1], np.uint32), n_values)

    stored = writer.finish()
    assert stored.path.stat().st_size == 2 * item_bytes
    assert stored.read().tolist() == [0, n_values - 1]


def test_codes_are_widened_as_values_come(folder: Path) -> None:
    writer = CodeWriter(folder / "codes")
    codes = np.arange(70_000, dtype=np.uint32)

    for start, stop in ((0, 200), (200, 256), (256, 300), (300, 65_536), (65_536, 70_000)):
        writer.append_codes(codes[start:stop], stop)

    stored = writer.finish()
    assert stored.dtype == np.dtype("<u4")
    assert np.array_equal(stored.read(), codes)
    assert [path.name for path in folder.iterdir()] == ["codes"]


def stored(folder: Path, name: str, values: list[int] | list[float], dtype: str) -> StoredArray:
    writer = ArrayWriter(folder / name, np.dtype(dtype))
    writer.append(np.array(values))
    return writer.finish()


def column_of(kind: str, folder: Path) -> Column | StoredArray:
    values = pl.Series("value", ["b", None, "ü"])
    match kind:
        case "categorical":
            return CategoricalColumn(stored(folder, "codes", [0, 2, 1], "<u1"), values)
        case "list":
            codes = stored(folder, "codes", [0, 2, 1], "<u2")
            return ListColumn(stored(folder, "ends", [1, 3], "<i8"), codes, values)
        case "numeric":
            return NumericColumn(stored(folder, "numbers", [1.5, np.nan], "<f8"))
        case _:
            return stored(folder, "numbers", [0, 1], "u1")


KINDS = ("categorical", "list", "numeric", "array")


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_is_read_as_it_was_written(folder: Path, kind: str) -> None:
    column = column_of(kind, folder)

    write_column(folder, column)

    read = read_column(folder)
    assert type(read) is type(column)
    for name, value in vars(column).items():
        found = getattr(read, name)
        assert found.read().equals(value, null_equal=True) if isinstance(value, pl.Series) else found == value


@pytest.mark.parametrize("n_at_once", [1, 3, 7, 100])
def test_texts_that_are_written_in_parts_are_one_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, n_at_once: int
) -> None:
    monkeypatch.setattr(stored_columns, "TEXTS_AT_ONCE", n_at_once)
    texts = pl.Series("value", [*"abcde", None, "ü", *map(str, range(20))])
    writer = TextWriter(folder)

    for start, stop in itertools.pairwise((0, 0, 2, 5, 6, 14, 27)):
        writer.append(texts[start:stop])

    written = writer.finish()
    assert written.size == texts.len()
    assert written.read().equals(texts, null_equal=True)
    assert [path.name for path in folder.iterdir()] == ["values.parquet"]


def test_a_column_without_rows_has_no_texts(folder: Path) -> None:
    written = TextWriter(folder).finish()

    assert written.size == 0
    assert written.read().equals(pl.Series("value", [], pl.String))


def test_texts_are_read_only_when_they_are_asked_for(folder: Path) -> None:
    write_column(folder, column_of("categorical", folder))
    column = read_column(folder)
    assert isinstance(column, CategoricalColumn)

    assert column.n_values == 3
    (folder / "values.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="values"):
        column.values.len()


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_without_its_last_file_is_no_column(folder: Path, kind: str) -> None:
    write_column(folder, column_of(kind, folder))

    (folder / COLUMN_FILE).unlink()

    assert read_column(folder) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("codes", b"\0\0"),
        ("codes", b"\0\0\0\0"),
        ("values.parquet", b"PAR1"),
        ("values.parquet", b""),
        (COLUMN_FILE, b""),
        (COLUMN_FILE, b"\xff"),
        (COLUMN_FILE, b"[]"),
        (COLUMN_FILE, b'{"type": "CategoricalColumn"}'),
        (COLUMN_FILE, b'{"type": "CategoricalColumn", "arrays": [["codes", "nonsense", 3]]}'),
        (COLUMN_FILE, b'{"type": "CategoricalColumn", "arrays": [["codes"]]}'),
        (COLUMN_FILE, b'{"type": "CategoricalColumn", "arrays": [["other", "|u1", 3]]}'),
    ],
)
def test_a_broken_column_is_none(folder: Path, name: str, content: bytes) -> None:
    write_column(folder, column_of("categorical", folder))

    (folder / name).write_bytes(content)

    assert read_column(folder) is None


def test_values_of_another_shape_are_no_column(folder: Path) -> None:
    write_column(folder, column_of("categorical", folder))

    pl.DataFrame({"other": [1]}).write_parquet(folder / "values.parquet")

    assert read_column(folder) is None


def test_a_column_of_an_unknown_type_is_none(folder: Path) -> None:
    write_column(folder, column_of("numeric", folder))
    document = json.loads((folder / COLUMN_FILE).read_text())

    (folder / COLUMN_FILE).write_text(json.dumps({**document, "type": "Other"}))

    assert read_column(folder) is None


def test_no_folder_is_no_column(tmp_path: Path) -> None:
    assert read_column(tmp_path / "nowhere") is None
