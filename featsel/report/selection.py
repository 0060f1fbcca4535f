"""Which table and sentences tell whether a selection was good?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from featsel.report.ranking import counted, percent
from featsel.report.sections import as_mapping
from featsel.report.table import Align, Column, Table

SETS = ("full", "selected")
"""Features that a model was trained with: all, and the chosen ones."""

NOTHING = (
    "There is nothing to select: the search found no feature that is worth keeping. Those that are kept are "
    "merely the most frequent ones."
)
"""Said where a choice would be one of noise."""


class Outcome(StrEnum):
    """What became of the validation log loss, as far as its 95 % interval tells."""

    BETTER = "better"
    NO_WORSE = "no worse"
    WORSE = "worse"


_VERDICTS = {
    Outcome.BETTER: "the chosen features predict better",
    Outcome.NO_WORSE: "the chosen features predict no worse, as far as these rows can tell",
    Outcome.WORSE: "the chosen features predict worse",
}


def evidence_table(document: Mapping[str, Any]) -> Table:
    """All features and the chosen ones: what they take up, and how a model does with them.

    Parameters
    ----------
    document : mapping
        As ``featsel select --json`` prints it.

    Returns
    -------
    Table
        A row for each of the two; without rows where nothing was chosen.
    """
    evidence = as_mapping(document.get("evidence"))
    columns = (
        Column("set", explanation="All features, or the chosen ones."),
        Column("fields", Align.RIGHT, ",", explanation="Fields that the model reads."),
        Column("features", Align.RIGHT, ",", explanation="Features with an embedding of their own."),
        Column("bytes", Align.RIGHT, ",", explanation="Size of the embedding table."),
        Column(
            "auc",
            Align.RIGHT,
            ".5f",
            explanation="Chance that a positive validation row is predicted above a negative one.",
        ),
        Column(
            "log_loss",
            Align.RIGHT,
            ".5f",
            explanation="Mean surprise at the label of a validation row, in nats; 0 is perfect.",
        ),
    )
    measured = {name: document["evidence"][name] for name in SETS if name in evidence}
    rows = tuple(
        (name, *(found.get(column.name) for column in columns[1:])) for name, found in measured.items()
    )
    title = "With all features and with the chosen ones"
    if rows:
        title += f", on {counted(document['evidence']['rows']['valid'], 'validation row')}"
    return Table(title, columns, rows)


def evidence_sentences(document: Mapping[str, Any]) -> list[str]:
    """What a person needs to know of a selection.

    Parameters
    ----------
    document : mapping
        As ``featsel select --json`` prints it.

    Returns
    -------
    list of str
        Plain sentences; none where nothing was chosen.
    """
    return list(_sentences(document)) if document.get("evidence") else []


def log_loss_outcome(evidence: Mapping[str, Any]) -> Outcome:
    """Verdict on the chosen features.

    Parameters
    ----------
    evidence : mapping
        Of a document; its ``log_loss_change`` has the ends of the interval.

    Returns
    -------
    Outcome
        Better or worse only where the whole interval is.

    Examples
    --------
    >>> log_loss_outcome({"log_loss_change": {"mean": -0.002, "low": -0.003, "high": -0.001}})
    <Outcome.BETTER: 'better'>
    """
    change = evidence["log_loss_change"]
    if change["high"] < 0:
        return Outcome.BETTER
    return Outcome.WORSE if change["low"] > 0 else Outcome.NO_WORSE


def change_text(evidence: Mapping[str, Any]) -> str:
    """Change of the validation log loss and its interval, as people read it."""
    mean, low, high = (f"{evidence['log_loss_change'][end]:+#.3g}" for end in ("mean", "low", "high"))
    return f"{mean} nats a row (95 % interval {low} to {high})"


def greatest_gain(evidence: Mapping[str, Any]) -> int | None:
    """How many features gain most together, by the estimates of the search.

    Parameters
    ----------
    evidence : mapping
        Of a document.

    Returns
    -------
    int, optional
        A point of its curve. None where the curve does not fall.
    """
    curve = evidence["curve"]
    if not curve:
        return None
    best = max(curve, key=lambda point: point["gain"])
    return best["features"] if best["gain"] > curve[-1]["gain"] else None


def log_losses(document: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Validation log loss with all features and with the chosen ones, as far as a document tells."""
    metrics: Mapping[str, Mapping[str, float]] = document["selection"].get("metrics") or {}
    full, selected = (metrics[name].get("log_loss") if name in metrics else None for name in SETS)
    return full, selected


def _sentences(document: Mapping[str, Any]) -> Iterator[str]:
    evidence = document["evidence"]
    full, selected = (evidence[name] for name in SETS)
    if evidence["eligible"] == 0:
        yield NOTHING
    budget = as_mapping(document.get("options")).get("budget")
    bought = "The gates left" if budget is None else f"The budget {budget} bought"
    yield (
        f"{bought} {selected['fields']:,} of {counted(full['fields'], 'field')}, "
        f"{selected['features']:,} of {counted(full['features'], 'feature')} and "
        f"{selected['bytes']:,} of {counted(full['bytes'], 'byte')} of embeddings."
    )
    yield from _widths(document)
    yield (
        f"The validation log loss is {full['log_loss']:.5f} with all features and "
        f"{selected['log_loss']:.5f} with the chosen ones, a change of {change_text(evidence)}: "
        f"{_VERDICTS[log_loss_outcome(evidence)]}."
    )
    if evidence["false_keep_rate"] is not None:
        yield (
            f"An estimated {percent(evidence['false_keep_rate'])} of the kept features tell nothing by "
            "themselves or beside others."
        )
    yield from _worth(evidence)


def _widths(document: Mapping[str, Any]) -> Iterator[str]:
    widths, options = as_mapping(document["evidence"].get("widths")), as_mapping(document.get("options"))
    if widths:
        yield (
            f"Embeddings are {widths['least']} to {widths['most']} wide (--dims {options['dims']}); all of "
            f"width {options['dim']}, they would take {widths['fixed_bytes']:,} bytes."
        )


def _worth(evidence: Mapping[str, Any]) -> Iterator[str]:
    worth, n_all = evidence["eligible"], evidence["full"]["features"]
    if 0 < worth < n_all:
        yield f"{worth:,} of {counted(n_all, 'feature')} were left to the budget; no budget buys others."
    elif worth:
        yield f"None of the {counted(n_all, 'feature')} was ruled out before the budget."
    if evidence["evident"] is not None:
        yield f"{counted(evidence['evident'], 'feature')} tell more than luck explains."
    most = greatest_gain(evidence)
    if most is not None:
        yield f"The search expects the most of about {counted(most, 'feature')}; further ones do harm."
