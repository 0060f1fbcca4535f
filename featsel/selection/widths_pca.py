"""How wide must the embeddings of a field be to say what they say?

The rows that a field has in a trained table, each as often as the log has its value, spread in some
directions more than in others. What they spread in all directions alike is how they began and what was learnt
by heart. A direction costs bytes for every feature of the field. Directions are taken by what they hold for a
byte, over all fields together, until a share of all spread is held.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from featsel.models.model import CTRModel
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates

KEPT_ENERGY = 0.99
"""Share of the spread that widths keep."""

Floats = NDArray[np.float64]


def pca_widths(candidates: Candidates, backbone: Backbone) -> tuple[int, ...]:
    """Widths that hold most of what a trained table says.

    Parameters
    ----------
    candidates : Candidates
        The features, with a full table of one width: the largest that is given.
    backbone : Backbone
        The model, and how it learns.

    Returns
    -------
    tuple of int
        One for each field, from 1 to the largest.
    """
    model, _ = backbone.fit(candidates.config, candidates.train, valid=candidates.valid)
    return widths_of(spectra(model, candidates), candidates.layout.sizes)


def spectra(model: CTRModel, candidates: Candidates) -> Floats:
    """Variances of the embeddings of each field along its principal axes, above those along all axes.

    Parameters
    ----------
    model : CTRModel
        Trained on the candidates, with a full table of one width.
    candidates : Candidates
        The features, with the training rows that weigh them.

    Returns
    -------
    ndarray of float64, shape (n_fields, dim)
        Descending, of the embedding of a random training row's value, less the smallest of the field: noise,
        which embeddings have in all directions from the start. It is 0 in fields of few values.

    References
    ----------
    Tipping & Bishop, "Probabilistic Principal Component Analysis", JRSS B 1999, where the variance of the
    noise is that of the directions that are left out.
    """
    table = model.matrices[0].detach().cpu().numpy()[:, : model.dim].astype(np.float64)
    rows, layout = candidates.counts.rows, candidates.layout
    found = np.zeros((layout.n_fields, model.dim))
    for field, (start, size) in enumerate(zip(layout.offsets, layout.sizes, strict=True)):
        embeddings, counts = table[start : start + size], rows[start : start + size]
        shares = counts / max(1, counts.sum())
        centred = embeddings - shares @ embeddings
        variances = np.linalg.eigvalsh((centred * shares[:, None]).T @ centred)
        found[field] = variances[::-1] - variances[0]
    return found


def widths_of(spectra: Floats, n_rows: Sequence[int], *, kept_energy: float = KEPT_ENERGY) -> tuple[int, ...]:
    """Widths that keep a share of the spread of all fields, in as few bytes as greedy choice finds.

    Parameters
    ----------
    spectra : ndarray of float64, shape (n_fields, dim)
        See :func:`spectra`.
    n_rows : sequence of int
        Rows of each field's table: what a direction costs.
    kept_energy : float
        The share, from 0 to 1.

    Returns
    -------
    tuple of int
        From 1 to dim. Variances of a field descend, so the order by variance for a byte takes them from the
        front.

    Examples
    --------
    >>> widths_of(np.array([[6.0, 3.0, 0.0], [6.0, 3.0, 1.0]]), [10, 1000], kept_energy=0.75)
    (2, 1)
    """
    dim = spectra.shape[1]
    worth = spectra / np.array(n_rows, np.float64)[:, None]
    worth[:, 0] = np.inf  # a field has one direction at least
    order = np.argsort(-worth.reshape(-1), kind="stable")
    held = np.cumsum(spectra.reshape(-1)[order])
    n_taken = int(np.searchsorted(held, kept_energy * float(held[-1]) * (1 - 1e-12))) + 1
    widths = np.bincount(order[: max(n_taken, len(n_rows))] // dim, minlength=len(n_rows))
    return tuple(widths.tolist())
