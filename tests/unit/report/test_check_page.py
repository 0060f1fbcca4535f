from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from featsel.report.check import check_document_parts
from featsel.report.check_chart import closest, drift_chart
from featsel.report.check_page import check_html
from featsel.report.table import visible
from tests.pages import Page


def document(report, **changes):
    """What the command would print of a report, read back."""
    found = {
        "schema": "featsel.check/1",
        "featsel": "0.1.0",
        "input": {"paths": [report.title], "rows": 91_805, "columns": 48, "fingerprint": "sha256:ab"},
        "options": {"label": "click", "thresholds": {"FS401": 0.5}},
        "reference": {"paths": ["good-day.json"], "rows": 90_000},
        **check_document_parts(report),
        "elapsed_s": 1.5,
    }
    return json.loads(json.dumps(found | changes))


def headings(html):
    return [re.sub("<.*?>", "", text) for text in re.findall(r"<h2[^>]*>(.*?)</h2>", html)]


def test_failures_come_first_then_drift_and_the_rest(mixed_report):
    assert headings(check_html(document(mixed_report))) == [
        "Look at this first",
        "error FS401 drift",
        "warning FS006 row-count",
        "info FS401 drift",
        "How far did fields drift?",
        "Waived",
        "Skipped",
    ]


def test_the_counts_are_at_the_top(mixed_report):
    tiles = re.findall(r"<strong>(.*?)</strong>(.*?)<small>", check_html(document(mixed_report)))
    assert tiles == [
        ("2", "Errors"),
        ("1", "Warnings"),
        ("1", "Infos"),
        ("2", "Passed"),
        ("1", "Skipped"),
        ("1", "Waived"),
    ]


def test_errors_and_notes_are_to_be_looked_at_first(mixed_report):
    (box,) = re.findall(r'<section class="warnings">(.*?)</section>', check_html(document(mixed_report)))
    assert re.findall("<li>(.*?)</li>", box) == [
        "FS401 drift: site: the distribution of its values moved, PSI 0.4125. And 1 more.",
        "The waiver of FS101 for &#x27;x&#x27; (late feed) expired on 2026-01-01.",
    ]


def test_many_errors_are_counted_at_the_top(make_finding, make_report):
    report = make_report([make_finding(code=f"FS{i:03}") for i in range(12)])
    assert "<li>4 more rules with errors below.</li>" in check_html(document(report))


def test_facts_evidence_hints_reasons_and_options_are_shown(mixed_report):
    texts = set(Page(check_html(document(mixed_report))).texts)
    assert {
        "today.parquet",
        "91,805",
        "48",
        "good-day.json",
        "90,000",
        "sha256:ab",
        "1.5 s",
        "0.1.0",
    } <= texts
    assert {"values: 'ios', 'tv'; share: 0.25", "See whether a partition was read twice."} <= texts
    assert {"partner migration", "2026-12-31", "no column with times was named (--time)"} <= texts
    assert {"thresholds.FS401", "0.5", "2 checks passed"} <= texts
    assert "2 errors, 1 warning, 1 info, 2 passed, 1 skipped, 1 waived." in texts


def test_every_field_of_a_rule_is_listed(make_finding, make_report):
    html = check_html(document(make_report([make_finding(f"f{i}") for i in range(40)])))
    assert html.count('<tr><th scope="row">f') == 40


def test_a_good_log_has_a_short_page(make_finding, make_report):
    report = make_report([make_finding(f"f{i}", code="FS101", status="pass") for i in range(3)])
    html = check_html(document(report, reference=None))
    assert headings(html) == []
    assert html.count("<svg") == 0
    texts = Page(html).texts
    assert {"Nothing to mend, 3 passed.", "3 checks passed", "no other log"} <= set(texts)


def test_a_page_of_no_checks_can_be_made(make_report):
    html = check_html(
        document(make_report([]), input={"paths": [], "rows": 0, "columns": 0, "fingerprint": ""})
    )
    assert "Nothing was checked." in Page(html).texts


def test_several_paths_are_counted_in_the_heading(make_report):
    source = {"paths": ["a.csv", "b.csv", "c.csv"], "rows": 0, "columns": 0, "fingerprint": ""}
    assert "<em>a.csv and 2 more</em>" in check_html(document(make_report([]), input=source))


