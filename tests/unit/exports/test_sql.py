"""The query gives each row the codes that the values file says."""

import math
import sqlite3
from dataclasses import replace

import polars as pl
import pytest

from featsel.core.errors import ConfigError
from featsel.core.feature_config import ConfigLabel, EncodedField, EncodedKind, Encoding, ValuesFile
from featsel.exports.sql import to_sql

LOG = [
    # click, city, sex, age, price
    (1, "Oslo", "f", 0.4999, 2.0),
    (0, "L'Aquila", "f", 0.5, 10.0),
    (1, None, "m", 9.0, None),
    (0, "Rome", None, None, -2.0),
]


@pytest.fixture
def run(values):
    """Rows of a query on the log, in its order."""

    def rows(query, values=values):
        base = sqlite3.connect(":memory:")
        base.execute('CREATE TABLE log (click INTEGER, city TEXT, sex TEXT, age REAL, "price" REAL)')
        base.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?)", LOG)
        base.execute('CREATE TABLE "features.values" (field TEXT, value TEXT, code INTEGER)')
        kept = values.select("field", "value", "code").rows()
        base.executemany('INSERT INTO "features.values" VALUES (?, ?, ?)', kept)
        body = query.rstrip().replace("\nFROM", ",\n  l.rowid AS place\nFROM", 1)
        found = base.execute(f"SELECT * FROM ({body}) ORDER BY place").fetchall()
        base.close()
        return [row[:-1] for row in found]

    return rows


def query(make_config, values, *fields, **changes):
    return to_sql(make_config(*fields, **changes), values, "features").files["features.sql"]


def test_values_have_their_codes_null_its_own_and_the_rest_0(make_config, fields, values, run):
    assert run(query(make_config, values, fields["city"])) == [(1, 1), (0, 3), (1, 2), (0, 0)]


def test_a_null_without_a_feature_is_0(make_config, fields, values, run):
    kept = values.filter(values["value"].is_not_null())
    assert run(query(make_config, kept, fields["city"])) == [(1, 1), (0, 3), (1, 0), (0, 0)]


def test_bins_are_closed_on_the_left(make_config, fields, values, run):
    assert run(query(make_config, values, fields["age"])) == [(1, 2), (0, 0), (1, 1), (0, 3)]


def test_numbers_are_standardised(make_config, fields, values, run):
    assert run(query(make_config, values, fields["price"])) == [(1, 0.0), (0, 2.0), (1, 0.0), (0, -1.0)]


def test_pairs_have_their_codes(make_config, fields, values, run):
    assert run(query(make_config, values, fields["city*age"])) == [(1, 1), (0, 0), (1, 2), (0, 0)]


def test_no_row_is_lost_or_doubled_by_many_fields(make_config, fields, values, run):
    kept = [fields[name] for name in ("city", "age", "price", "city*age")]
    assert run(query(make_config, values, *kept)) == [
        (1, 1, 2, 0.0, 1),
        (0, 3, 0, 2.0, 0),
        (1, 2, 1, 0.0, 2),
        (0, 0, 3, -1.0, 0),
    ]


@pytest.mark.parametrize(("positive", "labels"), [(0, [0, 1, 0, 1]), ("1", [1, 0, 1, 0])])
def test_the_label_counts_its_positive_value(make_config, fields, values, run, positive, labels):
    text = query(make_config, values, fields["age"], label=ConfigLabel("click", positive))
    assert [row[0] for row in run(text)] == labels


def test_time_and_weight_are_kept(make_config, fields, values, run):
    text = query(make_config, values, fields["city"], time="age", weight="price")
    assert run(text)[0] == (1, 0.4999, 2.0, 1)


def test_names_are_quoted(make_config, fields, values):
    text = query(make_config, values, replace(fields["city"], name='a"b', values="a'b"))
    assert 'l."a""b"' in text
    assert "'a''b'" in text


def test_a_file_name_with_a_line_feed_stays_in_its_comment(make_config, fields, values):
    config = make_config(fields["city"], values=ValuesFile("a\nDROP TABLE log", "0" * 64))
    text = to_sql(config, values, "features").files["features.sql"]
    assert all(line.startswith("--") for line in text.partition("\nSELECT")[0].splitlines())


@pytest.mark.parametrize(
    ("number", "bucket"),
    [
        (-1.5, "-2"),
        (0.0, "0"),
        (1.9, "1"),
        (2.0, "2"),
        (2.5, "0"),
        (100.0, "21"),
        (None, None),
        (1e400, None),
    ],
)
def test_numbers_fall_into_the_bucket_of_their_squared_logarithm(make_config, number, bucket):
    field = EncodedField("age", EncodedKind.NUMERIC, Encoding.LOG2, 1, 9, 16, values="age")
    kept = pl.DataFrame({"field": "age", "value": [bucket or "7"], "code": [1]})
    text = query(make_config, kept, field)
    base = sqlite3.connect(":memory:")
    base.create_function("LN", 1, math.log)
    base.create_function("FLOOR", 1, math.floor)
    base.execute("CREATE TABLE log (click INTEGER, age REAL)")
    base.execute("INSERT INTO log VALUES (1, ?)", (number,))
    base.execute('CREATE TABLE "features.values" (field TEXT, value TEXT, code INTEGER)')
    base.executemany('INSERT INTO "features.values" VALUES (?, ?, ?)', kept.rows())
    found = base.execute(text).fetchall()
    base.close()
    assert found == [(1, 0 if bucket is None else 1)]


@pytest.mark.parametrize(
    ("kept", "codes"), [(["9", "0.4999", "x"], [2, 0, 1, 0]), (["9", "9.0"], [0, 0, 2, 0])]
)
def test_whole_numbers_of_a_column_of_floats_have_no_point(make_config, fields, run, kept, codes):
    own = pl.DataFrame({"field": "city", "value": kept, "code": range(1, len(kept) + 1)})
    # the column is called as the field is, its values stand under another name
    field = replace(fields["city"], name="age")
    text = query(make_config, own, field)
    assert [code for _, code in run(text, own)] == codes


def test_a_hashed_field_is_refused(make_config, fields, values):
    with pytest.raises(ConfigError, match="field 'device' is encoded as hash, which SQL cannot compute"):
        query(make_config, values, fields["device"])


def test_a_field_of_one_bin_tells_null_alone(make_config, fields, run):
    kept = pl.DataFrame({"field": "age", "value": ["(-inf, inf)", None], "code": [1, 2]})
    text = query(make_config, kept, replace(fields["age"], edges=()))
    assert [code for _, code in run(text)] == [1, 1, 1, 2]


def test_lists_are_split_by_their_separator(make_config, fields, values):
    assert "string_split(l.\"tags\", '|')" in query(make_config, values, fields["tags"])
