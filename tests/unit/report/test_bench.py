"""Tables, sentences and charts of a comparison of methods."""

import re

import pytest

from featsel.report.bench import bench_sentences, interval_text, points_table, results_of, summary_tables
from featsel.report.bench_charts import area_chart, auc_chart
from featsel.report.bench_page import bench_html
from featsel.report.table import to_markdown

SIZES = (1, 10)


def interval(mean, reach=0.01):
    ends = (None, None) if reach is None else (mean - reach, mean + reach)
    return {"mean": mean, "low": ends[0], "high": ends[1]}


def result(method, area, *, reach, is_best=False, best=0.3, chance=0.1):
    over = {
        "auc": interval(0.1, reach),
        "log_loss": interval(-0.1, reach),
        "log_loss_of_rows": interval(-0.1),
    }
    points = [
        {
            "k": size,
            "auc": {**interval(0.5 + area / 2, reach), "by_seed": []},
            "log_loss": {**interval(0.6, reach), "by_seed": []},
            "over_best": over,
            "over_random": over,
        }
        for size in SIZES
    ]
    return {
        "model": "fm",
        "method": method,
        "is_best": is_best,
        "aukc": {**interval(area, reach), "by_seed": []},
        "aukc_over_best": interval(area - best, reach),
        "aukc_over_random": interval(area - chance, reach),
        "points": points,
    }


def document(areas, *, reach=0.01, n_seeds=3):
    """A comparison of one model; the best method comes first."""
    best = next((name for name in areas if name not in {"random", "oracle"}), "random")
    results = [
        result(
            name, area, reach=reach, is_best=name == best, best=areas[best], chance=areas.get("random", 0.1)
        )
        for name, area in areas.items()
    ]
    order = {"seed": 0, "fields": ["a", "b"], "kept": 1, "warnings": [], "peak_bytes": None}
    return {
        "schema": "featsel.bench/1",
        "featsel": "0.1.0",
        "input": {"paths": ["log.csv"], "rows": 1000, "columns": 11, "fingerprint": "sha256:0"},
        "options": {"label": "click"},
        "rows": {"train": 800, "valid": 100, "test": 100},
        "fields": 10,
        "k": SIZES,
        "seeds": list(range(n_seeds)),
        "models": ["fm"],
        "search_model": "fm",
        "truth": None,
        "methods": [
            {
                "method": name,
                "cpu_s": 1.5,
                "peak_bytes": 3_000_000,
                "orders": [order],
                "stability": [{"k": 1, "index": 0.5}, {"k": 10, "index": None}],
            }
            for name in areas
        ],
        "results": results,
        "cost": {"points": 12, "trainings": 9, "cpu_s": 20.0},
        "elapsed_s": 30.0,
    }


def sentences(areas, **options):
    return " ".join(bench_sentences(document(areas, **options), "fm"))


def test_the_best_is_told_with_chance():
    told = sentences({"gbdt": 0.3, "lasso": 0.2, "random": 0.1})

    assert told == (
        "Of the methods, gbdt has the greatest area, 0.3000; chance has 0.1000. "
        "Over 3 seeds every other method is worse."
    )


def test_methods_that_cannot_be_told_apart_are_named():
    told = sentences({"gbdt": 0.3, "lasso": 0.295, "mrmr": 0.2, "oracle": 0.31, "random": 0.1})

    assert "it cannot be told from lasso." in told


def test_a_best_that_is_no_better_than_chance_is_called_so():
    assert "That is no more than chance" in sentences({"gbdt": 0.105, "random": 0.1})


def test_one_seed_says_nothing_of_errors():
    told = sentences({"gbdt": 0.3, "random": 0.1}, reach=None, n_seeds=1)

    assert told.endswith(
        "With one seed, nothing is known of the error of these numbers: give --seeds 3 or more."
    )


def test_chance_alone_is_nothing_to_compare():
    assert sentences({"random": 0.1}) == "Only chance was asked: there is nothing to compare it with."