def test_hostile_text_is_inert(hostile_report, hostile):
    plain_text = replace(
        hostile_report,
        title="t",
        notes=("a", "b"),
        findings=[replace(one, field=one.field and "f") for one in hostile_report.findings],
    )
    nasty = Page(check_html(document(hostile_report)))
    assert not {"img", "iframe", "object", "link"} & {tag for tag, _ in nasty.elements}
    assert not any(name.startswith("on") for _, attributes in nasty.elements for name in attributes)
    assert len([tag for tag, _ in nasty.elements if tag == "script"]) == 1
    assert [tag for tag, _ in Page(check_html(document(plain_text))).elements if tag == "section"] == [
        tag for tag, _ in nasty.elements if tag == "section"
    ]
    if 0 < len(hostile) < 300 and "\ud83d" not in hostile:
        assert visible(hostile) in nasty.texts


def test_the_page_loads_nothing(mixed_report):
    html = check_html(document(mixed_report))
    loading = {"src", "href", "srcset", "data", "action", "xlink:href", "poster", "style"}
    assert [attributes for _, attributes in Page(html).elements if loading & set(attributes)] == []
    assert re.findall(r"https?://|url\(|@import|\bfetch\(|XMLHttpRequest|\bimport\(", html) == []


def test_many_checks_make_a_page_of_bearable_size(make_finding, make_report):
    passed = [make_finding(f"field_{i}", status="pass", measured=0.1) for i in range(20_000)]
    html = check_html(document(make_report(passed)))
    assert len(html.encode()) < 3_000_000
    assert "The first 5,000 of 20,000 are shown." in html
    assert "The first 40 fields are shown, of 20,000." in html
    assert html.count('class="fill"') == 40


def test_headers_and_charts_are_labelled_for_those_who_do_not_see_them(mixed_report):
    elements = Page(check_html(document(mixed_report))).elements
    assert all(a.get("role") == "img" and a.get("aria-label") for tag, a in elements if tag == "svg")
    assert all(a.get("title") for tag, a in elements if tag == "th" and a["scope"] == "col")
    names = [a["id"] for _, a in elements if "id" in a]
    assert len(names) == len(set(names))
    assert {a["aria-labelledby"] for _, a in elements if "aria-labelledby" in a} <= set(names)


def test_same_document_same_bytes(mixed_report):
    assert check_html(document(mixed_report)) == check_html(document(mixed_report))


def test_a_field_is_drawn_by_its_gravest_check(make_finding):
    found = closest(
        [
            make_finding("a", measured=0.3),
            make_finding("a", measure="shift", severity="warning", measured=9.0),
            make_finding("a", status="pass", measured=0.1),
            make_finding("b", status="pass", measured=0.1),
            make_finding("b", status="pass", measured=0.2),
            make_finding("b", status="skipped", measured=None),
            make_finding("c", code="FS101", measured=1.0),
            make_finding(None),
            make_finding("d", threshold=0.0, floor=0.0),
            make_finding("e", measured=None),
            make_finding("f", status="pass", measured=0.2, floor=0.8),
        ]
    )
    assert [(finding.field, ratio) for finding, ratio in found] == [
        ("e", float("inf")),
        ("a", pytest.approx(1.2)),
        ("b", pytest.approx(0.8)),
        ("f", pytest.approx(0.25)),
    ]


def test_bars_end_where_their_measure_is(make_finding):
    svg = drift_chart(closest([make_finding("a", measured=2.5), make_finding("b", measured=0.25)]))
    bars = re.findall(r'class="fill" x="([0-9.]+)" y="[0-9.]+" width="([0-9.]+)"', svg)
    ends = [float(x) + float(width) for x, width in bars]
    (limit,) = map(float, re.findall(r'class="dotted" d="M([0-9.]+) ', svg))
    (tenfold,) = [float(x) for x in re.findall(r'x="([0-9.]+)" y="14.0">10 ×', svg)]
    assert ends == pytest.approx([tenfold, max(limit, 233.0)], abs=0.2)


@pytest.mark.parametrize("measured", [0.0, 1e-300, 1e300, float("inf")])
def test_charts_stay_inside(make_finding, measured):
    svg = drift_chart(closest([make_finding("字" * 300, measured=measured), make_finding("b", measured=0.2)]))
    width, height = map(float, re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
    assert all(0 <= float(x) <= width for x in re.findall(r' x="(-?[0-9.]+)"', svg))
    assert all(0 <= float(y) <= height for y in re.findall(r' y="(-?[0-9.]+)"', svg))
    assert "nan" not in svg
