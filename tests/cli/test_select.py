"""``featsel select`` writes a feature config whose features come from the training rows alone."""

import csv
import io
import json
from pathlib import Path

import jsonschema
import polars as pl
import pytest

from featsel.artifacts.feature_configs import read_features
from featsel.cli.app import run
from featsel.core.feature_config import EmbeddingScheme, Encoding, Pooling, Rest, SplitOrder

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
REQUEST, DATA = 2, 3


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def select(*arguments, output="features.yaml"):
    """Config and values that a selection wrote."""
    assert run(["select", *map(str, arguments), "--method", "all", "-o", output, "-q"]) == 0
    return read_features(Path(output))


def values_of(values, field):
    own = values.filter(pl.col("field") == field)
    return dict(zip(own["value"], own["count"], strict=True))


def test_the_document_fits_its_published_schema(log, capsys):
    arguments = ["--cross", "user,item", "--exclude", "mass", "--json", "-q"]
    assert run(["select", str(log), "--method", "all", "-o", "f.yaml", *arguments]) == 0

    document = json.loads(capsys.readouterr().out)

    jsonschema.validate(document, json.loads((SCHEMAS / "selection.schema.json").read_text()))
    assert document["options"]["numeric"] == []
    assert document["options"]["numeric_encoding"] == "quantile"
    assert document["options"]["cross"] == [["user", "item"]]


def test_the_config_fits_its_published_schema(log):
    select(log, "--cross", "user,item", output="f.json")

    jsonschema.validate(
        json.loads(Path("f.json").read_text()), json.loads((SCHEMAS / "features.schema.json").read_text())
    )


def test_all_fields_and_all_values_of_training_rows_are_kept(log, clicks):
    config, values = select(log, "--split", "ordered")

    seen = clicks.head(640)
    assert [field.name for field in config.fields] == ["user", "item", "price", "tags", "hour", "mass"]
    assert values_of(values, "user") == dict(seen["user"].value_counts().iter_rows())
    assert values_of(values, "item") == {
        str(item): count for item, count in seen["item"].value_counts().iter_rows()
    }
    assert sum(values_of(values, "price").values()) == 640
    assert values_of(values, "price")[None] == seen["price"].null_count()
    assert config.selection.used.features == values.height


def test_a_parquet_file_and_its_csv_copy_have_the_same_features(log, text_log):
    options = ["--cross", "user,item", "--cross", "item,user", "--min-count", "2"]

    config, values = select(log, *options)
    other, other_values = select(text_log, *options, "--multivalued", "tags=|", output="csv.yaml")

    assert values.equals(other_values, null_equal=True)
    assert [vars(field) | {"separator": None} for field in other.fields] == [
        vars(field) for field in config.fields
    ]


@pytest.mark.parametrize("order", ["random", "ordered", "time"])
def test_no_value_of_a_held_out_row_has_a_feature(clicks, order):
    one_each = clicks.with_row_index("row_id").with_columns(pl.col("row_id").cast(pl.String))
    one_each.write_parquet("each.parquet")

    _, values = select("each.parquet", "--split", order, "--time", "hour", "--valid", ".2", "--test", ".3")

    seen = set(values_of(values, "row_id"))
    n_held = 800 - len(seen)
    assert n_held == 400 if order != "time" else 400 <= n_held < 420
    if order != "random":
        assert seen == {str(row) for row in range(len(seen))}


def test_numbers_of_held_out_rows_move_no_edge(clicks):
    # the last rows are dear
    dear = pl.when(pl.int_range(pl.len()) >= 640).then(1e6).otherwise(pl.col("price"))
    clicks.with_columns(dear.alias("price")).write_parquet("dear.parquet")

    options = ["--split", "ordered", "--include", "price"]
    quantile, _ = select("dear.parquet", *options)
    scaled, _ = select("dear.parquet", *options, "--numeric-encoding", "standard")

    assert max(quantile.fields[0].edges) <= 4
    assert scaled.fields[0].mean == pytest.approx(clicks["price"].head(640).mean())


def test_a_time_column_splits_in_time_and_is_no_field(log):
    config, _ = select(log, "--time", "hour")

    assert config.time == "hour"
    assert config.data.split.order is SplitOrder.TIME
    assert "hour" not in [field.name for field in config.fields]


