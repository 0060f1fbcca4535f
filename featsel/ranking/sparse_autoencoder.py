"""How does a network with few connections learn to restore noisy rows?

A denoising autoencoder with one hidden layer of sigmoid neurons and a linear output, trained by stochastic
gradient descent with momentum; see :mod:`featsel.ranking.sparse_layer` for what makes it sparse. Neurons lie
along the first axis and rows of a batch along the second, so that a connection is one pass over two
neighbouring stretches of memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from featsel.engines.kernels import compiled
from featsel.ranking.sparse_layer import Floats, Layer, evolve, random_layer


@dataclass(frozen=True)
class Training:
    """How an autoencoder is built and trained.

    What is given by default is what Atashgahi et al. use, but for the noise, the density, and their dropout
    of a fifth of the hidden neurons, which is left out: docs/experiments.md says what each of them changes.

    Parameters
    ----------
    n_hidden : int
        Hidden neurons.
    epsilon : float
        Connections of a layer for each neuron at its ends.
    largest_density : float
        Share of all pairs that are connected at most. A network with few inputs would else restore each
        through paths of its own, and never learn which fields tell of others.
    zeta : float
        Share of the connections that is replaced after an epoch.
    noise_sd : float
        Standard deviation of the noise on standardised inputs. At 1 an input by itself is half noise, and
        what restores it is the company of others.
    learning_rate, momentum, weight_decay : float
        Of gradient descent.
    n_epochs : int
        Epochs.
    epoch_rows : int
        Rows of an epoch, drawn anew each time. Connections evolve as often whatever the log has: of a large
        one each epoch sees a part, and rows of a small one come again, with other noise.
    batch_rows : int
        Rows of a batch.
    """

    n_hidden: int = 1000
    epsilon: float = 13.0
    largest_density: float = 0.03
    zeta: float = 0.2
    noise_sd: float = 1.0
    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 1e-5
    n_epochs: int = 100
    epoch_rows: int = 3000
    batch_rows: int = 100

    def n_connections(self, n_inputs: int) -> int:
        """Connections of each of the two layers of a network with so many inputs."""
        n_pairs = n_inputs * self.n_hidden
        return max(1, int(min(self.epsilon * (n_inputs + self.n_hidden), self.largest_density * n_pairs)))


@dataclass(frozen=True)
class Autoencoder:
    """A network between the first and the last training step.

    Parameters
    ----------
    encoder : Layer
        From inputs to hidden neurons.
    decoder : Layer
        From hidden neurons to restored inputs.
    """

    encoder: Layer
    decoder: Layer

    def strengths(self) -> NDArray[np.float64]:
        """Sum of the absolute weights of each input's connections, shape (n_inputs,)."""
        encoder = self.encoder
        sums = np.bincount(encoder.sources, np.abs(encoder.weights), minlength=encoder.n_sources)
        return sums.astype(np.float64)


def new_autoencoder(n_inputs: int, training: Training, rng: np.random.Generator) -> Autoencoder:
    """Network with random connections.

    Parameters
    ----------
    n_inputs : int
        Fields.
    training : Training
        Its size and density.
    rng : numpy.random.Generator
        Draws the connections.

    Returns
    -------
    Autoencoder
        Untrained.
    """
    n_connections = training.n_connections(n_inputs)
    return Autoencoder(
        random_layer(n_inputs, training.n_hidden, n_connections=n_connections, rng=rng),
        random_layer(training.n_hidden, n_inputs, n_connections=n_connections, rng=rng),
    )


def evolved(network: Autoencoder, zeta: float, rng: np.random.Generator) -> Autoencoder:
    """Network in which the weakest connections of both layers were replaced, see :func:`evolve`."""
    return Autoencoder(evolve(network.encoder, zeta, rng), evolve(network.decoder, zeta, rng))


