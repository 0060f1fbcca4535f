"""Which model has which name?"""

from __future__ import annotations

from typing import Literal

import torch

from featsel.core.feature_config import EmbeddingTable
from featsel.models.autoint import AutoInt
from featsel.models.dcn import DCN
from featsel.models.dcnv2 import DCNv2
from featsel.models.deepfm import DeepFM
from featsel.models.embedding import build_table
from featsel.models.finalmlp import FinalMLP
from featsel.models.fm import FM
from featsel.models.ipnn import IPNN
from featsel.models.layout import Layout
from featsel.models.lr import LR
from featsel.models.mlp import MLP
from featsel.models.model import CTRModel
from featsel.models.settings import ModelSettings, usual_embedding_sd

ModelName = Literal["lr", "fm", "deepfm", "dcn", "dcnv2", "ipnn", "autoint", "finalmlp", "mlp"]

Head = LR | FM | DeepFM | DCN | DCNv2 | IPNN | AutoInt | FinalMLP | MLP

MODELS: dict[ModelName, type[Head]] = {
    "lr": LR,
    "fm": FM,
    "deepfm": DeepFM,
    "dcn": DCN,
    "dcnv2": DCNv2,
    "ipnn": IPNN,
    "autoint": AutoInt,
    "finalmlp": FinalMLP,
    "mlp": MLP,
}


def build_model(
    name: ModelName,
    layout: Layout,
    embedding: EmbeddingTable,
    *,
    settings: ModelSettings | None = None,
    generator: torch.Generator,
) -> CTRModel:
    """Make a new model.

    Parameters
    ----------
    name : str
        A key of ``MODELS``.
    layout : Layout
        Shape of a batch.
    embedding : EmbeddingTable
        How the table is stored.
    settings : ModelSettings, optional
        Sizes of the head.
    generator : torch.Generator
        Source of all new weights, on the CPU: the same model from the same seed, whatever device it moves to.

    Returns
    -------
    CTRModel
        On the CPU.

    Raises
    ------
    ConfigError
        If sizes do not fit each other.
    """
    head_class = MODELS[name]
    settings = settings or ModelSettings()
    dim = layout.dim if head_class.has_fields else 0
    table = build_table(
        layout,
        embedding,
        dim=dim,
        has_linear=head_class.has_linear,
        sd=usual_embedding_sd(layout.dims if dim else [0] * layout.n_fields)
        if settings.embedding_sd is None
        else settings.embedding_sd,
        generator=generator,
    )
    head = head_class(layout.n_fields, dim, settings=settings, generator=generator)
    return CTRModel(layout, table, head, dim=dim, has_linear=head_class.has_linear)
