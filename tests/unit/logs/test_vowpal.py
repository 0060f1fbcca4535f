"""Namespaces of Vowpal Wabbit text become columns."""

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featsel.core.errors import EmptyLogError, LabelError, UnreadableFileError
from featsel.logs import compression, entries
from featsel.logs.vowpal import convert_vw


def convert(folder: Path, text: str) -> tuple[dict[str, list[object]], str]:
    source, target = folder / "log.vw", folder / "log.parquet"
    source.write_bytes(text.encode())
    conversion = convert_vw([str(source)], target)
    frame = pl.read_parquet(target)
    assert conversion.columns == tuple(frame.columns)
    assert conversion.n_rows == frame.height
    return frame.to_dict(as_series=False), conversion.sentence


def test_the_example_of_the_wiki(tmp_path):
    text = (
        "1 1.0 zebra|MetricFeatures:3.28 height:1.5 length:2.0 |Says black with white stripes "
        "|OtherFeatures NumberOfLegs:4.0 HasStripes\n"
    )
    columns, sentence = convert(tmp_path, text)
    assert columns == {
        "label": [1],
        "importance": [1.0],
        "MetricFeatures": [["height", "length"]],
        "Says": [["black", "with", "white", "stripes"]],
        "OtherFeatures": [["NumberOfLegs", "HasStripes"]],
    }
    assert sentence == (
        "A column for each namespace: 3 multivalued; "
        "values other than 1 are dropped in MetricFeatures, OtherFeatures."
    )


def test_single_features_are_categorical_and_absent_ones_null(tmp_path):
    columns, sentence = convert(tmp_path, "-1 |site a |device x\n1 |site b\n1 |device x:1 |site a:1.0\n")
    assert columns == {"label": [0, 1, 1], "site": ["a", "b", "a"], "device": ["x", None, "x"]}
    assert sentence == "A column for each namespace: 2 categorical."


def test_one_feature_with_values_is_numeric_times_its_scale(tmp_path):
    columns, _ = convert(tmp_path, "0 |price:0.5 usd:3 |n a\n1 |price usd:-1e1\n1 |n b\n0 |price usd |n b\n")
    assert columns["price"] == [1.5, -10.0, None, 1.0]


def test_values_of_a_categorical_namespace_are_dropped_and_said(tmp_path):
    columns, sentence = convert(tmp_path, "0 |a x:2\n1 |a y\n")
    assert columns["a"] == ["x", "y"]
    assert sentence == "A column for each namespace: 1 categorical; values other than 1 are dropped in a."


def test_many_losses_are_not_all_named(tmp_path):
    row = " ".join(f"|n{number} {{0}}:2" for number in range(7))
    _, sentence = convert(tmp_path, f"0 {row.format('x')}\n1 {row.format('y')}\n")
    assert sentence.endswith("values other than 1 are dropped in n0, n1, n2, n3, n4 and 2 more.")


def test_importance_is_one_where_a_line_gives_none(tmp_path):
    columns, _ = convert(tmp_path, "0 |a x\n1 2.5 |a y\n1 3 0.5 'tag|a y\n")
    assert columns["importance"] == [1.0, 2.5, 3.0]


@pytest.mark.parametrize(
    "head", ["1 ", "1 'tag", "1 'tag ", "1 tag", "+1 ", "1.0 ", "  1   'tag", "1\t'tag"], ids=repr
)
def test_heads_with_a_tag_give_the_label_alone(tmp_path, head):
    columns, _ = convert(tmp_path, f"{head}|a x\n0 |a y\n")
    assert columns == {"label": [1, 0], "a": ["x", "y"]}


def test_the_namespace_without_a_name_is_called_default(tmp_path):
    assert convert(tmp_path, "1 | x\n0 | y |b z\n")[0] == {
        "label": [1, 0],
        "default": ["x", "y"],
        "b": [None, "z"],
    }


def test_names_of_columns_do_not_collide(tmp_path):
    columns, _ = convert(tmp_path, "1 2 | a |default b |label c |importance d |ns_label e\n0 |default f\n")
    assert {name: cells[0] for name, cells in columns.items()} == {
        "label": 1,
        "importance": 2.0,
        "ns_default": "a",
        "default": "b",
        "ns_ns_label": "c",
        "ns_importance": "d",
        "ns_label": "e",
    }


def test_a_namespace_that_occurs_twice_in_a_line_counts_as_one(tmp_path):
    assert convert(tmp_path, "1 |a x |b z |a y\n0 |a x\n")[0]["a"] == [["x", "y"], ["x"]]


