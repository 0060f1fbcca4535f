"""Arrays come back from their text, and nothing else does."""

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from featsel.artifacts.packing import pack, unpack

WORDS = st_np.arrays(np.uint64, st.integers(0, 20), elements=st.integers(0, 2**64 - 1))
SMALL = st_np.arrays(np.uint64, st.integers(0, 40), elements=st.integers(0, 9))


def text_of(content):
    return base64.b85encode(zlib.crc32(content).to_bytes(4, "little") + content).decode()


@given(st.lists(WORDS | SMALL, max_size=5))
def test_arrays_come_back(arrays):
    text = pack(arrays)
    assert [array.tolist() for array in unpack(text)] == [array.tolist() for array in arrays]
    assert {array.dtype for array in unpack(text)} <= {np.dtype(np.uint64)}
    assert not {'"', "\\"} & set(text)


@given(st.lists(WORDS, min_size=1, max_size=3), st.data())
def test_a_text_that_was_changed_is_refused(arrays, data):
    text = pack(arrays)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda letter: letter != text[place]))
    changed = text[:place] + other + text[place + 1 :]
    try:
        assert base64.b85decode(changed) == base64.b85decode(text)  # the last letters have bits to spare
    except (ValueError, AssertionError):
        with pytest.raises(ValueError, match=r"checksum|base85|overflow"):
            unpack(changed)


@given(st.lists(SMALL, min_size=1, max_size=3), st.data())
def test_a_text_that_was_cut_off_is_refused(arrays, data):
    text = pack(arrays)
    with pytest.raises(ValueError, match=r"checksum|base85"):
        unpack(text[: data.draw(st.integers(0, len(text) - 1))])


@given(st.binary(max_size=60))
def test_any_bytes_are_arrays_or_refused(content):
    try:
        arrays = unpack(text_of(content))
    except ValueError:
        return
    assert sum(array.size for array in arrays) <= 8 * len(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "a number is cut off"),
        (b"\xff" * 30, "a number is cut off"),
        (b"\xff\xff\xff\xff\x7f\x00\x00\x01\xff", "an array has another length than it says"),
        (b"\xff\xff\xff\xff\x7f\x00\x3f\x01\xff", "an array is cut off"),
        (b"\x01\x00\x40\x01\xff", "an array is cut off"),
        (b"\x01\x00\x3f\x01\x10" + b"\xff" * 8, "a number is too large"),
        (b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x01\x40", "a number is too large"),
        (b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03\x00\x01\x80", "a number is too large"),
    ],
)
def test_a_wrong_length_makes_no_array(content, message):
    with pytest.raises(ValueError, match=message):
        unpack(text_of(content))


def test_text_beyond_ascii_is_refused():
    with pytest.raises(ValueError, match="ascii"):
        unpack("é")


def test_gaps_between_hashes_take_few_bits_more_than_they_hold():
    marks = np.sort(np.random.default_rng(0).integers(0, 1 << 48, 4096, dtype=np.uint64))
    gaps = np.diff(marks, prepend=np.uint64(0))
    # a gap of mean m has log2(e m) bits of information if it is geometric
    bits = 4096 * np.log2(np.e * 2.0**48 / 4096)
    assert len(base64.b85decode(pack([gaps]))) * 8 < 1.02 * bits + 100
