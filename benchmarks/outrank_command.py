"""How is the OutRank package run on a CSV file?

Only the standard library is imported here, see :mod:`measure`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from measure import Cost, measure
from peers import peer_program

OUTRANK = peer_program("outrank", "outrank")
OUTRANK_TIMEOUT_S = 3600.0


class PeerError(Exception):
    """A tool that featsel is compared with is missing or gave no ranking."""


def run_outrank(folder: Path, every: int, timeout_s: float = OUTRANK_TIMEOUT_S) -> Cost:
    """Rank ``data.csv`` of a folder by OutRank's default score into its subfolder ``ranks``.

    Parameters
    ----------
    folder : Path
        Holds ``data.csv`` with a column ``label``, without quotes and without commas in values.
    every : int
        Each so-many-th row is looked at; 10 is OutRank's default.
    timeout_s : float
        Wall time after which it is killed.

    Returns
    -------
    Cost
        What it cost.
    """
    if not OUTRANK.exists():
        raise PeerError("OutRank is not installed: run benchmarks/peers.py")
    shutil.rmtree(folder / "ranks", ignore_errors=True)
    command = [OUTRANK, "--task", "ranking", "--data_source", "csv-raw", "--data_path", folder]
    command += ["--output_folder", folder / "ranks", "--subsampling", str(every), "--label_column", "label"]
    command += ["--include_cardinality_in_feature_names", "False", "--disable_tqdm", "True"]
    command += ["--num_threads", str(os.cpu_count() or 1)]
    return measure(command, folder=folder, output=folder / "outrank.txt", timeout_s=timeout_s)
