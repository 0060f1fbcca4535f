"""How are candidates brought into memory, a byte for each row and field?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.engines.coarse_codes import CoarseCodes, coarse
from featsel.selection.candidates import Candidates
from featsel.selection.samples import sampled_blocks


def coarse_sample(candidates: Candidates, *, rng: np.random.Generator) -> CoarseCodes:
    """Coarse codes of a sample of the training rows.

    Of a list, the first value is taken; of an empty one, the out-of-vocabulary feature.

    Parameters
    ----------
    candidates : Candidates
        The fields.
    rng : Generator
        Draws the rows.

    Returns
    -------
    CoarseCodes
        All fields.
    """
    layout = candidates.layout
    # lists are filled from the front, and an empty slot holds the out-of-vocabulary feature
    first_slots = np.searchsorted(layout.field_of_slot, np.arange(layout.n_fields))
    code_of_id = _code_of_id(candidates)
    codes: list[NDArray[np.uint8]] = []
    labels: list[NDArray[np.uint8]] = []
    for block in sampled_blocks(candidates.train, rng=rng):
        codes.append(code_of_id[block.ids[:, first_slots]].T)
        labels.append(block.labels.astype(np.uint8))
    return CoarseCodes(np.concatenate(codes, axis=1), np.concatenate(labels))


def _code_of_id(candidates: Candidates) -> NDArray[np.uint8]:
    offsets, n_ids = np.asarray(candidates.layout.offsets), candidates.layout.n_ids
    order = np.lexsort((-candidates.counts.rows, candidates.field_of_id))
    rank = np.empty(n_ids, np.int64)
    rank[order] = np.arange(n_ids)
    return coarse(rank - offsets[candidates.field_of_id])
