"""A feature config comes back as it was saved, and every fault in its files is named with its place."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from featsel.artifacts import feature_configs
from featsel.artifacts.feature_configs import read_features, write_features
from featsel.artifacts.feature_values import VALUES_SCHEMA
from featsel.core.errors import ConfigError, MissingFileError, UnreadableFileError
from featsel.core.feature_config import (
    EmbeddingScheme,
    EmbeddingTable,
    EncodedKind,
    Encoding,
    Rest,
    TableDtype,
    ValuesFile,
)
from featsel.core.table_size import table_bytes

ZEROS = "0" * 64


def with_used(config):
    used = replace(
        config.selection.used,
        fields=len(config.fields),
        features=sum(field.features for field in config.fields),
        bytes=table_bytes(config),
    )
    return replace(config, selection=replace(config.selection, used=used))


@pytest.fixture
def saved(config, values, tmp_path):
    """Path of the config on disk."""
    path = tmp_path / "features.yaml"
    write_features(path, config, values)
    return path


def error_of(path):
    with pytest.raises(ConfigError) as caught:
        read_features(path)
    assert caught.value.hint is not None
    return caught.value.message


def edited(path, *edits):
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def with_values(path, values):
    """Config on disk whose values file holds others, with the right checksum."""
    file = path.with_name("features.values.parquet")
    old = hashlib.sha256(file.read_bytes()).hexdigest()
    values.write_parquet(file)
    return edited(path, (old, hashlib.sha256(file.read_bytes()).hexdigest()))


@pytest.mark.parametrize("name", ["features.yaml", "features.yml", "features.json", "F.YAML"])
def test_a_config_comes_back_as_it_was_saved(config, values, tmp_path, name):
    written = write_features(tmp_path / name, config, values)
    read, read_values = read_features(tmp_path / name)
    assert read == written
    assert replace(read, values=None) == replace(config, values=None)
    assert read_values.equals(values)
    assert read_values.schema == VALUES_SCHEMA


@pytest.mark.parametrize("name", ["features.yaml", "features.json"])
def test_reading_and_writing_changes_no_byte(config, values, tmp_path, name):
    path = tmp_path / name
    write_features(path, config, values)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    write_features(path, *read_features(path))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert set(before) == {name, "features.values.parquet"}


def test_a_config_written_by_hand_takes_its_canonical_form(saved, tmp_path):
    loose = (Path(__file__).parent / "golden" / "by_hand.yaml").read_text(encoding="utf-8")
    path = tmp_path / "by_hand.yaml"
    path.write_text(loose.replace(ZEROS[:-1] + "1", read_features(saved)[0].values.sha256), encoding="utf-8")
    rewritten = tmp_path / "again" / "features.yaml"
    rewritten.parent.mkdir()
    write_features(rewritten, *read_features(path))
    assert rewritten.read_text(encoding="utf-8") == saved.read_text(encoding="utf-8")


@pytest.mark.usefixtures("saved")
def test_values_may_come_in_any_order_and_in_chunks(config, values, tmp_path):
    shuffled = pl.concat([values[7:], values[:7].reverse()], rechunk=False)
    (tmp_path / "other").mkdir()
    write_features(tmp_path / "other" / "features.yaml", config, shuffled)
    file = "features.values.parquet"
    assert (tmp_path / "other" / file).read_bytes() == (tmp_path / file).read_bytes()


def test_threads_change_no_byte_of_the_values(tmp_path):
    program = """
import sys, polars as pl
from pathlib import Path
from featsel.artifacts.feature_values import write_values
n = 600_000
frame = pl.DataFrame({"field": "f", "value": pl.arange(n, eager=True).cast(str), "code":
    pl.arange(1, n + 1, eager=True, dtype=pl.UInt32), "count": 1, "score": 0.5})
