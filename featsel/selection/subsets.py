"""How does a model see the log when only some features, some rows, or features of chance are left?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from featsel.core.feature_config import EncodedField, EncodedKind, Encoding, FeatureConfig
from featsel.models.layout import Layout
from featsel.selection.candidates import Candidates
from featsel.training.batches import Block, Rows


@dataclass(frozen=True)
class Subset:
    """Some features of a log.

    Parameters
    ----------
    config : FeatureConfig
        The fields that keep a feature, with codes 1 to ``features`` in their earlier order.
    fields : ndarray of int64
        Their indexes among the candidates.
    ids : ndarray of int64
        Kept features, ascending: ids among the candidates.
    id_map : ndarray of int32, shape (n_ids,)
        New id of each old one of these fields: that of the out-of-vocabulary feature for what was dropped.
    """

    config: FeatureConfig
    fields: NDArray[np.int64]
    ids: NDArray[np.int64]
    id_map: NDArray[np.int32]


def subset_of(candidates: Candidates, ids: NDArray[np.int64]) -> Subset:
    """Leave some features of each field.

    Parameters
    ----------
    candidates : Candidates
        All features.
    ids : ndarray of int64
        Those to keep, in any order.

    Returns
    -------
    Subset
        Its config lacks what a workflow knows: how it was selected, and its values file.
    """
    ids = np.sort(ids)
    field_of_id = candidates.field_of_id
    kept = np.bincount(field_of_id[ids], minlength=candidates.layout.n_fields)
    fields = np.flatnonzero(kept)
    id_map = np.zeros(candidates.layout.n_ids, np.int32)
    sizes = candidates.layout.sizes
    offset = 0
    for field in fields.tolist():
        start = candidates.layout.offsets[field]
        span = slice(start, start + sizes[field])
        id_map[span] = offset
        own = ids[(ids >= span.start) & (ids < span.stop)]
        id_map[own] = offset + 1 + np.arange(own.size)
        offset += own.size + 1
    config = replace(
        candidates.config,
        fields=tuple(
            replace(candidates.config.fields[field], features=int(kept[field])) for field in fields.tolist()
        ),
    )
    return Subset(config, fields, ids, id_map)


class SubsetRows:
    """Rows as ids of a subset.

    Parameters
    ----------
    rows : Rows
        Rows as ids of the candidates.
    subset : Subset
        What is left.
    layout : Layout
        That of the candidates.
    """

    def __init__(self, rows: Rows, subset: Subset, layout: Layout) -> None:
        self._rows = rows
        self._id_map = subset.id_map
        field_of_slot = np.array(layout.field_of_slot)
        self._slots = np.flatnonzero(np.isin(field_of_slot, subset.fields))
        self._weighted = np.flatnonzero(np.isin(layout.weighted_slots, self._slots))
        self.n_rows = rows.n_rows
        self.chunk_rows = rows.chunk_rows

    def read(self, chunks: NDArray[np.int64]) -> Block:
        """Rows of some chunks, in the order of the chunks."""
        block = self._rows.read(chunks)
        weights = None
        if block.weights is not None and self._weighted.size:
            weights = np.ascontiguousarray(block.weights[:, self._weighted])
        return Block(self._id_map[block.ids[:, self._slots]], block.labels, weights, block.row_weights)


class FoldRows:
    """One of two halves of the rows, drawn within each chunk.

    Parameters
    ----------
    rows : Rows
        All of them.
    fold : int
        0 or 1.
    seed : int
        Of the draw.
    """

    def __init__(self, rows: Rows, fold: int, *, seed: int) -> None:
        self._rows = rows
        self._fold = fold
        self._seed = seed
        self.chunk_rows = self._size(rows.chunk_rows)
        n_whole, rest = divmod(rows.n_rows, rows.chunk_rows)
        self.n_rows = n_whole * self.chunk_rows + self._size(rest)

    def read(self, chunks: NDArray[np.int64]) -> Block:
        """Rows of some chunks, in the order of the chunks."""
        block = self._rows.read(chunks)
        places: list[NDArray[np.int64]] = []
        start = 0
        for chunk in chunks.tolist():
            n_rows = min(self._rows.chunk_rows, self._rows.n_rows - chunk * self._rows.chunk_rows)
            order = np.random.default_rng((self._seed, chunk)).permutation(n_rows)
            half = order[: n_rows // 2] if self._fold == 0 else order[n_rows // 2 :]
            places.append(start + np.sort(half))
            start += n_rows
        at = np.concatenate(places)
        return Block(
            block.ids[at],
            block.labels[at],
            None if block.weights is None else block.weights[at],
            None if block.row_weights is None else block.row_weights[at],
        )

    def _size(self, n_rows: int) -> int:
        return n_rows // 2 if self._fold == 0 else n_rows - n_rows // 2


def with_shadows(candidates: Candidates, *, n_shadows: int, seed: int) -> Candidates:
    """Add fields of chance: each has the values of a field, as often as that has them, in random rows.

    Nothing can be learnt from them, so whatever of them a selection keeps, it keeps wrongly.

    Parameters
    ----------
    candidates : Candidates
        The features; fields that hold lists have no shadow.
    n_shadows : int
        How many fields to add at most, spread from those of few to those of many values.
    seed : int
        Of what is drawn.

    Returns
    -------
    Candidates
        With the new fields behind all others.
    """
    layout = candidates.layout
    sizes, n_slots, scaled = layout.sizes, layout.slots_of_fields, layout.scaled_fields
    able: list[int] = [
        field
        for field in np.argsort(sizes, kind="stable").tolist()
        if n_slots[field] == 1 and field not in scaled and sizes[field] > 2
    ]
    if not able:
        return candidates
    places: list[int] = np.unique(np.linspace(0, len(able) - 1, n_shadows).round().astype(int)).tolist()
    chosen: list[int] = [able[place] for place in places]
    fields = [
        EncodedField(
            f"shadow {at} of {candidates.config.fields[field].name}",
            EncodedKind.CATEGORICAL,
            Encoding.HASH,
            features=sizes[field] - 1,
            of=sizes[field] - 1,
            dim=candidates.config.fields[field].dim,
        )
        for at, field in enumerate(chosen)
    ]
    config = replace(candidates.config, fields=(*candidates.config.fields, *fields))
    rows = candidates.counts.rows
    sources = [rows[layout.offsets[field] :][: sizes[field]] for field in chosen]
    return Candidates(
        config,
        _ShadowRows(candidates.train, sources, layout.n_ids, seed=(seed, 0)),
        _ShadowRows(candidates.valid, sources, layout.n_ids, seed=(seed, 1)),
    )


class _ShadowRows:
    def __init__(
        self, rows: Rows, sources: list[NDArray[np.int64]], n_ids: int, *, seed: tuple[int, int]
    ) -> None:
        self._rows = rows
        self._seed = seed
        self._shares = [np.cumsum(source) / source.sum() for source in sources]
        self._offsets = n_ids + np.cumsum([0, *(source.size for source in sources)])
        self.n_rows = rows.n_rows
        self.chunk_rows = rows.chunk_rows

    def read(self, chunks: NDArray[np.int64]) -> Block:
        block = self._rows.read(chunks)
        draws = np.concatenate(
            [
                np.random.default_rng((*self._seed, chunk)).random(
                    (min(self.chunk_rows, self.n_rows - chunk * self.chunk_rows), len(self._shares))
                )
                for chunk in chunks.tolist()
            ]
        )
        drawn = [
            offset + np.searchsorted(shares, draws[:, at], side="right")
            for at, (shares, offset) in enumerate(zip(self._shares, self._offsets, strict=False))
        ]
        ids = np.column_stack([block.ids, *drawn]).astype(np.int32)
        return replace(block, ids=ids)
