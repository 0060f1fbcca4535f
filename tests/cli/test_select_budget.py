"""``featsel select --budget`` chooses features, meets its budget, and proves what it claims."""

import json
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest

from featsel.artifacts.feature_configs import read_features
from featsel.artifacts.tensors import read_tensors
from featsel.cli.app import run
from featsel.core.feature_config import Method
from featsel.core.table_size import table_bytes
from featsel.report.selection import evidence_sentences
from featsel.selection.backbone import Backbone
from featsel.workflows import choose

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
REQUEST, DATA, INTERRUPTED = 2, 3, 130
FAST = ["--dim", "4", "--epochs", "3", "--lr", ".02", "--threads", "1", "-q"]
PLAIN = [method.value for method in Method if method not in {Method.ALL, Method.DELETION, Method.OPTFS}]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A log with noise, copies, pairs that matter only together, and the truth of it."""
    path = tmp_path_factory.mktemp("planted") / "log.parquet"
    options = "--rows 10000 --fields 14 --redundant 1 --interactions 1 --drift 0 --seed 4"
    assert run(["synth", str(path), *options.split(), "--max-cardinality", "2000", "-q"]) == 0
    return path, json.loads(path.with_suffix(".truth.json").read_text())


def select(log, budget, *arguments, output="f.yaml"):
    """Config, values and document of a selection."""
    parts = ["--budget", budget] if budget else []
    code = run(["select", str(log), *parts, *FAST, *arguments, "-o", output, "--json"])
    assert code == 0
    config, values = read_features(Path(output))
    return config, values


def document_of(log, budget, capsys, *arguments):
    capsys.readouterr()
    select(log, budget, *arguments)
    return json.loads(capsys.readouterr().out)


def features_of(values):
    return set(zip(values["field"], values["value"], strict=True))


def test_noise_goes_and_what_matters_stays(planted):
    log, truth = planted

    config, _ = select(log, "50%", "--exclude", "day")

    kept = {field.name for field in config.fields}
    why = {field.name: field.why for field in config.dropped}
    assert kept >= {name for pair in truth["interactions"] for name in pair}
    assert len(kept & set(truth["informative"])) >= len(truth["informative"]) - 1
    assert not kept & set(truth["identifiers"])
    assert len(kept & set(truth["noise"])) <= 1
    assert all(text.startswith(("noise", "identifier", "copy", "budget")) for text in why.values())


@pytest.mark.parametrize("budget", ["3fields", "4%", "40features", "1500bytes", "5fields,30features,1kB"])
@pytest.mark.parametrize("method", [None, "random"])
def test_a_budget_is_kept_and_used_up(planted, budget, method):
    log, _ = planted
    arguments = ["--method", method] if method else []
    whole, everything = read_all(log)

    config, values = select(log, budget, "--exclude", "day", *arguments)

    used = config.selection.used
    assert used.bytes == table_bytes(config)
    assert used.features == values.height == sum(field.features for field in config.fields)
    limits = dict(part_of(part, everything.height) for part in budget.split(","))
    assert used.fields <= limits.get("fields", 99)
    assert used.features <= limits.get("features", 99_999)
    assert used.bytes <= limits.get("bytes", 10**9)
    row = 4 * whole.embedding.dim
    is_used_up = [
        used.fields == limits.get("fields"),
        used.features == limits.get("features"),
        limits.get("bytes", 10**9) - used.bytes < 2 * row,
    ]
    assert any(is_used_up)


def part_of(text, n_all):
    for unit in ("fields", "features"):
        if text.endswith(unit):
            return unit, int(text.removesuffix(unit))
    if text.endswith("%"):
        return "features", n_all * int(text[:-1]) // 100
    return "bytes", int(text.removesuffix("bytes").replace("kB", "000"))


def read_all(log):
    assert (
        run(["select", str(log), "--method", "all", "--dim", "4", "--exclude", "day", "-o", "all.yaml", "-q"])
        == 0
    )
    return read_features(Path("all.yaml"))


def test_larger_budgets_contain_smaller_ones(planted):
    log, _ = planted
    sets = [features_of(select(log, budget, "--exclude", "day")[1]) for budget in ("1%", "5%", "20%")]

    assert sets[0] < sets[1] < sets[2]


def test_the_same_again_whatever_the_threads(planted):
    log, _ = planted
    select(log, "5%", "--exclude", "day", output="a.yaml")
    select(log, "5%", "--exclude", "day", "--threads", "2", output="b.yaml")

    first, second = (Path(name).read_text().replace(name[0] + ".values", "") for name in ("a.yaml", "b.yaml"))
    assert first == second
    assert Path("a.values.parquet").read_bytes() == Path("b.values.parquet").read_bytes()


def test_a_second_budget_trains_once_more_and_finds_the_same(planted, monkeypatch, tmp_path):
    log, _ = planted
    fits = []
    fit = Backbone.fit

    def counted(self, *arguments, **options):
        fits.append(1)
        return fit(self, *arguments, **options)

    monkeypatch.setattr(Backbone, "fit", counted)
    cache = ["--exclude", "day", "--cache", str(tmp_path / "cache")]
    select(log, "1%", *cache, output="a.yaml")
    n_first = len(fits)
    select(log, "5%", *cache, output="b.yaml")
    n_second = len(fits) - n_first
    select(log, "5%", *cache, output="c.yaml")
    n_third = len(fits) - n_first - n_second
    select(log, "5%", "--exclude", "day", "--no-cache", output="d.yaml")

    assert (n_first, n_second, n_third) == (4, 1, 0)
    texts = [
        Path(name).read_text().replace(name[0] + ".values", "") for name in ("b.yaml", "c.yaml", "d.yaml")
    ]
    assert texts[0] == texts[1] == texts[2]


def test_a_budget_of_fields_after_one_of_features_searches_no_more(planted, monkeypatch, tmp_path):
    log, _ = planted
    cache = ["--exclude", "day", "--cache", str(tmp_path / "cache")]
    select(log, "5%", *cache, output="a.yaml")
    monkeypatch.setitem(choose.METHODS, Method.DELETION, None)  # whoever asks it fails

    config, _ = select(log, "3fields", *cache, output="b.yaml")

    assert len(config.fields) == 3


def test_of_few_fields_no_two_say_nearly_the_same():
    rng = np.random.default_rng(3)
    strong, weak = rng.integers(0, 6, (2, 6000))
    # each of three says nearly what the others say: no model of all fields misses one of them
    alike = [np.where(rng.random(6000) < 0.03, rng.integers(0, 6, 6000), strong) for _ in range(3)]
    chances = 1 / (1 + np.exp(2 - 0.8 * strong + 0.35 * weak))
    columns = {"click": (rng.random(6000) < chances).astype(int), "weak": weak}
    columns |= {f"strong{index}": values for index, values in enumerate(alike)}
    names = list(columns)[1:]
    pl.DataFrame(columns).with_columns(pl.col(names).cast(pl.String)).write_csv("log.csv")

    one, _ = select("log.csv", "1fields")
    two, _ = select("log.csv", "2fields")

    assert one.fields[0].name.startswith("strong")
    assert {field.name[:4] for field in two.fields} == {"stro", "weak"}


def test_a_selection_that_was_killed_goes_on(planted, monkeypatch, tmp_path):
    log, _ = planted
    cache = ["--exclude", "day", "--cache", str(tmp_path / "cache")]
    order = choose.METHODS[Method.DELETION]

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setitem(choose.METHODS, Method.DELETION, interrupted)
    assert run(["select", str(log), "--budget", "5%", *FAST, *cache, "-o", "a.yaml"]) == INTERRUPTED
    assert not Path("a.yaml").exists()
    monkeypatch.setitem(choose.METHODS, Method.DELETION, order)
    trained = []
    fit = Backbone.fit
    monkeypatch.setattr(Backbone, "fit", lambda *args, **options: trained.append(1) or fit(*args, **options))
    select(log, "5%", *cache, output="a.yaml")
    select(log, "5%", "--exclude", "day", "--no-cache", output="b.yaml")

    assert len(trained) == 3 + 4
    assert Path("a.values.parquet").read_bytes() == Path("b.values.parquet").read_bytes()


def test_a_broken_stage_is_found_anew(planted, tmp_path):
    log, _ = planted
    cache = ["--exclude", "day", "--cache", str(tmp_path / "cache")]
    select(log, "5%", *cache, output="a.yaml")
    for stage in (tmp_path / "cache").rglob("stage-*.safetensors"):
        stage.write_bytes(stage.read_bytes()[:100])
    select(log, "5%", *cache, output="b.yaml")

    assert Path("a.values.parquet").read_bytes() == Path("b.values.parquet").read_bytes()


def test_training_on_the_config_gives_the_metrics_that_it_reports(planted, capsys):
    log, _ = planted
    document = document_of(log, "5%", capsys, "--exclude", "day")

    training = ["--epochs", "3", "--lr", ".02", "--threads", "1", "-q"]
    assert run(["train", "f.yaml", str(log), "-o", "m", "--json", *training]) == 0

    metrics = json.loads(capsys.readouterr().out)
    reported = document["evidence"]["selected"]
    assert metrics["valid"]["auc"] == reported["auc"]
    assert metrics["valid"]["log_loss"] == reported["log_loss"]
    config, _ = read_features(Path("f.yaml"))
    assert config.selection.metrics["selected"] == {name: reported[name] for name in ("auc", "log_loss")}


@pytest.mark.parametrize("dims", ["pca", "optembed"])
def test_widths_of_fields_meet_the_budget_and_nest(planted, capsys, dims):
    log, _ = planted
    sets = []
    for n_bytes in (1000, 3000):
        document = document_of(
            log, f"{n_bytes}bytes", capsys, "--exclude", "day", "--dims", dims, "--html", "page.html"
        )
        config, values = read_features(Path("f.yaml"))
        widths = {field.name: field.dim for field in config.fields}
        sets.append((features_of(values), widths))
        used = config.selection.used
        assert used.bytes == table_bytes(config) <= n_bytes
        assert n_bytes - used.bytes < 2 * 4 * config.embedding.dim
        assert document["options"]["dims"] == dims
        assert len(set(widths.values())) > 1
        assert f"(--dims {dims})" in Path("page.html").read_text()
        assert f"(--dims {dims})" in evidence_sentences(document)[1]
        jsonschema.validate(document, json.loads((SCHEMAS / "selection.schema.json").read_text()))
    (small, narrow), (large, wide) = sets
    assert small < large
    assert narrow.items() <= wide.items()
    assert len(large) > len(features_of(select(log, "3000bytes", "--exclude", "day")[1]))
    fixed = 4 * config.embedding.dim * sum(field.features + 1 for field in config.fields)
    assert document["evidence"]["widths"] == {
        "least": min(wide.values()),
        "most": max(wide.values()),
        "fixed_bytes": fixed,
    }


@pytest.mark.parametrize("dims", ["pca", "optembed"])
def test_a_training_has_the_widths_and_reaches_the_reported_metrics(planted, capsys, dims):
    log, _ = planted
    document = document_of(log, "9kB", capsys, "--exclude", "day", "--dims", dims)

    training = ["--epochs", "3", "--lr", ".02", "--threads", "1", "-q"]
    assert run(["train", "f.yaml", str(log), "-o", "m", "--json", *training]) == 0

    metrics = json.loads(capsys.readouterr().out)
    reported = document["evidence"]["selected"]
    assert metrics["valid"]["auc"] == reported["auc"]
    assert metrics["valid"]["log_loss"] == reported["log_loss"]
    tensors, _ = read_tensors(Path("m/model.safetensors"))
    table = [tensor for name, tensor in tensors.items() if name.startswith("table.")]
    n_rows = sum(field["features"] + 1 for field in document["fields"])
    # beside the embeddings, the file has a first-order weight a row
    assert sum(tensor.nbytes for tensor in table) == reported["bytes"] + 4 * n_rows
    assert metrics["model"]["table_bytes"] == reported["bytes"] + 4 * n_rows


@pytest.mark.parametrize("dims", ["pca", "optembed"])
def test_a_saved_architecture_evaluates_to_the_same_numbers_again(planted, capsys, dims):
    log, _ = planted
    chosen, _ = select(log, "9kB", "--exclude", "day", "--dims", dims, "--split", "ordered")
    training = ["--epochs", "2", "--lr", ".02", "--threads", "1", "--precision", "fp32", "-q"]
    pl.read_parquet(log).tail(1000).write_parquet("test.parquet")
    scores, metrics = [], []
    for name in ("first", "second"):
        capsys.readouterr()
        assert run(["train", "f.yaml", str(log), "-o", name, "--json", *training]) == 0
        metrics.append(json.loads(capsys.readouterr().out)["test"])
        predict = [
            "predict",
            name,
            "test.parquet",
            "-o",
            "s.parquet",
            "--precision",
            "fp32",
            "--threads",
            "1",
        ]
        assert run([*predict, "--json", "-q"]) == 0
        metrics.append(json.loads(capsys.readouterr().out))
        scores.append(pl.read_parquet("s.parquet")["score"].to_numpy())
        saved, _ = read_features(Path(name) / "features.yaml")
        assert saved.fields == chosen.fields

    assert len({field.dim for field in chosen.fields}) > 1
    assert len({each["auc"] for each in metrics}) == 1
    assert len({each["log_loss"] for each in metrics}) == 1
    np.testing.assert_array_equal(*scores)


def test_other_widths_of_the_same_search_cost_two_trainings(planted, monkeypatch, tmp_path):
    log, _ = planted
    fits = []
    fit = Backbone.fit
    monkeypatch.setattr(Backbone, "fit", lambda *args, **options: fits.append(1) or fit(*args, **options))
    cache = ["--exclude", "day", "--cache", str(tmp_path / "cache")]
    counts = []
    for arguments in ([], ["--dims", "pca"], ["--dims", "pca"], []):
        select(log, "6000bytes", *cache, *arguments)
        counts.append(len(fits))

    assert counts == [4, 6, 6, 6]


def test_the_document_fits_its_schema_and_the_page_is_written(planted, capsys):
    log, _ = planted
    document = document_of(log, "5%", capsys, "--exclude", "day", "--html", "page.html")

    jsonschema.validate(document, json.loads((SCHEMAS / "selection.schema.json").read_text()))
    evidence = document["evidence"]
    assert 0 <= evidence["false_keep_rate"] <= 1
    assert evidence["log_loss_change"]["low"] <= evidence["log_loss_change"]["high"]
    assert [point["features"] for point in evidence["curve"]] == sorted(
        point["features"] for point in evidence["curve"]
    )
    page = Path("page.html").read_text()
    HTMLParser().feed(page)
    assert "deletion" in page


@pytest.mark.parametrize("method", PLAIN)
def test_every_method_meets_the_budget(planted, method, capsys):
    log, _ = planted
    document = document_of(log, "60features", capsys, "--exclude", "day", "--method", method)

    jsonschema.validate(document, json.loads((SCHEMAS / "selection.schema.json").read_text()))
    assert document["selection"]["used"]["features"] == 60
    assert document["selection"]["method"] == method
    assert document["evidence"]["curve"] == []


def test_gates_meet_the_budget(planted, capsys):
    log, _ = planted
    document = document_of(
        log, "60features", capsys, "--exclude", "day", "--method", "optfs", "--gate-epochs", "2"
    )

    assert document["selection"]["used"]["features"] == 60


def test_gates_alone_decide_as_published(log, capsys):
    document = document_of(log, None, capsys, "--method", "optfs", "--lambda", "1e-4", "--gate-epochs", "2")

    jsonschema.validate(document, json.loads((SCHEMAS / "selection.schema.json").read_text()))
    assert document["options"]["budget"] is None
    assert document["options"]["gates"]["penalty"] == 1e-4
    assert 0 < document["selection"]["used"]["features"] <= document["evidence"]["full"]["features"]


def test_gates_that_could_not_move_are_told_of(log, capsys):
    select(log, None, "--method", "optfs", "--lambda", "1e-9", "--gate-epochs", "1", "--gate-lr", "1e-5")

    warning = capsys.readouterr().err
    assert "gate" in warning
    assert "warning" in warning


def test_gates_of_fields_that_could_not_move_are_told_of(log, capsys):
    select(log, "20features", "--method", "vdrop", "--gate-epochs", "1", "--gate-lr", "1e-9")

    warning = capsys.readouterr().err
    assert "warning: gates hardly moved in" in warning
    assert "a --gate-lr of" in warning


def test_random_labels_say_that_there_is_nothing_to_select(planted, capsys):
    log, _ = planted
    frame = pl.read_parquet(log)
    labels = np.random.default_rng(0).integers(0, 2, frame.height)
    frame.with_columns(label=labels).write_parquet("random.parquet")

    document = document_of("random.parquet", "5%", capsys, "--exclude", "day")
    assert run(["select", "random.parquet", "--budget", "5%", *FAST, "--exclude", "day", "-o", "g.yaml"]) == 0

    assert "there is nothing to select" in capsys.readouterr().err
    assert document["evidence"]["eligible"] == 0
    assert abs(document["evidence"]["selected"]["auc"] - 0.5) < 0.05


def test_lists_numbers_and_times_can_be_chosen(log, capsys):
    document = document_of(
        log, "12features", capsys, "--numeric-encoding", "standard", "--time", "hour", "--min-count", "2"
    )

    assert document["selection"]["used"]["features"] == 12
    assert {"tags", "user"} <= {field["name"] for field in document["fields"]}
    assert run(["config", "validate", "f.yaml"]) == 0


def test_a_log_of_fifty_rows_gets_an_answer(clicks, capsys):
    clicks.head(50).write_parquet("small.parquet")

    document = document_of("small.parquet", "3features", capsys, "--valid", ".3", "--test", "0")

    assert document["selection"]["used"]["features"] == 3


def test_a_log_of_one_field_gets_an_answer(log, capsys):
    document = document_of(log, "50%", capsys, "--include", "user")

    assert [field["name"] for field in document["fields"]] == ["user"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--budget", "0features"], "'0features' leaves nothing to choose"),
        (["--budget", "lots"], "'lots' is no budget"),
        (["--budget", "1bytes"], "--budget '1bytes' has room for no feature of"),
        (["--budget", "130%"], "is more than all features"),
        ([], "there is no --budget"),
        (["--method", "random"], "there is no --budget"),
        (["--method", "all", "--budget", "3%"], "--method all keeps every feature"),
        (["--method", "all", "--dims", "pca"], "--method all trains none"),
        (["--budget", "3%", "--dims", "pca", "--model", "lr"], "model lr reads no embeddings"),
        (
            ["--budget", "3%", "--dims", "optembed", "--embedding", "hash", "--table-rows", "9"],
            "fields share the rows of a table of scheme hash",
        ),
        (["--lambda", "1"], "--lambda is a penalty of gates"),
        (["--budget", "3%", "--valid", "0"], "no row is left for validation"),
        (["--budget", "3%", "--cross", "user,item", "--cross-buckets", "9"], "field 'user*item' is hashed"),
        (["--budget", "1MB", "--embedding", "hash", "--table-rows", "9"], "is as large as --table-rows says"),
        (["--method", "optfs", "--lambda", "9", "--gate-epochs", "9"], "closed the gates of all"),
        (["--budget", "3%", "--html", "page.txt"], "does not end in .html"),
        (["--budget", "3%", "--lr", "nan"], "--lr is nan"),
        (["--budget", "3%", "--time", "mass", "--weight", "mass"], "cannot be time and weight both"),
    ],
)
def test_wrong_requests_are_refused_and_nothing_is_written(log, told_error, arguments, message):
    code = run(["select", str(log), *FAST, *arguments, "-o", "f.yaml"])

    assert message in told_error()
    assert code == REQUEST
    assert not list(Path().glob("f*"))


def test_more_than_exists_is_everything_that_is_worth_it(log, capsys):
    config, values = select(log, "999999features")

    assert f"has room for all {values.height:,} of " in capsys.readouterr().err
    assert values.height == config.selection.used.features
    assert {field.name for field in config.dropped} >= {"item", "mass"}


def test_scaled_numbers_are_not_judged_by_their_counts(capsys):
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 3000))
    labels = rng.random(3000) < 1 / (1 + np.exp(-first - second))
    is_null = rng.random(3000) < 0.2
    columns = {
        name: pl.Series(each).set(pl.Series(is_null), None) for name, each in (("x", first), ("y", second))
    }
    pl.DataFrame({"click": labels, **columns, "z": first}).write_parquet("numbers.parquet")

    document = document_of("numbers.parquet", "90%", capsys, "--numeric-encoding", "standard")

    assert [field["name"] for field in document["fields"]] == ["x", "y", "z"]


@pytest.mark.parametrize("method", [None, "all"])
def test_the_log_is_not_overwritten(log, told_error, method):
    Path("f.values.parquet").write_bytes(log.read_bytes())
    options = ["--method", method] if method else ["--budget", "3%"]

    code = run(["select", "f.values.parquet", *options, *FAST, "-o", "f.yaml"])

    assert "output 'f.values.parquet' is the log itself" in told_error()
    assert code == REQUEST
    assert Path("f.values.parquet").read_bytes() == log.read_bytes()


@pytest.mark.parametrize("rows", ["all", "valid", "positive"])
def test_rows_without_weight_are_refused(clicks, told_error, rows):
    is_light = {
        "all": pl.lit(value=True),
        "valid": pl.int_range(pl.len()).is_between(640, 719),
        "positive": pl.col("click") == 1,
    }[rows]
    clicks.with_columns(w=pl.when(is_light).then(0.0).otherwise(1.0)).write_parquet("w.parquet")

    code = run(
        [
            "select",
            "w.parquet",
            "--weight",
            "w",
            "--split",
            "ordered",
            "--budget",
            "9%",
            *FAST,
            "-o",
            "f.yaml",
        ]
    )

    assert "weigh nothing together" in told_error()
    assert code == DATA


def test_a_column_may_be_called_star(clicks, capsys):
    clicks.rename({"user": "*"}).write_parquet("odd.parquet")

    document = document_of("odd.parquet", "90%", capsys)

    assert "*" in [field["name"] for field in document["fields"]]


def test_a_column_may_not_be_called_a_pattern(clicks, told_error):
    clicks.rename({"user": "^c.*$"}).write_parquet("odd.parquet")

    assert run(["select", "odd.parquet", "--budget", "9%", *FAST, "-o", "f.yaml"]) == DATA
    assert "column '^c.*$' has a name that is read as a pattern" in told_error()


def test_bytes_are_values_like_others(clicks):
    codes = clicks["user"].to_list()
    column = pl.Series([bytes([255, int(code[1:])]) for code in codes], dtype=pl.Binary)
    clicks.with_columns(user=column).write_parquet("bytes.parquet")

    assert run(["select", "bytes.parquet", "--method", "all", "-o", "f.yaml", "-q"]) == 0
    config, _ = read_features(Path("f.yaml"))
    assert {field.name: field.features for field in config.fields}["user"] == 20


def test_a_penalty_may_stand_in_a_file(log, capsys):
    Path("featsel.toml").write_text('[select]\nmethod = "optfs"\nlambda = 0.0001\ngate-epochs = 1\n')

    document = document_of(log, None, capsys)

    assert document["options"]["gates"]["penalty"] == 1e-4