print(write_values(frame, Path(sys.argv[1])))
"""
    sums = [
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / threads)],
            env={**os.environ, "POLARS_MAX_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "3")
    ]
    assert sums[0] == sums[1]


def test_a_config_of_hashed_fields_has_no_values_file(config, values, tmp_path):
    hashed = with_used(replace(config, fields=(config.fields[4],), values=None))
    assert write_features(tmp_path / "h.yaml", hashed, values.clear()) == hashed
    read, read_values = read_features(tmp_path / "h.yaml")
    assert read == hashed
    assert (read_values.height, read_values.schema) == (0, VALUES_SCHEMA)
    assert [file.name for file in tmp_path.iterdir()] == ["h.yaml"]


@pytest.mark.parametrize(
    "table",
    [
        EmbeddingTable(EmbeddingScheme.HASH, 16, rows=100, salt=7),
        EmbeddingTable(EmbeddingScheme.QR, 16, rows=100),
        EmbeddingTable(EmbeddingScheme.UNIFIED, 16, rows=100, lookups=4),
        EmbeddingTable(EmbeddingScheme.FULL, 16, TableDtype.INT8),
        EmbeddingTable(EmbeddingScheme.HASH, 16, TableDtype.INT8, rows=100),
    ],
)
def test_other_tables_come_back(config, values, tmp_path, table):
    shared = with_used(replace(config, embedding=table, rest=Rest.ZERO, weight="w"))
    written = write_features(tmp_path / "f.yaml", shared, values)
    assert read_features(tmp_path / "f.yaml")[0] == written


def test_without_a_width_a_field_has_that_of_the_table(saved):
    edited(saved, ("of: 5, dim: 16,", "of: 5,"))
    assert read_features(saved)[0].fields[0].dim == 16


def test_an_interrupt_between_the_files_is_noticed(config, values, saved, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(feature_configs, "write_text", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_features(saved, config, values.with_columns(count=pl.lit(9, pl.Int64)))
    assert "was not written with this config" in error_of(saved)
    assert len(list(saved.parent.iterdir())) == 2


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (("featsel: 0.1.0\n", ""), "line 1: 'featsel' is missing"),
        (("featsel: 0.1.0", "featsel: 0.1"), "line 2, featsel: 0.1, expected text (in quotes)"),
        (("rest: oov", "rst: oov"), "line 8, rst: unknown key; did you mean 'rest'?"),
        (("rest: oov", "zzz: oov"), "line 8, zzz: unknown key; known are schema, featsel, label, data,"),
        (("rest: oov", "rest: OOV"), "line 8, rest: 'OOV' is none of oov, zero"),
        (("rest: oov", "rest: null"), "line 8, rest: null, expected text"),
        (("rest: oov", "label: {name: x}"), "line 8, label: the key is there twice, first in line 3"),
        (("{name: click, positive: 1}", "click"), "line 3, label: 'click', expected a mapping"),
        (("name: click, ", ""), "line 3, label: 'name' is missing"),
        (("positive: 1", "positive: true"), "line 3, label.positive: true, expected text or a whole number"),
        (("positive: 1", "positive: 99999999999999999999"), "line 3, label.positive: 99,999,"),
        (("time: hour", "time: click"), "line 4, time: 'click' is the label"),
        (("time: hour", "time: C1"), "line 10, fields[0].name: 'C1' is the time of a row, not a field"),
        (("name: click,", "name: C1,"), "line 10, fields[0].name: 'C1' is the label, not a field"),
        (("rows: 100,", "rows: many,"), "line 5, data.rows: 'many', expected a whole number"),
        (("rows: 100,", "rows: -1,"), "line 5, data.rows: -1 is out of range: expected at least 0"),
        (("rows: 100,", "rows: 1e3,"), "line 5, data.rows: 1000.0, expected a whole number"),
        (("sha256:0", "md5:0"), "line 5, data.fingerprint: 'md5:000"),
        (
            ("order: time", "order: tim"),
            "data.split.order: 'tim' is none of random, ordered, time; did you mean",
        ),
        (("valid: 0.1", "valid: 1.0"), "line 5, data.split.valid: 1.0 is no share"),
        (("valid: 0.1", "valid: 0.9"), "line 5, data.split: valid 0.9 and test 0.1 leave no rows"),
        (("fields: 7,", "fields: 8,"), "line 6, selection.used.fields: 8, but the fields make 7"),
        (("features: 113,", "features: 3,"), "line 6, selection.used.features: 3, but the fields make 113"),
        (("bytes: ", "bytes: 1"), "line 6, selection.used.bytes: 1"),
        (("log_loss: 0.125", "log_loss: .nan"), "selection.metrics.full.log_loss: nan is not finite"),
        (("{full: {auc: 0.7, log_loss: 0.125}", "{full: 3"), "selection.metrics.full: 3, expected a mapping"),
        (("dtype: float32", "dtype: float16"), "embedding.dtype: 'float16' is none of float32, int8"),
        (
            ("dim: 16, dtype", "dim: 0, dtype"),
            "line 7, embedding.dim: 0 is out of range: expected at least 1",
        ),
        (("scheme: full", "scheme: hash"), "line 7, embedding: 'rows' is missing: the scheme hash needs it"),
        (
            ("scheme: full", "scheme: full, rows: 9"),
            "embedding.rows: the key does not belong to the scheme full",
        ),
        (
            ("scheme: full, dim: 16", "scheme: unified, dim: 16, rows: 9, lookups: 3"),
            "embedding.dim: 16 is no",
        ),
        (
            ("scheme: full, dim: 16", "scheme: unified, dim: 48, rows: 9, lookups: 3"),
            "line 10, fields[0].dim: 16 is no multiple of 3 lookups",
        ),
        (
            ("scheme: full, dim: 16", "scheme: hash, dim: 8, rows: 9"),
            "line 10, fields[0].dim: 16 is wider than the rows that fields share, 8",
        ),
        (("kind: cross", "kind: crosses"), "line 16, fields[6].kind: 'crosses' is none of categorical,"),
        (
            ("encoding: hash", "encoding: log2"),
            "a categorical field cannot have the encoding log2; it can have",
        ),
        (
            ("encoding: hash", "encoding: vocabulary"),
            "line 14, fields[4]: 'values' is missing: a categorical",
        ),
        (("encoding: hash", "encoding: hash, values: C1"), "fields[4].values: the key does not belong to a"),
        (
            ('separator: "|"', 'separator: ""'),
            "line 15, fields[5].separator: an empty text separates nothing",
        ),
        (("pooling: mean, ", ""), "line 15, fields[5]: 'pooling' is missing: a multivalued field"),
        (("max_length: 5", "max_length: 0"), "line 15, fields[5].max_length: 0 is out of range"),
        (("scale: 1.0e-05", "scale: 0"), "line 12, fields[2].scale: 0.0 is not above 0"),
        (("[0.5, 9.0, ", "[9.0, 9, "), "line 11, fields[1].edges[1]: 9.0 comes after 9.0: edges ascend"),
        (("[0.5, 9.0, ", "[0.5, x, "), "line 11, fields[1].edges[1]: 'x', expected a number"),
        (("features: 3, of: 5", "features: 6, of: 5"), "fields[0].features: 6 features are kept of 5"),
        (("features: 3, of: 5", "features: 0, of: 5"), "fields[0].features: 0 is out of range"),
        (("features: 3, of: 5", "features: 2, of: 5"), "fields[0].features: 2, but the values file has 3"),
        (('name: "yes"', "name: I1"), "line 14, fields[4].name: 'I1' is the name of fields[1] too"),
        (("{name: C9,", "{name: I3,"), "line 18, dropped[0].name: 'I3' is the name of fields[3] too"),
        (
            ("[C1, C9]", "[C1, C8]"),
            "line 16, fields[6].of_fields[1]: 'C8' is neither a field nor a dropped one",
        ),
        (("[C1, C9]", "[C1]"), "line 16, fields[6].of_fields: a cross pairs at least two fields"),
        (("[C1, C9]", "[]"), "line 16, fields[6].of_fields: a cross pairs at least two fields"),
        (("fields:\n", "fields:\n  - []\n"), "fields[0]"),
        (("[C1, C9]", "[C1, C1]"), "line 16, fields[6].of_fields: a field is named twice"),
        (("[C1, C9]", "[C1, C1*C9]"), "line 16, fields[6].of_fields[1]: 'C1*C9' is a cross itself"),
        (("values: I3", "values: I1"), "line 13, fields[3].values: 'I1' are the values of fields[1] too"),
        (("values: I3", "values: I4"), "line 13, fields[3].values: the values file has no features of 'I4'"),
        (
            ("values: I3", "values: I4"),
            "line 19, values: the values file has features of 'I3', which no field",
        ),
        (("why: noise, ", ""), "line 18, dropped[0]: 'why' is missing"),
        (
            ("path: features", "path: ../features"),
            "line 19, values.path: '../features.values.parquet' is not the",
        ),
        (("path: features", "path: /features"), "is not the name of a file beside the config"),
        (("path: features", "path: sub/features"), "is not the name of a file beside the config"),
        (("path: features", "path: other"), "values.path: values file 'other.values.parquet' is not beside"),
        (
            ("dropped:\n", "fields: []\ndropped:\n"),
            "line 17, fields: the key is there twice, first in line 9",
        ),
        (("fields:\n", "fields: 7\nfileds:\n"), "line 9, fields: 7, expected a list"),
        (("fields:\n", "fields: 7\nfileds:\n"), "line 10, fileds: unknown key; did you mean 'fields'?"),
        (("[0.5, 9.0, 10.0000001]", "[0.5, 9.0, 1e999]"), "fields[1].edges[2]: inf is not finite"),
        (("[0.5, 9.0, 10.0000001]", "0.5"), "line 11, fields[1].edges: 0.5, expected a list"),
        (("auc: 0.71", "auc: [0.71]"), "selection.metrics.selected.auc: a list, expected a number"),
        (("{auc: 0.71}", "~"), "selection.metrics.selected: null, expected a mapping"),
        (("time: hour", "time: hour\nweight: hour"), "line 5, weight: 'hour' is the time of a row"),
        (("path: features.values.parquet", "path: 7"), "line 19, values.path: 7, expected text (in quotes)"),
        (("why: noise", "why: {a: 1}"), "line 18, dropped[0].why: a mapping, expected text"),
        (
            ("{name: C9, why: noise, score: 1.0e-05}", "{why: noise}"),
            "line 18, dropped[0]: 'name' is missing",
        ),
        (("rest: oov", "rest: &a oov"), "line 8, rest: anchor '&a'"),
        (("rest: oov", "rest: *a"), "line 8, rest: alias '*a': a feature config says everything in place"),
        (("rest: oov", "rest: !x oov"), "line 8, rest: tag '!x'"),
        (("score: 0.0123}", "score: 0.0123, yes: &a 1}"), "fields[0].yes: anchor '&a'"),
    ],
)
def test_a_fault_is_named_with_its_line(saved, edit, problem):
    assert problem in error_of(edited(saved, edit))


def test_a_lone_problem_stands_in_one_line(saved):
    message = error_of(edited(saved, ("rest: oov", "rest: ovo")))
    assert message == (
        f"feature config {str(saved)!r}, line 8, rest: 'ovo' is none of oov, zero; did you mean 'oov'?"
    )


def test_all_problems_are_told_at_once_in_the_order_of_lines(saved):
    edited(
        saved,
        ("path: features", "path: other"),
        ("kind: cross", "kind: crosses"),
        ("rest: oov", "rest: x"),
        ("rows: 100", "rows: x"),
        ("edges: [0.5, 9.0", "edges: [0.5, 0.1"),
    )
    first, *lines = error_of(saved).splitlines()
    assert first == f"feature config {str(saved)!r} has 5 problems:"
    assert [line.split(",")[0] for line in lines] == [f"  line {number}" for number in (5, 8, 11, 16, 19)]


def test_there_is_an_end_to_the_list_of_problems(saved):
    edited(saved, ("[0.5, 9.0, ", f"[{', '.join(['x'] * 5000)}, "))
    assert "has 100 or more problems" in error_of(saved)


def test_json_problems_have_paths(config, values, tmp_path):
    path = tmp_path / "features.json"
    write_features(path, config, values)
    edited(path, ('"kind": "cross"', '"kind": 3'))
    assert error_of(path) == f"feature config {str(path)!r}, fields[6].kind: 3, expected text (in quotes)"


@pytest.mark.parametrize("text", ["", "[]", "7", "schema: 3\n", "null"])
def test_a_document_of_another_kind_is_named(tmp_path, text):
    path = tmp_path / "f.yaml"
    path.write_text(text)
    assert "expected" in error_of(path)


def test_half_a_character_is_no_text(config, values, tmp_path):
    path = tmp_path / "features.json"
    write_features(path, config, values)
    edited(path, ('"name": "click"', r'"name": "\ud800"'), ('"auc": 0.7,', r'"\udc00": 0.7,'))
    message = error_of(path)
    assert "label.name: '\\ud800' holds half a character" in message
    assert "selection.metrics.full: '\\udc00' holds half a character" in message


def test_an_unknown_version_is_named(saved):
    edited(saved, ("features/1", "features/2"))
    with pytest.raises(ConfigError, match=r"line 1: schema 'featsel\.features/2' is not known to") as caught:
        read_features(saved)
    assert caught.value.hint == "It reads featsel.features/1; a newer featsel may have written this file."


def test_a_version_that_is_no_text_is_named(saved):
    edited(saved, ("schema: featsel.features/1", "schema: 1"))
    assert "line 1, schema: 1, expected text (in quotes)" in error_of(saved)


def test_a_checksum_that_is_none_is_named(saved):
    checksum = read_features(saved)[0].values.sha256
    edited(saved, (checksum, "feed"))
    assert "line 19, values.sha256: 'feed' is not 64 hexadecimal digits" in error_of(saved)


def test_no_field_is_a_problem(saved):
    text = saved.read_text()
    start, end = text.index("fields:\n"), text.index("dropped:\n")
    saved.write_text(f"{text[:start]}fields: []\n{text[end:]}")
    assert "line 9, fields: no field: a model reads at least one" in error_of(saved)


def test_fields_that_have_values_need_their_file(saved):
    text = saved.read_text()
    saved.write_text(text[: text.index("values: {path")])
    assert "'values' is missing: the fields have values, so they have a file" in error_of(saved)


def test_a_values_file_without_fields_is_a_problem(config, values, tmp_path):
    hashed = with_used(replace(config, fields=(config.fields[4],)))
    path = tmp_path / "h.yaml"
    write_features(path, hashed, values.clear())
    path.write_text(f"{path.read_text()}values: {{path: h, sha256: '{ZEROS}'}}\n")
    assert "values: no field has values, so they have no file" in error_of(path)


def at(values, row, **cells):
    index = pl.int_range(pl.len()) == row
    edits = [
        pl.when(index).then(pl.lit(cell, VALUES_SCHEMA[name])).otherwise(pl.col(name)).alias(name)
        for name, cell in cells.items()
    ]
    return values.with_columns(edits)


@pytest.mark.parametrize(
    ("row", "cells", "problem"),
    [
        (
            0,
            {"code": 4},
            "line 10, fields[0].values: 3 codes in the values file are 3 different ones from 2 to 4",
        ),
        (0, {"code": 2}, "3 codes in the values file are 2 different ones from 2 to 3, expected 1 to 3"),
        (0, {"code": 0}, "3 different ones from 0 to 3, expected 1 to 3"),
        (0, {"code": None}, "the values file has 1 rows without a field, a code"),
        (0, {"count": -1}, "such as ('C1', 'a', 1, -1, 0.1)"),
        (0, {"count": None}, "the values file has 1 rows without"),
        (0, {"score": float("nan")}, "the values file has 1 rows without"),
        (0, {"field": None}, "the values file has 1 rows without"),
        (2, {"value": "a"}, "line 10, fields[0].values: value 'a' is in the values file twice"),
        (2, {"value": None}, "line 10, fields[0].values: value null is in the values file twice"),
        (
            4,
            {"value": "[0.5, 9.0)"},
            "line 11, fields[1].values: value '[0.5, 9.0)' in the values file is not one",
        ),
        (6, {"value": "y"}, "line 12, fields[2].values: value 'y' in the values file is not 'x' or null"),
        (
            11,
            {"value": "a"},
            "line 16, fields[6].values: value 'a' in the values file is not a JSON list of 2",
        ),
        (11, {"value": '["a"]'}, "is not a JSON list of 2 texts or nulls"),
        (11, {"value": '["a",1]'}, "is not a JSON list of 2 texts or nulls"),
        (11, {"value": '{"a":1,"b":2}'}, "is not a JSON list of 2 texts or nulls"),
        (11, {"value": None}, "value null in the values file is not a JSON list"),
        (11, {"value": "[" * 100_000}, "is not a JSON list of 2 texts or nulls"),
    ],
)
def test_a_fault_of_the_values_is_named(saved, values, row, cells, problem):
    assert problem in error_of(with_values(saved, at(values, row, **cells)))


def test_columns_of_another_type_are_named(saved, values):
    message = error_of(with_values(saved, values.with_columns(pl.col("code").cast(pl.Int64))))
    assert "code (Int64)" in message
    assert "expected field (String), value (String), code (UInt32), count (Int64), score (Float64)" in message


def test_values_in_another_order_are_put_in_order(saved, values):
    assert read_features(with_values(saved, values.reverse()))[1].equals(values)


def test_another_values_file_is_noticed(saved, values):
    values.reverse().write_parquet(saved.with_name("features.values.parquet"))
    assert "was not written with this config" in error_of(saved)


def test_a_values_file_that_is_no_parquet_is_named(saved):
    file = saved.with_name("features.values.parquet")
    old = hashlib.sha256(file.read_bytes()).hexdigest()
    file.write_bytes(b"PAR1")
    edited(saved, (old, hashlib.sha256(b"PAR1").hexdigest()))
    assert "values file 'features.values.parquet' is no Parquet file: " in error_of(saved)


def test_a_folder_is_no_values_file(saved):
    saved.with_name("features.values.parquet").unlink()
    saved.with_name("features.values.parquet").mkdir()
    assert "values file 'features.values.parquet' cannot be read: Is a directory" in error_of(saved)


def test_a_missing_config_is_missing_data(tmp_path):
    with pytest.raises(MissingFileError, match=r"feature config '.*f\.yaml' does not exist"):
        read_features(tmp_path / "f.yaml")


def test_a_folder_is_no_config(tmp_path):
    (tmp_path / "f.yaml").mkdir()
    with pytest.raises(UnreadableFileError, match="cannot be read: Is a directory"):
        read_features(tmp_path / "f.yaml")


@pytest.mark.parametrize("name", ["features", "features.toml"])
def test_another_extension_is_an_error(config, values, tmp_path, name):
    with pytest.raises(ConfigError, match="has no extension that a feature config has"):
        read_features(tmp_path / name)
    with pytest.raises(ConfigError, match="has no extension that a feature config has"):
        write_features(tmp_path / name, config, values)


def test_a_file_that_is_not_utf_8_is_named(saved):
    saved.write_bytes(saved.read_bytes().replace(b"click", "clíck".encode("latin-1")))
    assert error_of(saved).endswith("line 3: the text is not UTF-8")


def test_a_huge_file_is_not_read(saved, monkeypatch):
    monkeypatch.setattr(feature_configs, "LARGEST_BYTES", 1 << 20)
    saved.write_text(" " * (1 << 20) + saved.read_text())
    assert "is larger than 1 MiB" in error_of(saved)


def test_a_byte_order_mark_and_crlf_do_no_harm(saved):
    before = read_features(saved)[0]
    saved.write_bytes(b"\xef\xbb\xbf" + saved.read_bytes().replace(b"\n", b"\r\n"))
    assert read_features(saved)[0] == before


def test_a_name_that_no_other_system_takes_is_refused(config, values, tmp_path):
    with pytest.raises(ConfigError, match="has a name that not every system takes for one"):
        write_features(tmp_path / "C:f.yaml", config, values)


def wrong_features(config):
    return replace(config, fields=(replace(config.fields[0], features=2), *config.fields[1:]))


def wrong_edges(config):
    field = replace(config.fields[1], edges=(2.0, 1.0, 3.0))
    return replace(config, fields=(config.fields[0], field, *config.fields[2:]))


def wrong_kind(config):
    field = replace(config.fields[0], kind=EncodedKind.NUMERIC, encoding=Encoding.HASH)
    return replace(config, fields=(field, *config.fields[1:]))


@pytest.mark.parametrize("spoil", [wrong_features, wrong_edges, wrong_kind])
def test_what_could_not_be_read_again_is_not_written(config, values, tmp_path, spoil):
    with pytest.raises(ValueError, match=r"feature config.*\n?.*line \d"):
        write_features(tmp_path / "f.yaml", spoil(config), values)
    assert list(tmp_path.iterdir()) == []


def test_what_would_be_read_as_something_else_is_not_written(config, values, tmp_path):
    odd = replace(
        config,
        embedding=replace(config.embedding, dtype=TableDtype.FLOAT32),
        label=replace(config.label, positive=True),
    )
    odd = replace(odd, data=replace(odd.data, rows=99.5))
    with pytest.raises(ValueError, match="would be read as another one"):
        write_features(tmp_path / "f.yaml", odd, values)


def test_the_values_named_before_do_not_matter(config, values, tmp_path):
    stale = replace(config, values=ValuesFile("elsewhere", "f" * 64))
    assert write_features(tmp_path / "f.json", stale, values).values.path == "f.values.parquet"
    assert json.loads((tmp_path / "f.json").read_text())["values"]["path"] == "f.values.parquet"
