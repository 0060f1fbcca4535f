"""Which numeric fields tell most of the others, where no label says what matters?

QuickSelection: sparse autoencoders learn to restore noisy rows, and the strength of an input neuron, the sum
of its absolute weights, is the importance of its field.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from featsel.core.schema import Field, FieldKind
from featsel.ranking.sparse_autoencoder import Autoencoder, Training, evolved, new_autoencoder, train_epoch

LARGEST_DEVIATION = 10.0
"""Standard deviations from the mean that a heavy tail begins with: a normal field of a billion rows stays
within 7. Squared errors of a few such numbers would drown all others."""


LEAST_AGREEMENT = 2.0
"""Ratio of variances, between fields to within them, below which an order is mostly luck; chance gives 1."""


@dataclass(frozen=True)
class Ensemble:
    """Networks that are trained on the same rows.

    Parameters
    ----------
    n_networks : int
        How many, each with connections of its own. The order of one follows the luck of its connections;
        the sum of five finds twenty planted fields where one finds sixteen (docs/experiments.md).
    training : Training
        How each is trained.
    """

    n_networks: int = 5
    training: Training = field(default_factory=Training)


@dataclass(frozen=True)
class Strengths:
    """Strength of the input neurons of several networks.

    Parameters
    ----------
    mean : ndarray of float64, shape (n_fields,)
        Mean over the networks, in units of the mean over the fields that are not constant: 1 is an average
        field. 0 of constant fields.
    spread : ndarray of float64, shape (n_fields,)
        Standard deviation over the networks, in the same unit.
    n_connections : int
        Connections of all networks together, both layers.
    n_bytes : int
        What they hold in memory.
    """

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    n_connections: int
    n_bytes: int


@dataclass(frozen=True)
class FieldStrength:
    """The score of one field.

    Parameters
    ----------
    name : str
        Name of the field.
    kind : FieldKind
        Numeric.
    rank : int
        Place in the list, from 1.
    score : float
        Strength of its input neuron, where 1 is the mean of all fields that are not constant.
    spread : float
        Standard deviation of the score from network to network.
    coverage : float
        Share of rows that are not null, from 0 to 1.
    """

    name: str
    kind: FieldKind
    rank: int
    score: float
    spread: float
    coverage: float


@dataclass(frozen=True)
class StrengthRanking:
    """Numeric fields in order, strongest first.

    Parameters
    ----------
    fields : tuple of FieldStrength
        One entry per field.
    n_rows : int
        Rows of the log.
    n_trained_rows : int
        Rows that the networks learned from.
    """

    fields: tuple[FieldStrength, ...]
    n_rows: int
    n_trained_rows: int


def standardise(numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    """Numbers with mean 0 and standard deviation 1, without a heavy tail.

    Where any number lies further than ``LARGEST_DEVIATION`` from the mean, or is infinite, each is replaced
    by the quantile of the normal distribution at its rank, equal ones by that at their middle.

    Parameters
    ----------
    numbers : ndarray of float64, shape (n_rows,)
        A field; NaN is null.

    Returns
    -------
    ndarray of float32, shape (n_rows,)
        Null is 0, the mean. Cut off at ``LARGEST_DEVIATION`` on both sides. All 0 where the numbers are
        constant or there is none.
    """
    standard = np.zeros(numbers.size, np.float32)
    is_number = ~np.isnan(numbers)
    found = numbers[is_number]
    if not found.size or found.min() == found.max():
        return standard
    deviations = _deviations(found) if np.isfinite(found).all() else None
    if deviations is None or np.abs(deviations).max() > LARGEST_DEVIATION:
        deviations = _deviations(_normal_scores(found))
    standard[is_number] = np.clip(deviations, -LARGEST_DEVIATION, LARGEST_DEVIATION)
    return standard


def _deviations(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances from the mean in standard deviations."""
    # by a power of two, which loses nothing: the largest floats have sums beyond them, the least no squares
    scaled = np.ldexp(numbers, -np.frexp(np.abs(numbers).max())[1])
    scaled -= scaled[0]
    scaled /= np.abs(scaled).max()
    deviations: NDArray[np.float64] = (scaled - scaled.mean()) / scaled.std()
    return deviations


