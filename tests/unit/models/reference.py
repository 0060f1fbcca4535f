"""What do the papers' formulas give, in float64 and without any trick?"""

# ruff: noqa: ARG001  (one signature for all heads)

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable, Rest
from featsel.models import Layout

Array = NDArray[np.float64]
State = Mapping[str, Array]

BITS = (1 << 63) - 1


def logits(
    name: str,
    state: State,
    layout: Layout,
    embedding: EmbeddingTable,
    ids: NDArray[np.int64],
    weights: Array | None,
) -> Array:
    """Logits of rows, one row after the other."""
    has_linear = name in {"lr", "fm", "deepfm"}
    out = []
    for row, row_ids in enumerate(ids):
        slot_weights = np.ones(layout.n_slots)
        if weights is not None:
            slot_weights[list(layout.weighted_slots)] = weights[row]
        fields = np.zeros((layout.n_fields, 0 if name == "lr" else layout.dim))
        linear = 0.0
        for slot, index in enumerate(layout.field_of_slot):
            identifier = int(row_ids[slot])
            if layout.rest is Rest.ZERO and identifier == layout.offsets[index]:
                continue
            if "table.weight" in state:
                weight, place, n_ids = state["table.weight"], identifier, layout.n_ids
            else:
                weight, place, n_ids = own_matrix(state, layout, index, identifier)
            part = part_of_field(layout, index, len(weight))
            vector, first_order = look_up(weight, embedding, n_ids, place, part, has_linear=has_linear)
            if name != "lr":
                vector = np.pad(vector, (0, layout.dim - len(vector)))
                vector = np.where(np.arange(layout.dim) < layout.dims[index], vector, 0.0)
                fields[index] += slot_weights[slot] * vector
            linear += slot_weights[slot] * first_order
        out.append(HEADS[name]({key[5:]: value for key, value in state.items()}, fields, linear))
    return np.array(out)


def own_matrix(state: State, layout: Layout, index: int, identifier: int) -> tuple[Array, int, int]:
    """The matrix of a field's width, and the row of a feature in it: fields of a width follow each other."""
    weight = state[f"table.weights.{layout.dims[index]}"]
    before = sum(layout.sizes[field] for field in range(index) if layout.dims[field] == layout.dims[index])
    return weight, before + identifier - layout.offsets[index], len(weight)


def part_of_field(layout: Layout, index: int, n_rows: int) -> range:
    """Rows of a table that hashes field by field: one for each field, the others by the ids up to its end."""
    spare = n_rows - layout.n_fields
    start, end = layout.offsets[index], layout.offsets[index] + layout.sizes[index]
    first, after = (Fraction(spare * ids, layout.n_ids) for ids in (start, end))
    return range(index + math.floor(first), index + 1 + math.floor(after))