@pytest.mark.parametrize(("mean", "reach", "text"), [(0.25, 0.01, "+0.250 ±0.010"), (-0.1, None, "-0.100")])
def test_intervals_are_read_as_half_widths(mean, reach, text):
    assert interval_text(interval(mean, reach), "+.3f") == text


def test_the_summary_shows_each_method_once_best_first():
    table = summary_tables(document({"gbdt": 0.3, "random": 0.1}))[0]

    lines = [line for line in to_markdown(table).splitlines() if line.startswith("| ")]
    assert lines[0].split(" | ")[:6] == ["| method", "aukc", "over random", "over best", "auc@1", "auc@10"]
    assert lines[2] == ("| gbdt | 0.3000 ±0.0100 | +0.2000 ±0.0100 | – | 0.6500 | 0.6500 | 0.50 | 1.50 | 3 |")
    assert lines[3].startswith("| random | 0.1000 ±0.0100 | – | -0.2000 ±0.0100 |")


def test_points_have_a_line_for_each_method_and_k():
    table = points_table(document({"gbdt": 0.3, "random": 0.1}, reach=None))

    names = [column.name for column in table.columns]
    lines = [dict(zip(names, row, strict=True)) for row in table.rows]
    assert [(line["method"], line["k"]) for line in lines] == [
        ("gbdt", 1),
        ("gbdt", 10),
        ("random", 1),
        ("random", 10),
    ]
    assert [line["stability"] for line in lines] == [0.5, None] * 2
    assert lines[0]["auc_low"] is None
    assert lines[0]["log_loss_over_random_rows_low"] == pytest.approx(-0.11)


def test_curves_stand_as_high_as_their_numbers():
    svg = auc_chart(results_of(document({"gbdt": 0.4, "lasso": 0.2, "oracle": 0.5, "random": 0.1}), "fm"))

    height = {
        style: float(re.search(rf'<g class="{style}"><path class="curve" d="M[0-9.]+ ([0-9.]+)L', svg)[1])
        for style in ("line0 best", "line1", "oracle dashed", "chance")
    }
    assert height["oracle dashed"] < height["line0 best"] < height["line1"] < height["chance"]


def test_a_curve_of_one_k_is_a_point():
    one = document({"gbdt": 0.4, "random": 0.1})
    for each in one["results"]:
        del each["points"][1:]

    assert auc_chart(results_of(one, "fm")).count("<circle") == 2


def test_bars_of_areas_begin_at_nothing_whatever_the_sign():
    svg = area_chart(results_of(document({"gbdt": 0.4, "lasso": 0.2, "random": -0.1}), "fm"))

    bars = [
        (float(x), float(width))
        for x, width in re.findall(r'class="fill" x="([0-9.]+)" y="[0-9.]+" width="([0-9.]+)"', svg)
    ]
    zero = bars[0][0]
    assert bars[1][0] == zero
    assert bars[0][1] == pytest.approx(2 * bars[1][1], rel=0.01)
    assert bars[2][0] + bars[2][1] == pytest.approx(zero, abs=0.11)


def test_more_methods_than_colours_differ_by_dashes():
    areas = {f"m{place}": 0.3 - place / 100 for place in range(10)} | {"random": 0.1}

    svg = auc_chart(results_of(document(areas), "fm"))

    classes = set(re.findall(r'<g class="([^"]+)"><path', svg))
    assert len({name.removesuffix(" best") for name in classes}) == 11


@pytest.mark.parametrize(("reach", "n_seeds"), [(0.01, 3), (None, 1)])
def test_the_page_is_whole_with_or_without_intervals(reach, n_seeds):
    page = bench_html(document({"gbdt": 0.3, "random": 0.1}, reach=reach, n_seeds=n_seeds))

    assert page.count("<svg") == 2
    assert "Which method orders the fields of <em>click</em> best?" in page
    assert "9 for 12 points" in page
    assert "None" not in page
