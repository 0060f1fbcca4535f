"""Which width of each field would the model itself choose?

A supernet learns with widths that are drawn anew for each step, so that the first columns of an embedding
learn to do without the last ones. It then says, without further training, what any widths would lose on
validation rows, and an evolution looks for the ones that lose least.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featsel.models.model import CTRModel
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.samples import sample_rows
from featsel.training.batches import ArrayRows
from featsel.training.loop import fit
from featsel.training.predictions import evaluate

Widths = NDArray[np.int64]

VALID_ROWS = 20_000
"""Validation rows that widths are tried on, some hundred times."""

CHUNK_ROWS = 4096
"""Of the rows in memory; it decides nothing."""

POPULATION = 20
"""Drawn widths to begin with, and the best ones that are remembered."""

GENERATIONS = 15
"""With more, what is found fits the validation rows rather than the log."""

CROSSOVERS, MUTATIONS = 10, 10
"""Children of a generation, as published."""

MUTATION_RATE = 0.1
"""Share of the fields that a mutation draws anew, as published."""


def optembed_widths(candidates: Candidates, backbone: Backbone) -> tuple[int, ...]:
    """Widths that a supernet does best with.

    Parameters
    ----------
    candidates : Candidates
        The features, with a full table of one width: the largest that is tried.
    backbone : Backbone
        The model, and how it learns.

    Returns
    -------
    tuple of int
        One for each field, from 1 to the largest.

    References
    ----------
    Lyu et al., "OptEmbed: Learning Optimal Embedding Table for Click-through Rate Prediction", CIKM 2022,
    sections 3.3 and 3.4. Its released code mutates the best widths that it remembers, so that those it
    returns are not those it has tried; here they are. It trains no further gates of features.
    """
    settings = backbone.settings
    supernet = Supernet(backbone.build(candidates.config))
    fit(supernet, candidates.train, valid=candidates.valid, settings=settings, callbacks=backbone.callbacks)
    rng = np.random.default_rng(settings.seed)
    tried_on = sample_rows(candidates.valid, rng=rng, n_slots=candidates.layout.n_slots, n_rows=VALID_ROWS)
    rows = ArrayRows(tried_on, CHUNK_ROWS)

    def loss(widths: Widths) -> float:
        supernet.widths = torch.from_numpy(widths)
        return evaluate(supernet, rows, device=settings.device, precision=settings.precision).log_loss

    found, _ = evolve(loss, n_fields=candidates.layout.n_fields, largest=supernet.dim, rng=rng)
    return tuple(found.tolist())


def evolve(
    loss: Callable[[Widths], float], *, n_fields: int, largest: int, rng: np.random.Generator
) -> tuple[Widths, float]:
    """Look for the widths of least loss.

    Parameters
    ----------
    loss : callable
        Of the widths of all fields, shape (n_fields,).
    n_fields, largest : int
        How many widths, each from 1 to which.
    rng : Generator
        Of the first widths, and of what happens to them.

    Returns
    -------
    ndarray of int64, float
        The best widths that were tried, and their loss.
    """
    tried: dict[tuple[int, ...], float] = {}

    def best() -> list[tuple[int, ...]]:
        return sorted(tried, key=lambda widths: (tried[widths], sum(widths)))[:POPULATION]

    def try_out(widths: Widths) -> None:
        key = tuple(widths.tolist())
        if key not in tried:
            tried[key] = loss(widths)

    for _ in range(POPULATION):
        try_out(rng.integers(1, largest + 1, n_fields))
    for _ in range(GENERATIONS):
        parents = np.array(best(), np.int64)
        for _ in range(CROSSOVERS):
            first, second = rng.integers(0, len(parents), 2).tolist()
            try_out(np.where(rng.random(n_fields) < 0.5, parents[first], parents[second]))
        for _ in range(MUTATIONS):
            parent = parents[rng.integers(0, len(parents))]
            drawn = rng.integers(1, largest + 1, n_fields)
            try_out(np.where(rng.random(n_fields) < MUTATION_RATE, drawn, parent))
    found = best()[0]
    return np.array(found), tried[found]


# a subclass, because the loop takes a model: to the loop this is one whose rows come with masked columns
class Supernet(CTRModel):
    """A model's own table and head, of which only the first columns of each field are read.

    In training widths are drawn from torch's own generator, which a learner sets by the number of the step;
    in evaluation they are those of ``widths``.

    Parameters
    ----------
    model : CTRModel
        Of one width; shares its weights.
    """

    def __init__(self, model: CTRModel) -> None:
        super().__init__(model.layout, model.table, model.head, dim=model.dim, has_linear=model.has_linear)
        self.to(model.matrices[0].device)
        self.widths = torch.full((model.layout.n_fields,), model.dim)
        self.field_of_slot = torch.tensor(model.layout.field_of_slot)

    def from_rows(self, gathered: Tensor, ids: Tensor, weights: Tensor | None = None) -> Tensor:
        """Logits of rows, see :meth:`CTRModel.from_rows`."""
        widths = self.widths
        if self.training:
            widths = torch.randint(1, self.dim + 1, widths.shape)
        mask = torch.ones(len(self.field_of_slot), 1, gathered.shape[-1])
        mask[..., : self.dim] = torch.arange(self.dim) < widths[self.field_of_slot, None, None]
        return super().from_rows(gathered * mask.to(gathered.device), ids, weights)
