"""How do arrays of whole numbers fit into a line of text?

Numbers above the smallest are Rice codes (Rice & Plaunt, IEEE Trans. Communications 19, 1971): their upper
bits in unary, the lower ones as they are. Counts and gaps between hashes are close to geometric, for which
this is best; zlib takes a seventh more. Nothing inflates: a text never makes more numbers than it has bits.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WORD_BITS = 64
_CHECKSUM_BYTES = 4


def pack(arrays: Sequence[NDArray[np.uint64]]) -> str:
    """Text of some arrays.

    Parameters
    ----------
    arrays : sequence of ndarray of uint64, shape (n,)
        Of any lengths.

    Returns
    -------
    str
        Base85 of a checksum and the arrays; without quotes and backslashes.

    Examples
    --------
    >>> unpack(pack([np.array([7, 9, 8], np.uint64)]))
    [array([7, 9, 8], dtype=uint64)]
    """
    content = b"".join(_packed(array) for array in arrays)
    checksum = zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "little")
    return base64.b85encode(checksum + content).decode("ascii")


def unpack(text: str) -> list[NDArray[np.uint64]]:
    """Arrays of a text.

    Parameters
    ----------
    text : str
        As :func:`pack` made it.

    Returns
    -------
    list of ndarray of uint64
        The arrays.

    Raises
    ------
    ValueError
        It was not made so, or has changed since.
    """
    content = base64.b85decode(text.encode("ascii"))
    checksum, content = content[:_CHECKSUM_BYTES], content[_CHECKSUM_BYTES:]
    if zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "little") != checksum:
        raise ValueError("the checksum does not fit")
    arrays: list[NDArray[np.uint64]] = []
    place = 0
    while place < len(content):
        array, place = _unpacked(content, place)
        arrays.append(array)
    return arrays


def _packed(array: NDArray[np.uint64]) -> bytes:
    if not array.size:
        return _varint(0)
    base = int(array.min())
    numbers = array - np.uint64(base)
    n_low = _best_split(numbers)
    unary = np.zeros(int((numbers >> np.uint64(n_low)).sum()) + array.size, np.uint8)
    unary[np.cumsum((numbers >> np.uint64(n_low)) + np.uint64(1)) - np.uint64(1)] = 1
    shifts = np.arange(n_low - 1, -1, -1, dtype=np.uint64)
    lower = ((numbers[:, None] >> shifts) & np.uint64(1)).astype(np.uint8)
    packed = np.packbits(unary).tobytes()
    head = [array.size, base, n_low, len(packed)]
    return b"".join(map(_varint, head)) + packed + np.packbits(lower).tobytes()


def _best_split(numbers: NDArray[np.uint64]) -> int:
    """How many lower bits to write as they are, so that all bits are fewest."""
    # sums of floats: of whole numbers they could overflow
    usual = min(int(numbers.mean(dtype=np.float64)).bit_length(), WORD_BITS - 1)
    splits = range(max(0, usual - 6), usual + 1)  # the best is at the mean or, if a few are far larger, below
    n_bits = [
        float((numbers >> np.uint64(split)).sum(dtype=np.float64)) + split * numbers.size for split in splits
    ]
    return splits[n_bits.index(min(n_bits))]


def _unpacked(content: bytes, place: int) -> tuple[NDArray[np.uint64], int]:
    size, place = _read_varint(content, place)
    if not size:
        return np.empty(0, np.uint64), place
    base, place = _read_varint(content, place)
    n_low, place = _read_varint(content, place)
    n_unary, place = _read_varint(content, place)
    n_lower = (size * n_low + 7) // 8
    if n_low >= WORD_BITS or place + n_unary + n_lower > len(content):
        raise ValueError("an array is cut off")
    ones = np.flatnonzero(np.unpackbits(np.frombuffer(content, np.uint8, n_unary, place)))
    if ones.size != size:
        raise ValueError("an array has another length than it says")
    upper = np.diff(ones, prepend=-1) - 1
    if int(upper.max()).bit_length() + n_low > WORD_BITS:
        raise ValueError("a number is too large")
    bits = np.unpackbits(np.frombuffer(content, np.uint8, n_lower, place + n_unary), count=size * n_low)
    weights = np.uint64(1) << np.arange(n_low - 1, -1, -1, dtype=np.uint64)
    lower = (bits.reshape(size, n_low).astype(np.uint64) * weights).sum(axis=1, dtype=np.uint64)
    numbers = (upper.astype(np.uint64) << np.uint64(n_low)) + lower
    if base >> WORD_BITS or base + int(numbers.max()) >> WORD_BITS:
        raise ValueError("a number is too large")
    return numbers + np.uint64(base), place + n_unary + n_lower


def _varint(number: int) -> bytes:
    """Number in groups of seven bits, the lowest first; the last has its upper bit clear."""
    groups = bytearray()
    while number >= 0x80:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def _read_varint(content: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while shift < WORD_BITS + 7 and place < len(content):
        group = content[place]
        number |= (group & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if group < 0x80:
            return number, place
    raise ValueError("a number is cut off")
