"""What must be kept of a training for it to go on as if nothing had happened?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from torch import Tensor

from featsel.core.errors import ConfigError, UnreadableFileError
from featsel.training.progress import Evaluation, Progress, Report
from featsel.training.settings import TrainSettings

OPTIONS = {
    "seed": "--seed",
    "batch_size": "--batch-size",
    "buffer_rows": "--memory-limit",
    "optimizer": "--optimizer",
}
"""What a training cannot change half-way: the order of rows or the memory of an optimizer depends on it."""


@dataclass(frozen=True)
class TrainState:
    """A training, between two steps.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        Weights, memory of the optimizers, and the best weights so far where they are others.
    facts : mapping
        How far the training is, as JSON can say it.
    """

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]  # a JSON document


def facts_of(
    progress: Progress, settings: TrainSettings, *, n_rows: int, shards: Sequence[int] | None = None
) -> dict[str, Any]:
    """What tensors do not say about a training.

    Parameters
    ----------
    progress : Progress
        How far it is.
    settings : TrainSettings
        How it runs.
    n_rows : int
        Training rows.
    shards : sequence of int, optional
        Training rows of each shard; None where they are not cut into shards.

    Returns
    -------
    dict
        A JSON document; a number that is not finite is None.
    """
    fixed = {name: getattr(settings, name) for name in OPTIONS}
    cut = {} if shards is None else {"shards": list(shards)}
    return {"rows": n_rows, **cut, **fixed, "progress": _finite(asdict(progress))}


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in cast("dict[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in cast("list[object]", value)]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def progress_of(
    facts: Mapping[str, Any], settings: TrainSettings, *, n_rows: int, shards: Sequence[int] | None = None
) -> Progress:
    """How far a training is that goes on.

    Parameters
    ----------
    facts : mapping
        See :func:`facts_of`.
    settings : TrainSettings
        How it is to go on.
    n_rows : int
        Training rows.
    shards : sequence of int, optional
        Training rows of each shard; None where they are not cut into shards.

    Returns
    -------
    Progress
        As it was.

    Raises
    ------
    ConfigError
        It cannot go on like this; the message names all reasons.
    UnreadableFileError
        It is damaged.
    """
    try:
        return _progress_of(facts, settings, n_rows=n_rows, shards=shards)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableFileError(
            f"the checkpoint does not say how far the training came: {error!r}",
            "Begin anew without --resume.",
        ) from error


def _progress_of(
    facts: Mapping[str, Any], settings: TrainSettings, *, n_rows: int, shards: Sequence[int] | None
) -> Progress:
    differences = [
        f"{option} was {facts[name]} and is {getattr(settings, name)}"
        for name, option in OPTIONS.items()
        if facts[name] != getattr(settings, name)
    ]
    if facts["rows"] != n_rows:
        differences.insert(0, f"there were {facts['rows']:,} training rows and are {n_rows:,}")
    earlier: list[int] | None = facts.get("shards")
    if earlier != (None if shards is None else list(shards)):
        n_earlier, n_shards = len(earlier or ()), len(shards or ())
        if n_earlier == n_shards:
            differences.append("the shards have other rows")
        else:
            differences.append(f"--shards was {n_earlier or 'absent'} and is {n_shards or 'absent'}")
    if differences:
        raise ConfigError(
            f"the training cannot go on: {'; '.join(differences)}",
            "Resume with the data and options that it began with, or begin anew without --resume.",
        )
    saved = dict(facts["progress"])
    history = tuple(_report(line) for line in saved.pop("history"))
    return Progress(**saved, history=history)


def _report(line: Mapping[str, Any]) -> Report:
    numbers: Mapping[str, Any] | None = line["valid"]
    if numbers is None:
        return Report(**line)
    known: dict[str, Any] = {name: math.nan if value is None else value for name, value in numbers.items()}
    report: dict[str, Any] = {**line, "valid": Evaluation(**known)}
    return Report(**report)
