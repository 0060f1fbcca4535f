"""The libraries themselves read what featsel exports to them.

Each needs its library: ``benchmarks/export_readers.py`` runs them in environments that have them.
"""

import json
import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from featsel.core.bins import bin_name
from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Pooling,
    Rest,
    Selection,
    Used,
    ValuesFile,
)
from featsel.exports.names import MODULE_NAMES
from featsel.exports.targets import TARGETS

pytestmark = pytest.mark.filterwarnings("default")  # the libraries' own

EDGES = (0.5, 9.0)
FIELDS = (
    EncodedField("city", EncodedKind.CATEGORICAL, Encoding.VOCABULARY, 3, 9, 16, values="city"),
    EncodedField("type", EncodedKind.CATEGORICAL, Encoding.VOCABULARY, 2, 9, 16, values="type"),
    EncodedField("age", EncodedKind.NUMERIC, Encoding.QUANTILE, 3, 4, 16, values="age", edges=EDGES),
    EncodedField(
        "price", EncodedKind.NUMERIC, Encoding.STANDARD, 1, 1, 16, values="price", mean=2.0, scale=4.0
    ),
    EncodedField(
        *("tags", EncodedKind.MULTIVALUED, Encoding.VOCABULARY, 2, 5, 16),
        values="tags",
        separator="|",
        pooling=Pooling.MEAN,
        max_length=2,
    ),
    EncodedField(
        *("city*type", EncodedKind.CROSS, Encoding.VOCABULARY, 2, 20, 16),
        values="city*type",
        of_fields=("city", "type"),
    ),
    EncodedField("device", EncodedKind.CATEGORICAL, Encoding.HASH, 8, 8, 16),
)
KEPT = {
    "city": ["Oslo", None, "L'Aquila"],
    "type": ["a", "b"],
    "age": [bin_name(EDGES, 2), bin_name(EDGES, 0), None],
    "price": ["x"],
    "tags": ["b", "a"],
    "city*type": ['["Oslo","a"]', '[null, "b"]'],
}
N_ROWS = 64


@pytest.fixture
def values():
    rows = [(field, value, code) for field, kept in KEPT.items() for code, value in enumerate(kept, start=1)]
    schema = {"field": pl.String, "value": pl.String, "code": pl.UInt32}
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.fixture
def export(values, tmp_path):
    """Folder with what a library reads of some fields."""

    def write(target, *names, rest=Rest.OOV):
        fields = tuple(field for field in FIELDS if not names or field.name in names)
        config = FeatureConfig(
            label=ConfigLabel("click"),
            data=ConfigData(("log.parquet",), 100, "sha256:0"),
            selection=Selection("all", 0, Used(len(fields), 1, 1)),
            embedding=EmbeddingTable(EmbeddingScheme.FULL, 16),
            fields=fields,
            featsel="0.1.0",
            rest=rest,
            values=ValuesFile("features.values.parquet", "0" * 64),
        )
        for name, text in TARGETS[target](config, values, "features").files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def fuxictr_columns(feature_map):
    """Random codes of every feature, the largest among them."""
    rng = np.random.default_rng(0)
    columns = {"click": rng.integers(0, 2, N_ROWS).astype(np.float64)}
    for name, spec in feature_map.features.items():
        if spec["type"] == "numeric":
            columns[name] = rng.normal(size=N_ROWS)
            continue
        shape = (N_ROWS, spec["max_len"]) if spec["type"] == "sequence" else (N_ROWS,)
        codes = rng.integers(0, spec["vocab_size"], shape)
        codes[0] = spec["vocab_size"] - 1
        columns[name] = codes
    return columns


