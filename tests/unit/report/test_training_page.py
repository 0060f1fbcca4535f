from __future__ import annotations

import copy
import re

import pytest

from featsel.report.table import visible
from featsel.report.training_page import training_html
from tests.pages import Page

HOSTILE = (
    "<script>alert(1)</script>",
    "</title></svg></script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "http://example.com/?a=1",
    "a\x1b[31mb\u202ec",
)


def measured(rows, ratio=1.01):
    bins = [{"rows": rows, "predicted": 0.1 * ratio, "actual": 0.1}]
    return {
        "auc": 0.7123,
        "log_loss": 0.3456,
        "calibration": {"ratio": ratio, "expected_error": 0.001, "bins": bins},
        "rows": rows,
    }


def line(epoch, *, is_best, valid=True):
    found = {"auc": 0.7, "log_loss": 0.34, "ratio": 1.0, "calibration_error": 0.001, "rows": 10}
    return {
        "epoch": epoch,
        "step": epoch * 137,
        "train_loss": 0.4 / epoch,
        "rate": 0.001,
        "valid": found if valid else None,
        "is_best": is_best,
    }


DOCUMENT = {
    "schema": "featsel.metrics/1",
    "featsel": "0.1.0",
    "input": {"paths": ["day.parquet"], "rows": 10_000, "columns": 8, "fingerprint": "sha256:ab"},
    "options": {
        "features": "features.yaml",
        "epochs": 10,
        "hidden": [64, 32],
        "device": "cpu",
        "precision": "fp32",
        "held_out": {"valid": {"path": None, "share": 0.1}, "test": {"path": "late.parquet", "share": None}},
    },
    "model": {"name": "deepfm", "parameters": 123_456, "table_bytes": 98_765},
    "train": {"log_loss": 0.2, "rows": 8000},
    "valid": measured(1000),
    "test": measured(2000),
    "split": {"order": "random", "valid": 0.1, "test": 0.0, "seed": 0},
    "epochs": 3,
    "best_epoch": 2,
    "rows_per_second": 54_321,
    "timing": {"encode_s": 1.25, "fit_s": 10.5, "rows_per_cpu_second": 4321},
    "history": [line(1, is_best=True), line(2, is_best=True), line(3, is_best=False)],
    "elapsed_s": 12.5,
}


@pytest.fixture
def document():
    return copy.deepcopy(DOCUMENT)


def test_the_headline_numbers_are_shown_the_test_first(document):
    html = training_html(document)
    tiles = re.findall(r"<strong>(.*?)</strong>(.*?)<small>", html)
    assert tiles == [
        ("0.7123", "Test AUC"),
        ("0.3456", "Test log loss"),
        ("1.010", "Test calibration"),
        ("0.7123", "Validation AUC"),
        ("0.3456", "Validation log loss"),
        ("1.010", "Validation calibration"),
    ]


def test_facts_options_and_times_are_shown(document):
    texts = set(Page(training_html(document)).texts)
    assert {
        "day.parquet",
        "10,000",
        "98,765 bytes",
        "0.1 validation (random)",
        "cpu, fp32",
        "12.5 s",
    } <= texts
    assert {"held_out.test.path", "late.parquet", "64, 32", "not given"} <= texts
    assert {"Reading and encoding", "1.25 s", "4,321"} <= texts


def test_each_held_out_part_has_its_plot(document):
    labels = [a["aria-label"] for tag, a in Page(training_html(document)).elements if tag == "svg"]
    assert labels == [
        "Log loss, nats after each of 3 evaluations",
        "AUC after each of 3 evaluations",
        "Predicted and actual share of positive rows in 1 bins of the validation rows",
        "Predicted and actual share of positive rows in 1 bins of the test rows",
    ]


@pytest.mark.parametrize("absent", [("test",), ("valid",), ("valid", "test")])
def test_parts_may_be_absent(document, absent):
    for part in absent:
        del document[part]
    if "valid" in absent:
        document["history"] = [line(epoch, is_best=True, valid=False) for epoch in (1, 2, 3)]
    page = Page(training_html(document))
    n_charts = sum(tag == "svg" for tag, _ in page.elements)
    assert n_charts == {("test",): 3, ("valid",): 2, ("valid", "test"): 1}[absent]
    assert any("No rows were held out" in text for text in page.texts) == (len(absent) == 2)


def test_measures_that_are_no_numbers_are_shown_as_missing(document):
    document["test"] |= {"auc": None, "log_loss": None}
    document["test"]["calibration"] = {"ratio": None, "expected_error": None, "bins": []}
    document["train"]["log_loss"] = None
    document["history"] = [{**line(1, is_best=True, valid=False), "train_loss": None}]
    assert "<strong>–</strong>Test AUC" in training_html(document)


def test_a_model_that_was_still_getting_better_is_named(document):
    document |= {"epochs": 10, "best_epoch": 10}
    assert "with more epochs the model may become better" in training_html(document)


@pytest.mark.parametrize(("ratio", "is_named"), [(1.2, True), (0.85, True), (1.05, False)])
def test_predictions_that_do_not_add_up_are_named(document, ratio, is_named):
    document["test"] = measured(2000, ratio)
    assert (f"add up to {ratio:.3g} times" in training_html(document)) == is_named


def test_the_page_loads_nothing(document):
    html = training_html(document)
    page = Page(html)
    loading = {"src", "href", "srcset", "data", "action", "xlink:href", "poster", "style"}
    assert [a for _, a in page.elements if loading & set(a)] == []
    assert not {"link", "iframe", "object", "embed", "base", "img"} & {tag for tag, _ in page.elements}
    assert re.findall(r"https?://|url\(|@import|\bfetch\(|XMLHttpRequest|\bimport\(", html) == []
    assert any(a.get("http-equiv") == "Content-Security-Policy" for _, a in page.elements)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_inert(document, name):
    plain = [tag for tag, _ in Page(training_html(document)).elements]
    document["input"]["paths"] = [name]
    document["options"]["features"] = name
    document["options"]["held_out"]["test"]["path"] = name
    document["model"]["name"] = name
    page = Page(training_html(document))
    assert [tag for tag, _ in page.elements] == plain
    assert page.texts.count(visible(name)) == 4
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)


def test_charts_and_headers_are_labelled_for_those_who_do_not_see_them(document):
    elements = Page(training_html(document)).elements
    assert all(a.get("role") == "img" and a.get("aria-label") for tag, a in elements if tag == "svg")
    assert {a.get("scope") for tag, a in elements if tag == "th"} == {"col", "row"}
    assert all(a.get("title") for tag, a in elements if tag == "th" and a["scope"] == "col")
    identifiers = [a["id"] for _, a in elements if "id" in a]
    assert len(identifiers) == len(set(identifiers))


def test_same_document_same_bytes(document):
    assert training_html(document) == training_html(copy.deepcopy(document))
