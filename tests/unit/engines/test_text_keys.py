from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.profile import Oddity
from featsel.engines.text_keys import EMPTY_KEY, NULL_KEY, ODDITIES, mix_keys, text_keys, value_keys

KNOWN_KEYS = [4932486828107705697, 1900456972638675037, 10682531704454680323, 10463560386661855375]


NOT_USUAL = {Oddity.REPLACED, Oddity.CONTROL, Oddity.BYTE_ORDER_MARK, Oddity.PADDED, Oddity.GARBLED}


def odd(*texts: str | None) -> dict[Oddity, int]:
    _, n_odd, _ = text_keys(pl.Series(texts, dtype=pl.String))
    return {oddity: n for oddity, n in zip(ODDITIES, n_odd.tolist(), strict=True) if n}


@given(st.lists(st.text(max_size=30) | st.none(), min_size=1, max_size=30))
def test_texts_have_equal_keys_exactly_where_they_are_equal(texts: list[str | None]) -> None:
    texts = [text.encode("utf-8", "replace").decode() if text is not None else None for text in texts]
    keys = text_keys(pl.Series(texts, dtype=pl.String))[0].tolist()

    assert len(set(keys)) == len(set(texts))
    assert len(set(zip(texts, keys, strict=True))) == len(set(keys))


@given(st.lists(st.text(max_size=20), min_size=1, max_size=20), st.integers(0, 19))
def test_a_key_depends_on_its_text_alone(texts: list[str], place: int) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    place %= len(texts)

    alone = text_keys(pl.Series([texts[place]]))[0][0]

    assert text_keys(pl.Series(texts))[0][place] == alone


def test_keys_are_the_same_in_every_version() -> None:
    # profiles are read by later versions: whoever changes a key must change the version of the profile
    texts = pl.Series(["", "a", "user_123456", "12", None, "é"], dtype=pl.String)

    assert text_keys(texts)[0].tolist() == [
        int(EMPTY_KEY),
        *KNOWN_KEYS[:3],
        int(NULL_KEY),
        KNOWN_KEYS[3],
    ]


@given(st.lists(st.integers(-(10**17), 10**17), min_size=1, max_size=20))
def test_text_that_spells_an_integer_has_the_key_of_that_integer(numbers: list[int]) -> None:
    spelt = text_keys(pl.Series([str(number) for number in numbers]))[0]

    assert spelt.tolist() == value_keys(pl.Series(numbers, dtype=pl.Int64)).tolist()


@pytest.mark.parametrize("text", ["007", "+5", "-0", "1e3", "5.00", " 5", "99999999999999999999"])
def test_other_spellings_of_numbers_have_keys_of_their_own(text: str) -> None:
    plain = value_keys(pl.Series([int(float(text))], dtype=pl.Int128).cast(pl.Int64, strict=False))

    assert text_keys(pl.Series([text]))[0][0] != plain[0]


@pytest.mark.parametrize("number", [0.0, 1.0, -3.0, 2.0**52])
def test_text_that_spells_a_whole_float_has_the_key_of_that_integer(number: float) -> None:
    assert text_keys(pl.Series([repr(number)]))[0][0] == value_keys(pl.Series([number]))[0]


@pytest.mark.parametrize("number", [2**63 - 1, 2**63 + 5, 9_999_999_999_999_999_999])
def test_large_unsigned_integers_have_the_keys_of_their_text(number: int) -> None:
    assert text_keys(pl.Series([str(number)]))[0][0] == value_keys(pl.Series([number], dtype=pl.UInt64))[0]


def test_a_whole_float_has_the_key_of_the_integer() -> None:
    floats = value_keys(pl.Series([3.0, -7.0, 0.5, 1e300]))

    assert floats[:2].tolist() == value_keys(pl.Series([3, -7])).tolist()
    assert len(set(floats.tolist())) == 4


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt16, pl.Int32, pl.UInt64, pl.Int64])
def test_the_width_of_an_integer_does_not_matter(dtype: type[pl.DataType]) -> None:
    assert value_keys(pl.Series([5], dtype=dtype))[0] == value_keys(pl.Series([5]))[0]


def test_mixing_is_one_to_one_and_spreads() -> None:
    keys = mix_keys(np.arange(100_000, dtype=np.uint64))

    assert np.unique(keys).size == 100_000
    rows = np.bincount((keys >> np.uint64(54)).astype(np.int64), minlength=1024)
    # chi-squared with 1,023 degrees of freedom: mean 1,023, standard deviation 45
    assert np.sum((rows - 100_000 / 1024) ** 2) / (100_000 / 1024) < 1023 + 6 * 45


@given(st.lists(st.text("0123456789+-.eExab ", max_size=8), max_size=30))
def test_numbers_are_what_a_decimal_grammar_says(texts: list[str]) -> None:
    number = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
    # blanks are odd before anything else
    expected = sum(1 for text in texts if " " not in text and number.fullmatch(text))

    assert odd(*texts).get(Oddity.NUMBER, 0) == expected


@pytest.mark.parametrize(
    ("text", "oddity"),
    [
        ("caf\ufffd", Oddity.REPLACED),
        ("a\x00b", Oddity.CONTROL),
        ("a\x7f", Oddity.CONTROL),
        ("\ufeffname", Oddity.BYTE_ORDER_MARK),
        (" ios", Oddity.PADDED),
        ("ios ", Oddity.PADDED),
        ("\u00a0ios", Oddity.PADDED),
        ("ios\u00a0", Oddity.PADDED),
        ("café".encode().decode("latin-1"), Oddity.GARBLED),
        ("-1.5e3", Oddity.NUMBER),
        ("68fd1e64", Oddity.HEXADECIMAL),
        ("deadbeef", Oddity.HEXADECIMAL),
        ("", Oddity.EMPTY),
        ("NULL", Oddity.NULL),
        ("None", Oddity.NONE),
        ("nan", Oddity.NAN),
        ("NA", Oddity.NA),
        ("n/a", Oddity.N_A),
        ("\\N", Oddity.BACKSLASH_N),
        ("android", Oddity.WORD),
        ("café", Oddity.WORD),
    ],
)
def test_what_is_odd_about_a_text_is_named(text: str, oddity: Oddity) -> None:
    found = odd(text)
    is_word = not any(character.isdigit() for character in text) and oddity in NOT_USUAL

    assert found == {oddity: 1, Oddity.WORD: 1} if is_word else {oddity: 1}


@pytest.mark.parametrize("text", ["New York 5", "site12.com", "a1b2", "10,100", "[10,100)", "é9", "über5"])
def test_usual_text_is_not_odd(text: str) -> None:
    assert odd(text) == {}


def test_the_first_row_of_each_oddity_is_told() -> None:
    _, _, first = text_keys(pl.Series(["a1", None, " x1", "y1 "]))

    assert first[ODDITIES.index(Oddity.PADDED)] == 2
    assert first[ODDITIES.index(Oddity.GARBLED)] == -1