def _normal_scores(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    # takes a tenth of a second, and not every log needs it
    from scipy.special import ndtri  # type: ignore[import-untyped]  # noqa: PLC0415 - scipy has no types

    _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    middles = (np.cumsum(counts) - counts / 2) / numbers.size
    scores: NDArray[np.float64] = ndtri(middles)[places]
    return scores


def input_strengths(
    rows: NDArray[np.float32],
    ensemble: Ensemble,
    *,
    seed: int = 0,
    n_threads: int = 1,
    advance: Callable[[int], None] | None = None,
) -> Strengths:
    """Train networks on rows and measure how strong their inputs have become.

    Parameters
    ----------
    rows : ndarray of float32, shape (n_rows, n_fields)
        Standardised; a field of zeros is constant and takes no part. At least one is not.
    ensemble : Ensemble
        The networks.
    seed : int
        Of everything random.
    n_threads : int
        Networks that are trained at a time; the result does not depend on it.
    advance : callable, optional
        Told how many epochs are done, ``n_networks * n_epochs`` in all.

    Returns
    -------
    Strengths
        Of all fields.

    References
    ----------
    Atashgahi, Sokar, van der Lee, Mocanu, Mocanu, Veldhuis, Pechenizkiy: Quick and robust feature selection:
    the strength of energy-efficient sparse training for autoencoders. Machine Learning 111, 2022.
    """
    training = ensemble.training
    varies = rows.any(axis=0)
    inputs = rows if varies.all() else np.ascontiguousarray(rows[:, varies])
    rngs = np.random.default_rng(seed).spawn(ensemble.n_networks)
    networks = [new_autoencoder(inputs.shape[1], training, rng) for rng in rngs]

    def train(index: int, *, is_last: bool) -> Autoencoder:
        train_epoch(networks[index], inputs, training, rngs[index])
        return networks[index] if is_last else evolved(networks[index], training.zeta, rngs[index])

    with ThreadPoolExecutor(n_threads) as pool:
        for epoch in range(training.n_epochs):
            # connections of the last epoch stay: new ones would count with weights that nothing taught them
            is_last = epoch == training.n_epochs - 1
            tasks = [pool.submit(train, index, is_last=is_last) for index in range(len(networks))]
            networks = [task.result() for task in tasks]
            if advance is not None:
                advance(len(networks))
    strengths = np.array([network.strengths() for network in networks])  # (networks, fields that vary)
    strengths /= strengths.mean()
    mean, spread = np.zeros(varies.size), np.zeros(varies.size)
    mean[varies], spread[varies] = strengths.mean(axis=0), strengths.std(axis=0)
    layers = [layer for network in networks for layer in (network.encoder, network.decoder)]
    return Strengths(
        mean,
        spread,
        sum(layer.weights.size for layer in layers),
        sum(layer.n_bytes for layer in layers),
    )


def is_luck(strengths: Strengths, n_networks: int) -> bool:
    """Whether networks disagree on the strengths nearly as much as fields differ.

    Parameters
    ----------
    strengths : Strengths
        Of several networks.
    n_networks : int
        How many, at least two.

    Returns
    -------
    bool
        Whether the means of the fields that are not constant vary by less than ``LEAST_AGREEMENT`` times
        what the spread alone would bring. True of one such field.
    """
    varies = strengths.mean > 0
    expected = float(np.mean(strengths.spread[varies] ** 2)) / (n_networks - 1)
    return float(strengths.mean[varies].var()) < LEAST_AGREEMENT * expected


def rank_strengths(
    fields: Sequence[Field],
    strengths: Strengths,
    coverages: Sequence[float],
    *,
    n_rows: int,
    n_trained_rows: int,
) -> StrengthRanking:
    """Put fields in the order of their strengths.

    Parameters
    ----------
    fields : sequence of Field
        The fields.
    strengths : Strengths
        Of each, in the same order.
    coverages : sequence of float
        Share of rows of each that are not null.
    n_rows, n_trained_rows : int
        Rows of the log, and of the sample that networks learned from.

    Returns
    -------
    StrengthRanking
        Strongest first; equal strengths by name.
    """
    order = sorted(range(len(fields)), key=lambda i: (-strengths.mean[i], fields[i].name))
    ranked = tuple(
        FieldStrength(
            fields[i].name,
            fields[i].kind,
            rank,
            float(strengths.mean[i]),
            float(strengths.spread[i]),
            coverages[i],
        )
        for rank, i in enumerate(order, start=1)
    )
    return StrengthRanking(ranked, n_rows, n_trained_rows)
