"""Which stable key has a value, and what is odd about its text?

Keys of :mod:`featsel.engines.keys` hold within one version of polars. A profile is read by later versions,
so its keys are made here: integers by themselves, text by its bytes. Text that spells an integer has the key
of that integer, so that a log has the same keys as Parquet and as CSV.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from featsel.core.profile import Oddity
from featsel.engines import kernels
from featsel.engines.keys import number_keys

NULL_KEY = np.uint64(0xA0761D6478BD642F)
EMPTY_KEY = np.uint64(0x2545F4914F6CDD1D)
"""Keys of null and of the empty text: arbitrary 64-bit numbers."""

ODDITIES = tuple(Oddity)
_REPLACED, _CONTROL, _MARKED, _PADDED, _GARBLED, _NUMBER, _HEXADECIMAL, _EMPTY, _NULL_WORD = range(9)
_WORD = ODDITIES.index(Oddity.WORD)
assert ODDITIES[_EMPTY] is Oddity.EMPTY
assert ODDITIES[_NULL_WORD] is Oddity.NULL

_DIGIT, _HEX_LETTER, _EXPONENT, _MARK, _CONTROL_BYTE, _BLANK, _LEAD, _OTHER = (
    np.uint8(1 << bit) for bit in range(8)
)
"""What a byte can be part of."""

_NUMERIC = _DIGIT | _HEX_LETTER | _EXPONENT | _MARK
_HEXADECIMALS = _DIGIT | _HEX_LETTER | _EXPONENT
_SUSPICIOUS = _CONTROL_BYTE | _BLANK | _LEAD

LEAST_HEXADECIMALS = 6
"""Shorter text of hexadecimal digits is as likely a word."""

MOST_DIGITS = 19
"""An integer of more digits may not fit 64 bits."""

LONGEST_NULL_WORD = 4


def _byte_classes() -> NDArray[np.uint8]:
    classes = np.full(256, _OTHER, np.uint8)
    classes[:32] = _CONTROL_BYTE
    classes[127] = _CONTROL_BYTE
    classes[[*b"\t\n\r"]] = _CONTROL_BYTE | _BLANK
    classes[[*b" "]] = _BLANK
    classes[[*b"+-."]] = _MARK
    classes[[*b"0123456789"]] = _DIGIT
    classes[[*b"abcdfABCDF"]] = _HEX_LETTER
    classes[[*b"eE"]] = _EXPONENT
    # the first bytes of a no-break space, of a replacement character or byte order mark, and of garbled text
    classes[[0xC2, 0xC3, 0xEF]] = _LEAD | _OTHER
    return classes


BYTE_CLASSES = _byte_classes()


def _null_words() -> NDArray[np.uint64]:
    words = (b"null", b"none", b"nan", b"na", b"n/a", b"\\n")
    return np.array(
        [int.from_bytes(bytes(byte | 0x20 for byte in word), "little") for word in words], np.uint64
    )


NULL_WORD_BYTES = _null_words()
"""The words in the order of :class:`~featsel.core.profile.Oddity`, in small letters, as little-endian
numbers."""


def text_keys(texts: pl.Series) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Stable keys of text, and what is odd about it.

    Parameters
    ----------
    texts : polars.Series
        Strings.

    Returns
    -------
    keys : ndarray of uint64, shape (n_rows,)
        Equal for equal text, in every version; ``NULL_KEY`` for null.
    n_odd : ndarray of int64, shape (n_oddities,)
        Values of each :class:`~featsel.core.profile.Oddity`.
    first : ndarray of int64, shape (n_oddities,)
        Row of the first of each, or -1.
    """
    sizes = texts.str.len_bytes()
    is_null = texts.is_null().to_numpy() if texts.null_count() else np.zeros(0, np.bool_)
    joined: bytes | None = texts.str.join("", ignore_nulls=True).cast(pl.Binary).item()
    content = np.frombuffer(joined or b"\0", np.uint8)
    keys = np.empty(texts.len(), np.uint64)
    n_odd = np.zeros(len(ODDITIES), np.int64)
    first = np.full(len(ODDITIES), -1, np.int64)
    _hash_texts(
        kernels.read_only(content),
        kernels.read_only(sizes.fill_null(0).cast(pl.UInt32).to_numpy()),
        kernels.read_only(is_null),
        kernels.read_only(BYTE_CLASSES),
        kernels.read_only(NULL_WORD_BYTES),
        keys,
        n_odd,
        first,
    )
    return keys, n_odd, first


