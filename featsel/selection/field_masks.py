"""What does a model say when a factor weighs each of its fields?

A mask multiplies all that the head reads of a field: its embedding, of a list that of all values together,
and its first-order weight. Masks are no parameters of the model: the learner would train them with the
head's rate and L2.
"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from featsel.models.model import CTRModel
from featsel.selection.backbone import Backbone
from featsel.selection.candidates import Candidates
from featsel.selection.search_steps import learn_steps, ordered_batches
from featsel.training.batches import Batch, Rows
from featsel.training.devices import autocast
from featsel.training.distributed import Team
from featsel.training.learner import Learner
from featsel.training.progress import Progress
from featsel.training.settings import TrainSettings

Weigh = Callable[[Tensor], Tensor]
"""Fields (batch, fields, width) to what the head reads of them, of the same shape."""

GATE_STEPS = 10
"""Steps of the model for each of a mask that learns from validation rows, as AutoField published it."""

VALID_EPOCHS = 10
"""Of a search whose masks learn from validation rows: what the model has learnt by heart opens no gate
there."""

TRAIN_EPOCHS = 2
"""Of a search whose masks learn from training rows: from rows that the model has seen twice it learns by
heart, and the gates of row ids open widest."""


# a subclass, because the learner takes a model: to the learner this is one whose fields come weighed
class MaskedModel(CTRModel):
    """A model's own table and head, with a mask between them.

    Parameters
    ----------
    model : CTRModel
        Shares its weights, and learns in place.
    weigh : callable
        Weighs the fields of a batch; not a module, whose parameters the learner would find.
    """

    def __init__(self, model: CTRModel, weigh: Weigh) -> None:
        super().__init__(model.layout, model.table, model.head, dim=model.dim, has_linear=model.has_linear)
        self.to(model.matrices[0].device)
        self.weigh = weigh

    def from_rows(self, gathered: Tensor, ids: Tensor, weights: Tensor | None = None) -> Tensor:
        """Logits of rows, see :meth:`CTRModel.from_rows`."""
        return self.from_fields(self.weigh(self.fields(gathered, ids, weights)))


def masked_loss(model: CTRModel, batch: Batch, settings: TrainSettings) -> Tensor:
    """Mean log loss of a batch, of which the gradient with respect to a mask can be asked.

    Parameters
    ----------
    model : CTRModel
        With a mask; its table gets no gradient.
    batch : Batch
        Rows; their weights count.
    settings : TrainSettings
        Device and precision.

    Returns
    -------
    tensor of float32, shape ()
        Nats a row.
    """
    with torch.no_grad():
        gathered = model.gather(model.rows(batch.ids))
    with autocast(settings.device, settings.precision):
        logits: Tensor = model.from_rows(gathered, batch.ids, batch.weights)
    loss = functional.binary_cross_entropy_with_logits(
        logits.float(), batch.labels, weight=batch.row_weights, reduction="sum"
    )
    return loss / (batch.n_rows if batch.row_weights is None else batch.row_weights.sum())


def learn_masked(
    model: MaskedModel,
    candidates: Candidates,
    backbone: Backbone,
    *,
    epochs: int,
    after_step: Callable[[Progress], None],
) -> None:
    """Train a model behind its mask on the training rows.

    Parameters
    ----------
    model : MaskedModel
        Ends with the weights of the last step.
    candidates : Candidates
        The features, and the rows.
    backbone : Backbone
        How the model learns.
    epochs : int
        Passes over the rows.
    after_step : callable
        Told of each step; see :func:`featsel.selection.search_steps.learn_steps`.
    """
    callbacks = backbone.callbacks

    def told(progress: Progress) -> None:
        after_step(progress)
        if callbacks is not None:
            callbacks.on_step(progress)

    learner = Learner(model, backbone.settings, Team())
    learn_steps(learner, candidates.train, settings=backbone.settings, epochs=epochs, after_step=told)


def count_steps(rows: Rows, settings: TrainSettings, epochs: int) -> int:
    """Steps of a search over so many epochs."""
    return epochs * -(-rows.n_rows // settings.batch_size)


def gate_batches(rows: Rows, settings: TrainSettings) -> Iterator[Batch]:
    """Shuffled batches of validation rows for steps of a mask, without end.

    Parameters
    ----------
    rows : Rows
        What is read, again and again in another order.
    settings : TrainSettings
        Size of a batch of the model, order and device.

    Yields
    ------
    Batch
        As many rows as the model reads between two steps of the mask, if there are so many: gradients of a
        mask over fewer are mostly chance.
    """
    n_rows = min(rows.n_rows, GATE_STEPS * settings.batch_size)
    yield from endless_batches(rows, replace(settings, batch_size=n_rows))


def endless_batches(rows: Rows, settings: TrainSettings) -> Iterator[Batch]:
    """Shuffled batches of rows, again and again in another order.

    Parameters
    ----------
    rows : Rows
        What is read, such as validation rows.
    settings : TrainSettings
        Size of a batch, order and device.

    Yields
    ------
    Batch
        The next one.
    """
    batches, epoch = ordered_batches(rows, settings), 0
    while True:
        yield from batches.epoch(epoch)
        epoch += 1


def step_mask(
    model: MaskedModel,
    batch: Batch,
    settings: TrainSettings,
    *,
    mask: Sequence[Tensor],
    adam: torch.optim.Adam,
) -> None:
    """Move a mask, and nothing else, by its gradient on a batch.

    Parameters
    ----------
    model : MaskedModel
        Of that mask.
    batch : Batch
        Rows, such as validation rows.
    settings : TrainSettings
        Device and precision.
    mask : sequence of Tensor
        What the mask is made of.
    adam : Adam
        Moves it.
    """
    gradients = torch.autograd.grad(masked_loss(model, batch, settings), list(mask))
    for part, gradient in zip(mask, gradients, strict=True):
        part.grad = gradient
    adam.step()
    adam.zero_grad()
