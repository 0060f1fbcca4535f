"""Entries of libsvm and libffm files become columns."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_svmlight_file

from featsel.core.errors import EmptyLogError, LabelError, UnreadableFileError
from featsel.logs import blocks, compression, entries, layout
from featsel.logs.layout import Conversion
from featsel.logs.libsvm import convert_libffm, convert_libsvm

ROOT = Path(__file__).resolve().parents[3]
RAW = ROOT.parent / "shared" / "data" / "raw"
BLOCK_SIZES = st.sampled_from([64, 1 << 20])

Converter = Callable[[Sequence[str], Path], Conversion]


def convert(converter: Converter, folder: Path, text: str) -> tuple[pl.DataFrame, str]:
    source, target = folder / "log.txt", folder / "log.parquet"
    source.write_bytes(text.encode())
    conversion = converter([str(source)], target)
    assert {path.name for path in folder.iterdir()} == {"log.txt", "log.parquet"}
    frame = pl.read_parquet(target)
    assert frame.schema["label"] == pl.Int8
    assert conversion.columns == tuple(frame.columns)
    assert conversion.n_rows == frame.height
    return frame, conversion.sentence


def cells(frame: pl.DataFrame) -> dict[str, list[object]]:
    return frame.to_dict(as_series=False)


def test_positions_with_indices_of_their_own_are_fields(tmp_path):
    frame, sentence = convert(convert_libsvm, tmp_path, "1 3:1 10:1\n0 4:1 11:1\n0 3:1 10:1\n")
    assert cells(frame) == {"label": [1, 0, 0], "f1": ["3", "4", "3"], "f2": ["10", "11", "10"]}
    assert sentence == (
        "Every row has 2 entries and no index occurs at two positions, "
        "so positions are fields: 2 categorical."
    )


def test_interleaved_positions_are_fields(tmp_path):
    frame, _ = convert(convert_libsvm, tmp_path, "1 3:1 2:1\n0 1:1 4:1\n")
    assert cells(frame) == {"label": [1, 0], "f1": ["3", "1"], "f2": ["2", "4"]}


def test_a_position_with_one_index_and_values_is_numeric(tmp_path):
    frame, sentence = convert(convert_libsvm, tmp_path, "1 1:0.5 10:1\n0 1:-2 11:1\n")
    assert cells(frame) == {"label": [1, 0], "f1": [0.5, -2.0], "f2": ["10", "11"]}
    assert sentence.endswith("so positions are fields: 1 categorical, 1 numeric.")


def test_an_index_at_two_positions_makes_a_list(tmp_path):
    frame, sentence = convert(convert_libsvm, tmp_path, "1 1:1 2:1\n0 2:1 3:1\n")
    assert cells(frame) == {"label": [1, 0], "features": [["1", "2"], ["2", "3"]]}
    assert sentence == (
        "The log has no fields (indices occur at several positions): "
        "indices are one multi-valued column, features."
    )


def test_a_shared_index_far_behind_the_first_block_makes_a_list(tmp_path, monkeypatch):
    monkeypatch.setattr(entries, "BLOCK_BYTES", 16)
    monkeypatch.setattr(compression, "PLAIN_BLOCK_BYTES", 16)
    frame, _ = convert(convert_libsvm, tmp_path, "1 3:1 2:1\n" * 50 + "0 2:1 5:1\n")
    assert frame.columns == ["label", "features"]


def test_rows_of_unequal_length_make_a_list(tmp_path):
    frame, sentence = convert(convert_libsvm, tmp_path, "1 1:1 20:1\n0\n0 1:1\n")
    assert cells(frame) == {"label": [1, 0, 0], "features": [["1", "20"], None, ["1"]]}
    assert "rows have 0 to 2 entries" in sentence


def test_values_of_too_many_indices_are_dropped_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "MAX_COLUMNS", 3)
    frame, sentence = convert(convert_libsvm, tmp_path, "1 1:2 2:1\n0 3:1\n0 4:1\n")
    assert cells(frame)["features"] == [["1", "2"], ["3"], ["4"]]
    assert sentence.endswith("features; values are dropped.")


def test_fields_whose_values_no_numeric_column_can_keep_lose_them(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "MAX_COLUMNS", 3)
    frame, sentence = convert(convert_libsvm, tmp_path, "1 1:2 3:1\n0 2:1 4:1\n")
    assert cells(frame) == {"label": [1, 0], "f1": ["1", "2"], "f2": ["3", "4"]}
    assert sentence.endswith("2 categorical; values other than 1 are dropped in f1.")


def test_a_dense_matrix_is_numeric_though_its_positions_are_disjoint(tmp_path):
    frame, sentence = convert(convert_libsvm, tmp_path, "1 1:0.5 2:1\n0 1:0.25 2:3\n")
    assert cells(frame) == {"label": [1, 0], "x1": [0.5, 0.25], "x2": [1.0, 3.0]}
    assert sentence == (
        "2 indices with values other than 1: each is a numeric column x<index>, "
        "null where a row has no entry."
    )


def test_repeated_indices_add_up(tmp_path):
    frame, _ = convert(convert_libsvm, tmp_path, "1 1:0.5 1:2\n0 7:0\n")
    assert cells(frame) == {"label": [1, 0], "x1": [2.5, None], "x7": [None, 0.0]}


def test_batches_of_rows_keep_the_order(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "MAX_CELLS", 6)
    rows = [f"{row % 2} {1 + row % 2}:{row}" for row in range(1, 51)]
    frame, _ = convert(convert_libsvm, tmp_path, "\n".join(rows))
    assert frame["x1"].to_list() == [None if row % 2 else float(row) for row in range(1, 51)]
    assert frame["x2"].to_list() == [float(row) if row % 2 else None for row in range(1, 51)]


def test_what_other_writers_add_is_tolerated(tmp_path):
    lines = ["\ufeff# by hand", "+1 qid:7 3 10:1 # a comment 1:2", "", "\t -1.0\tqid:8  4:1.0   11:1e0\t", ""]
    frame, _ = convert(convert_libsvm, tmp_path, "\r\n".join(lines))
    assert cells(frame) == {"label": [1, 0], "f1": ["3", "4"], "f2": ["10", "11"]}


def test_indices_reach_64_bits(tmp_path):
    frame, _ = convert(convert_libsvm, tmp_path, "1 0:1 18446744073709551615:1\n0 0:1 9:1\n")
    assert frame["f2"].to_list() == ["18446744073709551615", "9"]


MATRICES = st.lists(  # one row has no entry, so that positions are no fields
    st.dictionaries(
        st.integers(0, 30), st.floats(allow_nan=False, allow_infinity=False).filter(bool), max_size=6
    ),
    max_size=20,
).filter(lambda rows: any(value != 1 for row in rows for value in row.values()))


@settings(max_examples=25, deadline=None)
@given(rows=MATRICES.map(lambda rows: [*rows, {}]), block_size=BLOCK_SIZES)
def test_numeric_columns_are_the_matrix_of_scikit_learn(rows, block_size):
    lines = [
        f"{number % 2} " + " ".join(f"{index}:{value!r}" for index, value in sorted(row.items()))
        for number, row in enumerate(rows)
    ]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "BLOCK_BYTES", block_size)
        patch.setattr(compression, "PLAIN_BLOCK_BYTES", block_size)
        frame, _ = convert(convert_libsvm, Path(folder), "\n".join(lines))
        matrix, labels = load_svmlight_file(str(Path(folder) / "log.txt"), n_features=31, zero_based=True)
    assert frame["label"].to_list() == labels.tolist()
    indices = sorted({index for row in rows for index in row})
    assert frame.columns == ["label", *(f"x{index}" for index in indices)]
    np.testing.assert_array_equal(frame[:, 1:].fill_null(0.0).to_numpy(), matrix.toarray()[:, indices])
    n_present = len(indices) * len(rows) - frame[:, 1:].null_count().sum_horizontal().item()
    assert n_present == sum(map(len, rows))


@settings(max_examples=25, deadline=None)
@given(
    table=st.integers(1, 5).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(0, 4), min_size=width, max_size=width), min_size=1, max_size=20
        )
    ),
    block_size=BLOCK_SIZES,
)
def test_generated_fields_come_back(table, block_size):
    width = len(table[0])
    lines = [
        "0 " + " ".join(f"{value * width + position}:1" for position, value in enumerate(row))
        for row in table
    ]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "BLOCK_BYTES", block_size)
        patch.setattr(compression, "PLAIN_BLOCK_BYTES", block_size)
        frame, _ = convert(convert_libsvm, Path(folder), "\n".join(lines))
    expected = [[str(value * width + position) for position, value in enumerate(row)] for row in table]
    assert frame.columns == ["label", *(f"f{position + 1}" for position in range(width))]
    assert [list(row) for row in frame[:, 1:].iter_rows()] == expected


def test_fields_of_libffm_are_columns(tmp_path):
    text = "1 0:3:1 2:7:0.5 10:20:1\n-1 0:4:1 2:7:-3 10:21:1 10:20:1\n-1 2:7:1 0:3:1 5:1:1\n"
    frame, sentence = convert(convert_libffm, tmp_path, text)
    assert cells(frame) == {
        "label": [1, 0, 0],
        "field_0": ["3", "4", "3"],
        "field_2": [0.5, -3.0, 1.0],
        "field_5": [None, None, "1"],
        "field_10": [["20"], ["21", "20"], None],
    }
    assert sentence == "A column for each field: 2 categorical, 1 numeric, 1 multivalued."


def test_values_of_a_libffm_field_with_several_indices_are_dropped_and_said(tmp_path):
    frame, sentence = convert(convert_libffm, tmp_path, "1 0:3:2\n0 0:4:1\n")
    assert cells(frame) == {"label": [1, 0], "field_0": ["3", "4"]}
    assert sentence == "A column for each field: 1 categorical; values other than 1 are dropped in field_0."


def test_a_single_index_that_a_row_repeats_is_a_list(tmp_path):
    frame, sentence = convert(convert_libffm, tmp_path, "1 0:3:2 0:3:1\n0 0:3:1\n")
    assert cells(frame) == {"label": [1, 0], "field_0": [["3", "3"], ["3"]]}
    assert sentence.endswith("1 multivalued; values other than 1 are dropped in field_0.")


def test_a_field_that_no_row_of_a_block_has_is_null_there(tmp_path, monkeypatch):
    monkeypatch.setattr(entries, "BLOCK_BYTES", 16)
    monkeypatch.setattr(compression, "PLAIN_BLOCK_BYTES", 16)
    text = "1 0:1:1\n" * 20 + "0 1:2:1\n" * 20 + "0 2:5:0.5\n" * 20 + "1 3:5:1 3:6:1\n"
    frame, _ = convert(convert_libffm, tmp_path, text)
    assert frame.null_count().row(0) == (0, 41, 41, 41, 60)


def test_too_many_fields_are_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "MAX_COLUMNS", 2)
    with pytest.raises(UnreadableFileError, match="has more than 2 fields") as caught:
        convert(convert_libffm, tmp_path, "1 0:3:1 1:4:1 2:5:1\n")
    assert str(caught.value.hint).startswith("Check its format")


FFM_ROWS = st.lists(
    st.dictionaries(st.integers(0, 5), st.lists(st.integers(0, 9), min_size=1, max_size=3), max_size=5),
    min_size=1,
    max_size=20,
).filter(any)


@settings(max_examples=25, deadline=None)
@given(rows=FFM_ROWS, block_size=BLOCK_SIZES)
def test_generated_libffm_comes_back(rows, block_size):
    lines = [
        "1 " + " ".join(f"{field}:{index}:1" for field, indices in row.items() for index in indices)
        for row in rows
    ]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "BLOCK_BYTES", block_size)
        patch.setattr(compression, "PLAIN_BLOCK_BYTES", block_size)
        frame, _ = convert(convert_libffm, Path(folder), "\r\n".join(lines))
    expected: dict[str, list[object]] = {}
    for field in sorted({field for row in rows for field in row}):
        found = [row.get(field) for row in rows]
        is_list = any(len(cell) > 1 for cell in found if cell)
        lists = [None if cell is None else [str(index) for index in cell] for cell in found]
        expected[f"field_{field}"] = [cell if is_list or cell is None else cell[0] for cell in lists]
    assert cells(frame.drop("label")) == expected


@pytest.mark.parametrize(
    ("converter", "line", "message"),
    [
        (convert_libsvm, "yes 1:1", "expected a label, found 'yes'"),
        (convert_libsvm, "1:1 2:1", "expected a label, found '1:1'"),
        (convert_libsvm, "1,2 2:1", "expected a label, found '1,2'"),
        (convert_libsvm, "1 a:1", "expected index:value, found 'a:1'"),
        (convert_libsvm, "1 -2:1", "expected index:value, found '-2:1'"),
        (convert_libsvm, "1 2:x", "expected index:value, found '2:x'"),
        (convert_libsvm, "1 2:", "expected index:value, found '2:'"),
        (convert_libsvm, "1 2: 3", "expected index:value, found '2:'"),
        (convert_libsvm, "1 0:1 0:2:1", "expected index:value, found '0:2:1'"),
        (convert_libsvm, f"1 {'9' * 80}:1", f"expected index:value, found '{'9' * 59}…'"),
        (convert_libffm, "1 1:1", "expected field:index:value, found '1:1'"),
        (convert_libffm, "1 a:1:1", "expected field:index:value, found 'a:1:1'"),
        (convert_libffm, "1 1:a:1", "expected field:index:value, found '1:a:1'"),
        (convert_libffm, "1 1:1:a", "expected field:index:value, found '1:1:a'"),
        (convert_libffm, "label,a,b", "expected a label, found 'label,a,b'"),
    ],
)
@pytest.mark.parametrize("block_size", [16, 1 << 20])
def test_a_malformed_line_is_an_error_that_names_it(
    tmp_path, monkeypatch, converter, line, message, block_size
):
    monkeypatch.setattr(entries, "BLOCK_BYTES", block_size)
    monkeypatch.setattr(compression, "PLAIN_BLOCK_BYTES", block_size)
    good = "1 1:1" if converter is convert_libsvm else "1 1:1:1"
    with pytest.raises(UnreadableFileError) as caught:
        convert(converter, tmp_path, f"{good}\n\n{good}\r\n{line}\n{good}\nworse\n")
    assert caught.value.message == f"file '{tmp_path / 'log.txt'}', line 4: {message}"
    assert "line is 'label " in str(caught.value.hint)
    assert [path.name for path in tmp_path.iterdir()] == ["log.txt"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["0", "1"], [0, 1]),
        (["-1", "+1"], [0, 1]),
        (["1.0", "-1.0", "1"], [1, 0, 1]),
        (["1", "1"], [1, 1]),
        (["-1"], [0]),
        (["0.0", "1e0"], [0, 1]),
    ],
)
def test_labels_are_mapped_by_the_convention_of_the_file(tmp_path, labels, expected):
    frame, _ = convert(convert_libsvm, tmp_path, "".join(f"{label} 1:1\n" for label in labels))
    assert frame["label"].to_list() == expected


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (["1", "2"], "1, 2"),
        (["-1", "0", "1"], "-1, 0, 1"),
        (["-1", "0"], "-1, 0"),
        (["0.5"], "0.5"),
        (["nan"], "nan"),
        (map(str, range(12)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 ..."),
    ],
)
def test_other_labels_are_an_error_that_shows_them(tmp_path, labels, found):
    with pytest.raises(LabelError) as caught:
        convert(convert_libsvm, tmp_path, "".join(f"{label} 1:1\n" for label in labels))
    assert caught.value.message == f"file '{tmp_path / 'log.txt'}' has the labels {found}"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("Write labels as 0 and 1, or as -1 and 1")


@pytest.mark.parametrize("converter", [convert_libsvm, convert_libffm])
@pytest.mark.parametrize(
    ("text", "found"), [("", "rows"), ("\r\n \n", "rows"), ("1\n0\n", "entries beside the labels")]
)
def test_a_log_without_rows_or_entries_is_empty(tmp_path, converter, text, found):
    with pytest.raises(EmptyLogError, match=f"has no {found}") as caught:
        convert(converter, tmp_path, text)
    assert caught.value.hint == "Check that its writer came to an end."
    assert [path.name for path in tmp_path.iterdir()] == ["log.txt"]


def test_text_of_another_encoding_is_an_error_that_names_the_line(tmp_path):
    source = tmp_path / "log.txt"
    source.write_bytes(b"1 1:1\n0 1:1 # caf\xe9\n")
    with pytest.raises(UnreadableFileError, match=r"line 2: the text is not UTF-8"):
        convert_libsvm([str(source)], tmp_path / "log.parquet")


def test_a_file_without_line_ends_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(entries, "BLOCK_BYTES", 1 << 10)
    monkeypatch.setattr(compression, "PLAIN_BLOCK_BYTES", 1 << 10)
    monkeypatch.setattr(blocks, "MAX_ROW_BYTES", 1 << 20)
    with pytest.raises(UnreadableFileError, match="line 1: the row is longer than 1 MiB"):
        convert(convert_libsvm, tmp_path, "1 1:1" + " 2:1" * (1 << 19))


def test_a_failure_while_writing_leaves_no_file(tmp_path, monkeypatch):
    def fail(*_: object) -> list[pl.Series]:
        raise MemoryError("no room")

    monkeypatch.setattr(layout, "_lay_out", fail)
    with pytest.raises(MemoryError, match="no room"):
        convert(convert_libsvm, tmp_path, "1 1:1\n")
    assert [path.name for path in tmp_path.iterdir()] == ["log.txt"]


@pytest.mark.skipif(not RAW.is_dir(), reason="the real logs are not beside this checkout")
@pytest.mark.parametrize(
    ("name", "n_fields", "n_rows", "n_positives"),
    [("ipinyou_2997_train.libsvm", 16, 26_773, 255), ("frappe_test.libfm", 10, 28_860, 9_536)],
)
def test_one_hot_encoded_logs_have_fields(tmp_path, name, n_fields, n_rows, n_positives):
    conversion = convert_libsvm([str(RAW / name)], tmp_path / "log.parquet")
    frame = pl.read_parquet(tmp_path / "log.parquet")
    assert conversion.columns == ("label", *(f"f{number}" for number in range(1, n_fields + 1)))
    assert frame.height == conversion.n_rows == n_rows
    assert frame["label"].sum() == n_positives
    lines = (RAW / name).read_text().splitlines()
    for row in (0, 12_345, n_rows - 1):
        assert list(frame.row(row)[1:]) == [token.split(":")[0] for token in lines[row].split()[1:]]


PEAK_OF_A_CONVERSION = """
import sys
from pathlib import Path

