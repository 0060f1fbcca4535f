"""``featsel export`` writes what other libraries read of a feature config."""

import json

import polars as pl
import pytest

from featsel.artifacts.feature_configs import write_features
from featsel.cli.app import run
from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Selection,
    Used,
)
from featsel.exports.targets import TARGETS

CITY = EncodedField("city", EncodedKind.CATEGORICAL, Encoding.VOCABULARY, 2, 9, 16, values="city")
HASHED = EncodedField("device", EncodedKind.CATEGORICAL, Encoding.HASH, 8, 8, 16)


@pytest.fixture
def save(tmp_path, monkeypatch):
    """Writer of a feature config with some fields to ``features.yaml`` in the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(*fields):
        n_features = sum(field.features for field in fields)
        config = FeatureConfig(
            label=ConfigLabel("click"),
            data=ConfigData(("log.parquet",), 100, f"sha256:{'0' * 64}"),
            selection=Selection("all", 0, Used(len(fields), n_features, (n_features + len(fields)) * 64)),
            embedding=EmbeddingTable(EmbeddingScheme.FULL, 16),
            fields=fields,
            featsel="0.1.0",
        )
        values = pl.DataFrame(
            {"field": "city", "value": ["Oslo", None], "code": [1, 2], "count": [5, 3], "score": None}
        )
        return write_features(tmp_path / "features.yaml", config, values.filter(CITY in fields))

    return write


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_written_into_a_folder(save, tmp_path, target):
    save(CITY)
    out = tmp_path / "out"
    out.mkdir()
    assert run(["export", "features.yaml", "--to", target, "-o", "out"]) == 0
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    expected = {
        "fuxictr": {
            "features/feature_map.json",
            "features/feature_vocab.json",
            "dataset_config.yaml",
            "model_config.yaml",
        },
        "torchrec": {"torchrec.json"},
        "easyrec": {"pipeline.config", "vocabulary/city.txt"},
        "deepctr": {"deepctr.json"},
        "merlin": {"schema.pbtxt"},
        "sql": {"features.sql"},
    }
    assert written == expected[target]


def test_a_single_file_has_the_name_that_was_given(save, tmp_path, capsys):
    save(CITY)
    assert run(["export", "features.yaml", "--to", "deepctr", "-o", "columns.json"]) == 0
    assert json.loads((tmp_path / "columns.json").read_text())["sparse"][0]["vocabulary_size"] == 3
    assert capsys.readouterr().err == "featsel: note: wrote columns.json\n"


def test_several_files_make_their_folder(save, tmp_path):
    save(CITY)
    assert run(["export", "features.yaml", "--to", "fuxictr", "-o", "new", "-q"]) == 0
    assert (tmp_path / "new" / "model_config.yaml").is_file()


def test_what_a_library_does_otherwise_is_said_even_quietly(save, capsys):
    save(CITY, HASHED)
    assert run(["export", "features.yaml", "--to", "easyrec", "-o", "out", "-q"]) == 0
    assert capsys.readouterr().err == (
        "featsel: warning: field 'device': EasyRec's hash is another one, with as many buckets\n"
    )


def test_the_query_names_the_values_file(save, tmp_path):
    save(CITY)
    assert run(["export", "features.yaml", "--to", "sql", "-o", "encode.sql", "-q"]) == 0
    assert "SELECT * FROM 'features.values.parquet'" in (tmp_path / "encode.sql").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["features.yaml", "--to", "fuxi", "-o", "out"], 2, "target 'fuxi' is not known"),
        (["features.yaml", "--to", "sql", "-o", "out"], 2, "field 'device' is encoded as hash"),
        (["features.yaml", "--to", "fuxictr", "-o", "features.yaml"], 2, "output 'features.yaml' is a file"),
        (["features.yaml", "--to", "fuxictr", "-o", "no/out"], 2, "there is no folder 'no'"),
        (["features.yaml", "--to", "deepctr", "-o", "no/out"], 2, "there is no folder 'no'"),
        (["none.yaml", "--to", "deepctr", "-o", "out"], 3, "none.yaml"),
    ],
)
def test_what_cannot_be_exported_writes_nothing(save, tmp_path, capsys, arguments, code, message):
    save(HASHED)
    before = sorted(tmp_path.iterdir())
    assert run(["export", *arguments]) == code
    assert message in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