@pytest.mark.parametrize("rest", Rest)
def test_fuxictr_trains_on_the_feature_map(export, rest):
    torch = pytest.importorskip("torch")
    pytest.importorskip("fuxictr")
    from fuxictr.features import FeatureMap
    from fuxictr.pytorch.dataloaders import RankDataLoader
    from fuxictr.pytorch.layers import FactorizationMachine, FeatureEmbedding, MLP_Block
    from fuxictr.pytorch.models import BaseModel
    from fuxictr.utils import load_dataset_config, load_model_config

    folder = export("fuxictr", rest=rest)
    settings = load_model_config(str(folder), "DeepFM_features")
    settings |= load_dataset_config(str(folder), settings["dataset_id"])
    settings |= {"model_root": str(folder / "checkpoints"), "verbose": 0, "batch_size": 16, "num_workers": 0}
    feature_map = FeatureMap("features", str(folder / "features"))
    feature_map.load(str(folder / "features" / "feature_map.json"), settings)
    assert feature_map.num_fields == len(FIELDS)
    arrays = folder / "features" / "train.npz"
    np.savez(arrays, **fuxictr_columns(feature_map))

    class Network(BaseModel):
        def __init__(self):
            super().__init__(feature_map, gpu=-1, **settings)
            self.embedding = FeatureEmbedding(feature_map, settings["embedding_dim"])
            self.fm = FactorizationMachine(feature_map)
            self.mlp = MLP_Block(feature_map.sum_emb_out_dim(), output_dim=1, hidden_units=[8])
            self.compile(settings["optimizer"], settings["loss"], settings["learning_rate"])
            self.reset_parameters()

        def forward(self, inputs):
            columns = self.get_inputs(inputs)
            fields = self.embedding(columns)
            logits = self.fm(columns, fields) + self.mlp(fields.flatten(start_dim=1))
            return {"y_pred": self.output_activation(logits)}

    torch.manual_seed(0)
    network = Network()
    table = network.embedding.embedding_layer.embedding_layers["city"].weight
    assert table.shape == (4, 16)
    assert bool((table[0] == 0).all()) is (rest is Rest.ZERO)
    settings |= {
        "train_data": str(arrays),
        "valid_data": str(arrays),
        "test_data": None,
        "data_format": "npz",
    }
    train, valid = RankDataLoader(feature_map, stage="train", **settings)
    Path(network.model_dir).mkdir(parents=True)
    network.fit(train, epochs=1, validation_data=valid)
    assert np.isfinite(network.predict(valid)).all()
    # the table has moved, but not the embedding that is none
    table = network.embedding.embedding_layer.embedding_layers["city"].weight
    assert bool((table[0] == 0).all()) is (rest is Rest.ZERO)


def test_fuxictrs_tokenizer_gives_the_codes_of_the_vocabulary(export):
    pytest.importorskip("fuxictr")
    from fuxictr.preprocess.tokenizer import Tokenizer

    folder = export("fuxictr", "city", "tags")
    vocabulary = json.loads((folder / "features" / "feature_vocab.json").read_text())
    tokenizer = Tokenizer()
    tokenizer.vocab = vocabulary["city"]
    assert tokenizer.encode_category(["Oslo", "", "L'Aquila", "Rome"]) == [1, 2, 3, 0]
    tokenizer = Tokenizer(splitter="|", max_len=2, padding="post")
    tokenizer.vocab = vocabulary["tags"]
    assert tokenizer.encode_sequence(["a|z", "b"]).tolist() == [[2, 3], [1, 0]]


def deepctr_columns(document):
    from deepctr_torch.inputs import DenseFeat, SparseFeat, VarLenSparseFeat

    columns = [SparseFeat(**arguments) for arguments in document["sparse"]]
    columns += [
        VarLenSparseFeat(**{**arguments, "sparsefeat": SparseFeat(**arguments["sparsefeat"])})
        for arguments in document["varlen"]
    ]
    columns += [DenseFeat(**arguments) for arguments in document["dense"]]
    order = {name: place for place, name in enumerate(document["fields"])}
    return sorted(columns, key=lambda column: order[column.name])


@pytest.mark.parametrize("rest", Rest)
def test_deepctr_trains_on_the_feature_columns(export, rest):
    pytest.importorskip("deepctr_torch")
    from deepctr_torch.models import DeepFM

    document = json.loads((export("deepctr", rest=rest) / "deepctr.json").read_text())
    columns = deepctr_columns(document)
    assert [column.name for column in columns] == [field.name for field in FIELDS]
    rng = np.random.default_rng(0)
    inputs = {}
    for column in columns:
        if column.name in document["standard"]:
            inputs[column.name] = rng.normal(size=N_ROWS)
            continue
        length = getattr(column, "maxlen", 1)
        codes = rng.integers(0, column.vocabulary_size, (N_ROWS, length))
        codes[0] = column.vocabulary_size - 1
        inputs[column.name] = codes if length > 1 else codes[:, 0]
    network = DeepFM(columns, columns, dnn_hidden_units=(8,))
    network.compile("adam", "binary_crossentropy")
    network.fit(inputs, rng.integers(0, 2, N_ROWS), batch_size=16, verbose=0)
    assert np.isfinite(network.predict(inputs)).all()