from featsel.logs import entries
from featsel.logs.libsvm import convert_libsvm


def memory_mb(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith(name))


entries.BLOCK_BYTES = 1 << 20
before = memory_mb("VmRSS")
conversion = convert_libsvm([sys.argv[1]], Path(sys.argv[2]))
print(conversion.n_rows, len(conversion.columns), memory_mb("VmHWM") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux")
def test_memory_holds_a_block_not_the_file(tmp_path):
    rng = np.random.default_rng(0)
    fields = [pl.Series(f"{field}", rng.integers(0, 1000, 300_000) + 1000 * field) for field in range(16)]
    entries = [pl.format("{}:1", pl.col(series.name)) for series in fields]
    label = pl.Series("label", rng.integers(0, 2, 300_000))
    lines = pl.DataFrame([label, *fields]).select(pl.concat_str("label", *entries, separator=" "))
    lines.write_csv(tmp_path / "log.txt", include_header=False, quote_style="never")
    command = [sys.executable, "-c", PEAK_OF_A_CONVERSION, tmp_path / "log.txt", tmp_path / "log.parquet"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    n_rows, n_columns, peak_mb = map(int, printed.split())
    assert (n_rows, n_columns) == (300_000, 17)
    assert peak_mb < 300  # about 150 in blocks of 1 MiB; the 35 MB of text in one block take 800