def test_options_stand_in_the_config(log):
    config, _ = select(
        *(log, "--weight", "mass", "--dim", "6", "--rest", "zero", "--pooling", "sum", "--max-length", "2"),
        *("--embedding", "unified", "--table-rows", "64", "--lookups", "3", "--valid", ".2", "--test", "0"),
        *("--numeric-encoding", "log2", "--cross", "user,item", "--cross-buckets", "9", "--seed", "5"),
    )

    fields = {field.name: field for field in config.fields}
    assert (config.weight, config.rest, config.selection.seed) == ("mass", Rest.ZERO, 5)
    assert (config.data.split.valid, config.data.split.test, config.data.split.seed) == (0.2, 0.0, 5)
    assert config.embedding.scheme is EmbeddingScheme.UNIFIED
    assert (config.embedding.rows, config.embedding.lookups, config.embedding.salt) == (64, 3, 5)
    assert (fields["tags"].pooling, fields["tags"].max_length) == (Pooling.SUM, 2)
    assert fields["price"].encoding is Encoding.LOG2
    assert (fields["user*item"].encoding, fields["user*item"].features) == (Encoding.HASH, 9)
    assert {field.dim for field in config.fields} == {6}


def test_rare_values_have_no_feature(log, clicks):
    config, values = select(log, "--split", "ordered", "--min-count", "30")

    counts = dict(clicks.head(640)["user"].value_counts().iter_rows())
    frequent = {user: count for user, count in counts.items() if count >= 30}
    assert values_of(values, "user") == frequent
    assert (config.fields[0].features, config.fields[0].of) == (len(frequent), 20)


def test_a_field_without_a_frequent_value_is_dropped_and_told(clicks, capsys):
    clicks.with_row_index("row_id").write_parquet("each.parquet")

    config, _ = select("each.parquet", "--categorical", "row_id", "--min-count", "5")

    (dropped,) = config.dropped
    assert (dropped.name, dropped.why) == ("row_id", "none of its values stands in 5 training rows")
    assert "field 'row_id' is dropped" in capsys.readouterr().err


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("threads", ["1", "3"])
def test_the_same_request_writes_the_same_bytes(log, cached, threads):
    select(log, "--cross", "user,item", output="one.yaml")

    options = [] if cached else ["--no-cache"]
    select(log, "--cross", "user,item", "--threads", threads, *options, output="two.yaml")

    one, two = Path("one.yaml").read_text(), Path("two.yaml").read_text()
    assert two.replace("two.values", "one.values") == one
    assert Path("two.values.parquet").read_bytes() == Path("one.values.parquet").read_bytes()


def test_a_pipe_gets_a_line_for_each_field(log, capsys):
    config, _ = select(log)

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out), delimiter="\t"))

    assert [(row["name"], int(row["features"])) for row in rows] == [
        (field.name, field.features) for field in config.fields
    ]


def test_a_changed_log_is_read_anew(clicks):
    text = clicks.select("click", "user").write_csv()
    Path("log.csv").write_text(text)
    before, _ = select("log.csv", "--split", "ordered")

    Path("log.csv").write_text(text.replace("u19", "u18"))
    after, _ = select("log.csv", "--split", "ordered")

    assert after.fields[0].features == before.fields[0].features - 1


def test_a_large_file_that_changed_where_its_fingerprint_is_blind_is_read_anew(clicks, monkeypatch):
    monkeypatch.setattr("featsel.workflows.encode.fingerprint", lambda _: "sha256:same")
    text = clicks.select("click", "user").write_csv()
    Path("log.csv").write_text(text)
    before, _ = select("log.csv", "--split", "ordered")

    Path("log.csv").write_text(text.replace("u19", "u18"))
    after, _ = select("log.csv", "--split", "ordered")

    assert after.fields[0].features == before.fields[0].features - 1


def test_a_folder_of_the_cache_can_be_named(log):
    select(log, "--cache", "mine")

    (kept,) = Path("mine").iterdir()
    assert len(list(kept.iterdir())) == 7  # six fields and the label


def test_nothing_is_kept_where_no_cache_is_wanted(log, monkeypatch, folder):
    monkeypatch.setenv("FEATSEL_CACHE", str(folder / "cache"))

    select(log, "--no-cache")

    assert not (folder / "cache").exists()


