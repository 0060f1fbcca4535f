"""Which neurons of two layers are connected, and how do weak connections give way to new ones?

A layer is the list of its connections and nothing else: no array is ever as large as all pairs of neurons.
After every epoch of training, the weakest are replaced by others at random places (sparse evolutionary
training, SET), so that connections gather where they help.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]  # float32 in training, float64 where gradients are checked
Keys = NDArray[np.int64]

FIRST_WEIGHT_SD = np.float32(0.1)
"""Standard deviation of the weight of a new connection, as in the published implementations of SET."""


@dataclass(frozen=True)
class Layer:
    """Connections between two rows of neurons, in the order of their sources, then targets.

    Training changes weights, biases and velocities in place.

    Parameters
    ----------
    n_sources, n_targets : int
        Neurons at both ends.
    sources, targets : ndarray of int32, shape (n_connections,)
        Ends of each connection; no pair is there twice.
    weights, velocities : ndarray of float32, shape (n_connections,)
        Weight of each, and its last step.
    biases, bias_velocities : ndarray of float32, shape (n_targets,)
        The same of each target.
    """

    n_sources: int
    n_targets: int
    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    weights: Floats
    velocities: Floats
    biases: Floats
    bias_velocities: Floats

    @property
    def n_bytes(self) -> int:
        """Bytes of its arrays."""
        connections = (self.sources, self.targets, self.weights, self.velocities)
        return sum(array.nbytes for array in (*connections, self.biases, self.bias_velocities))


def random_layer(n_sources: int, n_targets: int, *, n_connections: int, rng: np.random.Generator) -> Layer:
    """Layer with connections at random places: an Erdős-Rényi graph.

    Parameters
    ----------
    n_sources, n_targets : int
        Neurons at both ends.
    n_connections : int
        Connections, far fewer than there are pairs.
    rng : numpy.random.Generator
        Draws places and weights.

    Returns
    -------
    Layer
        With biases of zero.
    """
    keys = _free_keys(n_connections, n_sources * n_targets, np.empty(0, np.int64), rng)
    return _sorted_layer(
        (n_sources, n_targets),
        keys,
        _first_weights(n_connections, rng),
        np.zeros(n_connections, np.float32),
        (np.zeros(n_targets, np.float32), np.zeros(n_targets, np.float32)),
    )


def evolve(layer: Layer, zeta: float, rng: np.random.Generator) -> Layer:
    """Replace the weakest connections by as many at random free places.

    Parameters
    ----------
    layer : Layer
        After an epoch.
    zeta : float
        Share of the positive weights that goes, the smallest ones, and of the negative weights, the largest.
    rng : numpy.random.Generator
        Draws places and weights.

    Returns
    -------
    Layer
        With as many connections as before; those that stay keep weight and velocity.

    References
    ----------
    Mocanu, Mocanu, Stone, Nguyen, Gibescu, Liotta: Scalable training of artificial neural networks with
    adaptive sparse connectivity inspired by network science. Nature Communications 9, 2018.
    """
    stays = np.ones(layer.weights.size, np.bool_)
    for side in (np.flatnonzero(layer.weights >= 0), np.flatnonzero(layer.weights < 0)):
        order = np.argsort(np.abs(layer.weights[side]), kind="stable")
        stays[side[order[: int(zeta * side.size)]]] = False
    kept = (layer.sources.astype(np.int64) * layer.n_targets + layer.targets)[stays]
    n_new = stays.size - kept.size
    grown = _free_keys(n_new, layer.n_sources * layer.n_targets, kept, rng)
    return _sorted_layer(
        (layer.n_sources, layer.n_targets),
        np.concatenate([kept, grown]),
        np.concatenate([layer.weights[stays], _first_weights(n_new, rng)]),
        np.concatenate([layer.velocities[stays], np.zeros(n_new, np.float32)]),
        (layer.biases, layer.bias_velocities),
    )


def _first_weights(n_weights: int, rng: np.random.Generator) -> Floats:
    return rng.standard_normal(n_weights, dtype=np.float32) * FIRST_WEIGHT_SD


def _free_keys(n_wanted: int, n_places: int, taken: Keys, rng: np.random.Generator) -> Keys:
    """Distinct places drawn with equal chances from those that are not taken."""
    found = np.empty(0, np.int64)
    while found.size < n_wanted:
        drawn = rng.integers(n_places, size=2 * (n_wanted - found.size))
        drawn = drawn[~np.isin(drawn, taken, kind="sort")]  # a table of all places would be the dense array
        pool = np.concatenate([found, drawn])
        _, first = np.unique(pool, return_index=True)
        # in the order of drawing: cutting off the largest would leave the last sources without
        found = pool[np.sort(first)][:n_wanted]
    return found


def _sorted_layer(
    shape: tuple[int, int], keys: Keys, weights: Floats, velocities: Floats, biases: tuple[Floats, Floats]
) -> Layer:
    order = np.argsort(keys)
    sources, targets = np.divmod(keys[order], shape[1])
    return Layer(
        *shape, sources.astype(np.int32), targets.astype(np.int32), weights[order], velocities[order], *biases
    )
