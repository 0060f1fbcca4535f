"""Which ids does a batch hold, and to which field does each belong?

Every field has one or more slots, a multi-valued one as many as its lists may be long. A slot holds the
global id of a feature: the field's offset plus the feature's code, so that one table serves all fields.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate, pairwise

from featsel.core.feature_config import EncodedField, EncodedKind, Encoding, FeatureConfig, Rest


@dataclass(frozen=True)
class Layout:
    """Shape of a batch.

    Parameters
    ----------
    offsets : tuple of int, one per field
        Global id of each field's out-of-vocabulary feature, the first of the field.
    n_ids : int
        Global ids in all, out-of-vocabulary ones included.
    dims : tuple of int, one per field
        Widths of the embeddings.
    field_of_slot : tuple of int, one per slot
        Index of the field, ascending.
    weighted_slots : tuple of int
        Slots whose embedding is multiplied by a weight of the row, ascending; all of a field's slots or none.
    rest : Rest
        What embedding an out-of-vocabulary feature has.
    """

    offsets: tuple[int, ...]
    n_ids: int
    dims: tuple[int, ...]
    field_of_slot: tuple[int, ...]
    weighted_slots: tuple[int, ...] = ()
    rest: Rest = Rest.OOV

    @property
    def n_fields(self) -> int:
        """Fields that a model reads."""
        return len(self.offsets)

    @property
    def n_slots(self) -> int:
        """Ids of a row."""
        return len(self.field_of_slot)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Ids of each field, the out-of-vocabulary one included."""
        return tuple(end - start for start, end in pairwise((*self.offsets, self.n_ids)))

    @property
    def slots_of_fields(self) -> tuple[int, ...]:
        """Slots of each field; more than one for lists."""
        counts = Counter(self.field_of_slot)
        return tuple(counts[field] for field in range(self.n_fields))

    @property
    def scaled_fields(self) -> frozenset[int]:
        """Fields of one slot whose embedding is multiplied by a weight of the row."""
        n_slots = self.slots_of_fields
        weighted = {self.field_of_slot[slot] for slot in self.weighted_slots}
        return frozenset(field for field in weighted if n_slots[field] == 1)

    @property
    def dim(self) -> int:
        """Width that every embedding is padded to."""
        return max(self.dims)


def layout_of(config: FeatureConfig) -> Layout:
    """Lay out the batches of a feature config.

    Parameters
    ----------
    config : FeatureConfig
        What the model reads, of at least one field.

    Returns
    -------
    Layout
        Slots in the order of the config's fields.
    """
    ends = tuple(accumulate(field.features + 1 for field in config.fields))
    fields = [index for index, field in enumerate(config.fields) for _ in range(_n_slots(field))]
    return Layout(
        offsets=(0, *ends[:-1]),
        n_ids=ends[-1],
        dims=tuple(field.dim for field in config.fields),
        field_of_slot=tuple(fields),
        weighted_slots=tuple(slot for slot, index in enumerate(fields) if _is_weighted(config.fields[index])),
        rest=config.rest,
    )


def _n_slots(field: EncodedField) -> int:
    if field.kind is not EncodedKind.MULTIVALUED:
        return 1
    assert field.max_length is not None, "the config of a multi-valued field says how long its lists are"
    return field.max_length


def _is_weighted(field: EncodedField) -> bool:
    return field.kind is EncodedKind.MULTIVALUED or field.encoding is Encoding.STANDARD