def look_up(
    weight: Array, embedding: EmbeddingTable, n_ids: int, identifier: int, part: range, *, has_linear: bool
) -> tuple[Array, float]:
    """The embedding of a feature, and its first-order weight."""
    if embedding.scheme is EmbeddingScheme.FULL:
        rows = [identifier]
    elif embedding.scheme is EmbeddingScheme.QR:
        n_quotients = next(n for n in range(1, n_ids) if n + -(-n_ids // n) <= len(weight))
        modulus = len(weight) - n_quotients
        rows = [identifier // modulus, n_quotients + identifier % modulus]
    elif embedding.scheme is EmbeddingScheme.HASH:
        rows = [part[hashed(identifier, embedding.salt or 0, 1, 0) % len(part)]]
    else:
        n_lookups, salt = embedding.lookups or 1, embedding.salt or 0
        rows = [hashed(identifier, salt, n_lookups, j) % len(weight) for j in range(n_lookups)]
    parts = [weight[row, :-1] if has_linear else weight[row] for row in rows]
    first_order = sum(weight[row, -1] for row in rows) if has_linear else 0.0
    vector = np.prod(parts, axis=0) if embedding.scheme is EmbeddingScheme.QR else np.concatenate(parts)
    return vector, float(first_order)


def hashed(identifier: int, salt: int, n_lookups: int, lookup: int) -> int:
    """Hash of an id for one of its look-ups."""
    return int(mixed(identifier, mixed(mixed(n_lookups * salt + lookup, 0), 1)))


def mixed(key: int, salt: int) -> int:
    """splitmix64 with 63 bits, in Python's unbounded integers."""
    state = (key * 0x9E3779B97F4A7C15 + salt) & BITS
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & BITS
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & BITS
    return state ^ (state >> 31)


def relu(values: Array) -> Array:
    return np.maximum(values, 0.0)


def perceptron(state: State, prefix: str, inputs: Array, *, n_outputs: int | None = 1) -> Array:
    n_layers = sum(key.startswith(f"{prefix}.layers.") for key in state) // 2
    values = inputs
    for index in range(n_layers):
        values = state[f"{prefix}.layers.{index}.weight"] @ values + state[f"{prefix}.layers.{index}.bias"]
        if n_outputs is None or index < n_layers - 1:
            values = relu(values)
    return values


def pairs(fields: Array) -> list[float]:
    return [float(a @ b) for a, b in combinations(fields, 2)]


def lr(state: State, fields: Array, linear: float) -> Any:
    return linear + state["bias"]


def fm(state: State, fields: Array, linear: float) -> Any:
    return linear + sum(pairs(fields)) + state["bias"]


def mlp(state: State, fields: Array, linear: float) -> Any:
    return perceptron(state, "deep", fields.ravel())[0]


def deepfm(state: State, fields: Array, linear: float) -> Any:
    return linear + sum(pairs(fields)) + perceptron(state, "deep", fields.ravel())[0]


def dcn(state: State, fields: Array, linear: float) -> Any:
    first = crossed = fields.ravel()
    for weight, bias in zip(state["cross_weight"], state["cross_bias"], strict=True):
        crossed = first * (weight @ crossed) + bias + crossed
    return (state["cross_output.weight"] @ crossed)[0] + perceptron(state, "deep", first)[0]


def dcnv2(state: State, fields: Array, linear: float) -> Any:
    first = crossed = fields.ravel()
    for layer in range(3):
        crossed = first * (state[f"cross.{layer}.weight"] @ crossed + state[f"cross.{layer}.bias"]) + crossed
    return (state["cross_output.weight"] @ crossed)[0] + perceptron(state, "deep", first)[0]


def ipnn(state: State, fields: Array, linear: float) -> Any:
    return perceptron(state, "deep", np.concatenate([fields.ravel(), pairs(fields)]))[0]


def autoint(state: State, fields: Array, linear: float) -> Any:
    attended = fields
    for layer in range(2):
        query, key, value, residual = (
            attended @ part.T for part in np.split(state[f"attention.{layer}.weight"], 4)
        )
        heads = []
        for head in np.split(np.arange(query.shape[1]), 2):
            scores = np.exp(query[:, head] @ key[:, head].T)
            heads.append(scores / scores.sum(axis=1, keepdims=True) @ value[:, head])
        attended = relu(np.concatenate(heads, axis=1) + residual)
    logit = (state["attention_output.weight"] @ attended.ravel())[0]
    return logit + perceptron(state, "deep", fields.ravel())[0]


def finalmlp(state: State, fields: Array, linear: float) -> Any:
    streams = []
    for stream in ("first", "second"):
        gate = perceptron(state, f"{stream}.gate", state[f"{stream}.context"])
        gated = fields.ravel() * 2.0 / (1.0 + np.exp(-gate))
        streams.append(perceptron(state, f"{stream}.deep", gated, n_outputs=None))
    first, second = streams
    logit = (state["first_output.weight"] @ first + state["first_output.bias"])[0]
    logit += state["second_output"] @ second
    for block, a, b in zip(state["fusion"], np.split(first, 2), np.split(second, 2), strict=True):
        logit += a @ block @ b
    return logit


HEADS = {
    "lr": lr,
    "fm": fm,
    "mlp": mlp,
    "deepfm": deepfm,
    "dcn": dcn,
    "dcnv2": dcnv2,
    "ipnn": ipnn,
    "autoint": autoint,
    "finalmlp": finalmlp,
}
