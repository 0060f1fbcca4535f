"""What does a ranking that was saved as a document show?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from featsel.core.schema import FieldKind
from featsel.ranking.clusters import Cluster
from featsel.ranking.comparison import Estimate, Movement, Status
from featsel.ranking.domains import DomainField, DomainRanking, DomainVerdict, FieldDomains
from featsel.ranking.exact_pairs import FieldPair, Relation
from featsel.ranking.interactions import Interaction
from featsel.ranking.pair_scores import PairScores
from featsel.ranking.quickselection import FieldStrength, StrengthRanking
from featsel.ranking.scores import FieldScore, Method, Ranking, Score, Verdict
from featsel.ranking.stability import TopStability
from featsel.report.article import Article
from featsel.report.domains import Domain, domains_table, fields_by_domain
from featsel.report.forward import FORWARD_COLUMNS
from featsel.report.html import ranking_article
from featsel.report.interactions import best_pairs_table
from featsel.report.rank_comparison import comparison_table
from featsel.report.rank_sample import bound_columns
from featsel.report.rank_stability import interval_columns, stability_table
from featsel.report.ranking import FieldColumn
from featsel.report.redundancy import REDUNDANCY_COLUMNS, clusters_table, pairs_table
from featsel.report.redundancy_map import redundancy_figure
from featsel.report.sections import as_mapping, options_section, plain_table, seconds
from featsel.report.strengths import strengths_overview
from featsel.report.table import Align, Column, Table
from featsel.stats.agreement import Agreement


def is_by_information(document: Mapping[str, Any]) -> bool:
    """Whether a ranking tells of a label; one by strength does not."""
    return as_mapping(document.get("options")).get("method") != Method.QUICKSELECTION


def saved_ranking_article(document: Mapping[str, Any]) -> Article:
    """What a page tells of a saved ranking.

    Parameters
    ----------
    document : mapping
        What ``featsel rank --json`` prints, read back.

    Returns
    -------
    Article
        The same for the same document.
    """
    if not is_by_information(document):
        return _strengths_article(document)
    ranking = saved_ranking(document)
    return ranking_article(
        ranking,
        document=document,
        more=_columns(document, ranking.score),
        tables=tuple(_tables(document, ranking)),
        figures=redundancy_figure(document),
    )


def saved_ranking(document: Mapping[str, Any]) -> Ranking:
    """Ranking by information of a document.

    Parameters
    ----------
    document : mapping
        As of :func:`saved_ranking_article`.

    Returns
    -------
    Ranking
        All of its fields.
    """
    label = document["label"]
    return Ranking(
        tuple(map(_field, document["fields"])),
        Score(document["options"]["score"]),
        document["input"]["rows"],
        label["positive_rate"],
        label["entropy"],
    )


def _field(entry: Mapping[str, Any]) -> FieldScore:
    return FieldScore(
        name=entry["name"],
        kind=FieldKind(entry["kind"]),
        rank=entry["rank"],
        score=entry["score"],
        cardinality=entry["cardinality"],
        coverage=entry["coverage"],
        mutual_information=entry["mutual_information"],
        expected_mutual_information=entry["expected_mutual_information"],
        corrected_mutual_information=entry["corrected_mutual_information"],
        relative_information=entry["relative_information"],
        z=entry["z"],
        p_value=entry["p_value"],
        q_value=entry["q_value"],
        usable_information=entry["usable_information"],
        verdict=Verdict(entry["verdict"]),
        reason=entry["reason"],
        score_se=entry["score_se"],
        corrected_mutual_information_se=entry["corrected_mutual_information_se"],
        usable_information_se=entry["usable_information_se"],
    )


def _columns(document: Mapping[str, Any], score: Score) -> tuple[FieldColumn, ...]:
    """What the questions that were asked add to every field."""
    known = (*FORWARD_COLUMNS, *REDUNDANCY_COLUMNS, *bound_columns(score), *interval_columns(score))
    fields = document["fields"]
    return tuple(
        column.filled({entry["name"]: entry[column.name] for entry in fields})
        for column in known
        if all(column.name in entry for entry in fields)
    )


def _tables(document: Mapping[str, Any], ranking: Ranking) -> Iterator[Table]:
    if "time" in document:
        yield _periods(document["time"])
    if "by" in document:
        yield from _by_domain(document["by"])
    if "redundancy" in document:
        found = document["redundancy"]
        yield pairs_table(tuple(map(field_pair, found["pairs"])))
        if found["clusters"]:
            yield clusters_table(tuple(map(_cluster, found["clusters"])))
    if document.get("interactions"):
        yield best_pairs_table(tuple(map(_interaction, document["interactions"])))
    if as_mapping(document.get("stability")).get("top"):
        yield _stability(document["stability"])
    if "compare" in document:
        yield from _compared(document["compare"], ranking.score)


def _periods(time: Mapping[str, Any]) -> Table:
    columns = (
        Column("from", explanation="First time of the period."),
        Column("to", explanation="Its last."),
        Column("rows", Align.RIGHT, ",", explanation="How many."),
        Column("positive", Align.RIGHT, ".2%", explanation="Share of them with a positive label."),
    )
    rows = tuple(
        (period["start"], period["end"], period["rows"], period["positive_rate"])
        for period in time["periods"]
    )
    return Table(f"Periods of {time['name']}", columns, rows)


def _by_domain(by: Mapping[str, Any]) -> Iterator[Table]:
    domains = [Domain(each["value"], each["rows"], each["positive_rate"]) for each in by["domains"]]
    found = DomainRanking(
        tuple(tuple(DomainField(**field) for field in each["fields"]) for each in by["domains"]),
        tuple(map(_field_domains, by["fields"])),
    )
    yield fields_by_domain(by["name"], found)
    yield domains_table(by["name"], domains, found)


def _field_domains(entry: Mapping[str, Any]) -> FieldDomains:
    return FieldDomains(
        entry["name"],
        entry["pooled_information"],
        entry["within_information"],
        entry["n_informative"],
        entry["differing_share"],
        entry["differing_q_value"],
        entry["reversed_values"],
        DomainVerdict(entry["verdict"]),
    )


def field_pair(entry: Mapping[str, Any]) -> FieldPair:
    """Two fields of a document that go together."""
    first, second = entry["fields"]
    return FieldPair(
        (first, second),
        entry["redundancy"],
        entry["mutual_information"],
        entry["expected_mutual_information"],
        Relation(entry["relation"]),
        entry["determines"],
    )


def _cluster(entry: Mapping[str, Any]) -> Cluster:
    return Cluster(tuple(entry["fields"]), entry["representative"], entry["least_redundancy"])


def _interaction(entry: Mapping[str, Any]) -> Interaction:
    first, second = entry["fields"]
    scores = PairScores(
        entry["joint_information"],
        entry["synergy"],
        entry["usable_synergy"],
        entry["z"],
        entry["p_value"],
        entry["cells"],
    )
    return Interaction(first, second, scores, entry["q_value"], entry["known_from"])


def _stability(found: Mapping[str, Any]) -> Table:
    tops = [
        TopStability(
            top["fields"],
            Agreement(top["index"], top["index_low"], top["index_high"]),
            top["usable_information"],
            top["significant_share"],
        )
        for top in found["top"]
    ]
    return stability_table(tops, n_resamples=found["resamples"], halved=found["of"])


def _compared(found: Mapping[str, Any], score: Score) -> Iterator[Table]:
    movements = [_movement(entry) for entry in found["fields"]]
    shown = [each for each in movements if each.status is not Status.STEADY or each.changes_verdict]
    if shown:
        yield comparison_table(shown, score, before=found["path"])


def _movement(entry: Mapping[str, Any]) -> Movement:
    def estimate(end: str) -> Estimate | None:
        rank = entry[f"rank{end}"]
        score, verdict = entry[f"score{end}"], entry[f"verdict{end}"]
        measured = math.nan if score is None else score
        return None if rank is None else Estimate(entry["name"], rank, measured, verdict, measured, math.nan)

    return Movement(
        entry["name"],
        estimate(""),
        estimate("_before"),
        entry["difference"],
        entry["difference_se"],
        entry["z"],
        entry["q_value"],
        Status(entry["status"]),
    )


def _strengths_article(document: Mapping[str, Any]) -> Article:
    source, options = document["input"], as_mapping(document.get("options"))
    fields = tuple(
        FieldStrength(
            entry["name"],
            FieldKind(entry["kind"]),
            entry["rank"],
            entry["score"],
            entry["spread"],
            entry["coverage"],
        )
        for entry in document["fields"]
    )
    table = strengths_overview(StrengthRanking(fields, source["rows"], document["trained_rows"]))
    # the name first, which heads its row
    shown = [1, 0, *(index for index, column in enumerate(table.columns) if index > 1 and not column.is_bar)]
    named = Table(
        "",
        tuple(table.columns[index] for index in shown),
        tuple(tuple(row[index] for index in shown) for row in table.rows),
    )
    facts: tuple[tuple[str, object], ...] = (
        ("Log", source.get("paths")),
        ("Rows", source.get("rows")),
        ("Rows that networks learned from", document.get("trained_rows")),
        ("Fingerprint", source.get("fingerprint")),
        ("Time", seconds(document.get("elapsed_s"))),
        ("featsel", document.get("featsel")),
    )
    body = plain_table(named, heading="All numeric fields", name="strengths") + options_section(options)
    return Article(
        "Fields by strength",
        "Which numeric fields tell <em>of each other</em>?",
        table.notes[0],
        facts,
        body,
    )
