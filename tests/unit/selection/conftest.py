"""Logs of which it is known what their fields are worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from featsel.core.feature_config import (
    ConfigData,
    ConfigLabel,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    Encoding,
    FeatureConfig,
    Pooling,
    Selection,
    Used,
)
from featsel.models.layout import layout_of
from featsel.selection.candidates import Candidates
from featsel.training.batches import ArrayRows, Block

CHUNK_ROWS = 64
N_ROWS, N_VALID = 8000, 3000

Codes = NDArray[np.int64]
NewCandidates = Callable[..., Candidates]


@pytest.fixture(scope="session")
def new_candidates() -> NewCandidates:
    """Candidates of codes by field: 0 is out of vocabulary; two axes are a list, and -1 ends it."""

    def build(
        columns: Mapping[str, Codes],
        labels: NDArray[np.int_],
        *,
        n_valid: int = 0,
        chunk_rows: int = CHUNK_ROWS,
    ) -> Candidates:
        config = FeatureConfig(
            label=ConfigLabel("click"),
            data=ConfigData(("log.csv",), labels.size, "sha256:0"),
            selection=Selection("all", 0, Used(len(columns), 0, 0)),
            embedding=EmbeddingTable(EmbeddingScheme.FULL, 4),
            fields=tuple(encoded_field(name, codes) for name, codes in columns.items()),
            featsel="0",
        )
        block = block_of(list(columns.values()), layout_of(config).offsets, labels)
        n_train = labels.size - n_valid
        train, valid = part_of(block, slice(n_train)), part_of(block, slice(n_train, None))
        return Candidates(config, ArrayRows(train, chunk_rows), ArrayRows(valid, chunk_rows))

    return build


def encoded_field(name: str, codes: Codes) -> EncodedField:
    n_features = int(codes.max())
    if codes.ndim == 1:
        return EncodedField(name, EncodedKind.CATEGORICAL, Encoding.VOCABULARY, n_features, n_features, 4)
    return EncodedField(
        name,
        EncodedKind.MULTIVALUED,
        Encoding.VOCABULARY,
        n_features,
        n_features,
        4,
        pooling=Pooling.MEAN,
        max_length=codes.shape[1],
    )


def block_of(columns: list[Codes], offsets: tuple[int, ...], labels: NDArray[np.int_]) -> Block:
    parts = [codes if codes.ndim == 2 else codes[:, None] for codes in columns]
    ids = [np.maximum(part, 0) + offset for part, offset in zip(parts, offsets, strict=True)]
    lists = [codes for codes in columns if codes.ndim == 2]
    weights = [(codes >= 0) / np.maximum((codes >= 0).sum(axis=1, keepdims=True), 1) for codes in lists]
    return Block(
        np.column_stack(ids).astype(np.int32),
        labels.astype(np.uint8),
        np.column_stack(weights).astype(np.float32) if weights else None,
    )


def part_of(block: Block, span: slice) -> Block:
    weights = None if block.weights is None else block.weights[span]
    return Block(block.ids[span], block.labels[span], weights)


@pytest.fixture(scope="session")
def planted(new_candidates: NewCandidates) -> Candidates:
    """Fields that say what their name says; the first feature of the tags raises the click rate."""
    rng = np.random.default_rng(5)
    n_rows = N_ROWS + N_VALID
    noise = np.where(rng.random(n_rows) < 0.05, 0, rng.integers(1, 201, n_rows))
    weak, strong = rng.integers(1, 6, n_rows), rng.integers(1, 7, n_rows)
    tags = rng.random((n_rows, 12)).argsort(axis=1)[:, :3] + 1
    tags[np.arange(3) >= rng.integers(0, 4, n_rows)[:, None]] = -1
    of_strong, of_weak = np.array([0, -2, -1, 0, 0.5, 1, 2]), np.array([0, -1, -0.5, 0, 0.5, 1])
    logits = -1 + of_strong[strong] + of_weak[weak] + 2.5 * (tags == 1).any(axis=1)
    labels = (rng.random(n_rows) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    columns = {
        "noise": noise,
        "constant": np.ones(n_rows, np.int64),
        "weak": weak,
        "copy": 7 - strong,
        "strong": strong,
        "tags": tags,
    }
    return new_candidates(columns, labels, n_valid=N_VALID)
