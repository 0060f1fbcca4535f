"""The name and the first bytes of a file say its format."""

from pathlib import Path

import pytest

from featsel.core.errors import ConfigError, UnreadableFileError
from featsel.logs.formats import Format, check_content, format_of


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.parquet", Format.PARQUET),
        ("a.PQ", Format.PARQUET),
        ("a.feather", Format.IPC),
        ("a.csv.zst", Format.CSV),
        ("a.b.tsv.gz", Format.TSV),
        ("a.jsonl", Format.NDJSON),
        ("a.libfm", Format.LIBSVM),
        ("s3://bucket/a.ffm", Format.LIBFFM),
    ],
)
def test_the_extension_says_the_format(name, format):  # noqa: A002 - the option's name
    assert format_of(name) is format


def test_an_unknown_extension_needs_the_option():
    with pytest.raises(ConfigError, match=r"not known from its extension '\.dat'") as caught:
        format_of("a.dat")
    assert "--format" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("content", "format", "message"),
    [
        (b"label,a\n0,1\n", Format.PARQUET, "is some other file, not parquet"),
        (b"ARROW1\0\0..", Format.PARQUET, "is an Arrow IPC file, not parquet"),
        (b"PAR1 and no end", Format.PARQUET, "is cut short"),
        (b"ARROW1 and no end", Format.IPC, "is cut short"),
        (b"PAR1....PAR1", Format.CSV, "is a Parquet file, not csv"),
        (b"\x1f\x8b....", Format.NDJSON, "is a gzip file, not ndjson"),
        (b"PK\x03\x04....", Format.CSV, "is a zip archive or a spreadsheet"),
    ],
)
def test_content_of_another_format_is_an_error(tmp_path, content, format, message):  # noqa: A002
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=message) as caught:
        check_content(path, format)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("log", b"PAR1....PAR1", Format.PARQUET),
        ("log", b"label,a\n", Format.CSV),
        ("log.csv.gz", b"\x1f\x8b....", Format.CSV),
    ],
)
def test_content_of_the_format_is_fine(tmp_path, name, content, format):  # noqa: A002
    (tmp_path / name).write_bytes(content)
    check_content(Path(tmp_path / name), format)
