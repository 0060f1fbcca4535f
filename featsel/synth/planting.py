"""How are the fields made that are not informative by themselves?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from featsel.synth.design import NULL_SHARES, LogScale, PlantedField, PlantedPair, Role, Storage
from featsel.synth.effects import draw_effects, effect_information, effect_scale
from featsel.synth.values import field_name, name_multiplier
from featsel.synth.zipf import EXPONENTS, log_spaced_cardinalities, zipf_probabilities

PAIR_INFORMATION = 0.08
"""Joint information of an interacting pair, as a share of the label's entropy."""

FULL_STRENGTH_OTHERS = 2
"""Beyond so many pairs, or drifting fields, each is weaker: they blur the effects of all other fields."""

PAIR_CARDINALITIES = (12, 20)
"""A joint table of a few hundred cells shows the interaction in a small log."""

DRIFT_INFORMATION = 0.08
"""Information of a drifting field within a day, as a share of the label's entropy."""

DRIFT_SHARE = 0.4
"""Share of its values that have an effect on a given day."""

DRIFT_CARDINALITY = 60
"""Few enough values that one day of a small log shows their effects."""

COUNT_CARDINALITY = 200
"""Counts stay small: nobody clicks a million times."""

NESTED_VALUES = 4
"""Values of the source for each value of a nested copy."""

LEAK_CARDINALITY = 50
"""Values of the field that is null without a click."""


