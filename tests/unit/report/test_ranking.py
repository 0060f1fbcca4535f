from __future__ import annotations

import csv
import io

import pytest

from featsel.ranking.scores import Score, Verdict
from featsel.report.ranking import (
    full_bar,
    percent,
    ranking_overview,
    ranking_summary,
    ranking_table,
    verdict_counts,
)
from featsel.report.table import to_markdown, to_tsv

MACHINE_COLUMNS = [
    "name",
    "kind",
    "rank",
    "score",
    "cardinality",
    "coverage",
    "mutual_information",
    "expected_mutual_information",
    "corrected_mutual_information",
    "relative_information",
    "z",
    "p_value",
    "q_value",
    "usable_information",
    "verdict",
    "reason",
    "score_se",
    "corrected_mutual_information_se",
    "usable_information_se",
]


def test_machine_columns_are_named_and_ordered_as_promised(mixed_ranking):
    assert [column.name for column in ranking_table(mixed_ranking).columns] == MACHINE_COLUMNS


def test_tsv_holds_every_number_of_every_field(mixed_ranking):
    lines = csv.DictReader(io.StringIO(to_tsv(ranking_table(mixed_ranking))), delimiter="\t")

    for line, scored in zip(lines, mixed_ranking.fields, strict=True):
        assert line["name"] == scored.name
        assert line["kind"] == scored.kind.value
        assert line["verdict"] == scored.verdict.value
        numbers = [name for name in MACHINE_COLUMNS if name not in {"name", "kind", "verdict", "reason"}]
        assert [float(line[name]) for name in numbers] == pytest.approx(
            [getattr(scored, name) for name in numbers], rel=0, abs=0, nan_ok=True
        )


def test_tsv_has_a_header_and_a_line_per_field_without_colour(mixed_ranking):
    text = to_tsv(ranking_table(mixed_ranking))

    assert len(text.splitlines()) == 1 + len(mixed_ranking.fields)
    assert "\x1b" not in text


@pytest.mark.parametrize("view", [ranking_table, ranking_overview])
def test_top_keeps_the_best(view, make_ranking):
    table = view(make_ranking(["a", "b", "c"]), 2)

    names = [column.name for column in table.columns]
    at = names.index("name" if "name" in names else "field")
    assert [row[at] for row in table.rows] == ["a", "b"]


def test_summary_counts_what_was_ranked(mixed_ranking):
    assert ranking_summary(mixed_ranking) == (
        "7 fields, 10,000 rows, 21.8 % positive: 3 informative, 1 noise, 1 constant, 1 identifier, 1 leak"
    )


def test_summary_of_one_field_and_of_none(make_ranking):
    assert ranking_summary(make_ranking(["a"])) == "1 field, 10,000 rows, 21.8 % positive: 1 informative"
    assert ranking_summary(make_ranking([])) == "0 fields, 10,000 rows, 21.8 % positive"


def test_overview_says_when_it_is_cut(make_ranking):
    ranking = make_ranking(["a", "b", "c"])

    assert ranking_overview(ranking).notes == (ranking_summary(ranking),)
    assert ranking_overview(ranking, 2).notes == (ranking_summary(ranking), "The best 2 are shown.")


def test_every_column_of_the_overview_but_the_bar_is_explained(mixed_ranking):
    columns = ranking_overview(mixed_ranking).columns

    assert [column.name for column in columns if not column.explanation and not column.is_bar] == []


@pytest.mark.parametrize("score", list(Score))
def test_the_number_that_orders_the_list_is_shown(score, make_ranking):
    shown = {"corrected": "corrected", "usable": "usable", "z": "z"}.get(score.value, score.value)

    assert shown in [column.name for column in ranking_overview(make_ranking(["a"], score)).columns]


def test_overview_shows_millinats(make_ranking):
    table = ranking_overview(make_ranking(["a"]))

    line = to_markdown(table).splitlines()[2]

    assert "| 12.500 | 0.4 | 14.500 | 2.000 | 2.40% | 11.700 |" in line


def test_a_leak_does_not_dwarf_the_bars(mixed_ranking):
    assert full_bar(mixed_ranking) == 0.0125


def test_bars_of_leaks_alone_and_of_nothing_have_a_scale(make_field, make_ranking):
    assert full_bar(make_ranking([make_field(verdict=Verdict.LEAK, score=0.4)])) == 0.4
    assert full_bar(make_ranking([make_field(score=float("nan")), make_field(score=-1.0)])) == 1.0


def test_every_verdict_is_counted(make_ranking):
    assert verdict_counts(make_ranking(["a"])) == {
        verdict: int(verdict is Verdict.INFORMATIVE) for verdict in Verdict
    }


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.218, "21.8 %"), (0.00012, "0.012 %"), (1.0, "100 %"), (0.99999, "> 99.9 %"), (0.0, "0 %")],
)
def test_percent_has_three_digits_and_never_overstates_a_hundred(share, expected):
    assert percent(share) == expected
