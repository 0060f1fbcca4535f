"""Which tables and sentences tell how methods compare that order fields?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from featsel.report.ranking import counted
from featsel.report.table import MISSING, Align, Cell, Column, Table, readable

CHANCE, ORACLE = "random", "oracle"
"""The two ends of a comparison."""

MEGABYTE = 1e-6
"""What turns bytes into the unit that people read."""


def points_table(document: Mapping[str, Any]) -> Table:
    """Every number of fields of every method and model, one to a row.

    Parameters
    ----------
    document : mapping
        What ``featsel bench --json`` prints, read back.

    Returns
    -------
    Table
        Models in the order of the request, methods best first, numbers of fields ascending.
    """
    said = _by_method(document)
    measures = ("auc", "log_loss")
    over = ("over_random", "over_best")
    columns = (
        Column("model"),
        Column("method"),
        Column("k", Align.RIGHT, ","),
        *(
            Column(f"{name}{end}", Align.RIGHT, ".5f")
            for name in (*measures, *(f"{name}_{other}" for other in over for name in measures))
            for end in ("", "_low", "_high")
        ),
        *(
            Column(f"log_loss_{other}_rows{end}", Align.RIGHT, ".5f")
            for other in over
            for end in ("_low", "_high")
        ),
        Column("stability", Align.RIGHT, ".3f"),
        Column("aukc", Align.RIGHT, ".5f"),
        Column("aukc_low", Align.RIGHT, ".5f"),
        Column("aukc_high", Align.RIGHT, ".5f"),
        Column("order_cpu_s", Align.RIGHT, ".2f"),
        Column("order_peak_bytes", Align.RIGHT, ","),
    )
    rows: list[tuple[Cell, ...]] = []
    for result in document["results"]:
        method = said[result["method"]]
        stability = {entry["k"]: entry["index"] for entry in method["stability"]}
        for point in result["points"]:
            intervals = [point[name] for name in measures]
            intervals += [point[other][name] for other in over for name in measures]
            rows.append(
                (
                    *(result["model"], result["method"], point["k"]),
                    *(each[end] for each in intervals for end in ("mean", "low", "high")),
                    *(point[other]["log_loss_of_rows"][end] for other in over for end in ("low", "high")),
                    stability[point["k"]],
                    *(result["aukc"][end] for end in ("mean", "low", "high")),
                    *(method["cpu_s"], method["peak_bytes"]),
                )
            )
    return Table("", columns, tuple(rows))


def summary_tables(document: Mapping[str, Any]) -> list[Table]:
    """For each model, the methods, best first.

    Parameters
    ----------
    document : mapping
        As of :func:`points_table`.

    Returns
    -------
    list of Table
        With what a person needs to know as notes.
    """
    return [summary_table(document, model) for model in document["models"]]


def bench_sentences(document: Mapping[str, Any], model: str) -> list[str]:
    """What a comparison says of one model.

    Parameters
    ----------
    document : mapping
        As of :func:`points_table`.
    model : str
        One of its models.

    Returns
    -------
    list of str
        Plain sentences.
    """
    return list(_sentences(document, results_of(document, model)))


def results_of(document: Mapping[str, Any], model: str) -> list[Mapping[str, Any]]:
    """Entries of one model, best first."""
    return [result for result in document["results"] if result["model"] == model]


def interval_text(interval: Mapping[str, Any], spec: str) -> str:
    """Mean with half of the interval, as people read it."""
    text = readable(interval["mean"], spec)
    if interval["high"] is None:
        return text
    return f"{text} ±{readable(interval['high'] - interval['mean'], spec.lstrip('+'))}"


def summary_table(document: Mapping[str, Any], model: str) -> Table:
    """Table of one model; see :func:`summary_tables`."""
    results, said = results_of(document, model), _by_method(document)
    best = next(result for result in results if result["is_best"])
    columns = (
        Column(
            "method",
            explanation="What orders the fields; random is chance, oracle knows what was planted.",
            styles={best["method"]: "bold", CHANCE: "dim", ORACLE: "dim"},
        ),
        Column(
            "aukc",
            Align.RIGHT,
            explanation="Area under the curve of AUC over k, 0 for chance and 1 for perfection, with the "
            "95 % interval of its mean over seeds.",
        ),
        Column(
            "over random",
            Align.RIGHT,
            explanation="Difference of the area to that of random orders, paired by seed, with its interval.",
        ),
        Column(
            "over best",
            Align.RIGHT,
            explanation="The same to the best method, which is set in bold.",
            drop_order=2,
        ),
        *(
            Column(
                f"auc@{size}",
                Align.RIGHT,
                ".4f",
                explanation=f"Test AUC with the first {size} fields.",
                drop_order=10 + place if place % 2 else 5,
            )
            for place, size in enumerate(document["k"])
        ),
        Column(
            "stability",
            Align.RIGHT,
            ".2f",
            explanation="How alike the first fields are from seed to seed, mean over k: 1 the same, 0 chance "
            "(Nogueira). It says nothing of how good they are.",
            drop_order=3,
        ),
        Column(
            "cpu_s",
            Align.RIGHT,
            ".2f",
            explanation="CPU seconds of one order, mean over seeds.",
            drop_order=1,
        ),
        Column(
            "MB",
            Align.RIGHT,
            ",.0f",
            explanation="Memory that an order took beyond what was held before, at most.",
            drop_order=4,
        ),
    )
    rows = tuple(_summary_row(result, said[result["method"]]) for result in results)
    title = (
        f"{model}: {counted(len(results), 'method')} on the first k of "
        f"{counted(document['fields'], 'field')}, {counted(len(document['seeds']), 'seed')}, "
        f"{counted(document['rows']['test'], 'test row')}"
    )
    return Table(title, columns, rows, tuple(_sentences(document, results)))


def _summary_row(result: Mapping[str, Any], method: Mapping[str, Any]) -> tuple[Cell, ...]:
    indexes = [entry["index"] for entry in method["stability"] if entry["index"] is not None]
    peak = method["peak_bytes"]
    return (
        result["method"],
        interval_text(result["aukc"], ".4f"),
        MISSING if result["method"] == CHANCE else interval_text(result["aukc_over_random"], "+.4f"),
        MISSING if result["is_best"] else interval_text(result["aukc_over_best"], "+.4f"),
        *(point["auc"]["mean"] for point in result["points"]),
        sum(indexes) / len(indexes) if indexes else None,
        method["cpu_s"],
        None if peak is None else peak * MEGABYTE,
    )


def _sentences(document: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    best = next(result for result in results if result["is_best"])
    n_seeds = len(document["seeds"])
    if best["method"] == CHANCE:
        yield "Only chance was asked: there is nothing to compare it with."
        return
    change = best["aukc_over_random"]
    yield (
        f"Of the methods, {best['method']} has the greatest area, {best['aukc']['mean']:.4f}; chance has "
        f"{best['aukc']['mean'] - change['mean']:.4f}."
    )
    if n_seeds == 1:
        yield "With one seed, nothing is known of the error of these numbers: give --seeds 3 or more."
        return
    if change["low"] <= 0:
        yield "That is no more than chance, as far as these seeds tell."
    others = [result for result in results if result["method"] not in {best["method"], CHANCE, ORACLE}]
    equal = [result["method"] for result in others if result["aukc_over_best"]["high"] >= 0]
    if equal:
        yield f"Over {n_seeds} seeds it cannot be told from {', '.join(equal)}."
    elif others:
        yield f"Over {n_seeds} seeds every other method is worse."


def _by_method(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {entry["method"]: entry for entry in document["methods"]}
