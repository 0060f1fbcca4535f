"""Encode a log and train on it as FuxiCTR's own run scripts do; runs in the environment of the peers.

``python fuxictr_peer.py encode FOLDER csv|parquet`` makes ``FOLDER/fuxictr`` of ``FOLDER/train.*`` and
``test.*``; ``pack`` rewrites its Parquet files for the faster of FuxiCTR's two loaders; ``train FOLDER MODEL
OUT`` trains, and writes what the epoch cost.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

DATASET = "fuxictr"


def main() -> None:
    """Do one step."""
    step, folder = sys.argv[1], Path(sys.argv[2])
    if step == "encode":
        encode(folder, sys.argv[3])
    elif step == "pack":
        pack(folder)
    else:
        Path(sys.argv[4]).write_text(json.dumps(train(folder, sys.argv[3])), encoding="utf-8")


def encode(folder: Path, data_format: str) -> None:
    """Fit the vocabularies and write the log as ids."""
    import polars as pl
    from fuxictr.preprocess import FeatureProcessor, build_dataset

    names = [name for name in pl.read_parquet_schema(folder / "train.parquet") if name != "label"]
    encoder = FeatureProcessor(
        feature_cols=[{"name": names, "active": True, "dtype": "str", "type": "categorical"}],
        label_col={"name": "label", "dtype": "float"},
        dataset_id=DATASET,
        data_root=str(folder),
    )
    train, test = (str(folder / f"{part}.{data_format}") for part in ("train", "test"))
    build_dataset(encoder, train_data=train, test_data=test, data_format=data_format)


def pack(folder: Path) -> None:
    """Write the ids as the file that the loader of whole arrays reads."""
    import numpy as np
    import polars as pl

    for part in ("train", "test"):
        frame = pl.read_parquet(folder / DATASET / f"{part}.parquet")
        np.savez(folder / DATASET / f"{part}.npz", **{name: frame[name].to_numpy() for name in frame.columns})


def train(folder: Path, model: str) -> dict[str, float]:
    """Train one epoch with FuxiCTR's own loop, then evaluate the test rows."""
    import torch
    from fuxictr.features import FeatureMap
    from fuxictr.pytorch.dataloaders import RankDataLoader
    from fuxictr.pytorch.torch_utils import seed_everything

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    seed_everything(0)
    settings = {
        "model_id": model,
        "model_root": str(folder / "checkpoints"),
        "metrics": ["AUC", "logloss"],
        "monitor": "AUC",
        "task": "binary_classification",
        "loss": "binary_crossentropy",
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "embedding_dim": 16,
        "verbose": 0,
        "batch_size": 4096,
        "shuffle": True,
        "num_workers": 1,
    }
    feature_map = FeatureMap(DATASET, str(folder / DATASET))
    feature_map.load(str(folder / DATASET / "feature_map.json"), settings)
    network = build(model, feature_map, settings)
    (Path(settings["model_root"]) / DATASET).mkdir(parents=True, exist_ok=True)
    arrays = {f"{part}_data": str(folder / DATASET / f"{part}.npz") for part in ("train", "test")}
    loaders = RankDataLoader(
        feature_map, stage="train", valid_data=arrays["test_data"], **arrays, data_format="npz", **settings
    )
    spent: list[float] = []
    evaluate = network.eval_step

    def timed_evaluation() -> None:
        before = cpu_s()
        evaluate()
        spent.append(cpu_s() - before)

    network.eval_step = timed_evaluation
    epoch = network.train_epoch

    def timed_epoch(loader: object) -> None:
        before = cpu_s()
        epoch(loader)
        spent.append(cpu_s() - before)

    network.train_epoch = timed_epoch
    network.fit(loaders[0], validation_data=loaders[1], epochs=1)
    test = RankDataLoader(feature_map, stage="test", **arrays, data_format="npz", **settings)
    scores = network.evaluate(test)
    train_cpu_s = spent[1] - spent[0]
    return {
        "auc": scores["AUC"],
        "log_loss": scores["logloss"],
        "train_cpu_s": train_cpu_s,
        "rows_per_cpu_second": loaders[0].num_samples / train_cpu_s,
        "ids": float(feature_map.total_features),
    }


def build(model: str, feature_map: object, settings: dict[str, object]) -> object:
    """Network of FuxiCTR's layers; its own networks are in its repository, not in its package."""
    import torch
    from fuxictr.pytorch.layers import CrossNetV2, FactorizationMachine, FeatureEmbedding, MLP_Block
    from fuxictr.pytorch.models import BaseModel

    width = feature_map.sum_emb_out_dim()
    hidden = {"hidden_units": [400, 400, 400], "hidden_activations": "ReLU"}

    class Network(BaseModel):
        def __init__(self) -> None:
            super().__init__(feature_map, gpu=-1, **settings)
            self.embedding = FeatureEmbedding(feature_map, settings["embedding_dim"])
            if model == "deepfm":
                self.fm = FactorizationMachine(feature_map)
                self.mlp = MLP_Block(input_dim=width, output_dim=1, **hidden)
            else:
                self.cross = CrossNetV2(width, 3)
                self.mlp = MLP_Block(input_dim=width, **hidden)
                self.last = torch.nn.Linear(width + 400, 1)
            self.compile(settings["optimizer"], settings["loss"], settings["learning_rate"])
            self.reset_parameters()

        def forward(self, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            columns = self.get_inputs(inputs)
            fields = self.embedding(columns)
            flat = fields.flatten(start_dim=1)
            if model == "deepfm":
                logits = self.fm(columns, fields) + self.mlp(flat)
            else:
                logits = self.last(torch.cat([self.cross(flat), self.mlp(flat)], dim=-1))
            return {"y_pred": self.output_activation(logits)}

    return Network()


def cpu_s() -> float:
    """CPU time of this process and of the loaders that it waited for."""
    both = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


if __name__ == "__main__":
    main()
