from __future__ import annotations

import re

import pytest

from featsel.ranking.scores import Verdict
from featsel.report.charts import cardinality_chart, coverage_chart, information_chart


def coordinates(svg: str) -> list[float]:
    return [float(number) for number in re.findall(r' (?:x|y|cx|cy|width)="(-?[0-9.]+)"', svg)]


@pytest.mark.parametrize("chart", [information_chart, cardinality_chart, coverage_chart])
def test_marks_stay_inside_the_chart(chart, mixed_ranking):
    svg = chart(mixed_ranking)
    width, height = map(float, re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])

    assert "nan" not in svg
    assert "inf" not in svg.replace("informative", "").replace("information", "")
    assert all(0 <= number <= max(width, height) for number in coordinates(svg))


def test_bars_are_as_long_as_their_scores(make_field, make_ranking):
    svg = information_chart(make_ranking([make_field("a", score=0.02), make_field("b", score=0.005)]))

    full, quarter = (float(width) for width in re.findall(r'<rect class="fill"[^>]* width="([0-9.]+)"', svg))
    assert quarter == pytest.approx(full / 4, abs=0.1)


def test_a_leak_that_is_too_long_is_drawn_with_a_gap(make_field, make_ranking):
    leak = make_field("leak", verdict=Verdict.LEAK, score=0.4)

    assert information_chart(make_ranking([leak, "a"])).count('class="gap"') == 1
    assert 'class="gap"' not in information_chart(make_ranking(["a", "b"]))


def test_noise_below_nothing_has_no_bar(make_field, make_ranking):
    svg = information_chart(make_ranking([make_field("dice", score=-0.001)]))

    assert '<rect class="fill"' not in svg
    assert "-1.000" in svg


def test_corrected_noise_lies_on_the_bottom_line(make_field, make_ranking):
    dice = make_field("dice", verdict=Verdict.NOISE, corrected_mutual_information=-0.001)

    svg = cardinality_chart(make_ranking([dice, "a"]))

    filled = re.findall(r'<g class="noise">.*?<circle class="fill" cx="[0-9.]+" cy="([0-9.]+)"', svg)
    assert filled == ["410.0"]


def test_two_marks_for_each_field(make_ranking):
    svg = cardinality_chart(make_ranking([f"f{i}" for i in range(200)]))

    assert svg.count('<circle class="hollow"') == svg.count('<circle class="fill"') == 200
    assert 'class="dense"' in svg


def test_only_fields_with_nulls_are_in_the_coverage_chart(make_field, make_ranking):
    ranking = make_ranking(
        [make_field("full", coverage=1.0), make_field("half", coverage=0.5), make_field("low", coverage=0.1)]
    )

    assert re.findall(r"<title>(\w+):", coverage_chart(ranking)) == ["low", "half"]


def test_full_fields_need_no_coverage_chart(make_field, make_ranking):
    assert coverage_chart(make_ranking([make_field(coverage=1.0)])) == ""


def test_long_names_are_shortened_in_the_chart_and_whole_in_its_tooltip(make_ranking):
    name = "a_long_name_" * 8

    svg = information_chart(make_ranking([name, "字" * 40]))

    assert f"<title>{name}:" in svg
    assert f">{name}<" not in svg
    assert svg.count("…") == 2
