"""The first lines of delimited files say what their columns are."""

import pytest

from featsel.core.errors import ConfigError, DataError, EmptyLogError, UnreadableFileError
from featsel.logs.formats import Format
from featsel.logs.text import CRITEO_COLUMNS, TextOptions, find_dialect


def dialect_of(folder, *texts, format=Format.CSV, **options):  # noqa: A002 - the option's name
    paths = [folder / f"log{number}.txt" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return find_dialect(list(map(str, paths)), format=format, options=TextOptions(**options))


@pytest.mark.parametrize(
    ("text", "options", "columns", "separator"),
    [
        ("a,b\n1,2\n", {}, ("a", "b"), ","),
        ("\ufeff a , b\r\n1,2\r\n", {}, ("a", "b"), ", "),
        ('"a,a",b\n1,2\n', {}, ("a,a", "b"), ","),
        ("a,,b,\n1,2,3,\n", {}, ("a", "column_2", "b", "column_4"), ","),
        ("1, x, 2\n", {"has_header": False}, ("column_1", "column_2", "column_3"), ", "),
        ("a::b\n1::2\n", {"separator": "::"}, ("a", "b"), "::"),
        ("a,b\n1,2\n", {"columns": ("x", "y")}, ("x", "y"), ","),
    ],
)
def test_names_and_separator_are_found(tmp_path, text, options, columns, separator):
    dialect = dialect_of(tmp_path, text, **options)
    assert dialect.columns == columns
    assert dialect.separator == separator


def test_the_criteo_layout_has_names_of_its_own(tmp_path):
    dialect = dialect_of(tmp_path, "\t".join("0" * 40) + "\n", format=Format.CRITEO)
    assert dialect.columns == CRITEO_COLUMNS
    assert not dialect.has_header


@pytest.mark.parametrize(
    ("texts", "options", "error", "message", "hint"),
    [
        ([""], {}, EmptyLogError, "is empty", "writer came to an end"),
        (["\na,b\n"], {}, EmptyLogError, "starts with an empty line", "Remove it"),
        (["a,a\n1,2\n"], {}, DataError, "names column 'a' 2 times", "Rename"),
        (["1,1,x\n"], {}, DataError, "names column '1' 2 times", "--no-header"),
        (["a;b\n1;2\n"], {}, ConfigError, "its first line holds ';'", "--separator ';'"),
        (["a,b\r1,2\r"], {}, UnreadableFileError, "carriage return alone", "tr "),
        ([b"caf\xe9,b\n"], {}, UnreadableFileError, "line 1: the text is not UTF-8", "iconv"),
        (["a,b\n", "a,c\n"], {}, DataError, "extra c; missing b", "same header"),
        (["a,b\n", "b,a\n"], {}, DataError, "another order", "same header"),
        (["1,2\n", "1,2,3\n"], {"has_header": False}, DataError, "has 3 columns", "same columns"),
        (["a,b\n"], {"columns": ("x",)}, ConfigError, "names 1 columns, but", "every column"),
        (["\t".join("0" * 40)], {"format": Format.TSV}, DataError, "a row of 40 values", "--format criteo"),
        (["0\t1\n"], {"format": Format.CRITEO}, UnreadableFileError, "has 2 tab-separated", "I1 to I13"),
    ],
)
def test_what_cannot_be_a_log_is_an_error_that_says_what_to_do(
    tmp_path, texts, options, error, message, hint
):
    with pytest.raises(error) as caught:
        dialect_of(tmp_path, *texts, **options)
    assert message in caught.value.message
    assert hint in caught.value.hint
