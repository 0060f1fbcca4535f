"""What do results say, in plain sentences for somebody who reads nothing else?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from featsel.quality.findings import Severity
from featsel.ranking.interactions import FALSE_DISCOVERIES
from featsel.ranking.scores import Ranking, Verdict
from featsel.report.bench import bench_sentences
from featsel.report.bench_tables import tables_sentences
from featsel.report.check_page import check_report
from featsel.report.check_summary import check_outcome, failed_rules
from featsel.report.check_text import LONGEST_MESSAGE, LONGEST_NAME, clipped, place
from featsel.report.ranking import counted, percent, verdict_counts
from featsel.report.results import Kind, Result
from featsel.report.saved_ranking import is_by_information, saved_ranking
from featsel.report.selection import evidence_sentences, log_losses
from featsel.report.training_charts import PART_WORDS
from featsel.report.training_page import HELD_OUT, MOST_RATIO

MOST_NAMED = 5
"""Fields that a sentence names; the tables have them all."""

QUESTIONS = {
    Kind.CHECK: "Is the data fit for use?",
    Kind.RANKING: "Which fields tell something?",
    Kind.SELECTION: "What was chosen?",
    Kind.TRAINING: "How good is the model?",
    Kind.BENCH: "Which method chooses best?",
    Kind.TABLES: "Which embedding table is best in so many bytes?",
}
"""What a kind of result answers."""


def answer(result: Result) -> tuple[str, ...]:
    """What a result says to the question of its kind.

    Parameters
    ----------
    result : Result
        Whose answer is wanted.

    Returns
    -------
    tuple of str
        Sentences, the most important one first.
    """
    return tuple(_TELLERS[result.kind](result.document))


def _check(document: Mapping[str, Any]) -> Iterator[str]:
    report = check_report(document)
    n_errors, n_warnings = len(report.failures(Severity.ERROR)), len(report.failures(Severity.WARNING))
    if n_errors:
        opening = "No, there is something to mend first"
    elif n_warnings:
        opening = "Nothing is wrong with it, but there is something to look at"
    else:
        opening = "Yes, as far as it was checked"
    yield f"{opening}: {check_outcome(report)}."
    rules = [rule for rule in failed_rules(report) if rule.severity is not Severity.INFO]
    for rule in rules[:MOST_NAMED]:
        worst = rule.findings[0]
        rest = f" (and {len(rule.findings) - 1:,} more)" if len(rule.findings) > 1 else ""
        what = f"{clipped(place(worst), LONGEST_NAME)}: {clipped(worst.message, LONGEST_MESSAGE)}"
        yield f"{rule.severity.value.capitalize()} {rule.title}, {what}{rest}."
    if len(rules) > MOST_NAMED:
        yield f"{counted(len(rules) - MOST_NAMED, 'more rule')} failed."


def _ranking(document: Mapping[str, Any]) -> Iterator[str]:
    if not is_by_information(document):
        names = [entry["name"] for entry in document["fields"]]
        yield f"{counted(len(names), 'numeric field')} by what they tell of each other: {_named(names)}."
        return
    ranking = saved_ranking(document)
    counts = verdict_counts(ranking)
    best = _of(ranking, Verdict.INFORMATIVE)
    told = f"; the best are {_named(best)}" if len(best) > 1 else f": {_named(best)}" if best else ""
    yield (
        f"{len(best):,} of {counted(len(ranking.fields), 'field')} tell of "
        f"{clipped(document['label']['name'], LONGEST_NAME)!r} more than chance explains{told}."
    )
    silent = counts[Verdict.NOISE] + counts[Verdict.CONSTANT] + counts[Verdict.IDENTIFIER]
    if silent:
        tell = "tells" if silent == 1 else "tell"
        yield f"{counted(silent, 'other field')} {tell} nothing alone that a model could use."
    leaks = _of(ranking, Verdict.LEAK)
    if leaks:
        yield (f"Too good to be true, and to be left out unless known before the click: {_named(leaks)}.")
    clusters = document.get("redundancy", {}).get("clusters", ())
    if clusters:
        n_spare = sum(len(cluster["fields"]) - 1 for cluster in clusters)
        said = "says" if n_spare == 1 else "say"
        yield f"{counted(n_spare, 'field')} {said} what another one says already."
    pairs = [" with ".join(pair["fields"]) for pair in document.get("interactions", ()) if _is_pair(pair)]
    if pairs:
        yield f"More than both parts tell together: {_named(pairs)}."
    drifting = [entry["name"] for entry in document["fields"] if entry.get("outlook") == "drifts"]
    if drifting:
        yield f"Will not last, for values mean something else from day to day: {_named(drifting)}."


def _is_pair(pair: Mapping[str, Any]) -> bool:
    """Whether two fields surely tell something that no other field says by itself."""
    return pair["q_value"] <= FALSE_DISCOVERIES and pair["known_from"] is None


def _of(ranking: Ranking, verdict: Verdict) -> list[str]:
    return [field.name for field in ranking.fields if field.verdict is verdict]


def _selection(document: Mapping[str, Any]) -> Iterator[str]:
    told = evidence_sentences(document)
    if told:
        yield from told
        return
    selection = document["selection"]
    used, n_before = selection["used"], sum(field["of"] for field in document["fields"])
    budget = (
        f"The budget {selection['budget']}" if selection.get("budget") else f"Method {selection['method']}"
    )
    yield (
        f"{budget} left {counted(used['fields'], 'field')} with {used['features']:,} of their "
        f"{counted(n_before, 'feature')}, {counted(used['bytes'], 'byte')} of embeddings; "
        f"dropped: {counted(len(document['dropped']), 'field')}."
    )
    full, selected = log_losses(document)
    if full is not None and selected is not None:
        yield (
            f"The validation log loss is {full:.5f} with all features and {selected:.5f} with the chosen "
            "ones."
        )


def _training(document: Mapping[str, Any]) -> Iterator[str]:
    name = document["model"]["name"]
    part = next((part for part in HELD_OUT if part in document), None)
    if part is None:
        yield f"Nobody knows: no rows were held out that {name} did not learn from."
        return
    measured = document[part]
    auc, loss, ratio = measured["auc"], measured["log_loss"], measured["calibration"]["ratio"]
    if auc is not None:
        yield (
            f"{name} puts a positive {PART_WORDS[part]} row above a negative one in {percent(auc)} of all "
            f"pairs (AUC {auc:.4f}; 50 % is chance)."
        )
    if loss is not None:
        yield f"Its log loss is {loss:.4f} nats a row on {counted(measured['rows'], 'row')}."
    if ratio is not None:
        is_right = 1 / MOST_RATIO <= ratio <= MOST_RATIO
        yield (
            f"Its predictions add up to {ratio:.3g} times the positive rows that came: "
            f"{'as rates they are about right' if is_right else 'they are not to be taken as rates'}."
        )


def _bench(document: Mapping[str, Any]) -> Iterator[str]:
    for model in document["models"]:
        yield f"With {model}: {' '.join(bench_sentences(document, model))}"


def _tables(document: Mapping[str, Any]) -> Iterator[str]:
    for model in document["models"]:
        yield f"With {model}: {' '.join(tables_sentences(document, model))}"


def _named(names: Sequence[str]) -> str:
    rest = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(clipped(name, LONGEST_NAME) for name in names[:MOST_NAMED])}{rest}"


_TELLERS: Mapping[Kind, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    Kind.CHECK: _check,
    Kind.RANKING: _ranking,
    Kind.SELECTION: _selection,
    Kind.TRAINING: _training,
    Kind.BENCH: _bench,
    Kind.TABLES: _tables,
}
