"""``featsel bench --embeddings`` compares tables of as many bytes, and counts them in the file."""

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import numpy as np
import polars as pl
import pytest

from featsel.artifacts.tensors import read_tensors
from featsel.cli.app import run
from featsel.workflows import bench_tables
from featsel.workflows.bench_tables import TableCell, TableCells, WidthsCell

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
SCHEMES = ["full", "hash", "qr", "unified", "int8", "pca", "optembed"]
REQUEST = 2
LEARN = ["--model", "fm", "--dim", "4", "--epochs", "1", "--lr", ".05", "--threads", "1", "-q"]
FAST = ["--embeddings", *LEARN]
SMALL = [*FAST, "--seeds", "2", "--budgets", "1,.3,.05"]
TIMES = {"cpu_s", "widths_cpu_s", "elapsed_s"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(arguments, capsys):
    """Document of a bench."""
    capsys.readouterr()
    assert run(["bench", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def timeless(value):
    """A document without what differs from run to run."""
    if isinstance(value, dict):
        return {key: timeless(inner) for key, inner in value.items() if key not in TIMES}
    return [timeless(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def found(log, tmp_path_factory):
    """A small bench, bytes of the tables in its files, and its page."""
    folder = tmp_path_factory.mktemp("bench")
    arguments = [*SMALL, "--model", "mlp", "-o", str(folder / "b.json"), "--html", str(folder / "b.html")]
    files = []

    def watched(path, model):
        stored, _ = read_tensors(path / "model.safetensors")
        files.append(sum(each.nbytes for name, each in stored.items() if name.startswith("table.")))
        return measure(path, model)

    measure = bench_tables.stored_table_bytes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench_tables, "stored_table_bytes", watched)
        assert run(["bench", str(log), *arguments, "--cache", str(folder / "cache")]) == 0
    return json.loads((folder / "b.json").read_text()), files, (folder / "b.html").read_text()


@pytest.fixture(scope="module")
def document(found):
    return found[0]


def tables(document):
    """Entries of the tables that there are."""
    return [entry for entry in document["tables"] if entry["why_not"] is None]


def test_the_document_fits_its_published_schema(document):
    jsonschema.validate(document, json.loads((SCHEMAS / "bench.schema.json").read_text()))


def test_every_scheme_is_told_of_at_every_budget(document):
    assert document["budgets"] == [1, 0.3, 0.05]
    assert document["schemes"] == SCHEMES
    assert [(entry["model"], entry["budget"], entry["scheme"]) for entry in document["tables"]] == [
        (model, budget, scheme)
        for model in ("fm", "mlp")
        for budget in document["budgets"]
        for scheme in SCHEMES
    ]


def test_bytes_are_those_of_the_files_and_within_the_budget(found):
    document, files, _ = found

    known = {n_bytes for entry in tables(document) for n_bytes in entry["bytes"]}

    assert known == set(files)
    for entry in tables(document):
        assert all(n <= most for n, most in zip(entry["bytes"], entry["budget_bytes"], strict=True))


def test_budgets_are_shares_of_the_full_table(document):
    whole = {
        entry["model"]: entry["bytes"]
        for entry in tables(document)
        if entry["scheme"] == "full" and entry["budget"] == 1
    }

    for entry in document["tables"]:
        assert entry["budget_bytes"] == [
            int(round(entry["budget"] * n_bytes, 6)) for n_bytes in whole[entry["model"]]
        ]
    # fm has a first-order weight a row beside four numbers, mlp has none
    assert [4 * n_bytes for n_bytes in whole["fm"]] == [5 * n_bytes for n_bytes in whole["mlp"]]


def test_shared_rows_serve_every_feature_and_others_as_many_as_have_room(document):
    whole = tables(document)[0]["features"]
    for entry in tables(document):
        if entry["scheme"] in {"hash", "qr", "unified"} or entry["budget"] == 1:
            assert entry["features"] == whole
        elif entry["scheme"] == "full":
            assert all(n < most for n, most in zip(entry["features"], whole, strict=True))
    at = {(entry["model"], entry["scheme"], entry["budget"]): entry for entry in tables(document)}
    assert at["fm", "int8", 0.3]["features"][0] > at["fm", "full", 0.3]["features"][0]


def test_widths_are_chosen_by_the_schemes_that_choose_them(document):
    for entry in tables(document):
        widths = {width for seed in entry["widths"] for width in seed}
        chooses = entry["scheme"] in {"pca", "optembed"}
        assert (entry["widths_cpu_s"] is not None) == chooses
        assert widths <= {1, 2, 3, 4}
        if not chooses:
            assert widths == {4}


def test_differences_are_paired_by_seed(document):
    at = {(entry["model"], entry["scheme"], entry["budget"]): entry for entry in tables(document)}
    for (model, _, budget), entry in at.items():
        references = {
            "whole": (model, "full", 1),
            "full": (model, "full", budget),
            "hash": (model, "hash", budget),
        }
        for name, key in references.items():
            if key not in at:
                assert entry[f"over_{name}"] is None
                continue
            for measure in ("auc", "log_loss"):
                change = np.subtract(entry[measure]["by_seed"], at[key][measure]["by_seed"])
                assert entry[f"over_{name}"][measure]["mean"] == pytest.approx(change.mean(), abs=1e-12)
    own = at["fm", "full", 1]["over_whole"]
    assert own["auc"] == own["log_loss_of_rows"] == {"mean": 0, "low": 0, "high": 0}


def test_a_budget_that_is_too_small_for_a_scheme_says_why(log, capsys):
    document = told([log, *FAST, "--seeds", "1", "--budgets", ".012,.003"], capsys)

    reasons = {(entry["scheme"], entry["budget"]): entry["why_not"] for entry in document["tables"]}
    assert "rows are too few for quotients and remainders of" in reasons["qr", 0.012]
    assert "rows are too few for 6 fields, which have rows of their own" in reasons["hash", 0.012]
    assert "bytes have room for no feature: the first one takes 40" in reasons["full", 0.003]
    assert reasons["unified", 0.012] is None
    jsonschema.validate(document, json.loads((SCHEMAS / "bench.schema.json").read_text()))


def test_the_page_is_whole_and_names_every_scheme(found):
    page = found[2]

    HTMLParser().feed(page)
    assert all(scheme in page for scheme in SCHEMES)
    assert "How to read this" in page
    assert "<script src" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_pipe_gets_whole_numbers_of_bytes_and_reasons(log, capsys):
    assert run(["bench", str(log), *FAST, "--seeds", "2", "--budgets", "1,.012"]) == 0

    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out), delimiter="\t"))

    assert [line["scheme"] for line in lines] == 2 * SCHEMES
    for line in lines:
        assert line["budget_bytes"].isdigit()
        assert bool(line["why_not"]) != bool(line["auc"])
        if line["auc"]:
            assert 0 < float(line["auc"]) < 1
            assert int(line["bytes"]) <= int(line["budget_bytes"])
            assert all(line[name].isdigit() for name in ("table_rows", "features", "fields"))


@pytest.mark.parametrize("name", ["b.csv", "b.tsv", "b.parquet", "b.md"])
def test_the_extension_says_the_format(name, log):
    arguments = [*FAST, "--seeds", "1", "--scheme", "unified", "--scheme", "qr", "--budgets", ".5,.01"]
    assert run(["bench", str(log), *arguments, "-o", name]) == 0

    if name.endswith(".md"):
        text = Path(name).read_text()
        assert text.startswith("### fm: 2 schemes of embedding tables, 1 seed, 80 test rows")
        assert "In 50 % of the bytes" in text
        assert "qr has no table in 1 % of the bytes: " in text
        assert "give --seeds 3 or more" in text
        return
    frame = pl.read_parquet(name) if name.endswith(".parquet") else None
    frame = pl.read_csv(name, separator="," if name == "b.csv" else "\t") if frame is None else frame
    assert frame["scheme"].to_list() == ["unified", "qr"] * 2
    assert frame["bytes"].dtype == pl.Int64


def test_where_no_scheme_has_a_table_it_is_said(log):
    arguments = [*FAST, "--seeds", "1", "--scheme", "qr", "--budgets", ".01"]
    assert run(["bench", str(log), *arguments, "-o", "b.md", "--html", "b.html"]) == 0

    assert "No scheme has a table in 1 % of the bytes." in Path("b.md").read_text()
    assert "No scheme has a table in 1 % of the bytes." in Path("b.html").read_text()


def test_processes_change_nothing(log, capsys, tmp_path):
    short = [log, *FAST, "--seeds", "1", "--budgets", "1,.2", "--scheme", "unified", "--scheme", "optembed"]
    one, two = (told([*short, "--jobs", jobs, "--cache", tmp_path / jobs], capsys) for jobs in ("1", "2"))

    assert timeless(two) == timeless(one)


def test_what_a_killed_bench_has_finished_is_not_done_again(log, capsys, tmp_path, monkeypatch):
    arguments = [log, *SMALL, "--cache", tmp_path / "cache"]
    whole = told(arguments, capsys)
    files = sorted((tmp_path / "cache").rglob("bench-table-*.safetensors"))
    for path in files[::2]:
        path.unlink()
    again = []
    inner = TableCells.run

    def watched(self, cell):
        again.append(cell)
        inner(self, cell)

    monkeypatch.setattr(TableCells, "run", watched)
    resumed = told(arguments, capsys)

    assert len(files) > 20
    assert {type(cell) for cell in again} <= {TableCell, WidthsCell}
    assert len(again) == len(files[::2])
    assert timeless(resumed) == timeless(whole)


def test_budgets_that_buy_the_same_table_share_a_training(log, capsys, monkeypatch):
    trained = []
    inner = TableCells.run

    def watched(self, cell):
        trained.append(cell)
        inner(self, cell)

    monkeypatch.setattr(TableCells, "run", watched)
    document = told(
        [log, *FAST, "--seeds", "1", "--scheme", "int8", "--budgets", "1,.5", "--no-cache"], capsys
    )

    # half of the bytes hold all features, and so do all of them
    first, second = document["tables"]
    assert (first["bytes"], first["auc"]) == (second["bytes"], second["auc"])
    assert [(cell.scheme, cell.share) for cell in trained] == [("full", 1), ("int8", 1)]


def test_the_full_table_is_the_reference_whoever_asks_for_it(log, capsys):
    document = told([log, *FAST, "--seeds", "1", "--scheme", "hash", "--budgets", "10%"], capsys)

    (entry,) = document["tables"]
    assert entry["budget"] == 0.1
    assert entry["over_whole"]["auc"]["mean"] != 0
    assert entry["over_full"] is None
    assert entry["over_hash"]["auc"]["mean"] == 0


def test_progress_is_told_when_asked_for(log, capsys):
    arguments = [*(each for each in FAST if each != "-q"), "--seeds", "1", "--budgets", ".5"]
    assert run(["bench", str(log), *arguments, "--scheme", "pca", "-v", "--seed", "7"]) == 0

    err = capsys.readouterr().err
    assert "finished: widths by pca for fm, seed 7" in err
    assert "finished: pca at 0.5 of the bytes, fm, seed 7" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*FAST, "--scheme", "magic"], "--scheme 'magic' is no scheme"),
        ([*FAST, "--budgets", "0"], "--budgets '0' is no share of the bytes of the full table"),
        ([*FAST, "--budgets", ".5,2"], "--budgets '2' is no share"),
        ([*FAST, "--budgets", "x"], "--budgets 'x' is no share"),
        ([*FAST, "--budgets", ""], "--budgets '' is no share"),
        ([*FAST, "--budgets", "nan"], "--budgets 'nan' is no share"),
        ([*FAST, "--lookups", "3"], "--dim 4 cannot be made of --lookups 3"),
        ([*FAST, "--model", "lr"], "model lr reads no embeddings"),
        ([*FAST, "--model", "gpt"], "--model 'gpt' is no model"),
        ([*FAST, "--method", "gbdt"], "--method is for methods that order fields"),
        ([*FAST, "--k", "3"], "--k is for methods that order fields"),
        ([*FAST, "--truth", "t.json"], "--truth is for methods that order fields"),
        ([*LEARN, "--scheme", "full"], "--scheme is for --embeddings"),
        ([*LEARN, "--budgets", ".5"], "--budgets is for --embeddings"),
        ([*LEARN, "--lookups", "2"], "--lookups is for --embeddings"),
        ([*FAST, "-o", "b.txt"], "--output 'b.txt' has no extension that a bench can have"),
        ([*FAST, "--test", "0"], "no row is left for test"),
    ],
)
def test_a_wrong_request_is_one_error(arguments, message, log, told_error):
    assert run(["bench", str(log), *arguments]) == REQUEST
    assert message in told_error()
