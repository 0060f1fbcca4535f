"""What results say in short, and how they stand on one page."""

import copy

import pytest

from featsel.report.article import Article, nested_article
from featsel.report.report_page import answer_lines, present, report_html
from featsel.report.results import Kind, Result
from tests.pages import Page

from .test_training_page import DOCUMENT as TRAINING

CONFIG = {
    "featsel": "0.1.0",
    "input": {"paths": ["day.parquet"], "rows": 100, "fingerprint": "sha256:ab"},
    "options": {"label": "click", "embedding": {"scheme": "full"}, "rest": "oov"},
    "selection": {
        "method": "optfs",
        "seed": 0,
        "budget": "30%",
        "used": {"fields": 1, "features": 4, "bytes": 80},
    },
    "fields": [
        {"name": "site", "kind": "categorical", "encoding": "vocabulary", "features": 4, "of": 9, "dim": 4}
    ],
    "dropped": [{"name": "c9", "why": "noise"}],
    "evidence": None,
}


def training(**changes):
    return present(Result(Kind.TRAINING, "model/metrics.json", {**copy.deepcopy(TRAINING), **changes}))


def config(source="features.yaml", **selection):
    document = {**CONFIG, "selection": {**CONFIG["selection"], **selection}}
    return present(Result(Kind.SELECTION, source, document))


def test_a_model_is_judged_by_test_rows():
    assert training().sentences == (
        "deepfm puts a positive test row above a negative one in 71.2 % of all pairs "
        "(AUC 0.7123; 50 % is chance).",
        "Its log loss is 0.3456 nats a row on 2,000 rows.",
        "Its predictions add up to 1.01 times the positive rows that came: as rates they are about right.",
    )


def test_a_model_whose_rates_are_off_is_not_to_be_trusted_with_them():
    off = copy.deepcopy(TRAINING["test"])
    off["calibration"]["ratio"] = 1.5
    assert training(test=off).sentences[-1].endswith("they are not to be taken as rates.")


def test_nobody_knows_of_a_model_without_held_out_rows():
    document = {key: value for key, value in TRAINING.items() if key not in {"valid", "test"}}
    told = present(Result(Kind.TRAINING, "m.json", document)).sentences
    assert told == ("Nobody knows: no rows were held out that deepfm did not learn from.",)


def test_a_config_tells_what_is_left():
    assert config().sentences == (
        "The budget 30% left 1 field with 4 of their 9 features, 80 bytes of embeddings; dropped: 1 field.",
    )
    losses = {"full": {"log_loss": 0.5}, "selected": {"log_loss": 0.25}}
    assert config(metrics=losses).sentences[1] == (
        "The validation log loss is 0.50000 with all features and 0.25000 with the chosen ones."
    )


def test_lines_name_the_file_only_where_several_answer():
    assert [line.partition("? ")[2][:10] for line in answer_lines([training(), config()])] == [
        "The budget",
        "deepfm put",
    ]
    lines = answer_lines([config("a.yaml"), config("b.yaml")])
    assert [line.partition("? ")[2].partition(":")[0] for line in lines] == ["a.yaml", "b.yaml"]


def test_several_configs_stand_side_by_side():
    html = report_html([config("a.yaml"), config("b.yaml", budget="10%")])
    page = Page(html)
    assert "Selections side by side" in page.texts
    assert {"30%", "10%"} <= set(page.texts)


@pytest.mark.parametrize("title", [None, "Mine"])
def test_the_heading_names_the_logs_unless_it_is_given(title):
    html = report_html([config()], title=title)
    assert f"<h1>{title or 'Report on day.parquet'}</h1>" in html


def test_an_article_among_others_is_a_level_lower_and_keeps_its_names_apart():
    article = Article("t", "Why?", "so", (), '<h2 id="a">A</h2><p aria-labelledby="a">&lt;h2 id=&quot;</p>')
    html = nested_article(article, source="x.json", name="check-1")
    assert '<h3 id="check-1-a">A</h3><p aria-labelledby="check-1-a">&lt;h2 id=&quot;</p>' in html
    assert html.startswith(
        '<article id="check-1" aria-labelledby="check-1-title"><h2 id="check-1-title">Why?</h2>'
    )
