"""Any feature config comes back from YAML and JSON as it was, and its files depend on nothing else."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import jsonschema
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from featsel.artifacts.feature_configs import read_features, write_features
from featsel.artifacts.feature_values import VALUES_SCHEMA
from featsel.core.bins import bin_name
from featsel.core.errors import ConfigError
from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    ConfigSplit,
    DroppedField,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Pooling,
    Rest,
    Selection,
    SplitOrder,
    TableDtype,
    Used,
)
from featsel.core.table_size import table_bytes

SCHEMA_PATH = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "features.schema.json"
SCHEMA = jsonschema.Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))

NASTY = st.one_of(
    st.sampled_from(
        ["", " ", "no", "null", "~", "1", "1e5", "0x1f", "2020-01-01", "a: b", "- a", "#", "\n", "'"]
    ),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.text("\t\r\n\x00\x1b\x7f\x85\xa0\u2028\ufeff\u202e\\\"'{}[],:#&*!|>%@` ", max_size=8),
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(0, 2**63 - 1)
DIMS = st.sampled_from([4, 8, 16])


@st.composite
def fields(draw, name, columns):
    """A field and its values."""
    kinds = list(EncodedKind) if len(columns) >= 2 else [kind for kind in EncodedKind if kind != "cross"]
    kind = draw(st.sampled_from(kinds))
    numeric = [Encoding.QUANTILE, Encoding.LOG2, Encoding.STANDARD]
    encodings = numeric if kind is EncodedKind.NUMERIC else [Encoding.VOCABULARY, Encoding.HASH]
    encoding = draw(st.sampled_from(encodings))
    others = {"dim": draw(DIMS), "score": draw(st.none() | NUMBERS)}
    if kind is EncodedKind.CROSS:
        others["of_fields"] = tuple(
            draw(st.lists(st.sampled_from(columns), min_size=2, max_size=2, unique=True))
        )
    if kind is EncodedKind.MULTIVALUED:
        others |= {
            "pooling": draw(st.sampled_from(Pooling)),
            "max_length": draw(st.integers(1, 65_536)),
            "separator": draw(st.none() | NASTY.filter(bool)),
        }
    texts = st.none() | NASTY
    if encoding is Encoding.QUANTILE:
        others["edges"] = tuple(sorted(draw(st.sets(NUMBERS, max_size=5))))
        bins = [bin_name(others["edges"], index) for index in range(len(others["edges"]) + 1)]
        texts = st.sampled_from([None, *bins])
    if encoding is Encoding.STANDARD:
        others |= {"mean": draw(NUMBERS), "scale": draw(NUMBERS.filter(lambda number: number > 0))}
        texts = st.sampled_from([None, "x"])
    if kind is EncodedKind.CROSS:
        texts = st.lists(st.none() | NASTY, min_size=2, max_size=2).map(json.dumps)
    if encoding is Encoding.HASH:
        return EncodedField(
            name, kind, encoding, draw(st.integers(1, 100)), draw(st.integers(1, 9)), **others
        ), []
    own = draw(st.lists(texts, min_size=1, max_size=5, unique=True))
    field = EncodedField(
        name, kind, encoding, len(own), len(own) + draw(st.integers(0, 9)), values=name, **others
    )
    counts = st.tuples(st.integers(0, 2**40), st.none() | NUMBERS)
    return field, [(name, text, code, *draw(counts)) for code, text in enumerate(own, start=1)]


@st.composite
def configs(draw):
    """A right feature config and its values."""
    names = draw(st.lists(NASTY, min_size=6, max_size=9, unique=True))
    label, time, weight, *columns = names
    n_dropped = draw(st.integers(0, 2))
    dropped = tuple(
        DroppedField(name, draw(NASTY), draw(st.none() | NUMBERS)) for name in columns[:n_dropped]
    )
    made = []
    for name in columns[n_dropped:]:
        plain = [field.name for field, _ in made if field.kind is not EncodedKind.CROSS]
        made.append(draw(fields(name, [*columns[:n_dropped], *plain])))
    embedding = draw(
        st.sampled_from(
            [
                EmbeddingTable(EmbeddingScheme.FULL, 16),
                EmbeddingTable(EmbeddingScheme.HASH, 16, rows=1000, salt=3),
                EmbeddingTable(EmbeddingScheme.QR, 16, rows=9),
                EmbeddingTable(EmbeddingScheme.UNIFIED, 16, rows=10, lookups=4),
                EmbeddingTable(EmbeddingScheme.QR, 16, TableDtype.INT8, rows=9),
            ]
        )
    )
    split = draw(
        st.none() | st.builds(ConfigSplit, st.sampled_from(SplitOrder), st.just(0.25), st.just(0.1), COUNTS)
    )
    config = FeatureConfig(
        label=ConfigLabel(label, draw(NASTY | st.integers(-(2**63), 2**63 - 1))),
        data=ConfigData(tuple(draw(st.lists(NASTY, max_size=3))), draw(COUNTS), f"sha256:{'0f' * 32}", split),
        selection=Selection(
            draw(NASTY),
            draw(COUNTS),
            Used(0, 0, 0),
            draw(st.none() | NASTY),
            draw(st.none() | NASTY),
            draw(st.dictionaries(NASTY, st.dictionaries(NASTY, NUMBERS, max_size=2), max_size=2)),
        ),
        embedding=embedding,
        fields=tuple(field for field, _ in made),
        featsel=draw(NASTY),
        rest=draw(st.sampled_from(Rest)),
        time=draw(st.sampled_from([None, time])),
        weight=draw(st.sampled_from([None, weight])),
        dropped=dropped,
    )
    used = Used(len(made), sum(field.features for field in config.fields), table_bytes(config))
    values = pl.DataFrame([row for _, rows in made for row in rows], schema=VALUES_SCHEMA, orient="row")
    return replace(config, selection=replace(config.selection, used=used)), values


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
@settings(max_examples=40, deadline=None)
@given(made=configs())
def test_a_config_comes_back_as_it_was(suffix, made):
    config, values = made
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / f"f{suffix}", Path(folder) / "again" / f"f{suffix}"
        second.parent.mkdir()
        written = write_features(first, config, values.reverse())
        read, read_values = read_features(first)
        write_features(second, read, read_values)
        assert first.read_bytes() == second.read_bytes()
        text = first.read_text(encoding="utf-8")
    assert read == written
    assert replace(read, values=None) == config
    assert read_values.equals(values)
    parsed = json.loads(text) if suffix == ".json" else yaml.safe_load(text)
    assert list(SCHEMA.iter_errors(parsed)) == []
    assert [field["name"] for field in parsed["fields"]] == [field.name for field in config.fields]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA.schema)


GOLDEN = Path(__file__).resolve().parents[1] / "unit" / "artifacts" / "golden"


@pytest.mark.parametrize("name", ["features.yaml", "by_hand.yaml", "features.json"])
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_edit_of_a_config_is_a_bug(name, data):
    text = (GOLDEN / name).read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(start, start + 12))
        text = text[:start] + data.draw(NASTY) + text[stop:]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(text.encode())
        # its values file is not there, so that something is wrong whatever the edit did
        with pytest.raises(ConfigError, match=r"feature config"):
            read_features(path)