def value_keys(values: pl.Series) -> NDArray[np.uint64]:
    """Stable keys of integers, booleans, points in time and floats.

    Parameters
    ----------
    values : polars.Series
        Not text.

    Returns
    -------
    ndarray of uint64, shape (n_rows,)
        ``NULL_KEY`` for null. A whole float has the key of the integer.
    """
    if values.dtype.is_temporal():
        values = values.to_physical()
    is_null = values.is_null().to_numpy() if values.null_count() else None
    if values.dtype.is_float() or values.dtype.is_decimal():
        numbers = values.cast(pl.Float64).fill_null(0.0).to_numpy()
        is_whole = (numbers == np.trunc(numbers)) & (np.abs(numbers) < 2.0**53)
        whole = np.where(is_whole, numbers, 0.0).astype(np.int64).view(np.uint64)
        keys = np.where(is_whole, whole, number_keys(numbers))
    elif values.dtype == pl.UInt64:
        keys = values.fill_null(0).to_numpy()
    else:
        keys = values.cast(pl.Int64).fill_null(0).to_numpy().view(np.uint64)
    mixed = mix_keys(keys)
    if is_null is not None:
        mixed[is_null] = NULL_KEY
    return mixed


def mix_keys(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread keys over all 64 bits, one to one.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n,)
        Any.

    Returns
    -------
    ndarray of uint64, shape (n,)
        A new array.
    """
    mixed = np.empty(keys.size, np.uint64)
    _mix_all(kernels.read_only(keys), mixed)
    return mixed


@kernels.compiled
def mix(key: np.uint64) -> np.uint64:
    """Spread the bits of a key; the step of splitmix64 (Steele, Lea & Flood, OOPSLA 2014)."""
    key += np.uint64(0x9E3779B97F4A7C15)  # so that 0, the key of no value in a table, is none here either
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))


@kernels.compiled
def _mix_all(keys: NDArray[np.uint64], mixed: NDArray[np.uint64]) -> None:
    for place in range(keys.size):
        mixed[place] = mix(keys[place])


@kernels.compiled
def _hash_texts(  # noqa: C901, PLR0912, PLR0915 - one loop over the bytes sees all
    content: NDArray[np.uint8],
    sizes: NDArray[np.uint32],
    is_null: NDArray[np.bool_],
    classes: NDArray[np.uint8],
    null_words: NDArray[np.uint64],
    keys: NDArray[np.uint64],
    n_odd: NDArray[np.int64],
    first: NDArray[np.int64],
) -> None:
    """Hash texts that stand one after the other, and count what is odd; see :func:`text_keys`."""
    start = 0
    for row in range(sizes.size):
        size = int(sizes[row])
        if is_null.size > 0 and is_null[row]:
            keys[row] = NULL_KEY
            continue
        if size == 0:
            keys[row] = EMPTY_KEY
            _note(_EMPTY, row, n_odd, first)
            continue
        stop = start + size
        seen = np.uint8(0)
        state = np.uint64(0x9E3779B97F4A7C15)
        place = start
        while place + 8 <= stop:
            word = np.uint64(0)
            for offset in range(8):
                byte = content[place + offset]
                word |= np.uint64(byte) << np.uint64(8 * offset)
                seen |= classes[byte]
            state = (state ^ word) * np.uint64(0x9FB21C651E98DF25)
            state ^= state >> np.uint64(32)
            place += 8
        word = np.uint64(0)
        shift = np.uint64(0)
        while place < stop:
            byte = content[place]
            word |= np.uint64(byte) << shift
            seen |= classes[byte]
            shift += np.uint64(8)
            place += 1
        key = mix((state ^ word) + np.uint64(size) * np.uint64(0xD6E8FEB86659FD93))
        if seen & _SUSPICIOUS:
            _note_suspicious(content, start, stop, seen, row, n_odd, first)
            if not seen & _DIGIT:
                _note(_WORD, row, n_odd, first)
        elif seen & _DIGIT and not seen & _OTHER:
            if _is_number(content, start, stop):
                _note(_NUMBER, row, n_odd, first)
                if not seen & (_EXPONENT | _HEX_LETTER):
                    key = _integer_key(content, start, stop, key)
            elif size >= LEAST_HEXADECIMALS and not seen & _MARK:
                _note(_HEXADECIMAL, row, n_odd, first)
        elif size >= LEAST_HEXADECIMALS and not seen & (_OTHER | _MARK):
            _note(_HEXADECIMAL, row, n_odd, first)
        elif not seen & _DIGIT:
            oddity = _WORD
            if 2 <= size <= LONGEST_NULL_WORD:
                lowered = word | (np.uint64(0x20202020) >> np.uint64(8 * (4 - size)))
                for index in range(null_words.size):
                    if null_words[index] == lowered:
                        oddity = _NULL_WORD + index
            _note(oddity, row, n_odd, first)
        keys[row] = key
        start = stop


@kernels.compiled
def _note(oddity: int, row: int, n_odd: NDArray[np.int64], first: NDArray[np.int64]) -> None:
    n_odd[oddity] += 1
    if first[oddity] < 0:
        first[oddity] = row


@kernels.compiled
def _is_number(  # noqa: C901 - a grammar of one line, spelt out
    content: NDArray[np.uint8], start: int, stop: int
) -> bool:
    """Whether text spells a decimal number: a sign, digits with a point, an exponent."""
    place = start
    if content[place] == 43 or content[place] == 45:
        place += 1
    n_digits = 0
    has_point = False
    while place < stop:
        byte = content[place]
        if 48 <= byte <= 57:
            n_digits += 1
        elif byte == 46 and not has_point:
            has_point = True
        else:
            break
        place += 1
    if n_digits == 0:
        return False
    if place == stop:
        return True
    if content[place] != 69 and content[place] != 101:
        return False
    place += 1
    if place < stop and (content[place] == 43 or content[place] == 45):
        place += 1
    if place == stop:
        return False
    while place < stop:
        if not 48 <= content[place] <= 57:
            return False
        place += 1
    return True


@kernels.compiled
def _integer_key(content: NDArray[np.uint8], start: int, stop: int, key: np.uint64) -> np.uint64:
    """Key of the integer that text spells in the usual way, or else the given one."""
    place = start
    is_negative = content[place] == 45
    if is_negative:
        place += 1
    # a whole float is spelt with a point and a zero
    if stop - place > 2 and content[stop - 1] == 48 and content[stop - 2] == 46:
        stop -= 2
    n_digits = stop - place
    if n_digits > MOST_DIGITS or n_digits == 0 or (content[place] == 48 and (n_digits > 1 or is_negative)):
        return key
    number = np.uint64(0)
    while place < stop:
        byte = content[place]
        if not 48 <= byte <= 57:
            return key
        number = number * np.uint64(10) + np.uint64(byte - 48)
        place += 1
    if is_negative:
        number = np.uint64(0) - number
    return mix(number)


@kernels.compiled
def _note_suspicious(
    content: NDArray[np.uint8],
    start: int,
    stop: int,
    seen: Any,  # noqa: ANN401 - uint8, which numpy's stubs lose in an or
    row: int,
    n_odd: NDArray[np.int64],
    first: NDArray[np.int64],
) -> None:
    """Count blanks around a text, and bytes that do not belong into one."""
    if seen & _CONTROL_BYTE:
        _note(_CONTROL, row, n_odd, first)
    if _is_blank(content, start, stop) or _is_blank_end(content, start, stop):
        _note(_PADDED, row, n_odd, first)
    if not seen & _LEAD:
        return
    is_replaced, is_marked, is_garbled = False, False, False
    for place in range(start, stop - 2):
        one, two, three = content[place], content[place + 1], content[place + 2]
        is_replaced |= one == 0xEF and two == 0xBF and three == 0xBD
        is_marked |= one == 0xEF and two == 0xBB and three == 0xBF
        # a letter that Latin-1 reads from a lead byte, followed by what it reads from a continuation byte
        is_garbled |= one == 0xC3 and two < 0xC0 and three == 0xC2
    if is_replaced:
        _note(_REPLACED, row, n_odd, first)
    if is_marked:
        _note(_MARKED, row, n_odd, first)
    if is_garbled:
        _note(_GARBLED, row, n_odd, first)


@kernels.compiled
def _is_blank(content: NDArray[np.uint8], start: int, stop: int) -> bool:
    """Whether text begins with a blank, or with a no-break space."""
    byte = content[start]
    return byte == 32 or 9 <= byte <= 13 or (byte == 0xC2 and stop - start > 1 and content[start + 1] == 0xA0)


@kernels.compiled
def _is_blank_end(content: NDArray[np.uint8], start: int, stop: int) -> bool:
    byte = content[stop - 1]
    return byte == 32 or 9 <= byte <= 13 or (byte == 0xA0 and stop - start > 1 and content[stop - 2] == 0xC2)
