"""Among which features is chosen, and how often is each seen?

Every selection works on the same thing: the rows of a log as ids of all features that it has. Ids are those
of :class:`featsel.models.layout.Layout`: a field's out-of-vocabulary feature, then its features by code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from featsel.core.feature_config import FeatureConfig
from featsel.models.layout import Layout, layout_of
from featsel.training.batches import Block, Rows

BATCH_CHUNKS = 16
"""Chunks that are counted together: some megabytes of ids."""


@dataclass(frozen=True)
class Candidates:
    """All features of a log, and the rows to choose them by.

    Parameters
    ----------
    config : FeatureConfig
        Every field with every feature.
    train, valid : Rows
        Rows as ids of that config.
    """

    config: FeatureConfig
    train: Rows
    valid: Rows

    @cached_property
    def layout(self) -> Layout:
        """Which id is which."""
        return layout_of(self.config)

    @cached_property
    def counts(self) -> FeatureCounts:
        """How often each feature is seen in training rows."""
        return count_features(self.train, self.layout)

    @cached_property
    def field_of_id(self) -> NDArray[np.int64]:
        """Index of the field of each id, shape (n_ids,)."""
        return np.repeat(np.arange(self.layout.n_fields), self.layout.sizes)

    @cached_property
    def is_feature(self) -> NDArray[np.bool_]:
        """Whether an id is a feature, and not what stands for unknown values; shape (n_ids,)."""
        is_feature = np.ones(self.layout.n_ids, np.bool_)
        is_feature[list(self.layout.offsets)] = False
        return is_feature


@dataclass(frozen=True)
class FeatureCounts:
    """Rows of each feature.

    Parameters
    ----------
    rows : ndarray of int64, shape (n_ids,)
        Training rows that hold the feature; a list holds each of its values once.
    positives : ndarray of int64, shape (n_ids,)
        Those of label 1 among them.
    n_rows, n_positives : int
        Of all training rows.
    """

    rows: NDArray[np.int64]
    positives: NDArray[np.int64]
    n_rows: int
    n_positives: int


def count_features(rows: Rows, layout: Layout) -> FeatureCounts:
    """Count how often each feature is seen.

    Parameters
    ----------
    rows : Rows
        What is counted.
    layout : Layout
        Which id is which.

    Returns
    -------
    FeatureCounts
        Empty slots of lists count as nothing.
    """
    counts, positives = np.zeros(layout.n_ids, np.int64), np.zeros(layout.n_ids, np.int64)
    n_positives = 0
    for block in blocks(rows):
        labels = block.labels.astype(np.bool_)
        n_positives += int(np.count_nonzero(labels))
        filled = filled_slots(block, layout)
        counts += np.bincount(block.ids[filled], minlength=layout.n_ids)
        positives += np.bincount(block.ids[labels][filled[labels]], minlength=layout.n_ids)
    return FeatureCounts(counts, positives, rows.n_rows, n_positives)


def blocks(rows: Rows) -> Iterator[Block]:
    """Rows in blocks that fit into memory.

    Parameters
    ----------
    rows : Rows
        What is read.

    Yields
    ------
    Block
        The next rows, in order.
    """
    n_chunks = -(-rows.n_rows // rows.chunk_rows)
    for start in range(0, n_chunks, BATCH_CHUNKS):
        yield rows.read(np.arange(start, min(start + BATCH_CHUNKS, n_chunks)))


def filled_slots(block: Block, layout: Layout) -> NDArray[np.bool_]:
    """Tell slots that hold something from those of lists that are shorter.

    Parameters
    ----------
    block : Block
        Rows.
    layout : Layout
        Which slots belong together; of fields of several slots, one of weight 0 holds nothing.

    Returns
    -------
    ndarray of bool, shape (n_rows, n_slots)
        True where there is something.
    """
    filled = np.ones(block.ids.shape, np.bool_)
    if block.weights is not None:
        n_slots = np.array(layout.slots_of_fields)
        weighted = np.array(layout.weighted_slots)
        # a number that is scaled to 0 is a value all the same
        is_list = n_slots[np.array(layout.field_of_slot)[weighted]] > 1
        filled[:, weighted[is_list]] = block.weights[:, is_list] != 0
    return filled
