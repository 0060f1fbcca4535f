"""A training step goes down the true gradient, and an epoch repeats itself."""

from dataclasses import replace

import numpy as np
import pytest

from featsel.ranking import sparse_autoencoder
from featsel.ranking.sparse_autoencoder import (
    Autoencoder,
    Training,
    evolved,
    new_autoencoder,
    train_epoch,
    train_step,
)

PLAIN = Training(n_hidden=7, largest_density=0.5, learning_rate=1.0, momentum=0.0, weight_decay=0.0)
"""A step of it is the gradient."""

CHANGING = ("weights", "biases")


def as_float64(layer):
    floats = ("weights", "velocities", "biases", "bias_velocities")
    return replace(layer, **{name: getattr(layer, name).astype(np.float64) for name in floats})


def copied(network):
    return Autoencoder(as_float64(network.encoder), as_float64(network.decoder))


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(0)
    network = copied(new_autoencoder(5, PLAIN, rng))
    for layer in (network.encoder, network.decoder):
        layer.weights[:] *= 10  # where the sigmoid bends
        layer.biases[:] = rng.normal(size=layer.biases.size)
    return network


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(1)
    clean = rng.normal(size=(5, 6))
    return clean + rng.normal(size=clean.shape), clean


def dense_loss(network, noisy, clean):
    """Half the squared error of a row, computed with dense matrices."""
    first, second = np.zeros((5, 7)), np.zeros((7, 5))
    first[network.encoder.sources, network.encoder.targets] = network.encoder.weights
    second[network.decoder.sources, network.decoder.targets] = network.decoder.weights
    hidden = 1 / (1 + np.exp(-(noisy.T @ first + network.encoder.biases)))
    return 0.5 * np.square(hidden @ second + network.decoder.biases - clean.T).sum(axis=1).mean()


@pytest.mark.parametrize("side", ["encoder", "decoder"])
@pytest.mark.parametrize("name", CHANGING)
def test_a_step_is_the_gradient_of_a_dense_network(network, batch, side, name):
    stepped = copied(network)
    train_step(stepped, *batch, PLAIN)
    before, after = (getattr(getattr(each, side), name) for each in (network, stepped))

    differences = np.empty(before.size)
    for index in range(before.size):
        losses = []
        for shift in (1e-5, -1e-5):
            moved = copied(network)
            getattr(getattr(moved, side), name)[index] += shift
            losses.append(dense_loss(moved, *batch))
        differences[index] = (losses[0] - losses[1]) / 2e-5

    # central differences err by the square of the shift
    assert before - after == pytest.approx(differences, abs=1e-8)


def test_a_step_returns_the_mean_squared_error(network, batch):
    loss = train_step(copied(network), *batch, PLAIN)

    assert loss == pytest.approx(dense_loss(network, *batch) * 2 / 5)


def test_momentum_repeats_and_decay_shrinks(network, batch):
    resting = copied(network)
    for layer in (resting.encoder, resting.decoder):
        layer.velocities[:] = 0.25

    train_step(resting, *batch, replace(PLAIN, learning_rate=0.0, momentum=0.5, weight_decay=0.1))

    expected = network.encoder.weights * 0.9 + 0.125
    assert resting.encoder.weights == pytest.approx(expected)


def test_an_epoch_repeats_itself_under_one_seed():
    rows = np.random.default_rng(0).standard_normal((250, 20), dtype=np.float32)

    def trained():
        rng = np.random.default_rng(3)
        network = new_autoencoder(20, Training(), rng)
        train_epoch(network, rows, Training(), rng)
        return evolved(network, 0.2, rng).strengths().tobytes()

    assert trained() == trained()


def test_errors_fall_with_training():
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.standard_normal((500, 1), dtype=np.float32), 30, axis=1)
    training = Training(n_hidden=200)
    network = new_autoencoder(30, training, rng)
    first = train_epoch(network, rows, training, rng)

    for _ in range(60):
        network = evolved(network, training.zeta, rng)
        last = train_epoch(network, rows, training, rng)

    # thirty noisy copies of one number nearly tell it
    assert first > 0.9
    assert last < 0.3


@pytest.mark.parametrize("n_rows", [1, 3, 40, 300])
def test_an_epoch_has_as_many_rows_whatever_the_log_has(monkeypatch, n_rows):
    training = replace(PLAIN, epoch_rows=100, batch_rows=30, noise_sd=0.0)
    rows = np.arange(n_rows, dtype=np.float32)[:, None]
    batches = []

    def note(_network, _noisy, clean, _training):
        batches.append(clean[0])
        return 0.0

    monkeypatch.setattr(sparse_autoencoder, "train_step", note)
    rng = np.random.default_rng(0)

    train_epoch(new_autoencoder(1, training, rng), rows, training, rng)

    assert [batch.size for batch in batches] == [30, 30, 30, 10]
    counts = np.bincount(np.concatenate(batches).astype(int), minlength=n_rows)
    assert counts.max() - counts.min() <= 1
