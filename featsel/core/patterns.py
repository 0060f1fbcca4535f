"""Which names does a user mean who writes shell patterns?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from fnmatch import fnmatchcase

WILDCARDS = frozenset("*?[")


def name_matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Test of names by patterns.

    Parameters
    ----------
    patterns : iterable of str
        Shell patterns. Most are plain names, of which there may be as many as columns: a feature config names
        every field, and a wide log has millions of pairs of a name and a pattern.

    Returns
    -------
    callable
        Whether a name matches any of them, its case heeded.

    Examples
    --------
    >>> is_meant = name_matcher(["site_*", "hour"])
    >>> [is_meant(name) for name in ("site_id", "hour", "hours")]
    [True, True, False]
    """
    wild: list[str] = []
    plain: set[str] = set()
    for pattern in patterns:
        if _is_plain(pattern):
            plain.add(pattern)
        else:
            wild.append(pattern)
    return lambda name: name in plain or any(fnmatchcase(name, pattern) for pattern in wild)


def matches_any(pattern: str, names: Collection[str]) -> bool:
    """Whether a pattern matches one of some names; a set of them is looked up at once.

    Parameters
    ----------
    pattern : str
        A shell pattern.
    names : collection of str
        Names.

    Returns
    -------
    bool
        False where there are none.
    """
    return pattern in names if _is_plain(pattern) else any(fnmatchcase(name, pattern) for name in names)


def _is_plain(pattern: str) -> bool:
    return WILDCARDS.isdisjoint(pattern)
