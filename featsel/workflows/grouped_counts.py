"""How is every field of a ranked log counted once more, apart for each group of rows?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from numpy.typing import NDArray

from featsel.encoding.row_codes import LogCodes
from featsel.engines.pair_cells import PairCells, count_cells
from featsel.workflows.ranked_log import RankedLog

Measured = TypeVar("Measured")


def measure_by_group(
    ranked: RankedLog,
    names: Sequence[str],
    groups: tuple[NDArray[Any], int],
    *,
    task: str,
    measure: Callable[[PairCells], Measured],
) -> dict[str, Measured]:
    """Measure fields by their counts in each group of rows.

    Parameters
    ----------
    ranked : RankedLog
        The log.
    names : sequence of str
        The fields.
    groups : tuple of ndarray of unsigned integers, shape (n_rows,), and int
        Group of each row, and how many there are.
    task : str
        What it is, for a person.
    measure : callable
        From the cells of code (first), group (second) and label to what is wanted. It may run for several
        fields at once.

    Returns
    -------
    dict of str to what ``measure`` gives
        By field, in the order of ``names``. Of a field of lists, entries are counted.
    """
    codes = ranked.codes()
    labels, weights = codes.labels(), codes.weights()

    def measured(name: str) -> Measured:
        return measure(_cells(codes, name, *groups, labels=labels, weights=weights))

    ranked.reporter.start(task, len(names))
    found: dict[str, Measured] = {}
    with ThreadPoolExecutor(ranked.resources.n_threads) as pool:
        for name, each in zip(names, pool.map(measured, names), strict=True):
            found[name] = each
            ranked.reporter.advance(1)
    return found


def _cells(
    codes: LogCodes,
    name: str,
    groups: NDArray[Any],
    n_groups: int,
    *,
    labels: NDArray[Any],
    weights: NDArray[Any],
) -> PairCells:
    field = codes.of_entries(name)
    if field.rows is not None:
        groups, labels = groups[field.rows], labels[field.rows]
        weights = weights[field.rows] if weights.size else weights
    return count_cells(field.codes, groups, labels, sizes=(field.n_codes, n_groups), weights=weights)
