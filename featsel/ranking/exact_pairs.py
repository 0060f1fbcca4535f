"""Which pairs of fields deserve an exact count, and what does it say?

Coarse codes merge rare values, so they may miss what two wide fields have in common. Pairs that matter are
counted again with all their values: those with much in common, and those of which coarse codes hide most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from featsel.engines.coarse_codes import N_OWN
from featsel.engines.joint_codes import CountedCodes, count_jointly
from featsel.ranking.clusters import PARTNER_REDUNDANCY
from featsel.ranking.field_pairs import PairScreen, certain_redundancy
from featsel.stats.pairs import Margin, entropy, expected_pair_information

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ALL_CELLS = 10**9
"""Rows times pairs up to which all pairs are counted exactly: some seconds."""

MOST_CELLS = 10**10
"""Rows times pairs that are counted exactly at all: about a minute and a half of one core."""

WORTH_COUNTING = 0.3
"""Redundancy in coarse codes from which a pair is counted again: well below what makes a cluster."""

MOSTLY_HIDDEN = 0.5
"""Share of the rows in values that share coarse codes, from which these say too little of two fields."""


class Relation(StrEnum):
    """How the values of two fields go together."""

    ONE_TO_ONE = "one_to_one"
    NESTED = "nested"
    OVERLAPPING = "overlapping"


@dataclass(frozen=True)
class FieldPair:
    """What two fields have in common.

    Parameters
    ----------
    fields : tuple of str
        Their names, the better-ranked one first.
    redundancy : float
        Share of the smaller entropy that they have in common beyond chance, from 0 to 1.
    mutual_information : float
        Plug-in mutual information of the two, nats.
    expected_mutual_information : float
        What independent fields of these counts would show, nats.
    relation : Relation
        How their values go together.
    determines : str or None
        Of nested fields, the one whose value gives the other's.
    """

    fields: tuple[str, str]
    redundancy: float
    mutual_information: float
    expected_mutual_information: float
    relation: Relation
    determines: str | None


@dataclass(frozen=True, eq=False)
class ExactPairs:
    """What some pairs of fields have in common, counted with all their values.

    Parameters
    ----------
    pairs : ndarray of int64, shape (n_pairs, 2)
        Indexes of fields, the lower one first.
    information, expected : ndarray of float64, shape (n_pairs,)
        Plug-in mutual information and what independent fields of these counts would show, nats.
    redundancy : ndarray of float64, shape (n_pairs,)
        Share of the smaller entropy in common beyond chance; 0 where it may be chance.
    """

    pairs: IntArray
    information: FloatArray
    expected: FloatArray
    redundancy: FloatArray


def hidden_share(counts: IntArray) -> float:
    """Share of a field's rows whose values share coarse codes.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_codes,)
        Rows of each code, the most frequent first.

    Returns
    -------
    float
        0 for fields of few values.
    """
    return float(counts[N_OWN:].sum() / counts.sum())


def pairs_worth_counting(
    screen: PairScreen, *, hidden: FloatArray, nested: NDArray[np.bool_], n_rows: int
) -> tuple[IntArray, int]:
    """Choose the pairs that are counted exactly.

    Parameters
    ----------
    screen : PairScreen
        What coarse codes say.
    hidden : ndarray of float64, shape (n_fields,)
        See :func:`hidden_share`.
    nested : ndarray of bool, shape (n_fields, n_fields)
        Whether the first field determines the second.
    n_rows : int
        Rows to count.

    Returns
    -------
    tuple of ndarray of int64, shape (n_pairs, 2), and int
        The pairs, and how many more there would have been, had their number times ``n_rows`` no limit.
    """
    shared = screen.redundancy
    first, second = np.triu_indices(len(shared), 1)
    most = shared.max(axis=1, initial=0.0)
    weight = shared[first, second].copy()
    # of each field, the pair with its strongest partner: that is what is said of the field
    is_strongest = (weight > 0) & ((weight == most[first]) | (weight == most[second]))
    is_hidden = np.minimum(hidden[first], hidden[second]) >= MOSTLY_HIDDEN
    is_nested = nested[first, second] | nested[second, first]
    weight += np.where(is_hidden | is_strongest, WORTH_COUNTING, 0.0) + is_nested
    order = np.argsort(-weight, kind="stable")
    if first.size * n_rows > ALL_CELLS:
        order = order[weight[order] >= WORTH_COUNTING]
    taken = np.sort(order[: max(MOST_CELLS // n_rows, 1)])
    return np.column_stack([first[taken], second[taken]]).astype(np.int64), order.size - taken.size


def count_exactly(
    read: Callable[[int], CountedCodes], pairs: IntArray, margins: Sequence[Margin], *, n_threads: int
) -> ExactPairs:
    """Count pairs of fields with all their values.

    Parameters
    ----------
    read : callable
        Gives the codes of a field by its index, quickly if it was asked for lately.
    pairs : ndarray of int64, shape (n_pairs, 2)
        Indexes of fields, in ascending order.
    margins : sequence of Margin
        Of all fields, by index.
    n_threads : int
        Pairs that are counted at once.

    Returns
    -------
    ExactPairs
        In the order of ``pairs``.
    """
    n_rows = margins[0].n_rows

    def joint_entropy(pair: IntArray) -> float:
        joint = count_jointly(read(int(pair[0])), read(int(pair[1])))
        return entropy(joint.sum_n_log_n, n_rows)

    with ThreadPoolExecutor(n_threads) as pool:
        joint = np.fromiter(pool.map(joint_entropy, pairs), np.float64, len(pairs))
    entropies = np.array([each.entropy for each in margins])
    first, second = entropies[pairs[:, 0]], entropies[pairs[:, 1]]
    information = np.maximum(first + second - joint, 0.0)
    expected = expected_pair_information(margins)[pairs[:, 0], pairs[:, 1]]
    n_pairs = len(margins) * (len(margins) - 1) // 2
    shared = certain_redundancy(
        information, expected, np.minimum(first, second), n_rows=n_rows, n_pairs=n_pairs
    )
    return ExactPairs(pairs, information, expected, shared)


def field_pairs(names: Sequence[str], exact: ExactPairs, nested: NDArray[np.bool_]) -> tuple[FieldPair, ...]:
    """Describe the pairs that have something in common.

    Parameters
    ----------
    names : sequence of str
        The fields, best first.
    exact : ExactPairs
        Pairs that were counted.
    nested : ndarray of bool, shape (n_fields, n_fields)
        Whether the first field determines the second.

    Returns
    -------
    tuple of FieldPair
        Those of a redundancy of one tenth or more and all nested ones; the most redundant pair first, equals
        by rank.
    """
    found: list[FieldPair] = []
    for place, pair in enumerate(exact.pairs):
        first, second = int(pair[0]), int(pair[1])
        forward, backward = bool(nested[first, second]), bool(nested[second, first])
        if not (forward or backward or exact.redundancy[place] >= PARTNER_REDUNDANCY):
            continue
        relation = Relation.OVERLAPPING
        determines: str | None = None
        if forward and backward:
            relation = Relation.ONE_TO_ONE
        elif forward or backward:
            relation = Relation.NESTED
            determines = names[first] if forward else names[second]
        found.append(
            FieldPair(
                (names[first], names[second]),
                float(exact.redundancy[place]),
                float(exact.information[place]),
                float(exact.expected[place]),
                relation,
                determines,
            )
        )
    # rounding must not order what is equal
    return tuple(sorted(found, key=lambda pair: -round(pair.redundancy, 9)))
