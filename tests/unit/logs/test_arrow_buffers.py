"""A compressed buffer that says it unpacks to exabytes is found; whole files of any writer have none."""

import struct

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.errors import UnreadableFileError
from featsel.logs.arrow_buffers import first_impossible_buffer
from featsel.logs.formats import Format, check_content

N_ROWS = 1_000
EXABYTES = struct.pack("<q", 1 << 60)


@pytest.fixture
def frame():
    return pl.DataFrame(
        {
            "kind": pl.Series(["a", None] * (N_ROWS // 2), dtype=pl.Categorical),
            "name": [f"name of row {row}" for row in range(N_ROWS)],
            "zero": np.zeros(N_ROWS),
            "list": [[row, None] for row in range(N_ROWS)],
        }
    )


@pytest.mark.parametrize("compression", ["zstd", "lz4", "uncompressed"])
def test_whole_files_of_polars_pass(tmp_path, frame, compression):
    path = tmp_path / "log.arrow"
    pl.concat([frame, frame], rechunk=False).write_ipc(path, compression=compression)
    assert first_impossible_buffer(path) is None
    check_content(path, Format.IPC)


@pytest.mark.parametrize("compression", ["zstd", "lz4", None])
@pytest.mark.parametrize("is_legacy", [False, True], ids=["marked", "before 0.15"])
def test_whole_files_of_arrow_pass(tmp_path, frame, compression, is_legacy):
    ipc = pytest.importorskip("pyarrow.ipc")
    path = tmp_path / "log.arrow"
    table = frame.to_arrow()
    version = ipc.MetadataVersion.V4 if is_legacy else ipc.MetadataVersion.V5
    options = ipc.IpcWriteOptions(
        compression=compression, use_legacy_format=is_legacy, metadata_version=version
    )
    with ipc.new_file(path, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=300)
    assert first_impossible_buffer(path) is None


@pytest.mark.parametrize("is_legacy", [False, True], ids=["marked", "before 0.15"])
def test_every_batch_and_dictionary_is_looked_at(tmp_path, is_legacy):
    """Oracle: the length of an unpacked buffer stands in the file as often as there are such buffers."""
    pa = pytest.importorskip("pyarrow")
    path = tmp_path / "log.arrow"
    texts = pa.array([f"{code:0100}" for code in range(50)] * 20).dictionary_encode()
    table = pa.table({"zero": np.zeros(N_ROWS), "kind": texts})
    version = pa.ipc.MetadataVersion.V4 if is_legacy else pa.ipc.MetadataVersion.V5
    options = pa.ipc.IpcWriteOptions(
        compression="zstd", use_legacy_format=is_legacy, metadata_version=version
    )
    with pa.ipc.new_file(path, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=500)
    whole = path.read_bytes()
    found = dict.fromkeys((500 * 8, 500 * 4, 50 * 100), 0)  # numbers, codes, texts of the dictionary
    for length in found:
        text = struct.pack("<q", length)
        for place in (at for at in range(len(whole)) if whole[at : at + 8] == text):
            path.write_bytes(whole[:place] + EXABYTES + whole[place + 8 :])
            impossible = first_impossible_buffer(path)
            if impossible is not None:
                assert (impossible[0], impossible[2]) == (place, 1 << 60)
                found[length] += 1
    assert found == {500 * 8: 2, 500 * 4: 2, 50 * 100: 1}


def test_the_error_says_where_and_how_much(tmp_path, frame):
    path = tmp_path / "log.arrow"
    frame.select("zero").write_ipc(path, compression="zstd")
    whole = path.read_bytes()
    place = whole.index(struct.pack("<q", N_ROWS * 8))
    path.write_bytes(whole[:place] + EXABYTES + whole[place + 8 :])
    with pytest.raises(
        UnreadableFileError, match=r"log\.arrow' is damaged: [\d,]+ bytes at [\d,]+ claim"
    ) as caught:
        check_content(path, Format.IPC)
    assert "1,152,921,504,606,846,976" in str(caught.value)
    assert caught.value.hint


def test_what_compresses_best_still_passes(tmp_path):
    path = tmp_path / "log.arrow"
    pl.DataFrame({"zero": np.zeros(5_000_000)}).write_ipc(path, compression="zstd")
    assert first_impossible_buffer(path) is None


@given(
    content=st.binary(min_size=1, max_size=400),
    flips=st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255))),
)
def test_no_damage_is_an_error_of_its_own(tmp_path_factory, content, flips):
    path = tmp_path_factory.mktemp("arrow") / "log.arrow"
    path.write_bytes(content)
    assert first_impossible_buffer(path) is None
    pl.DataFrame({"a": ["x", None, "y"] * 100, "b": range(300)}).write_ipc(path, compression="zstd")
    damaged = bytearray(path.read_bytes())
    for place, value in flips:
        damaged[place % len(damaged)] = value
    path.write_bytes(damaged)
    impossible = first_impossible_buffer(path)
    assert impossible is None or impossible[1] > 0