def train_epoch(
    network: Autoencoder, rows: NDArray[np.float32], training: Training, rng: np.random.Generator
) -> float:
    """Train a network for one epoch, in place.

    Parameters
    ----------
    network : Autoencoder
        The network.
    rows : ndarray of float32, shape (n_rows, n_inputs)
        Standardised.
    training : Training
        How.
    rng : numpy.random.Generator
        Draws order and noise.

    Returns
    -------
    float
        Mean squared error of the restored inputs.
    """
    order = _epoch_order(len(rows), training.epoch_rows, rng)
    errors: list[float] = []
    for start in range(0, order.size, training.batch_rows):
        chosen = order[start : start + training.batch_rows]
        clean = np.ascontiguousarray(rows[chosen].T)  # (inputs, batch)
        noisy = rng.standard_normal(clean.shape, dtype=np.float32)
        noisy *= np.float32(training.noise_sd)
        noisy += clean
        errors.append(train_step(network, noisy, clean, training))
    return float(np.mean(errors))


def _epoch_order(n_rows: int, n_wanted: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows of an epoch; each comes again only once all others have come as often."""
    n_passes, n_rest = divmod(n_wanted, n_rows)
    parts = [rng.permutation(n_rows) for _ in range(n_passes)]
    return np.concatenate([*parts, rng.choice(n_rows, n_rest, replace=False)])


def train_step(network: Autoencoder, noisy: Floats, clean: Floats, training: Training) -> float:
    """Take one step of gradient descent, in place.

    The loss is half the squared error of a row, summed over its inputs, mean over the rows.

    Parameters
    ----------
    network : Autoencoder
        The network.
    noisy, clean : ndarray of float32, shape (n_inputs, n_rows)
        What it reads, and what it should make of it.
    training : Training
        Learning rate, momentum and weight decay.

    Returns
    -------
    float
        Mean squared error before the step.
    """
    encoder, decoder = network.encoder, network.decoder
    n_rows = clean.shape[1]
    hidden = np.repeat(encoder.biases[:, None], n_rows, axis=1)  # (hidden, batch)
    _forward(noisy, encoder.sources, encoder.targets, encoder.weights, hidden)
    with np.errstate(over="ignore"):  # exp of a large number is infinite, and the neuron then 0
        hidden = 1 / (1 + np.exp(-hidden))
    errors = np.repeat(decoder.biases[:, None], n_rows, axis=1)  # (inputs, batch)
    _forward(hidden, decoder.sources, decoder.targets, decoder.weights, errors)
    errors -= clean
    loss = float(np.square(errors).mean())
    errors /= n_rows
    slopes = np.zeros_like(hidden)
    # the same connections, from their targets to their sources
    _forward(errors, decoder.targets, decoder.sources, decoder.weights, slopes)
    slopes *= hidden * (1 - hidden)
    _descend(decoder, hidden, errors, training)
    _descend(encoder, noisy, slopes, training)
    return loss


def _descend(layer: Layer, inputs: Floats, slopes: Floats, training: Training) -> None:
    """Change a layer against the slope of the loss in its targets, shape (n_targets, n_rows)."""
    rate, momentum, decay = training.learning_rate, training.momentum, training.weight_decay
    _change(
        inputs, slopes, layer.sources, layer.targets, layer.weights, layer.velocities, rate, momentum, decay
    )
    layer.bias_velocities[:] = momentum * layer.bias_velocities - rate * slopes.sum(axis=1)
    layer.biases[:] += layer.bias_velocities - decay * layer.biases


@compiled
def _forward(
    values: Floats, sources: NDArray[np.int32], targets: NDArray[np.int32], weights: Floats, sums: Floats
) -> None:
    for index in range(weights.size):
        value, total, weight = values[sources[index]], sums[targets[index]], weights[index]
        for row in range(value.size):
            total[row] += weight * value[row]


@partial(compiled, sums_in_any_order=True)
def _change(  # noqa: PLR0913, PLR0917 - compiled code takes neither keywords nor objects
    values: Floats,
    slopes: Floats,
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    weights: Floats,
    velocities: Floats,
    rate: float,
    momentum: float,
    decay: float,
) -> None:
    for index in range(weights.size):
        value, slope = values[sources[index]], slopes[targets[index]]
        gradient = value[0] * slope[0]
        for row in range(1, value.size):
            gradient += value[row] * slope[row]
        velocities[index] = momentum * velocities[index] - rate * gradient
        weights[index] += velocities[index] - decay * weights[index]
