"""Lines of JSON become rows with the columns of all lines."""

import gzip

import polars as pl
import pytest

from featsel.core.errors import EmptyLogError, UnreadableFileError
from featsel.logs import compression, json_lines
from featsel.logs.json_lines import count_json_rows, find_json_columns, json_frames


def read(path):
    schema = find_json_columns([str(path)])
    frame = pl.concat(json_frames(str(path), list(schema), schema=schema))
    assert count_json_rows(str(path)) == frame.height
    return frame


@pytest.fixture(params=[16, 1 << 20], autouse=True)
def block_size(request, monkeypatch):
    monkeypatch.setattr(json_lines, "BLOCK_BYTES", request.param)
    monkeypatch.setattr(compression, "PLAIN_BLOCK_BYTES", request.param)


def test_a_late_key_is_a_column_and_a_late_text_makes_text(tmp_path):
    path = tmp_path / "log.ndjson"
    path.write_text('{"label":0,"a":1}\n' * 5 + '\n{"label":1,"a":"x","z":[1.5]}\n')
    frame = read(path)
    assert frame.schema == {"label": pl.Int64, "a": pl.String, "z": pl.List(pl.Float64)}
    assert frame["a"].to_list() == ["1"] * 5 + ["x"]
    assert frame["z"].to_list() == [None] * 5 + [[1.5]]


def test_compressed_lines_are_read(tmp_path):
    path = tmp_path / "log.ndjson.gz"
    path.write_bytes(gzip.compress(b'{"label":0}\n{"label":1}\n'))
    assert read(path)["label"].to_list() == [0, 1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"label":1,"a"', "line 4: no JSON object"),
        (b"[1, 2]", "line 4: no JSON object"),
        (b'{"label":"caf\xe9"}', "line 4: the text is not UTF-8"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, message):
    path = tmp_path / "log.ndjson"
    path.write_bytes(b'{"label":0}\n' * 3 + line + b"\n")
    with pytest.raises(UnreadableFileError) as caught:
        read(path)
    assert caught.value.message.startswith(f"file {str(path)!r}, {message}")


def test_a_file_of_blank_lines_is_empty(tmp_path):
    path = tmp_path / "log.ndjson"
    path.write_text("\n \n")
    with pytest.raises(EmptyLogError, match="has no rows"):
        read(path)
