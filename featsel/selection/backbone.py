"""How are the models trained that a selection asks?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable, FeatureConfig
from featsel.models.build import ModelName, build_model
from featsel.models.layout import layout_of
from featsel.models.model import CTRModel
from featsel.models.settings import ModelSettings
from featsel.training.batches import Rows
from featsel.training.loop import Callbacks, FitResult, fit
from featsel.training.settings import TrainSettings


@dataclass(frozen=True)
class Backbone:
    """A model and how it learns.

    Parameters
    ----------
    model : str
        Its name.
    sizes : ModelSettings
        Of its head.
    settings : TrainSettings
        How it learns.
    callbacks : Callbacks, optional
        Who is told of its steps.
    """

    model: ModelName
    sizes: ModelSettings
    settings: TrainSettings
    callbacks: Callbacks | None = None

    def build(self, config: FeatureConfig) -> CTRModel:
        """Make a new model of the features of a config, with the table that the config asks for."""
        generator = torch.Generator().manual_seed(self.settings.seed)
        model = build_model(
            self.model, layout_of(config), config.embedding, settings=self.sizes, generator=generator
        )
        return model.to(self.settings.device)

    def fit(
        self, config: FeatureConfig, train: Rows, *, valid: Rows | None = None, epochs: int | None = None
    ) -> tuple[CTRModel, FitResult]:
        """Train a new model.

        Parameters
        ----------
        config : FeatureConfig
            Its features.
        train, valid : Rows
            As ids of that config. Without validation rows it learns for all epochs.
        epochs : int, optional
            Passes over the rows; those of the settings where absent.

        Returns
        -------
        CTRModel, FitResult
            With its best weights.
        """
        settings = self.settings if epochs is None else replace(self.settings, epochs=epochs)
        model = self.build(config)
        return model, fit(model, train, valid=valid, settings=settings, callbacks=self.callbacks)


def with_full_table(config: FeatureConfig) -> FeatureConfig:
    """Give every feature an embedding of its own, which a search needs to tell them apart.

    Parameters
    ----------
    config : FeatureConfig
        Of any scheme.

    Returns
    -------
    FeatureConfig
        The same features.
    """
    return replace(config, embedding=EmbeddingTable(EmbeddingScheme.FULL, config.embedding.dim))