def test_blank_lines_carriage_returns_and_empty_namespaces_are_nothing(tmp_path):
    text = "\r\n1 |a x || |b\r\n   \r\n\t\r\n0\t|a  y\t\r\n\r\n"
    assert convert(tmp_path, text)[0] == {"label": [1, 0], "a": ["x", "y"]}


def test_other_characters_are_part_of_a_feature(tmp_path):
    assert convert(tmp_path, "1 |a é#=,\"'\n0 |a 日本\n")[0]["a"] == ["é#=,\"'", "日本"]


@pytest.mark.parametrize(
    ("line", "number"),
    [("|a x", 2), (" |a x", 2), ("'tag |a x", 2), ("1|a x", 2), ("\n\n|a x", 4)],
    ids=repr,
)
def test_a_line_without_a_label_is_an_error(tmp_path, line, number):
    with pytest.raises(LabelError, match=rf"line {number} has no label: .*\|a x") as caught:
        convert(tmp_path, f"1 |a x\n{line}\n0 |a x\n")
    assert caught.value.hint == (
        "Leave out rows without a label; a word that touches the first '|' is a tag, not a label."
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1 a x", "expected a '|' behind the label, found '1 a x'"),
        ("yes |a x", "expected a label, an importance and a base, found 'yes '"),
        ("1 heavy |a x", "expected a label, an importance and a base, found '1 heavy '"),
        ("1 2 3 4 |a x", "expected a label, an importance and a base, found '1 2 3 4 '"),
        ("1 |a:b x", "expected namespace[:scale], found 'a:b'"),
        ("1 |a x:y", "expected feature[:value], found 'x:y'"),
        ("1 |a x:", "expected feature[:value], found 'x:'"),
        ("1 |a :3", "expected feature[:value], found ':3'"),
        ("1 |a x:1:2", "expected feature[:value], found 'x:1:2'"),
        (f"1 |a {'x' * 100}:y", f"expected feature[:value], found '{'x' * 59}…'"),
    ],
)
def test_a_malformed_line_is_an_error_that_names_it(tmp_path, line, message):
    with pytest.raises(UnreadableFileError) as caught:
        convert(tmp_path, f"1 |a x\n\n{line}\n1 |a worse:\nworst\n|a no-label\n")
    assert caught.value.message == f"file '{tmp_path / 'log.vw'}', line 3: {message}"
    assert str(caught.value.hint).startswith('A line is "label [importance [base]]')
    assert [path.name for path in tmp_path.iterdir()] == ["log.vw"]


def test_labels_of_another_kind_are_an_error(tmp_path):
    with pytest.raises(LabelError, match="has the labels 1, 2, 3"):
        convert(tmp_path, "1 |a x\n2 |a x\n3 |a x\n")


@pytest.mark.parametrize(("text", "found"), [("", "rows"), ("\n \n", "rows"), ("1 |a\n0 |\n", "entries")])
def test_a_log_without_rows_or_features_is_empty(tmp_path, text, found):
    with pytest.raises(EmptyLogError, match=f"has no {found}"):
        convert(tmp_path, text)


NAMES = st.text(alphabet="abé0=_-#'\"", min_size=1, max_size=4)
ROWS = st.lists(
    st.tuples(
        st.sampled_from([-1, 1]), st.dictionaries(NAMES, st.lists(NAMES, min_size=1, max_size=3), max_size=4)
    ),
    min_size=1,
    max_size=20,
).filter(lambda rows: any(fields for _, fields in rows))


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, block_size=st.sampled_from([64, 1 << 20]))
def test_generated_logs_come_back(rows, block_size):
    text = "".join(
        f"{label} "
        + " ".join(f"|{name} {' '.join(features)}" for name, features in (fields or {"": [""]}).items())
        + "\n"
        for label, fields in rows
    )
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "BLOCK_BYTES", block_size)
        patch.setattr(compression, "PLAIN_BLOCK_BYTES", block_size)
        columns, _ = convert(Path(folder), text)
    names = list(dict.fromkeys(name for _, fields in rows for name in fields))
    expected: dict[str, list[object]] = {"label": [max(label, 0) for label, _ in rows]}
    for name in names:
        cells = [fields.get(name) for _, fields in rows]
        is_list = any(len(cell) > 1 for cell in cells if cell)
        expected[name] = [cell if is_list or cell is None else cell[0] for cell in cells]
    assert columns == expected
