"""What is a bin called? Its interval, in the values file of a feature config."""

from __future__ import annotations

from collections.abc import Sequence


def bin_name(edges: Sequence[float], index: int) -> str:
    """Interval of one bin, with edges that read back exactly.

    Parameters
    ----------
    edges : sequence of float
        Ascending inner edges.
    index : int
        From 0 to ``len(edges)``; bin ``index`` holds ``edges[index - 1] <= x < edges[index]``.

    Returns
    -------
    str
        Closed on the left, open on the right; bins of other edges have other names.

    Raises
    ------
    IndexError
        There is no such bin.

    Examples
    --------
    >>> [bin_name((0.5, 9.0), index) for index in range(3)]
    ['(-inf, 0.5)', '[0.5, 9)', '[9, inf)']
    """
    if not 0 <= index <= len(edges):
        raise IndexError(f"bin {index} of {len(edges) + 1}")
    left = f"[{_number(edges[index - 1])}" if index > 0 else "(-inf"
    right = _number(edges[index]) if index < len(edges) else "inf"
    return f"{left}, {right})"


def _number(edge: float) -> str:
    # numpy's scalars are floats too, but their own repr names their type
    return float.__repr__(float(edge)).removesuffix(".0")