def test_torchrec_makes_the_tables(export):
    torchrec = pytest.importorskip("torchrec")
    torch = pytest.importorskip("torch")

    document = json.loads((export("torchrec", "city", "tags", "price") / "torchrec.json").read_text())
    tables = [
        torchrec.EmbeddingBagConfig(**{**table, "pooling": torchrec.PoolingType[table["pooling"]]})
        for table in document["tables"]
    ]
    collection = torchrec.EmbeddingBagCollection(tables=tables, device=torch.device("cpu"))
    codes = torchrec.KeyedJaggedTensor(
        ["city", "tags"], torch.tensor([3, 1, 2, 1]), lengths=torch.tensor([1, 1, 1, 1])
    )
    assert collection(codes)["tags"].shape == (2, 16)


def test_merlins_schema_is_tensorflow_metadata(export):
    text_format = pytest.importorskip("google.protobuf.text_format")
    schema_pb2 = pytest.importorskip("tensorflow_metadata.proto.v0.schema_pb2")
    pytest.importorskip("google.protobuf.struct_pb2")

    schema = text_format.Parse((export("merlin") / "schema.pbtxt").read_text(), schema_pb2.Schema())
    assert [feature.name for feature in schema.feature] == [*(field.name for field in FIELDS), "click"]
    assert schema.feature[0].int_domain.max == 3


def test_merlin_reads_the_schema(export):
    metadata = pytest.importorskip("merlin.schema.io.tensorflow_metadata")

    schema = metadata.TensorflowMetadata.from_proto_text_file(str(export("merlin"))).to_merlin_schema()
    city = schema.column_schemas["city"]
    assert city.properties["embedding_sizes"] == {"cardinality": 4.0, "dimension": 16.0}
    assert (city.int_domain.min, city.int_domain.max) == (0, 3)
    assert schema.column_schemas["tags"].is_list
    assert [name for name, column in schema.column_schemas.items() if "target" in str(column.tags)] == [
        "click"
    ]


def test_duckdb_computes_codes_and_lists(export, values):
    duckdb = pytest.importorskip("duckdb")

    names = [field.name for field in FIELDS if field.encoding is not Encoding.HASH]
    query = (export("sql", *names) / "features.sql").read_text()
    rows = [
        (0, 1, "Oslo", "a", 0.5, 6.0, "a|z|b"),
        (1, 0, None, "b", None, None, None),
        (2, 1, "Rome", None, 9.0, 2.0, "b|b|a"),
        (3, 0, "Oslo", "a", float("nan"), float("inf"), "z"),
    ]
    base = duckdb.connect()
    base.execute(
        'CREATE TABLE log ("row" INT, click INT, city TEXT, "type" TEXT, age DOUBLE, price DOUBLE, tags TEXT)'
    )
    base.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    base.execute('CREATE TABLE "features.values" (field TEXT, "value" TEXT, code UINTEGER)')
    base.executemany('INSERT INTO "features.values" VALUES (?, ?, ?)', values.rows())
    query = query.rstrip().replace("\nFROM", ',\n  l."row" AS place\nFROM', 1)
    found = base.execute(f"SELECT * FROM ({query}) ORDER BY place").fetchall()
    assert [row[:-1] for row in found] == [
        (1, 1, 1, 0, 1.0, [2, 0], 1),
        (0, 2, 2, 3, 0.0, [0], 2),
        (1, 0, 0, 1, 0.0, [1, 2], 0),
        (0, 1, 1, 3, 0.0, [0], 1),
    ]


def test_duckdb_gives_featsels_codes_of_many_rows(export, values):
    duckdb = pytest.importorskip("duckdb")

    draw = random.Random(0)
    cities = [draw.choice(["Oslo", "L'Aquila", "Rome", None]) for _ in range(5000)]
    codes = {"Oslo": 1, None: 2, "L'Aquila": 3}
    base = duckdb.connect()
    base.execute('CREATE TABLE log ("row" INT, click BOOLEAN, city TEXT)')
    base.execute("INSERT INTO log SELECT UNNEST(?), TRUE, UNNEST(?)", [list(range(len(cities))), cities])
    base.execute('CREATE TABLE "features.values" (field TEXT, "value" TEXT, code UINTEGER)')
    base.executemany('INSERT INTO "features.values" VALUES (?, ?, ?)', values.rows())
    query = (export("sql", "city") / "features.sql").read_text()
    query = query.rstrip().replace("\nFROM", ',\n  l."row" AS place\nFROM', 1)
    found = base.execute(f"SELECT * FROM ({query}) ORDER BY place").fetchall()
    assert [code for _, code, _ in found] == [codes.get(city, 0) for city in cities]


def test_pytorch_refuses_the_names_that_are_avoided():
    torch = pytest.importorskip("torch")

    names = {name for name in dir(torch.nn.ModuleDict()) if not name.startswith("_")}
    assert names <= MODULE_NAMES
