"""How fast does a GPU train, and how far is that from what its memory and its arithmetic allow?

DeepFM over 39 fields of dimension 16 with a perceptron of 400-400-400, on a log with planted effects that is
made in memory: encoding has no part in it. Each line is one training in this process. The roofline counts,
for each row, the arithmetic of the matrix products and the bytes of the embedding rows and their optimizer::

    python benchmarks/gpu_train.py
    python benchmarks/gpu_train.py --device cpu --rows 100000 --ids 50000 --batch-sizes 4096
"""

from __future__ import annotations

import argparse
import platform
import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable
from featsel.models.build import build_model
from featsel.models.layout import Layout
from featsel.training.batches import ArrayRows, Block
from featsel.training.devices import Device, Precision, choose_device
from featsel.training.loop import Callbacks, fit
from featsel.training.settings import TrainSettings

FIELDS, DIM, HIDDEN = 39, 16, (400, 400, 400)

H200_BYTES_PER_S, H200_BF16_FLOPS = 4.3e12, 790e12
"""Of the roofline: memory as copies reach it, and dense bf16 products as they are measured."""


@dataclass(frozen=True)
class Run:
    """One training: its rows a second after the first steps, and its test AUC."""

    batch_size: int
    precision: Precision
    is_compiled: bool
    rows_per_second: float
    auc: float
    peak_bytes: int


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--ids", type=int, default=5_000_000)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[4096, 65_536])
    parser.add_argument("--compile", action="store_true", help="measure torch.compile too")
    options = parser.parse_args()
    device = choose_device(Device(options.device))
    train, test, layout = planted(options.rows, options.ids)
    runs = [
        run(train, test, layout, device, batch_size=size, precision=precision, is_compiled=is_compiled)
        for size in options.batch_sizes
        for precision in (Precision.FP32, Precision.BF16)
        for is_compiled in ([False, True] if options.compile else [False])
    ]
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or "CPU"
    memory, compute = roofline()
    print(f"{name}, torch {torch.__version__}; {options.rows:,} rows, {layout.n_ids:,} ids\n")
    print("| batch | precision | compiled | rows/s | test AUC | peak MB |\n|---:|---|---|---:|---:|---:|")
    for each in runs:
        print(
            f"| {each.batch_size:,} | {each.precision} | {'yes' if each.is_compiled else 'no'} "
            f"| {each.rows_per_second:,.0f} | {each.auc:.5f} | {each.peak_bytes / 1e6:,.0f} |"
        )
    print(f"\nRoofline of an H200: memory {memory / 1e6:.0f}M rows/s, bf16 {compute / 1e6:.0f}M rows/s.")


def planted(n_rows: int, n_ids: int) -> tuple[ArrayRows, ArrayRows, Layout]:
    """Rows with Zipf ids, whose label depends on the sum of an effect of each id."""
    rng = np.random.default_rng(1)
    sizes = np.maximum(3, (n_ids * np.geomspace(1e-5, 0.25, FIELDS) / np.geomspace(1e-5, 0.25, FIELDS).sum()))
    sizes = sizes.astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes + 1)])
    n_all = n_rows + max(20_000, min(1_000_000, n_rows // 10))
    ids = np.empty((n_all, FIELDS), np.int32)
    logits = np.full(n_all, -1.5, np.float32)
    for index, size in enumerate(sizes.tolist()):
        ranks = np.minimum(rng.random(n_all, dtype=np.float32) ** 4 * size, size - 1).astype(np.int32)
        ids[:, index] = ranks + (offsets[index] + 1)
        effects = rng.normal(0, 0.25, size).astype(np.float32)
        logits += effects[ranks]
    labels = (rng.random(n_all, dtype=np.float32) < 1 / (1 + np.exp(-logits))).astype(np.uint8)
    layout = Layout(
        offsets=tuple(offsets[:-1].tolist()),
        n_ids=int(offsets[-1]),
        dims=(DIM,) * FIELDS,
        field_of_slot=tuple(range(FIELDS)),
    )
    return (
        ArrayRows(Block(ids[:n_rows], labels[:n_rows])),
        ArrayRows(Block(ids[n_rows:], labels[n_rows:])),
        layout,
    )


def run(
    train: ArrayRows,
    test: ArrayRows,
    layout: Layout,
    device: torch.device,
    *,
    batch_size: int,
    precision: Precision,
    is_compiled: bool,
) -> Run:
    """Train one epoch; the clock starts after the first tenth of the steps, when all is warm."""
    model = build_model(
        "deepfm",
        layout,
        EmbeddingTable(EmbeddingScheme.FULL, DIM),
        generator=torch.Generator().manual_seed(0),
    ).to(device)
    n_steps = -(-train.n_rows // batch_size)
    n_warm = max(1, n_steps // 10)
    times: list[float] = []

    def on_step(progress: object) -> bool:
        step = progress.step
        if step in {n_warm, n_steps - 1}:
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times.append(time.perf_counter())
        return False

    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    settings = TrainSettings(
        batch_size=batch_size,
        device=device,
        precision=precision,
        is_compiled=is_compiled,
        buffer_rows=train.n_rows,
    )
    fitted = fit(model, train, valid=test, settings=settings, callbacks=Callbacks(on_step=on_step))
    assert fitted.valid is not None
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
    rate = (n_steps - 1 - n_warm) * batch_size / max(1e-9, times[-1] - times[0])
    return Run(batch_size, precision, is_compiled, rate, fitted.valid.auc, peak)


def roofline() -> tuple[float, float]:
    """Rows a second that an H200's memory and its bf16 units allow."""
    widths = (FIELDS * DIM, *HIDDEN, 1)
    flops = 3 * 2 * sum(a * b for a, b in pairwise(widths))
    width_bytes = 4 * (DIM + 1)
    # a row of the table and its two moments are read and written, its gradient is written and read
    n_bytes = FIELDS * (6 * width_bytes + 2 * width_bytes + 2 * width_bytes + 4)
    return H200_BYTES_PER_S / n_bytes, H200_BF16_FLOPS / 2 / flops


if __name__ == "__main__":
    main()
