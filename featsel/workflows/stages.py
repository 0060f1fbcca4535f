"""Which parts of a selection are known from an earlier one?

A selection trains a model on all features, searches, and trains again on what it chose. The first two do not
depend on the budget, and each is a function of the log and the options. What they found is kept beside the
encoded log, so that a second budget costs one training, and a selection that was killed goes on where its
last part had ended.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from featsel.artifacts.tensors import read_tensors, write_tensors
from featsel.core.errors import UnreadableFileError
from featsel.selection.evidence import Trained
from featsel.selection.order import FeatureOrder, Shadows

Part = tuple[dict[str, NDArray[Any]], dict[str, Any]]
Found = TypeVar("Found", Trained, FeatureOrder, NDArray[np.int64])


class Stages:
    """Parts of a selection that are kept.

    Parameters
    ----------
    folder : Path, optional
        Where; None keeps nothing.
    key : str
        All that the parts depend on, beside their own name.
    """

    def __init__(self, folder: Path | None, key: str) -> None:
        self._folder = folder
        self._key = key

    def trained(self, name: str, train: Callable[[], Trained]) -> Trained:
        """How a model does, from an earlier selection or found now."""
        return self._stage(name, train, _of_trained, _trained_of)

    def order(self, name: str, search: Callable[[], FeatureOrder]) -> FeatureOrder:
        """An order of features, from an earlier selection or found now."""
        return self._stage(name, search, _of_order, _order_of)

    def widths(self, name: str, choose: Callable[[], NDArray[np.int64]]) -> NDArray[np.int64]:
        """Widths of fields, from an earlier selection or found now."""
        return self._stage(
            name, choose, lambda found: ({"widths": found}, {}), lambda part: part[0]["widths"]
        )

    def _stage(
        self,
        name: str,
        find: Callable[[], Found],
        to_part: Callable[[Found], Part],
        from_part: Callable[[Part], Found],
    ) -> Found:
        if self._folder is None:
            return find()
        digest = hashlib.sha256(f"{name}\n{self._key}".encode()).hexdigest()[:32]
        path = self._folder / f"stage-{digest}.safetensors"
        with contextlib.suppress(UnreadableFileError, KeyError):
            found = from_part(read_tensors(path))
            os.utime(self._folder)
            return found
        found = find()
        with contextlib.suppress(OSError):  # a cache that cannot be written is done without
            write_tensors(path, *to_part(found))
        return found


def _of_trained(trained: Trained) -> Part:
    tensors: dict[str, NDArray[Any]] = {"labels": trained.labels, "chances": trained.chances}
    if trained.weights is not None:
        tensors["weights"] = trained.weights
    return tensors, {"auc": trained.auc, "log_loss": trained.log_loss}


def _trained_of(part: Part) -> Trained:
    tensors, facts = part
    return Trained(
        facts["auc"], facts["log_loss"], tensors["labels"], tensors["chances"], tensors.get("weights")
    )


def _of_order(order: FeatureOrder) -> Part:
    tensors: dict[str, NDArray[Any]] = {
        "ids": order.ids,
        "fields": order.fields,
        "scores": order.scores,
        "field_scores": order.field_scores,
    }
    if order.odds is not None:
        tensors["odds"] = order.odds
    facts: dict[str, Any] = {
        "dropped": {str(field): why for field, why in order.dropped.items()},
        "warnings": order.warnings,
    }
    if order.shadows is not None:
        facts["shadows"] = {**asdict(order.shadows), "places": order.shadows.places.tolist()}
    return tensors, facts


def _order_of(part: Part) -> FeatureOrder:
    tensors, facts = part
    shadows = facts.get("shadows")
    return FeatureOrder(
        tensors["ids"],
        tensors["fields"],
        tensors["scores"],
        tensors["field_scores"],
        {int(field): why for field, why in facts["dropped"].items()},
        None if shadows is None else Shadows(np.array(shadows["places"], np.int64), shadows["n_features"]),
        tuple(facts["warnings"]),
        tensors.get("odds"),
    )
