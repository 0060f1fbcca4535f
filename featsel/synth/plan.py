"""Which fields does a planted log get, and how strong are they?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from featsel.core.errors import ConfigError
from featsel.synth.design import LogScale, PlantedLog
from featsel.synth.draw import click_probabilities, draw_codes, planted_log_odds, row_days
from featsel.synth.informative import informative_fields
from featsel.synth.planting import (
    copied_fields,
    drifting_fields,
    interacting_fields,
    leaking_fields,
    noise_fields,
)
from featsel.synth.roles import count_fields

PLAN_STREAM = 0
"""Separates the seed of the design from those of the rows."""

INTERCEPT_STREAM = 2
"""Separates the seed of the sample that fixes the intercept."""

INTERCEPT_ROWS = 262_144
"""Rows of that sample: the share of clicks is off by its spread over the rows, divided by 512."""

INTERCEPT_LIMIT = 30.0
"""Log odds; no effects of a design add up to more."""

MAX_DAYS = 7
"""A week: enough days to hold some back, few enough that each has rows."""


def plan_log(  # noqa: PLR0913 - the options of `featsel synth`
    *,
    n_rows: int = 100_000,
    n_fields: int = 24,
    n_noise: int | None = None,
    n_redundant: int | None = None,
    n_interactions: int | None = None,
    n_drift: int | None = None,
    n_multivalued: int = 0,
    leak: bool = False,
    positive_rate: float = 0.1,
    max_cardinality: int | None = None,
    seed: int = 0,
) -> PlantedLog:
    """Design a log: which fields it has, what each value does to the label, how often clicks occur.

    The same arguments give the same design, and the same rows.

    Parameters
    ----------
    n_rows : int
        Rows of the log, at least 1.
    n_fields : int
        Fields of the log, the label and the day not counted. What the other roles leave is informative.
    n_noise : int, optional
        Fields without any effect; with three or more, one is a row identifier. By default 40 % of the fields.
    n_redundant : int, optional
        Copies of informative fields, one to one and nested in turn. By default a seventh of the fields that
        are not noise.
    n_interactions : int, optional
        Pairs of fields that matter only together. By default a fourteenth likewise.
    n_drift : int, optional
        Fields whose effects are drawn anew every day. By default as many as interactions.
    n_multivalued : int
        Informative fields that hold lists, which CSV cannot.
    leak : bool
        Whether to plant two fields that were written after the click.
    positive_rate : float
        Share of clicks, between 0 and 1.
    max_cardinality : int, optional
        Bound of the cardinality of every field but the identifier, at least 2. By default half the rows.
    seed : int
        Seed, at least 0.

    Returns
    -------
    PlantedLog
        The design.

    Raises
    ------
    ConfigError
        Where a number is out of its range or leaves no room for an informative field.

    Examples
    --------
    >>> plan = plan_log(n_rows=1_000, n_fields=8, n_noise=3)
    >>> sorted(field.role.value for field in plan.fields)  # doctest: +NORMALIZE_WHITESPACE
    ['copy_one_to_one', 'identifier', 'informative', 'informative', 'informative', 'informative',
     'noise', 'noise']
    """
    if max_cardinality is None:
        max_cardinality = max(2, n_rows // 2)
    _require_ranges(n_rows, positive_rate, max_cardinality=max_cardinality, seed=seed)
    counts = count_fields(
        n_fields,
        n_noise,
        n_redundant=n_redundant,
        n_interactions=n_interactions,
        n_drift=n_drift,
        n_multivalued=n_multivalued,
        leak=leak,
    )
    scale = LogScale(n_rows, min(MAX_DAYS, n_rows), positive_rate, max_cardinality)
    rng = np.random.default_rng([seed, PLAN_STREAM])
    order = [int(position) for position in rng.permutation(n_fields) + 1]
    positions = iter(order)
    fields = informative_fields(
        scale, counts.informative, n_multivalued=n_multivalued, positions=positions, rng=rng
    )
    fields += copied_fields(fields, counts.redundant, positions=positions, rng=rng)
    interacting, pairs = interacting_fields(scale, counts.interactions, positions=positions, rng=rng)
    fields += interacting
    fields += drifting_fields(scale, counts.drift, positions=positions, rng=rng)
    fields += noise_fields(scale, counts.noise, positions=positions, rng=rng)
    if leak:
        fields += leaking_fields(positions=positions, rng=rng)
    plan = PlantedLog(
        n_rows=n_rows,
        n_days=scale.n_days,
        positive_rate=positive_rate,
        seed=seed,
        fields=tuple(fields[order.index(position)] for position in range(1, n_fields + 1)),
        pairs=tuple(pairs),
        intercept=0.0,
    )
    return replace(plan, intercept=_fit_intercept(plan))


def _fit_intercept(plan: PlantedLog) -> float:
    """Intercept at which a sample of the rows has the wanted share of clicks."""
    rng = np.random.default_rng([plan.seed, INTERCEPT_STREAM])
    rows = np.arange(INTERCEPT_ROWS) * plan.n_rows // INTERCEPT_ROWS
    paired = {name for pair in plan.pairs for name in (pair.first, pair.second)}
    fields = [field for field in plan.fields if field.effects is not None or field.name in paired]
    codes = draw_codes(fields, rows, rng)
    log_odds = planted_log_odds(fields, plan.pairs, codes, row_days(plan, rows))
    low, high = -INTERCEPT_LIMIT, INTERCEPT_LIMIT
    for _ in range(30):
        middle = (low + high) / 2.0
        if click_probabilities(log_odds + middle).mean() < plan.positive_rate:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _require_ranges(n_rows: int, positive_rate: float, *, max_cardinality: int, seed: int) -> None:
    problems = [
        problem
        for problem, is_found in (
            (f"--rows must be at least 1, found {n_rows}", n_rows < 1),
            (f"--positive-rate must lie between 0 and 1, found {positive_rate}", not 0 < positive_rate < 1),
            (f"--max-cardinality must be at least 2, found {max_cardinality}", max_cardinality < 2),
            (f"--seed must not be negative, found {seed}", seed < 0),
        )
        if is_found
    ]
    if problems:
        raise ConfigError("; ".join(problems), "See featsel synth --help.")
