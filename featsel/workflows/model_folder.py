"""What stands in the folder of a trained model?"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import polars as pl
import torch

from featsel.artifacts.atomic import write_text
from featsel.artifacts.documents import to_json
from featsel.artifacts.feature_configs import read_features, write_features
from featsel.artifacts.tensors import read_tensors, write_tensors
from featsel.core.errors import ConfigError, MissingFileError, UnreadableFileError
from featsel.core.feature_config import EmbeddingScheme, FeatureConfig, TableDtype
from featsel.models.build import MODELS, ModelName, build_model
from featsel.models.layout import layout_of
from featsel.models.model import CTRModel
from featsel.models.quantised import dequantise, quantise
from featsel.models.settings import ModelSettings
from featsel.training.checkpoints import TrainState

MODEL_SCHEMA = "featsel.model/2"
"""Version of ``model.json``."""

EARLIER_SCHEMA = "featsel.model/1"
"""Its tables of scheme ``hash`` had no part for each field; all others are the same."""

LARGEST_SIZE = 65_536
"""Of a layer, or of a number of layers: a file that asks for more is damaged, and its model would fill the
memory before its weights are found to be others."""

FEATURES = "features.yaml"
WEIGHTS = "model.safetensors"
CHECKPOINT = "checkpoint.safetensors"
ARCHITECTURE = "model.json"

SCALES = ".scales"
"""Behind the name of a matrix that is stored as codes: the tensor with its scales."""


@dataclass(frozen=True)
class Architecture:
    """Which model it is.

    Parameters
    ----------
    model : str
        Its name.
    settings : ModelSettings
        Sizes of its head.
    """

    model: ModelName
    settings: ModelSettings

    def build(self, config: FeatureConfig, *, seed: int = 0) -> CTRModel:
        """Make the model anew."""
        generator = torch.Generator().manual_seed(seed)
        return build_model(
            self.model, layout_of(config), config.embedding, settings=self.settings, generator=generator
        )


def start_folder(
    folder: Path, architecture: Architecture, config: FeatureConfig, values: pl.DataFrame
) -> None:
    """Make the folder of a model that has learnt nothing yet; what an earlier training left in it goes."""
    folder.mkdir(exist_ok=True)
    for name in (WEIGHTS, CHECKPOINT, "metrics.json", "history.csv"):
        (folder / name).unlink(missing_ok=True)
    document = {
        "schema": MODEL_SCHEMA,
        "model": architecture.model,
        "settings": asdict(architecture.settings),
    }
    # first: it tells that the folder is one of a model, whenever this is interrupted
    write_text(folder / ARCHITECTURE, to_json(document))
    write_features(folder / FEATURES, config, values)


def read_architecture(folder: Path) -> tuple[Architecture, FeatureConfig, pl.DataFrame]:
    """Read what a model is.

    Parameters
    ----------
    folder : Path
        As ``featsel train`` wrote it.

    Returns
    -------
    Architecture, FeatureConfig, polars.DataFrame
        The model, its config and the features of it.

    Raises
    ------
    DataError, ConfigError
        The folder is none of a model, or something in it is broken.
    """
    path = folder / ARCHITECTURE
    if not path.is_file():
        raise MissingFileError(
            f"folder {str(folder)!r} holds no model: there is no {ARCHITECTURE}",
            "Name a folder that 'featsel train -o' wrote.",
        )
    config, values = read_features(folder / FEATURES)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        schema = {each: each for each in (MODEL_SCHEMA, EARLIER_SCHEMA)}[document["schema"]]
        names: dict[str, ModelName] = {name: name for name in MODELS}
        name = names[document["model"]]
        architecture = Architecture(name, _settings(document["settings"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableFileError(
            f"file {str(path)!r} does not describe a model of this featsel: {error}", "Train it again."
        ) from error
    if schema == EARLIER_SCHEMA and config.embedding.scheme is EmbeddingScheme.HASH:
        raise UnreadableFileError(
            f"folder {str(folder)!r} holds a model of an earlier featsel, whose fields share all rows of a "
            "table of scheme hash",
            "Train it again: each field has a part of the table now. Scheme unified shares all rows.",
        )
    return architecture, config, values


def _settings(sizes: Mapping[str, object]) -> ModelSettings:
    """Sizes as a file has them.

    Raises
    ------
    TypeError, ValueError, AttributeError
        One is missing, of another kind, or absurd.
    """
    usual = asdict(ModelSettings(embedding_sd=1.0))
    if sizes.keys() != usual.keys():
        raise ValueError(f"settings are {', '.join(map(repr, sizes))}")
    found: dict[str, Any] = {}
    for name, value in sizes.items():
        is_list = isinstance(usual[name], tuple)
        parts = cast("list[object]", value) if is_list and isinstance(value, list) else [value]
        kinds = {float, int} if isinstance(usual[name], float) else {int}
        is_known = isinstance(value, list) == is_list and all(
            type(part) in kinds and 0 <= cast("float", part) <= LARGEST_SIZE for part in parts
        )
        if not is_known and not (name == "embedding_sd" and value is None):
            raise ValueError(f"{name} is {value!r}")
        found[name] = tuple(parts) if is_list else value
    return ModelSettings(**found)


def write_weights(folder: Path, model: CTRModel, dtype: TableDtype = TableDtype.FLOAT32) -> None:
    """Write what a model has learnt.

    Parameters
    ----------
    folder : Path
        Where ``model.safetensors`` goes.
    model : CTRModel
        Trained.
    dtype : TableDtype
        How the numbers of its table are stored; of ``int8``, scales stand beside each matrix.
    """
    weights = {name: value.detach().cpu() for name, value in model.state_dict().items()}
    if dtype is TableDtype.INT8:
        for name, starts in _matrices(model).items():
            weights[name], weights[name + SCALES] = quantise(weights[name], starts)
    write_tensors(folder / WEIGHTS, {name: value.numpy() for name, value in weights.items()})


def read_weights(folder: Path, model: CTRModel, dtype: TableDtype = TableDtype.FLOAT32) -> None:
    """Give a model what one like it has learnt; see :func:`write_weights`.

    Parameters
    ----------
    folder : Path
        Where ``model.safetensors`` is.
    model : CTRModel
        On the CPU; changed in place.
    dtype : TableDtype
        How the numbers of the table were stored.

    Raises
    ------
    UnreadableFileError
        The file holds the weights of another model.
    """
    stored, _ = read_tensors(folder / WEIGHTS)
    expected = {name: (tuple(value.shape), value.dtype) for name, value in model.state_dict().items()}
    blocks = _matrices(model) if dtype is TableDtype.INT8 else {}
    for name, starts in blocks.items():
        shape, learnt = expected[name]
        expected[name] = shape, torch.int8
        expected[name + SCALES] = (len(starts), shape[1]), learnt
    weights = {name: torch.from_numpy(value) for name, value in stored.items()}
    if {name: (tuple(value.shape), value.dtype) for name, value in weights.items()} != expected:
        raise UnreadableFileError(
            f"file {str(folder / WEIGHTS)!r} holds the weights of another model", "Train it again."
        )
    for name, starts in blocks.items():
        weights[name] = dequantise(weights[name], weights.pop(name + SCALES), starts)
    model.load_state_dict(weights)


def stored_table_bytes(folder: Path, model: CTRModel) -> int:
    """Bytes that the table takes in the file of a model, first-order weights and scales included.

    Parameters
    ----------
    folder : Path
        Where ``model.safetensors`` is.
    model : CTRModel
        The same one.

    Returns
    -------
    int
        Without the head, and without the names of the tensors in the file.
    """
    stored, _ = read_tensors(folder / WEIGHTS)
    names = _matrices(model)
    return sum(tensor.nbytes for name, tensor in stored.items() if name.removesuffix(SCALES) in names)


def _matrices(model: CTRModel) -> dict[str, tuple[int, ...]]:
    """Blocks of each matrix of the table, by its name in the file."""
    blocks = zip(model.matrices, model.table.blocks, strict=True)
    blocks_of = {id(matrix): starts for matrix, starts in blocks}
    return {name: blocks_of[id(value)] for name, value in model.named_parameters() if id(value) in blocks_of}


def read_model(folder: Path) -> tuple[CTRModel, FeatureConfig, pl.DataFrame]:
    """Read a trained model; see :func:`read_architecture`."""
    architecture, config, values = read_architecture(folder)
    if not (folder / WEIGHTS).is_file():
        raise MissingFileError(
            f"folder {str(folder)!r} holds no trained model: there is no {WEIGHTS}",
            "Its training has not ended; take it up with 'featsel train --resume'.",
        )
    model = architecture.build(config)
    read_weights(folder, model, config.embedding.dtype)
    return model, config, values


def write_checkpoint(folder: Path, state: TrainState, *, data: str) -> None:
    """Write how far a training is, and on which data; see :func:`read_checkpoint`."""
    tensors = {name: value.detach().cpu().numpy() for name, value in state.tensors.items()}
    write_tensors(folder / CHECKPOINT, tensors, {**state.facts, "data": data})


def read_checkpoint(
    folder: Path, architecture: Architecture, config: FeatureConfig, *, data: str
) -> TrainState | None:
    """Read how far a training is.

    Parameters
    ----------
    folder : Path
        Where it was written.
    architecture : Architecture
        The model that is to go on.
    config : FeatureConfig
        The features that it reads.
    data : str
        What tells its rows from others.

    Returns
    -------
    TrainState or None
        None where no checkpoint was written yet.

    Raises
    ------
    ConfigError
        The training was of another model, or of other features.
    """
    if not (folder / CHECKPOINT).is_file():
        return None
    earlier, features, _ = read_architecture(folder)
    differing: list[str] = []
    if earlier != architecture:
        differing.append(f"--model {earlier.model} and its sizes")
    if _what_is_learnt(features) != _what_is_learnt(config):
        differing.append("the feature config")
    tensors, facts = read_tensors(folder / CHECKPOINT)
    if facts.get("data") != data:
        differing.append("the log, or the rows that are held out")
    if differing:
        raise ConfigError(
            f"--resume: the training in {str(folder)!r} began with other options: {', '.join(differing)}",
            "Resume with what it began with, or begin anew without --resume.",
        )
    return TrainState({name: torch.from_numpy(value) for name, value in tensors.items()}, facts)


def _what_is_learnt(config: FeatureConfig) -> tuple[Any, ...]:
    checksum = None if config.values is None else config.values.sha256
    # a table learns in float32, however it will be stored
    table = replace(config.embedding, dtype=TableDtype.FLOAT32)
    return (config.fields, table, config.rest, config.label, checksum)
