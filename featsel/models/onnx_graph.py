"""How does a model become an ONNX graph that a server runs without featsel?"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import torch
from torch import Tensor, nn
from torch.onnx import ONNXProgram

from featsel import __version__
from featsel.core.feature_config import FeatureConfig
from featsel.models.model import CTRModel

OPSET = 18
"""Version of the operators: what torch writes without converting it, and runtimes since 2023 read."""

LAYOUT_SCHEMA = "featsel.onnx/1"
"""Version of the layout in the metadata."""


def onnx_graph(model: CTRModel, config: FeatureConfig, *, checksum: str) -> ONNXProgram:
    """A graph from ids, and weights where slots have any, to probabilities.

    Parameters
    ----------
    model : CTRModel
        Trained, on the CPU; it is put into evaluation mode.
    config : FeatureConfig
        What it reads.
    checksum : str
        Of the config's file, so that a server can tell whether it encodes by the same one.

    Returns
    -------
    torch.onnx.ONNXProgram
        Inputs ``ids`` (int64, (batch, slots)) and, where slots are weighted, ``weights`` (float32, (batch,
        weighted slots)); output ``score`` (float32, (batch,)). Metadata says what slots mean, see
        :func:`onnx_metadata`. The same model gives the same bytes.
    """
    layout = model.layout
    # two rows: a batch of one would be taken for a constant
    inputs: tuple[Tensor, ...] = (torch.zeros(2, layout.n_slots, dtype=torch.int64),)
    if layout.weighted_slots:
        inputs = (*inputs, torch.ones(2, len(layout.weighted_slots)))
    batch = torch.export.Dim("batch")
    with _silence():
        program = torch.onnx.export(
            _Scores(model).eval(),
            inputs,
            input_names=["ids", "weights"][: len(inputs)],
            output_names=["score"],
            dynamic_shapes=tuple({0: batch} for _ in inputs),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None, "it is None for graphs that are written to a file"
    graph: Any = program.model  # onnx-ir comes with the extra 'onnx'
    for node in graph.graph.all_nodes():
        node.metadata_props.clear()  # where torch was when it made the node, with paths of this machine
    for value in (*graph.graph.inputs, *graph.graph.outputs, *graph.graph.initializers.values()):
        value.metadata_props.clear()
    graph.metadata_props.clear()
    graph.metadata_props.update(onnx_metadata(model, config, checksum=checksum))
    return program


def onnx_metadata(model: CTRModel, config: FeatureConfig, *, checksum: str) -> dict[str, str]:
    """What a server must know to fill a batch.

    Parameters
    ----------
    model : CTRModel
        The model.
    config : FeatureConfig
        What it reads.
    checksum : str
        Of the config's file.

    Returns
    -------
    dict of str to str
        ``featsel``, the version; ``features``, the checksum; ``layout``, a JSON document: number of ids, and
        for each field its name, offset, features, slots and which columns of ``weights`` are its.
    """
    layout = model.layout
    column_of_slot = {slot: column for column, slot in enumerate(layout.weighted_slots)}
    fields: list[dict[str, Any]] = []
    for index, (field, offset) in enumerate(zip(config.fields, layout.offsets, strict=True)):
        slots = [slot for slot, of_field in enumerate(layout.field_of_slot) if of_field == index]
        fields.append(
            {
                "name": field.name,
                "kind": field.kind.value,
                "encoding": field.encoding.value,
                "offset": offset,
                "features": field.features,
                "slots": slots,
                "weights": [column_of_slot[slot] for slot in slots if slot in column_of_slot],
            }
        )
    document = {"schema": LAYOUT_SCHEMA, "ids": layout.n_ids, "slots": layout.n_slots, "fields": fields}
    return {
        "featsel": __version__,
        "features": checksum,
        "layout": json.dumps(document, ensure_ascii=False, allow_nan=False),
    }


class _Scores(nn.Module):
    def __init__(self, model: CTRModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, weights: Tensor | None = None) -> Tensor:
        logits: Tensor = self.model(ids, weights)
        return logits.sigmoid()


@contextmanager
def _silence() -> Generator[None]:
    """Keep the exporter from telling of packages that it could do without, and of its own deprecations."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
