from __future__ import annotations

import base64
import hashlib
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featsel.ranking.scores import Ranking, Score, Verdict
from featsel.report.html import ranking_html
from featsel.report.table import visible
from tests.pages import Page

NASTY_NAMES = (
    "<script>alert(1)</script>",
    "</title></svg></script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onload='alert(1)",
    "a & b &amp; c",
    "http://example.com/?a=1",
    "{{7*7}} ${x}",
    "a\x1b[31mb\tc",
    "a\u202eb",
)
DOCUMENT = {
    "schema": "featsel.ranking/1",
    "featsel": "0.1.0",
    "input": {
        "paths": ["day1.parquet", "day2.parquet"],
        "rows": 10_000,
        "columns": 8,
        "fingerprint": "sha256:ab",
    },
    "options": {"label": "click", "bins": 64, "exclude": [], "exact": True, "sample": None},
    "elapsed_s": 1.25,
    "fields": [],
}


def page_of(ranking: Ranking) -> Page:
    return Page(ranking_html(ranking, document=DOCUMENT))


def test_page_is_balanced_and_names_every_field(mixed_ranking):
    page = page_of(mixed_ranking)

    assert set(page.text_of("bdi")) >= {scored.name for scored in mixed_ranking.fields}


@pytest.mark.parametrize("score", list(Score))
def test_page_can_show_every_score(score, make_ranking):
    page_of(make_ranking([f"field {i}" for i in range(50)], score))


@pytest.mark.parametrize("names", [[], ["only"], ["a", "b"]])
def test_page_of_few_fields(names, make_ranking):
    assert page_of(make_ranking(names)).text_of("bdi") == names


def test_page_of_many_fields_is_small_and_complete(make_ranking):
    names = [f"a_long_field_name_number_{i}" for i in range(1000)]

    html = ranking_html(make_ranking(names), document=DOCUMENT)

    assert len(html.encode()) < 2_000_000
    assert set(Page(html).text_of("bdi")) == set(names)
    assert "960 more fields in the table" in html


def test_nasty_names_are_inert(make_ranking):
    plain = page_of(make_ranking([f"plain{i}" for i in range(len(NASTY_NAMES))]))
    nasty = page_of(make_ranking(NASTY_NAMES))

    assert [tag for tag, _ in nasty.elements] == [tag for tag, _ in plain.elements]
    assert nasty.text_of("bdi") == [visible(name) for name in NASTY_NAMES]
    assert not any(name.startswith("on") for _, attributes in nasty.elements for name in attributes)


def test_nasty_documents_are_inert(make_ranking):
    nasty = NASTY_NAMES[1]
    document = {"featsel": nasty, "input": {"paths": [nasty]}, "options": {"label": nasty, nasty: [nasty]}}

    page = Page(ranking_html(make_ranking([nasty]), document=document))

    assert not {"img", "iframe", "object"} & {tag for tag, _ in page.elements}
    assert len(page.text_of("script")) == 1
    assert nasty in page.text_of("em")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=30))
def test_any_name_is_shown_literally(make_ranking, name):
    page = page_of(make_ranking([name, "other"]))

    assert "".join(page.text_of("bdi")) == f"{visible(name)}other"


def test_page_loads_nothing(mixed_ranking):
    html = ranking_html(mixed_ranking, document=DOCUMENT)
    page = Page(html)

    loading = {"src", "href", "srcset", "data", "action", "xlink:href", "poster", "style"}
    assert [attributes for _, attributes in page.elements if loading & set(attributes)] == []
    assert not {"link", "iframe", "object", "embed", "base", "img"} & {tag for tag, _ in page.elements}
    assert re.findall(r"https?://|url\(|@import|\bfetch\(|XMLHttpRequest|\bimport\(", html) == []


def test_policy_allows_the_style_and_the_script_of_the_page_alone(mixed_ranking):
    page = page_of(mixed_ranking)
    policy = next(a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")

    digests = {
        tag: base64.b64encode(hashlib.sha256("".join(page.text_of(tag)).encode()).digest()).decode()
        for tag in ("style", "script")
    }

    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digests['style']}'" in policy
    assert f"script-src 'sha256-{digests['script']}'" in policy


def test_charts_and_headers_are_labelled_for_those_who_do_not_see_them(mixed_ranking):
    elements = page_of(mixed_ranking).elements

    assert all(a.get("role") == "img" and a.get("aria-label") for tag, a in elements if tag == "svg")
    assert {a.get("scope") for tag, a in elements if tag == "th"} == {"col", "row"}
    assert all(a.get("title") for tag, a in elements if tag == "th" and a["scope"] == "col")


def test_suspects_are_named_at_the_top(mixed_ranking):
    html = ranking_html(mixed_ranking, document=DOCUMENT)

    warnings = html[html.index("Look at these first") : html.index("How to read this")]

    assert "dwell" in warnings
    assert "row_id" in warnings
    assert "dice" not in warnings


def test_a_long_list_of_suspects_is_cut(make_field, make_ranking):
    html = ranking_html(
        make_ranking([make_field(f"leak{i}", verdict=Verdict.LEAK) for i in range(11)]), document=DOCUMENT
    )

    warnings = html[html.index("Look at these first") : html.index("How to read this")]

    assert warnings.count("<bdi>") == 8
    assert "and 3 more in the table" in warnings


def test_facts_and_options_are_shown(mixed_ranking):
    page = page_of(mixed_ranking)

    shown = page.text_of("dd")

    assert {"day1.parquet, day2.parquet", "10,000", "click", "21.8 %", "0.1.0", "sha256:ab", "1.25 s"} <= set(
        shown
    )
    assert {"64", "yes", "not given"} <= set(shown)


def test_a_bare_document_is_enough(make_ranking):
    assert "the label" in Page(ranking_html(make_ranking(["a"]), document={})).text_of("em")


def test_columns_may_be_named_or_counted(make_ranking):
    document = {"input": {"columns": ["a", "b", "c"]}}

    assert "3" in Page(ranking_html(make_ranking(["a"]), document=document)).text_of("dd")


def test_same_ranking_same_bytes(mixed_ranking):
    first, second = (ranking_html(mixed_ranking, document=DOCUMENT) for _ in range(2))

    assert first == second
