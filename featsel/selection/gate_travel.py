"""How far can a gate come, and did any?

Adam moves a gate by about its learning rate in a step. At a published rate and on a small log all gates stay
where they were, and their order is chance.
"""

from __future__ import annotations

TRAVELS = 4.0
"""How many times the way that a gate needs the usual one could come: gradients change their sign."""


def usual_rate(way: float, n_steps: int) -> float:
    """Learning rate with which a gate can come far enough.

    Parameters
    ----------
    way : float
        How far that is.
    n_steps : int
        Of the gate, at least 1.

    Returns
    -------
    float
        Four times the way, in so many steps.

    Examples
    --------
    >>> usual_rate(0.5, 1000)
    0.002
    """
    return TRAVELS * way / n_steps


def check_travel(came: float, way: float, *, rate: float, n_steps: int) -> tuple[str, ...]:
    """Say so if no gate came far enough to tell fields apart.

    Parameters
    ----------
    came : float
        Largest distance of a gate from where it started.
    way : float
        How far it takes.
    rate : float
        Learning rate of the gates.
    n_steps : int
        In which they moved.

    Returns
    -------
    tuple of str
        A warning with numbers; empty where half of the way was done.
    """
    if came >= way / 2:
        return ()
    return (
        f"gates hardly moved in {n_steps:,} steps at a gate rate of {rate:.2g}: the largest travel is "
        f"{came:.2g}, and it takes {way:.2g} to tell fields apart; {remedy(rate, usual_rate(way, n_steps))}",
    )


def remedy(rate: float, usual: float) -> str:
    """What to do about gates that did not move.

    Parameters
    ----------
    rate : float
        What they had.
    usual : float
        What they would have had.

    Returns
    -------
    str
        A clause.
    """
    return f"a --gate-lr of {usual:.2g} would do" if rate < usual else "more --gate-epochs may do"