def test_standard_input_is_not_kept(text_log, monkeypatch, folder):
    monkeypatch.setenv("FEATSEL_CACHE", str(folder / "cache"))
    with text_log.open() as stream, monkeypatch.context() as patch:
        patch.setattr("sys.stdin", stream)
        config, _ = select("-")

    assert config.fields
    assert not (folder / "cache").exists()


def one_class(clicks):
    clicks.with_columns(click=0).write_parquet("log.parquet")


def named_like_a_cross(clicks):
    clicks.with_columns(pl.col("mass").alias("user*item")).write_parquet("log.parquet")


def text_price(clicks):
    clicks.with_columns(price=pl.lit("cheap")).write_parquet("log.parquet")


def unchanged(clicks):
    clicks.write_parquet("log.parquet")


@pytest.mark.parametrize(
    ("make", "arguments", "code", "message"),
    [
        (one_class, [], DATA, "label 'click' is 0 in all 800 rows"),
        (one_class, ["--positive", "7"], DATA, "Is '7' the value that --positive should name?"),
        (unchanged, ["--positive", "7"], DATA, "label 'click' never has the value '7'"),
        (text_price, ["--numeric", "price"], DATA, "column 'price' holds 'cheap' and no numbers"),
        (unchanged, ["--valid", ".6", "--test", ".6"], DATA, "leaves none of the 800 rows to train on"),
        (unchanged, ["--min-count", "5000"], DATA, "no value of any field stands in 5,000 training rows"),
        (unchanged, ["--cross", "user,price"], REQUEST, "--cross user,price: field 'price' is numeric"),
        (unchanged, ["--cross", "user,usr"], DATA, "column 'usr' is not in the log"),
        (unchanged, ["--cross", "user,user"], REQUEST, "does not name two different fields"),
        (unchanged, ["--cross", "user"], REQUEST, "does not name two different fields"),
        (
            *(unchanged, ["--cross", "user,item", "--cross", "user,item"], REQUEST),
            "--cross user,item: there is another field 'user*item'",
        ),
        (named_like_a_cross, ["--cross", "user,item"], REQUEST, "there is another field 'user*item'"),
        (unchanged, ["--embedding", "hash"], REQUEST, "--embedding hash needs --table-rows"),
        (unchanged, ["--table-rows", "9"], REQUEST, "--table-rows is for shared tables"),
        (
            *(unchanged, ["--embedding", "unified", "--table-rows", "9", "--lookups", "5"], REQUEST),
            "--dim 16 cannot be made of --lookups 5",
        ),
        (unchanged, ["--cache", "c", "--no-cache"], REQUEST, "--cache and --no-cache exclude each other"),
        (unchanged, ["--split", "time"], REQUEST, "--split time"),
        (unchanged, ["-o", "features.txt"], REQUEST, "no extension that a feature config has"),
        (unchanged, ["-o", "nowhere/features.yaml"], REQUEST, "there is no folder 'nowhere'"),
        (unchanged, ["--method", "best"], REQUEST, "Invalid value for '--method'"),
    ],
)
def test_a_wrong_request_is_one_error_and_writes_nothing(clicks, told_error, make, arguments, code, message):
    make(clicks)

    found = run(["select", "log.parquet", "--method", "all", "-o", "f.yaml", *arguments])

    assert message in told_error()
    assert found == code
    assert [path.name for path in Path().iterdir()] == ["log.parquet"]


def test_an_earlier_config_stays_where_a_selection_fails(log):
    select(log)
    before = {path.name: path.read_bytes() for path in Path().iterdir()}

    assert run(["select", str(log), "--method", "all", "-o", "features.yaml", "--cross", "a,b"]) == DATA

    assert {path.name: path.read_bytes() for path in Path().iterdir()} == before


def test_several_files_and_partitions_are_one_log(clicks):
    for day, part in enumerate(clicks.iter_slices(400)):
        Path(f"log/day={day}").mkdir(parents=True)
        part.write_parquet(f"log/day={day}/part.parquet")

    config, values = select("log", "--split", "ordered", "--valid", "0", "--test", "0")

    assert config.data.rows == 800
    assert values_of(values, "day") == {"0": 400, "1": 400}
