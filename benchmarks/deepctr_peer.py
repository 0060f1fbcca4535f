"""Encode a log and train on it as DeepCTR-Torch's own examples do; runs in the environment of the peers.

``python deepctr_peer.py FOLDER csv|parquet MODEL OUT`` reads ``FOLDER/train.*`` and ``test.*``, trains an
epoch, and writes what each part cost.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Encode, train, evaluate."""
    import numpy as np
    import pandas as pd
    import torch
    from deepctr_torch.inputs import SparseFeat
    from deepctr_torch.models import DCN, DeepFM
    from sklearn.metrics import log_loss, roc_auc_score
    from sklearn.preprocessing import LabelEncoder

    folder, data_format, model, out = Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    started = time.process_time()
    read = pd.read_parquet if data_format == "parquet" else pd.read_csv
    parts = [read(folder / f"{part}.{data_format}") for part in ("train", "test")]
    n_train = len(parts[0])
    log = pd.concat(parts, ignore_index=True)
    names = [name for name in log.columns if name != "label"]
    log[names] = log[names].astype("str").fillna("-1")
    for name in names:
        log[name] = LabelEncoder().fit_transform(log[name])
    encode_cpu_s = time.process_time() - started

    columns = [SparseFeat(name, vocabulary_size=log[name].max() + 1, embedding_dim=16) for name in names]
    inputs = {name: log[name].to_numpy() for name in names}
    labels = log["label"].to_numpy()
    hidden = {"dnn_hidden_units": (400, 400, 400), "l2_reg_linear": 0, "l2_reg_embedding": 0}
    if model == "deepfm":
        network = DeepFM(columns, columns, **hidden)
    else:
        network = DCN(
            columns, columns, cross_num=3, cross_parameterization="matrix", l2_reg_cross=0, **hidden
        )
    network.compile("adam", "binary_crossentropy")
    started = time.process_time()
    train = {name: values[:n_train] for name, values in inputs.items()}
    network.fit(train, labels[:n_train], batch_size=4096, epochs=1, verbose=0)
    train_cpu_s = time.process_time() - started
    scores = network.predict({name: values[n_train:] for name, values in inputs.items()}, 4096).ravel()
    found = {
        "auc": roc_auc_score(labels[n_train:], scores),
        "log_loss": log_loss(labels[n_train:], np.clip(scores, 1e-7, 1 - 1e-7)),
        "encode_cpu_s": encode_cpu_s,
        "train_cpu_s": train_cpu_s,
        "rows_per_cpu_second": n_train / train_cpu_s,
        "ids": float(sum(int(column.vocabulary_size) for column in columns)),
    }
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
