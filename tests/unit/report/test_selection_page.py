from __future__ import annotations

import copy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.report.selection_page import selection_html
from featsel.report.table import visible
from tests.pages import Page

HOSTILE = (
    "<script>alert(1)</script>",
    "</title></svg></script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "http://example.com/?a=1",
    "a\x1b[31mb\u202ec",
)


def field(name, features=10, of=40, score=1.5):
    return {
        "name": name,
        "kind": "categorical",
        "encoding": "vocabulary",
        "features": features,
        "of": of,
        "dim": 16,
        "values": name,
        "edges": [],
        "score": score,
    }


DOCUMENT = {
    "schema": "featsel.selection/1",
    "featsel": "0.1.0",
    "input": {"paths": ["day.parquet"], "rows": 10_000, "columns": 8, "fingerprint": "sha256:ab"},
    "options": {
        "label": "click",
        "exclude": ["day"],
        "method": "deletion",
        "budget": "1%",
        "split": {"order": "random", "valid": 0.1, "test": 0.1, "seed": 0},
        "embedding": {"scheme": "full", "dim": 16, "rows": None},
        "rest": "oov",
    },
    "output": "features.yaml",
    "selection": {
        "method": "deletion",
        "seed": 7,
        "used": {"fields": 2, "features": 400, "bytes": 25_728},
        "model": "deepfm",
        "budget": "1%",
        "metrics": {},
    },
    "fields": [field("site", 300, 1000), field("hour", 100, 100, score=None)],
    "dropped": [
        {"name": "dice", "why": "noise: its information is within chance (q = 0.2)", "score": None},
        {"name": "twin", "why": "copy: one to one with 'site'", "score": 0.25},
    ],
    "evidence": {
        "full": {"auc": 0.75, "log_loss": 0.25, "fields": 3, "features": 40_000, "bytes": 2_560_000},
        "selected": {"auc": 0.7625, "log_loss": 0.245, "fields": 2, "features": 400, "bytes": 25_728},
        "log_loss_change": {"mean": -0.005, "low": -0.007, "high": -0.003},
        "eligible": 12_000,
        "evident": 435,
        "false_keep_rate": 0.025,
        "curve": [
            {"features": 40, "share": 0.001, "gain": 0.05},
            {"features": 400, "share": 0.01, "gain": 0.07},
            {"features": 12_000, "share": 0.3, "gain": 0.08},
        ],
        "rows": {"train": 8000, "valid": 1000},
        "cpu_s": {"full": 1.0, "search": 2.0, "selected": 3.0},
    },
    "elapsed_s": 12.5,
}


@pytest.fixture
def document():
    return copy.deepcopy(DOCUMENT)


@pytest.fixture
def unselected(document):
    """What ``--method all`` leads to."""
    document["selection"] |= {"method": "all", "model": None, "budget": None}
    return document | {"evidence": None, "dropped": []}


def charts(html):
    return [a["aria-label"] for tag, a in Page(html).elements if tag == "svg"]


def headings(html):
    return re.findall(r"<h2[^>]*>(.*?)</h2>", html)


def warnings(html):
    found = re.findall(r'<section class="warnings">(.*?)</section>', html)
    return re.findall(r"<li>(.*?)</li>", found[0]) if found else []


def test_the_headline_numbers_are_shown_with_what_they_were_before(document):
    tiles = re.findall(r"<strong>(.*?)</strong>(.*?)<small>(.*?)</small>", selection_html(document))
    assert tiles == [
        ("400", "Features kept", "of 40,000 (1 %)"),
        ("2", "Fields kept", "of 3 (66.7 %)"),
        ("25,728", "Bytes of embeddings", "of 2,560,000 (1 %)"),
        ("0.2450", "Validation log loss", "better: 0.2500 with all features"),
        ("0.7625", "Validation AUC", "0.7500 with all features"),
        ("2.5 %", "Falsely kept", "of the kept features, estimated"),
    ]


def test_facts_and_options_are_shown(document):
    texts = set(Page(selection_html(document)).texts)
    assert {"day.parquet", "10,000", "8,000", "1,000", "deletion", "deepfm", "1%", "7", "12.5 s"} <= texts
    assert {"features.yaml", "2 fields with 400 features are kept, 2 fields dropped."} <= texts
    assert {"exclude", "day", "split.valid", "0.1", "embedding.rows", "not given"} <= texts


