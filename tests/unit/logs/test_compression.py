"""Compressed logs are read whole, or an error says why not."""

import gzip
from pathlib import Path

import pytest
import zstandard

from featsel.core.errors import UnreadableFileError
from featsel.logs.compression import inner_suffix, is_compressed, plain_blocks

CONTENT = b"".join(b"%d,%d\n" % (row, row * row) for row in range(30_000))
COMPRESS = {".gz": gzip.compress, ".zst": zstandard.compress}


@pytest.mark.parametrize(
    ("name", "compressed", "suffix"),
    [
        ("day.csv.gz", True, ".csv"),
        ("day.TSV.ZST", True, ".tsv"),
        ("day.csv", False, ".csv"),
        ("day.gz", True, ""),
        ("day", False, ""),
        ("a.b/day", False, ""),
    ],
)
def test_the_name_says_compression_and_format(name, compressed, suffix):
    assert is_compressed(Path(name)) is compressed
    assert inner_suffix(Path(name)) == suffix


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("content", [CONTENT, b"", b"\x00" * (40 << 20)], ids=["rows", "nothing", "zeros"])
def test_content_survives(tmp_path, suffix, content):
    source = tmp_path / f"day.csv{suffix}"
    source.write_bytes(COMPRESS[suffix](content))
    assert b"".join(plain_blocks(source)) == content


@pytest.mark.parametrize("suffix", COMPRESS)
def test_concatenated_parts_are_read_whole(tmp_path, suffix):
    source = tmp_path / f"day.csv{suffix}"
    source.write_bytes(COMPRESS[suffix](b"a,b\n") + COMPRESS[suffix](b"") + COMPRESS[suffix](b"1,2\n"))
    assert b"".join(plain_blocks(source)) == b"a,b\n1,2\n"


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("share", [0.999, 0.5, 0.0001])
def test_a_file_that_is_cut_off_is_an_error(tmp_path, suffix, share):
    whole = COMPRESS[suffix](CONTENT)
    source = tmp_path / f"day.csv{suffix}"
    source.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UnreadableFileError) as caught:
        list(plain_blocks(source))
    assert caught.value.message == f"file '{source}' is cut off: the compressed data ends early"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("Copy or download it again")


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_damaged_file_is_an_error(tmp_path, suffix):
    damaged = bytearray(COMPRESS[suffix](CONTENT))
    damaged[len(damaged) // 2 : len(damaged) // 2 + 64] = b"\xff" * 64
    source = tmp_path / f"day.csv{suffix}"
    source.write_bytes(damaged)
    with pytest.raises(UnreadableFileError, match=r"cannot be decompressed \(.+\)"):
        list(plain_blocks(source))


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_plain_file_with_the_suffix_is_an_error(tmp_path, suffix):
    source = tmp_path / f"day.csv{suffix}"
    source.write_bytes(b"label,a\n0,1\n")
    with pytest.raises(UnreadableFileError) as caught:
        list(plain_blocks(source))
    assert str(source) in caught.value.message
    assert "give it the right suffix" in str(caught.value.hint)
