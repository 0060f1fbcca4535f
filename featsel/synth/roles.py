"""How many fields of each role does a planted log get?"""

from __future__ import annotations

from dataclasses import dataclass

from featsel.core.errors import ConfigError

LEAK_FIELDS = 2
"""Fields of ``--leak``: one repeats the label, the other shows it by its nulls."""

NOISE_SHARE = 0.4
"""Noise among the fields, where the user names no number."""

COPY_SHARE = 1 / 7
"""Copies among the fields that are not noise, where the user names no number."""

PLANTED_SHARE = 1 / 14
"""Interactions, and drifting fields, among the fields that are not noise, likewise."""


@dataclass(frozen=True)
class RoleCounts:
    """Fields of each role.

    Parameters
    ----------
    informative : int
        Fields with an effect of their own, tags among them.
    noise : int
        Fields without any effect, the identifier among them.
    redundant : int
        Copies of informative fields.
    interactions : int
        Pairs of fields that have an effect only together.
    drift : int
        Fields whose effects change every day.
    leaks : int
        Fields that are written after the click.
    """

    informative: int
    noise: int
    redundant: int
    interactions: int
    drift: int
    leaks: int


def count_fields(
    n_fields: int,
    n_noise: int | None,
    *,
    n_redundant: int | None,
    n_interactions: int | None,
    n_drift: int | None,
    n_multivalued: int,
    leak: bool,
) -> RoleCounts:
    """Share the fields of a log among the roles; what the other roles leave is informative.

    Parameters
    ----------
    n_fields : int
        Fields of the log.
    n_noise, n_redundant, n_interactions, n_drift : int or None
        Fields (or pairs) of each role; None for a share of ``n_fields``.
    n_multivalued : int
        Informative fields that hold lists.
    leak : bool
        Whether to plant leaks.

    Returns
    -------
    RoleCounts
        At least one informative field.

    Raises
    ------
    ConfigError
        Where a number is negative or the other roles leave no room for an informative field.
    """
    noise = round(NOISE_SHARE * n_fields) if n_noise is None else n_noise
    others = max(0, n_fields - noise)
    leaks = LEAK_FIELDS if leak else 0
    redundant = round(COPY_SHARE * others) if n_redundant is None else n_redundant
    interactions = int(PLANTED_SHARE * others) if n_interactions is None else n_interactions
    drift = int(PLANTED_SHARE * others) if n_drift is None else n_drift
    counts = RoleCounts(
        informative=n_fields - noise - redundant - 2 * interactions - drift - leaks,
        noise=noise,
        redundant=redundant,
        interactions=interactions,
        drift=drift,
        leaks=leaks,
    )
    _require_no_negative(counts, n_multivalued=n_multivalued)
    _require_room(n_fields, counts, n_multivalued=n_multivalued)
    return counts


def _require_no_negative(counts: RoleCounts, *, n_multivalued: int) -> None:
    asked = {
        "--noise": counts.noise,
        "--redundant": counts.redundant,
        "--interactions": counts.interactions,
        "--drift": counts.drift,
        "--multivalued": n_multivalued,
    }
    negative = [f"{option} {number}" for option, number in asked.items() if number < 0]
    if negative:
        raise ConfigError(f"a number of fields is negative: {', '.join(negative)}", "Use 0 to plant none.")


def _require_room(n_fields: int, counts: RoleCounts, *, n_multivalued: int) -> None:
    needed = n_multivalued + 1  # copies need a source that is no list
    if counts.informative >= needed:
        return
    taken = n_fields - counts.informative
    wanted = (
        "an informative field"
        if n_multivalued == 0
        else f"an informative field and {n_multivalued} multivalued"
    )
    raise ConfigError(
        f"--fields {n_fields} leaves no room for {wanted}: "
        f"--noise {counts.noise}, --redundant {counts.redundant}, "
        f"--interactions {counts.interactions} (2 fields each), --drift {counts.drift} and "
        f"{'--leak' if counts.leaks else 'no --leak'} ({counts.leaks} fields) take {taken}",
        f"Ask for --fields {taken + needed} or more, or plant fewer others.",
    )