def test_sentences_and_table_of_the_evidence_are_shown(document):
    html = selection_html(document)
    assert "<p>12,000 of 40,000 features were left to the budget; no budget buys others.</p>" in html
    assert '<th scope="row">selected</th><td class="n">2</td><td class="n">400</td>' in html


def test_fields_are_listed_with_their_sizes_and_dropped_ones_with_their_reasons(document):
    texts = Page(selection_html(document)).texts
    start = texts.index("site", texts.index("Kept fields"))
    # 300 features and an out-of-vocabulary one, 16 numbers of 4 bytes each
    row = ["site", "categorical", "vocabulary", "300", "1,000", "16", "19,264", "1.500000"]
    assert texts[start : start + 8] == row
    start = texts.index("twin", texts.index("Dropped fields"))
    assert texts[start : start + 3] == ["twin", "copy: one to one with 'site'", "0.250000"]


@pytest.mark.parametrize(
    ("scheme", "rest", "n_bytes"), [("full", "zero", "19,200"), ("hash", "oov", "–")], ids=["zero", "shared"]
)
def test_bytes_of_a_field_are_those_of_its_own_rows(document, scheme, rest, n_bytes):
    document["options"]["embedding"]["scheme"] = scheme
    document["options"]["rest"] = rest
    assert f'<td class="n">16</td><td class="n">{n_bytes}</td>' in selection_html(document)


def test_charts_say_what_they_show_and_stay_inside(document):
    html = selection_html(document)
    assert charts(html) == [
        "Expected gain of the best features at 3 sizes; 400 were chosen",
        "Share of the features of 2 fields that are kept",
    ]
    assert html.count("<figcaption>") == 2
    for svg in re.findall(r"<svg.*?</svg>", html):
        width, height = map(float, re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
        assert all(0 <= float(x) <= width for x in re.findall(r' c?x="(-?[0-9.]+)"', svg))
        assert all(0 <= float(y) <= height for y in re.findall(r' c?y="(-?[0-9.]+)"', svg))


def test_the_chosen_number_of_features_is_marked_where_the_curve_has_it(document):
    html = selection_html(document)
    marks = re.findall(r'<circle class="fill" cx="([0-9.]+)"', html)
    assert re.findall(r'class="dotted" d="M([0-9.]+) ', html) == [marks[1]]
    assert ">chosen: 400</text>" in html
    assert "<title>400 features, 1 % of all: 0.07000 nats a row</title>" in html


def test_a_choice_beyond_the_curve_is_marked_too(document):
    document["evidence"]["selected"]["features"] = 2
    html = selection_html(document)
    (place,) = re.findall(r'class="dotted" d="M([0-9.]+) ', html)
    assert float(place) < min(map(float, re.findall(r'<circle class="fill" cx="([0-9.]+)"', html)))


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.floats(-1e6, 1e6)), min_size=1, max_size=12),
    st.integers(1, 10**9),
)
def test_any_curve_can_be_drawn(points, n_chosen):
    evidence = copy.deepcopy(DOCUMENT["evidence"])
    evidence["curve"] = [{"features": n, "share": n / 10**9, "gain": gain} for n, gain in sorted(points)]
    evidence["selected"]["features"] = n_chosen
    html = selection_html({**DOCUMENT, "evidence": evidence})
    heights = [float(y) for y in re.findall(r'<circle class="fill" cx="[0-9.]+" cy="([0-9.]+)"', html)]
    assert len(heights) == len(points)
    assert all(46 <= y <= 300 for y in heights)
    assert "nan" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", html, flags=re.DOTALL)


def test_without_a_curve_there_is_no_chart_of_it(document):
    document["evidence"]["curve"] = []
    html = selection_html(document)
    assert charts(html) == ["Share of the features of 2 fields that are kept"]
    assert "What a budget buys" not in headings(html)


def test_without_evidence_fields_and_totals_are_shown(unselected):
    html = selection_html(unselected)
    assert re.findall(r"<strong>(.*?)</strong>(.*?)<small>(.*?)</small>", html) == [
        ("400", "Features kept", "in all"),
        ("2", "Fields kept", "in all"),
        ("25,728", "Bytes of embeddings", "in all"),
    ]
    assert headings(html) == ["How much of each field is kept", "Kept fields"]
    assert "<dt>Model</dt>" not in html


def test_a_good_choice_has_no_warnings(document):
    assert warnings(selection_html(document)) == []


