"""How are the informative fields made, and how strong is each?"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from featsel.synth.design import NULL_SHARES, LogScale, PlantedField, Role, Storage
from featsel.synth.draw import TAG_SLOTS
from featsel.synth.effects import draw_effects, effect_information
from featsel.synth.values import field_name, name_multiplier
from featsel.synth.zipf import EXPONENTS, log_spaced_cardinalities, zipf_probabilities

MAX_INFORMATIVE_CARDINALITY = 20_000
"""A table of effects is kept for each informative field; the design must not grow with the log."""

ROWS_PER_VALUE = 20
"""Rows for each value of an informative field; with fewer, its effects cannot be told from chance."""

STRONGEST = 0.06
"""Information of the strongest informative field, as a share of the label's entropy."""

SPREAD = 20.0
"""How many times the strongest informative field outweighs the weakest: easy and hard ones to find."""

FULL_STRENGTH_FIELDS = 12
"""Beyond so many informative fields each is weaker, else together they would decide every label."""

DETECTABLE_Z = 20.0
"""Standard deviations above chance that each informative field would reach in a log of this length; the
effects of the other fields blur that to about ten."""

SHORT_LOG_LIFT = 3.0
"""A short log may lift a field to this multiple of the strongest for :data:`DETECTABLE_Z`, not beyond."""

PLANTED_SHARES = (0.05, 0.2)
"""Share of the values of an informative field that have an effect: most are neutral, as in real logs."""

AMOUNT_BANDS = 20
"""Neighbouring amounts share an effect, as prices do."""

AMOUNTS_PER_BAND = 50
"""Distinct amounts in each band."""


def informative_fields(
    scale: LogScale,
    n_fields: int,
    *,
    n_multivalued: int,
    positions: Iterator[int],
    rng: np.random.Generator,
) -> list[PlantedField]:
    """Fields in which some values have an effect, from few to many values and from strong to weak.

    Parameters
    ----------
    scale : LogScale
        Sizes of the log.
    n_fields : int
        Number of fields, at least 1.
    n_multivalued : int
        How many of them hold lists.
    positions : iterator of int
        Numbers for the names.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of PlantedField
        With an amount among them if there are three, and an integer if there are four.
    """
    weakness = max(1.0, n_fields / FULL_STRENGTH_FIELDS)
    strongest = STRONGEST * scale.label_entropy / weakness
    highest = min(
        scale.max_cardinality, MAX_INFORMATIVE_CARDINALITY, int(scale.n_rows / ROWS_PER_VALUE / weakness)
    )
    cardinalities = log_spaced_cardinalities(4, highest, n_fields)
    informations = rng.permutation(np.geomspace(strongest, strongest / SPREAD, n_fields))
    storages = [Storage.TEXT] * n_fields
    if n_fields >= 3:
        storages[1], cardinalities[1] = Storage.AMOUNT, AMOUNT_BANDS
    if n_fields >= 4:
        storages[2] = Storage.INTEGER
    storages[n_fields - n_multivalued :] = [Storage.TAGS] * n_multivalued

    fields: list[PlantedField] = []
    for index, (storage, cardinality) in enumerate(zip(storages, cardinalities, strict=True)):
        is_plain = storage in (Storage.TEXT, Storage.INTEGER)
        null_share = NULL_SHARES[index % len(NULL_SHARES)] if is_plain else 0.0
        exponent = 0.0 if storage is Storage.AMOUNT else EXPONENTS[index % len(EXPONENTS)]
        chance = math.sqrt(2.0 * cardinality) / (2.0 * scale.n_rows)
        detectable = min(DETECTABLE_Z * chance, SHORT_LOG_LIFT * strongest)
        effects, probabilities = _steady_effects(
            storage,
            cardinality,
            exponent,
            information=max(float(informations[index]), detectable) / (1.0 - null_share),
            positive_rate=scale.positive_rate,
            rng=rng,
        )
        information = effect_information(effects, probabilities, positive_rate=scale.positive_rate)
        fields.append(
            PlantedField(
                name=field_name(storage, next(positions)),
                role=Role.INFORMATIVE,
                storage=storage,
                cardinality=effects.size,
                exponent=exponent,
                multiplier=name_multiplier(rng),
                null_share=null_share,
                effects=effects[None, :],
                information=information * (1.0 - null_share),
            )
        )
    return fields


def _steady_effects(
    storage: Storage,
    cardinality: int,
    exponent: float,
    *,
    information: float,
    positive_rate: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effects and frequencies of all values of an informative field."""
    n_repeats = AMOUNTS_PER_BAND if storage is Storage.AMOUNT else 1
    if storage is Storage.TAGS:
        in_slot = zipf_probabilities(max(1, cardinality // TAG_SLOTS), exponent)
        probabilities = np.repeat(in_slot, TAG_SLOTS) / TAG_SLOTS
    else:
        probabilities = zipf_probabilities(cardinality, exponent)
    effects = draw_effects(
        probabilities,
        rng,
        share=rng.uniform(*PLANTED_SHARES),
        information=information,
        positive_rate=positive_rate,
    )
    return np.repeat(effects, n_repeats), np.repeat(probabilities, n_repeats) / n_repeats
