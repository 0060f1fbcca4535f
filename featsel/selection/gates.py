"""In which order do gates put the features?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.core.errors import ConfigError
from featsel.selection.backbone import Backbone, with_full_table
from featsel.selection.candidates import Candidates
from featsel.selection.optfs import (
    GateSearch,
    GateSettings,
    check_travel,
    gate_order,
    kept_ids,
    search_gates,
)
from featsel.selection.order import FeatureOrder


def gate_scores(candidates: Candidates, backbone: Backbone, gates: GateSettings) -> NDArray[np.float64]:
    """Gate weights of the features of a search.

    Parameters
    ----------
    candidates : Candidates
        Features.
    backbone : Backbone
        The model.
    gates : GateSettings
        How gates learn.

    Returns
    -------
    ndarray of float64, shape (n_ids,)
        NaN for out-of-vocabulary features.
    """
    return _searched(candidates, backbone, gates).gates


def published_order(candidates: Candidates, backbone: Backbone, gates: GateSettings) -> FeatureOrder:
    """Features that OptFS keeps by its own rule: those whose gate stayed open.

    Parameters
    ----------
    candidates, backbone, gates
        As of :func:`gate_scores`.

    Returns
    -------
    FeatureOrder
        Features whose gate weight fell to 0 or below are absent. With a warning where gates could not move.

    Raises
    ------
    ConfigError
        No gate stayed open.
    """
    search = _searched(candidates, backbone, gates)
    order = gate_order(candidates, search)
    kept = np.isin(order.ids, kept_ids(search))
    ids = order.ids[kept]
    if ids.size == 0:
        raise ConfigError(
            f"--lambda {gates.penalty:g} closed the gates of all {order.ids.size:,} features",
            "Give a smaller one; or a --budget, which the order of the gates always meets.",
        )
    has_feature = np.bincount(candidates.field_of_id[ids], minlength=candidates.layout.n_fields) > 0
    warning = check_travel(search, gates)
    return FeatureOrder(
        ids=ids,
        fields=order.fields[has_feature[order.fields]],
        scores=order.scores,
        field_scores=np.where(has_feature, order.field_scores, np.nan),
        dropped=dict.fromkeys(
            np.flatnonzero(~has_feature).tolist(), "gates: all of its features were closed"
        ),
        warnings=() if warning is None else (warning,),
    )


def _searched(candidates: Candidates, backbone: Backbone, gates: GateSettings) -> GateSearch:
    model = backbone.build(with_full_table(candidates.config))
    on_step = backbone.callbacks.on_step if backbone.callbacks is not None else _go_on
    return search_gates(model, candidates, gates=gates, settings=backbone.settings, on_step=on_step)


def _go_on(_: object) -> None:
    pass
