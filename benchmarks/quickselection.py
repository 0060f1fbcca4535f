"""How many planted fields does a ranking without a label find, and what does it take?

    python benchmarks/quickselection.py
    python benchmarks/quickselection.py --noise 1 --seeds 5

Tables like Madelon (Guyon 2003): 5 fields at the corners of a hypercube, 15 combinations of them, 480 of
noise; each field in a unit of its own, so that its variance tells little. Hits are planted fields among the
first 20.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA

from featsel.ranking.quickselection import Ensemble, input_strengths, standardise
from featsel.ranking.sparse_autoencoder import Training

Table = NDArray[np.float64]
Scores = NDArray[np.float64]

N_FIELDS = 500
N_PLANTED = 20

PAPER = Training(noise_sd=0.2, largest_density=0.5)
"""Settings of Atashgahi et al., without their dropout, for one network."""


def madelon(seed: int, noise: float) -> Table:
    """Planted fields first; ``noise`` is added to every field, in its standard deviations."""
    table, _ = make_classification(
        n_samples=2600,
        n_features=N_FIELDS,
        n_informative=5,
        n_redundant=15,
        n_clusters_per_class=16,
        shuffle=False,
        scale=None,
        random_state=seed,
    )
    rng = np.random.default_rng(seed)
    return table + noise * table.std(axis=0) * rng.standard_normal(table.shape)


def strengths(rows: NDArray[np.float32], ensemble: Ensemble, seed: int, n_threads: int) -> Scores:
    """Scores of featsel."""
    return input_strengths(rows, ensemble, seed=seed, n_threads=n_threads).mean


def pca_loadings(rows: NDArray[np.float32]) -> Scores:
    """Length of a field's loadings on the first five components, which are told how many causes there are."""
    fitted = PCA(5, random_state=0).fit(rows)
    return np.sqrt((np.square(fitted.components_) * fitted.explained_variance_[:, None]).sum(axis=0))


def largest_correlation(rows: NDArray[np.float32]) -> Scores:
    """Largest absolute correlation of a field with any other: a dense matrix of fields by fields."""
    found = np.abs(np.corrcoef(rows.T))
    np.fill_diagonal(found, 0)
    return found.max(axis=0)


def main() -> None:
    """Print a table of hits and seconds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5, help="tables")
    parser.add_argument("--noise", type=float, default=0.0, help="added to every field, in deviations")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    ways: dict[str, Callable[[Table, NDArray[np.float32], int], Scores]] = {
        "featsel, 5 networks": lambda _, rows, seed: strengths(rows, Ensemble(), seed, given.threads),
        "featsel, 1 network": lambda _, rows, seed: strengths(rows, Ensemble(1), seed, 1),
        "1 network, noise and density of the paper": lambda _, rows, seed: strengths(
            rows, Ensemble(1, PAPER), seed, 1
        ),
        "variance": lambda table, _, __: table.var(axis=0),
        "random": lambda _, __, seed: np.random.default_rng(seed).random(N_FIELDS),
        "PCA, 5 components": lambda _, rows, __: pca_loadings(rows),
        "largest correlation": lambda _, rows, __: largest_correlation(rows),
    }
    print(
        f"| way, noise {given.noise:g} | hits of {N_PLANTED}, by seed | CPU s | wall s |\n|---|---|---:|---:|"
    )
    tables = [madelon(seed, given.noise) for seed in range(given.seeds)]
    standard = [np.column_stack([standardise(column) for column in table.T]) for table in tables]
    # compiled loops are there before anything is timed
    strengths(standard[0][:, :50].copy(), Ensemble(1, Training(n_epochs=1)), 0, 1)
    for name, way in ways.items():
        hits, cpu, wall = [], [], []
        for seed, (table, rows) in enumerate(zip(tables, standard, strict=True)):
            started, used = time.perf_counter(), time.process_time()
            scores = way(table, rows, seed)
            cpu.append(time.process_time() - used)
            wall.append(time.perf_counter() - started)
            hits.append(int(np.count_nonzero(np.argsort(-scores)[:N_PLANTED] < N_PLANTED)))
        print(
            f"| {name} | {', '.join(map(str, hits))} | {statistics.median(cpu):.2g} "
            f"| {statistics.median(wall):.2g} |",
            flush=True,
        )
    print_sizes()


def print_sizes() -> None:
    """Print the bytes of connections beside those of dense layers."""
    print("\n| fields | connections of a network | bytes | dense | share |\n|---:|---:|---:|---:|---:|")
    training = Training()
    for n_fields in (50, N_FIELDS, 5_000, 20_000):
        n_connections = 2 * training.n_connections(n_fields)
        sparse, dense = 16 * n_connections, 2 * 8 * n_fields * training.n_hidden
        print(
            f"| {n_fields:,} | {n_connections:,} | {sparse / 1e6:.2f} MB | {dense / 1e6:.1f} MB "
            f"| {sparse / dense:.1%} |"
        )


if __name__ == "__main__":
    main()
