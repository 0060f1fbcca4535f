"""How wide are the embeddings of each field?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from featsel.core.errors import ConfigError
from featsel.core.feature_config import Dims, EmbeddingScheme
from featsel.models.build import MODELS
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.subsets import SubsetRows, subset_of
from featsel.selection.widths_optembed import optembed_widths
from featsel.selection.widths_pca import pca_widths

WIDTHS: dict[Dims, Callable[[Candidates, Backbone], tuple[int, ...]]] = {
    Dims.PCA: pca_widths,
    Dims.OPTEMBED: optembed_widths,
}
"""What chooses the widths of fields; with fixed ones nothing does."""


def check_dims(dims: Dims, candidates: Candidates, backbone: Backbone) -> None:
    """Refuse to choose widths that would save nothing.

    Parameters
    ----------
    dims : Dims
        How widths are chosen.
    candidates : Candidates
        The features.
    backbone : Backbone
        The model.

    Raises
    ------
    ConfigError
        Fields share the rows of the table, or the model reads no embeddings.
    """
    if dims is Dims.FIXED:
        return
    scheme = candidates.config.embedding.scheme
    if scheme is not EmbeddingScheme.FULL:
        raise ConfigError(
            f"--dims {dims}: fields share the rows of a table of scheme {scheme}, narrow ones save nothing",
            "Leave out --dims, or choose --embedding full.",
        )
    if not MODELS[backbone.model].has_fields:
        raise ConfigError(
            f"--dims {dims}: model {backbone.model} reads no embeddings",
            "Leave out --dims, or choose another --model.",
        )


def chosen_widths(
    dims: Dims, candidates: Candidates, ids: NDArray[np.int64], backbone: Backbone
) -> NDArray[np.int64]:
    """Widths of the fields, by a model of the features that are worth any budget.

    No budget is known here. Widths are the same for all, so that a larger one buys what a smaller one buys.

    Parameters
    ----------
    dims : Dims
        How they are chosen; not fixed.
    candidates : Candidates
        All features.
    ids : ndarray of int64
        Those that the model reads.
    backbone : Backbone
        The model.

    Returns
    -------
    ndarray of int64, shape (n_fields,)
        Of a field without any of these features, what it was.
    """
    subset = subset_of(candidates, ids)
    left = Candidates(
        subset.config,
        SubsetRows(candidates.train, subset, candidates.layout),
        SubsetRows(candidates.valid, subset, candidates.layout),
    )
    widths = np.array(candidates.layout.dims, np.int64)
    widths[subset.fields] = WIDTHS[dims](left, backbone)
    return widths


def with_widths(candidates: Candidates, widths: NDArray[np.int64]) -> Candidates:
    """Candidates whose fields have other widths.

    Parameters
    ----------
    candidates : Candidates
        All features.
    widths : ndarray of int64, shape (n_fields,)
        Of their embeddings.

    Returns
    -------
    Candidates
        The same features and rows.
    """
    fields = zip(candidates.config.fields, widths.tolist(), strict=True)
    config = replace(candidates.config, fields=tuple(replace(field, dim=dim) for field, dim in fields))
    return replace(candidates, config=config)