def noise_fields(
    scale: LogScale, n_fields: int, *, positions: Iterator[int], rng: np.random.Generator
) -> list[PlantedField]:
    """Fields without any effect, from two values to as many as allowed.

    Parameters
    ----------
    scale : LogScale
        Sizes of the log.
    n_fields : int
        Number of fields.
    positions : iterator of int
        Numbers for the names.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of PlantedField
        With a row identifier and a count among them if there are three, and an integer if there are four.
    """
    n_identifiers = 1 if n_fields >= 3 else 0
    n_noise = n_fields - n_identifiers
    cardinalities = log_spaced_cardinalities(2, scale.max_cardinality, n_noise)
    storages = [Storage.TEXT] * n_noise
    if n_noise >= 2:
        storages[n_noise // 3] = Storage.COUNT
        cardinalities[n_noise // 3] = min(cardinalities[n_noise // 3], COUNT_CARDINALITY)
    if n_noise >= 3:
        storages[2 * n_noise // 3] = Storage.INTEGER
    fields = [
        PlantedField(
            name=field_name(storage, next(positions)),
            role=Role.NOISE,
            storage=storage,
            cardinality=cardinality,
            # from the end, so that the largest field has equal frequencies and shows all its values
            exponent=EXPONENTS[(n_noise - index) % len(EXPONENTS)],
            multiplier=name_multiplier(rng),
            null_share=NULL_SHARES[index % len(NULL_SHARES)],
        )
        for index, (storage, cardinality) in enumerate(zip(storages, cardinalities, strict=True))
    ]
    if n_identifiers:
        fields.append(_silent_field(Role.IDENTIFIER, scale.n_rows, positions=positions, rng=rng))
    return fields


def copied_fields(
    sources: Sequence[PlantedField], n_fields: int, *, positions: Iterator[int], rng: np.random.Generator
) -> list[PlantedField]:
    """Copy informative fields, one to one and nested in turn.

    Parameters
    ----------
    sources : sequence of PlantedField
        Informative fields; the most informative one that holds strings is copied first.
    n_fields : int
        Number of copies.
    positions : iterator of int
        Numbers for the names.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of PlantedField
        Fields that name their source.
    """
    texts = [field for field in sources if field.storage is Storage.TEXT]
    texts.sort(key=lambda field: field.information, reverse=True)
    fields: list[PlantedField] = []
    for index in range(n_fields):
        source = texts[index % len(texts)]
        is_nested = index % 2 == 1
        fields.append(
            PlantedField(
                name=field_name(Storage.TEXT, next(positions)),
                role=Role.NESTED_COPY if is_nested else Role.COPY,
                storage=Storage.TEXT,
                cardinality=max(2, source.cardinality // NESTED_VALUES) if is_nested else source.cardinality,
                exponent=source.exponent,
                multiplier=name_multiplier(rng),
                null_share=source.null_share,
                source=source.name,
            )
        )
    return fields


def interacting_fields(
    scale: LogScale, n_pairs: int, *, positions: Iterator[int], rng: np.random.Generator
) -> tuple[list[PlantedField], list[PlantedPair]]:
    """Pairs of fields that have an effect only together.

    Parameters
    ----------
    scale : LogScale
        Sizes of the log.
    n_pairs : int
        Number of pairs.
    positions : iterator of int
        Numbers for the names.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of PlantedField, list of PlantedPair
        Two fields for each pair.
    """
    halves = np.array([0.5, 0.5])
    strength = effect_scale(
        np.array([-1.0, 1.0]),
        halves,
        information=PAIR_INFORMATION * scale.label_entropy / max(1.0, n_pairs / FULL_STRENGTH_OTHERS),
        positive_rate=scale.positive_rate,
    )
    fields: list[PlantedField] = []
    pairs: list[PlantedPair] = []
    for _ in range(n_pairs):
        first, second = (
            PlantedField(
                name=field_name(Storage.TEXT, next(positions)),
                role=Role.INTERACTION,
                storage=Storage.TEXT,
                cardinality=min(cardinality, scale.max_cardinality // 2 * 2),
                exponent=exponent,
                multiplier=name_multiplier(rng),
            )
            for cardinality, exponent in zip(PAIR_CARDINALITIES, EXPONENTS, strict=False)
        )
        fields += [first, second]
        pairs.append(PlantedPair(first.name, second.name, strength))
    return fields, pairs


def drifting_fields(
    scale: LogScale, n_fields: int, *, positions: Iterator[int], rng: np.random.Generator
) -> list[PlantedField]:
    """Fields whose effects are drawn anew every day.

    Parameters
    ----------
    scale : LogScale
        Sizes of the log.
    n_fields : int
        Number of fields.
    positions : iterator of int
        Numbers for the names.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of PlantedField
        Fields with one row of effects for each day.
    """
    cardinality = min(DRIFT_CARDINALITY, scale.max_cardinality)
    information = DRIFT_INFORMATION * scale.label_entropy / max(1.0, n_fields / FULL_STRENGTH_OTHERS)
    fields: list[PlantedField] = []
    for index in range(n_fields):
        exponent = EXPONENTS[(index + 2) % len(EXPONENTS)]
        probabilities = zipf_probabilities(cardinality, exponent)
        effects = np.stack(
            [
                draw_effects(
                    probabilities,
                    rng,
                    share=DRIFT_SHARE,
                    information=information,
                    positive_rate=scale.positive_rate,
                )
                for _ in range(scale.n_days)
            ]
        )
        effects -= (effects @ probabilities)[:, None]  # else days would differ in their share of clicks
        fields.append(
            PlantedField(
                name=field_name(Storage.TEXT, next(positions)),
                role=Role.DRIFT,
                storage=Storage.TEXT,
                cardinality=cardinality,
                exponent=exponent,
                multiplier=name_multiplier(rng),
                effects=effects,
                information=effect_information(effects[0], probabilities, positive_rate=scale.positive_rate),
            )
        )
    return fields


def leaking_fields(*, positions: Iterator[int], rng: np.random.Generator) -> list[PlantedField]:
    """Two fields that were written after the click.

    Parameters
    ----------
    positions : iterator of int
        Numbers for the names.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of PlantedField
        One that repeats the label, and one that is null without a click.
    """
    return [
        _silent_field(Role.LEAK_ECHO, 2, positions=positions, rng=rng),
        _silent_field(Role.LEAK_NULLS, LEAK_CARDINALITY, positions=positions, rng=rng),
    ]


def _silent_field(
    role: Role, cardinality: int, *, positions: Iterator[int], rng: np.random.Generator
) -> PlantedField:
    return PlantedField(
        name=field_name(Storage.TEXT, next(positions)),
        role=role,
        storage=Storage.TEXT,
        cardinality=cardinality,
        exponent=0.0,
        multiplier=name_multiplier(rng),
    )