def test_a_worse_model_is_named_first(document):
    document["evidence"]["log_loss_change"] = {"mean": 0.005, "low": 0.003, "high": 0.007}
    html = selection_html(document)
    assert "<small>worse: 0.2500 with all features</small>" in html
    assert warnings(html) == [
        "The chosen features predict worse than all features: the validation log loss changes by +0.00500 "
        "nats a row (95 % interval +0.00300 to +0.00700). A larger budget may mend this."
    ]


def test_a_change_that_may_be_none_is_no_warning(document):
    document["evidence"]["log_loss_change"] = {"mean": 0.001, "low": -0.002, "high": 0.004}
    html = selection_html(document)
    assert "<small>no worse: 0.2500 with all features</small>" in html
    assert warnings(html) == []


def test_nothing_to_select_is_named_first(document):
    document["evidence"] |= {"eligible": 0, "evident": None, "curve": [], "false_keep_rate": None}
    html = selection_html(document)
    assert [text.split(":")[0] for text in warnings(html)] == ["There is nothing to select"]
    assert "Falsely kept" not in html


@pytest.mark.parametrize(("n_chosen", "is_named"), [(12_000, False), (12_001, True)])
def test_a_budget_beyond_the_greatest_gain_is_named(document, n_chosen, is_named):
    document["evidence"]["curve"].append({"features": 20_000, "share": 0.5, "gain": 0.06})
    document["evidence"]["selected"]["features"] = n_chosen
    assert (
        any("A smaller budget may be better" in text for text in warnings(selection_html(document)))
        == is_named
    )


def test_many_fields_make_a_page_of_bearable_size(document):
    document["fields"] = [field(f"field_{i}_{'x' * 50}", 1, 10**6) for i in range(500)]
    document["dropped"] = [{"name": f"dropped_{i}", "why": "noise", "score": None} for i in range(500)]
    html = selection_html(document)
    assert len(html.encode()) < 3_000_000
    assert html.count('class="cover"') == 40
    assert "The first 40 fields are shown; 460 more fields in the table." in html
    assert html.count('<tr><th scope="row">field_') == 500


def test_forty_fields_are_all_shown(document):
    document["fields"] = [field(f"field_{i}") for i in range(40)]
    html = selection_html(document)
    assert html.count('class="cover"') == 40
    assert "more field" not in html


def test_the_page_loads_nothing(document):
    html = selection_html(document)
    page = Page(html)
    loading = {"src", "href", "srcset", "data", "action", "xlink:href", "poster", "style"}
    assert [a for _, a in page.elements if loading & set(a)] == []
    assert not {"link", "iframe", "object", "embed", "base", "img"} & {tag for tag, _ in page.elements}
    assert re.findall(r"https?://|url\(|@import|\bfetch\(|XMLHttpRequest|\bimport\(", html) == []
    assert any(a.get("http-equiv") == "Content-Security-Policy" for _, a in page.elements)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_inert(document, name):
    plain = [tag for tag, _ in Page(selection_html(document)).elements]
    document["input"]["paths"] = [name]
    document["options"] |= {"label": name, "exclude": [name], "budget": name}
    document["output"] = name
    document["selection"] |= {"method": name, "model": name, "budget": name}
    document["fields"][0]["name"] = name
    document["dropped"][0] |= {"name": name, "why": name}
    page = Page(selection_html(document))
    assert [tag for tag, _ in page.elements] == plain
    # heading; log, method, model, budget, config; both fields, a reason; three options; and the chart, where
    # long names are cut
    assert page.texts.count(visible(name)) == 12 + (len(visible(name)) <= 32)
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)


def test_charts_and_headers_are_labelled_for_those_who_do_not_see_them(document):
    elements = Page(selection_html(document)).elements
    assert all(a.get("role") == "img" and a.get("aria-label") for tag, a in elements if tag == "svg")
    assert {a.get("scope") for tag, a in elements if tag == "th"} == {"col", "row"}
    assert all(a.get("title") for tag, a in elements if tag == "th" and a["scope"] == "col")
    identifiers = [a["id"] for _, a in elements if "id" in a]
    assert len(identifiers) == len(set(identifiers))


def test_no_element_is_taken_for_the_table_that_the_script_sorts(document):
    assert not any(a.get("id") == "fields" for _, a in Page(selection_html(document)).elements)


def test_same_document_same_bytes(document):
    assert selection_html(document) == selection_html(copy.deepcopy(document))
