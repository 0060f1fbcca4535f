"""A layer is as large as its connections, and SET replaces the weakest of them."""

import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from featsel.ranking.sparse_autoencoder import Training, evolved, new_autoencoder, train_epoch
from featsel.ranking.sparse_layer import Layer, evolve, random_layer


def keys_of(layer):
    return layer.sources.astype(np.int64) * layer.n_targets + layer.targets


shapes = st.tuples(st.integers(1, 30), st.integers(1, 30), st.floats(0, 1), st.integers(0, 99))


@given(shapes)
def test_a_random_layer_has_the_connections_asked_for_and_none_twice(shape):
    n_sources, n_targets, density, seed = shape
    n_connections = int(density * n_sources * n_targets)

    layer = random_layer(n_sources, n_targets, n_connections=n_connections, rng=np.random.default_rng(seed))

    assert layer.weights.size == n_connections
    assert (np.diff(keys_of(layer)) > 0).all()
    assert ((layer.sources >= 0) & (layer.sources < n_sources)).all()
    assert ((layer.targets >= 0) & (layer.targets < n_targets)).all()


@given(shapes, st.floats(0, 1))
def test_evolution_keeps_the_number_of_connections_and_makes_none_twice(shape, zeta):
    n_sources, n_targets, density, seed = shape
    rng = np.random.default_rng(seed)
    layer = random_layer(n_sources, n_targets, n_connections=int(density * n_sources * n_targets), rng=rng)

    after = evolve(layer, zeta, rng)

    assert after.weights.size == layer.weights.size
    assert (np.diff(keys_of(after)) > 0).all()


def test_places_are_drawn_with_equal_chances():
    rng = np.random.default_rng(0)

    counts = sum(
        np.bincount(keys_of(random_layer(5, 8, n_connections=20, rng=rng)), minlength=40) for _ in range(2000)
    )

    # half of 2,000 draws for each place, within five standard deviations
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(2000 / 4)


def test_the_smallest_positive_and_the_largest_negative_weights_go():
    weights = np.array([0.5, 0.1, 0.4, 0.3, -0.05, -0.7, -0.2, -0.6], np.float32)
    layer = Layer(
        1000,
        1000,
        np.arange(8, dtype=np.int32),
        np.arange(8, dtype=np.int32),
        weights,
        np.ones(8, np.float32),
        np.zeros(1000, np.float32),
        np.zeros(1000, np.float32),
    )

    after = evolve(layer, 0.25, np.random.default_rng(0))

    # a quarter of four positive and of four negative ones: .1 and -.05
    old = np.isin(keys_of(after), keys_of(layer))
    assert sorted(after.weights[old].tolist()) == sorted(weights[[0, 2, 3, 5, 6, 7]].tolist())
    assert (after.velocities[old] == 1).all()
    assert (after.velocities[~old] == 0).all()


def test_a_layer_holds_16_bytes_a_connection_and_8_a_target():
    training = Training()
    network = new_autoencoder(20_000, training, np.random.default_rng(0))
    n_connections = 13 * (20_000 + 1000)

    n_bytes = network.encoder.n_bytes + network.decoder.n_bytes

    assert n_bytes == 2 * 16 * n_connections + 8 * (20_000 + 1000)
    # weights and velocities of all pairs would be 320 MB
    assert n_bytes < 9e6


def test_memory_follows_the_connections_not_the_pairs_of_neurons():
    n_inputs, training = 20_000, Training(epsilon=1.0, batch_rows=5, epoch_rows=10)
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((10, n_inputs), dtype=np.float32)
    # compiled code is no memory of the network
    train_epoch(new_autoencoder(50, training, rng), rows[:, :50].copy(), training, rng)

    tracemalloc.start()
    try:
        network = new_autoencoder(n_inputs, training, rng)
        train_epoch(network, rows, training, rng)
        evolved(network, training.zeta, rng)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    # one byte for each pair, as a mask would take, were 20 MB a layer
    assert network.encoder.weights.size == 21_000
    assert peak < 10e6
