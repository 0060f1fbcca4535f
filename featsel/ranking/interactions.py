"""Which pairs of fields tell of the label what neither tells alone?

All pairs are screened on coarse codes, on a sample of rows where there are very many, and none is left out
because its fields are silent by themselves. The most striking ones are then scored exactly, on all rows with
all values. Significance decides whether a pair is an interaction, and what a cross of the two fields gains on
held-out rows decides the order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from featsel.encoding.row_codes import RowCodes
from featsel.engines.coarse_codes import CoarseCodes, coarse_codes, sample_rows
from featsel.engines.pair_cells import count_cells
from featsel.engines.pair_screen import screen_pairs
from featsel.engines.pairs import images
from featsel.ranking.pair_scores import PairScores, score_pair
from featsel.stats import benjamini_hochberg

FALSE_DISCOVERIES = 0.01
"""Share of wrong ones among the pairs that are called interactions (Benjamini & Hochberg)."""

SCREENED_ROWS = 4 * 10**10
"""Pairs times rows of the first screening at most: about 20 seconds of one processor."""

FEW_CODES = 32
"""Codes of the first screening: a table stays in the first-level cache, and scoring it costs little beside
counting it."""

SURVIVORS = 10_000
"""Pairs that are screened again, on all rows with 256 codes: some ten seconds of one processor at 200,000
rows."""

PARTNERS = 3
"""Best partners of each field that are screened again as well: a field with few rows that are not null has
weak pairs only, and may still have a true one."""

EXACT_PAIRS = 100
EXACT_FOR_EACH = 5
"""Pairs that are scored exactly, at least, and for each one that is asked for."""

PAIRS_AT_ONCE = 256
"""Pairs that a thread takes."""


GLANCE_ROWS = 4096
"""Rows that show of most pairs of fields that neither determines the other."""


@dataclass(frozen=True)
class Interaction:
    """Two fields and what they tell together.

    Parameters
    ----------
    first, second : str
        Their names, in the order in which fields were given.
    scores : PairScores
        Exact, from all rows.
    q_value : float
        The p-value adjusted for all pairs, screened ones included (Benjamini & Hochberg).
    known_from : str, optional
        A field whose value determines both: it says by itself what the two say together.
    """

    first: str
    second: str
    scores: PairScores
    q_value: float
    known_from: str | None = None

    @property
    def is_significant(self) -> bool:
        """Whether chance alone hardly makes it."""
        return self.q_value <= FALSE_DISCOVERIES


@dataclass(frozen=True)
class Interactions:
    """The best pairs of a log.

    Parameters
    ----------
    pairs : tuple of Interaction
        Best first: significant ones before others, among them those that no field determines, then by usable
        synergy.
    n_pairs : int
        Pairs that were looked at.
    n_exact : int
        Those of them that were scored on all rows with all values.
    """

    pairs: tuple[Interaction, ...]
    n_pairs: int
    n_exact: int


def find_interactions(
    names: Sequence[str],
    read: Callable[[str], RowCodes],
    labels: NDArray[np.uint8],
    *,
    top: int,
    seed: int = 0,
    n_threads: int = 1,
    memory_bytes: int = 1 << 30,
    advance: Callable[[int], None] = lambda _: None,
) -> Interactions:
    """Find the pairs of fields that tell most of the label beyond both parts.

    Parameters
    ----------
    names : sequence of str
        Fields, none of them constant.
    read : callable
        Gives the codes of a field, one for each row; threads call it at once.
    labels : ndarray of uint8, shape (n_rows,)
        0 or 1, both present.
    top : int
        How many pairs are wanted.
    seed : int
        Of the rows that are sampled.
    n_threads : int
        Threads; results do not depend on it.
    memory_bytes : int
        Aim for codes that are kept in memory.
    advance : callable
        Told how many pairs were done, of all pairs and those that are scored exactly.

    Returns
    -------
    Interactions
        ``top`` pairs, fewer where there are not as many.
    """
    pairs = np.array(list(combinations(range(len(names)), 2)), np.int64).reshape(-1, 2)
    n_exact = min(max(EXACT_PAIRS, EXACT_FOR_EACH * top), len(pairs))
    kept = pairs
    kept_codes = _Codes(read, memory_bytes // 2)
    with ThreadPoolExecutor(n_threads) as pool:
        if n_exact < len(pairs):
            coarse = _coarse(names, read, labels, seed=seed, n_threads=n_threads, memory=memory_bytes)
            kept = _screened(coarse, pairs, pool, n_kept=n_exact, seed=seed)
        advance(len(pairs) - len(kept))
        scores = _score(names, kept, kept_codes, labels, pool, advance)
    p_values = np.ones(len(pairs))
    p_values[: len(kept)] = [each.p_value for each in scores]
    found = [
        Interaction(names[first], names[second], score, float(q))
        for (first, second), score, q in zip(
            kept.tolist(), scores, benjamini_hochberg(p_values)[: len(kept)], strict=True
        )
    ]
    return Interactions(tuple(_best(found, names, kept_codes, top=top)), len(pairs), len(kept))


def _best(
    found: Sequence[Interaction], names: Sequence[str], codes: Callable[[str], RowCodes], *, top: int
) -> list[Interaction]:
    new: list[Interaction] = []
    known: list[Interaction] = []
    for pair in sorted(found, key=_place):
        if len(new) == top or (not pair.is_significant and len(new) + len(known) >= top):
            break
        source = _source(pair, names, codes) if pair.is_significant else None
        (new if source is None else known).append(replace(pair, known_from=source))
    n_significant = sum(pair.is_significant for pair in new)
    return [*new[:n_significant], *known, *new[n_significant:]][:top]


def _place(pair: Interaction) -> tuple[bool, float, float, str, str]:
    usable = pair.scores.usable_synergy if pair.is_significant else 0.0
    return not pair.is_significant, -usable, -pair.scores.z, pair.first, pair.second


def _source(pair: Interaction, names: Sequence[str], codes: Callable[[str], RowCodes]) -> str | None:
    parts = codes(pair.first), codes(pair.second)
    for name in names:
        if name not in {pair.first, pair.second} and all(_determines(codes(name), part) for part in parts):
            return name
    return None


def _determines(field: RowCodes, other: RowCodes) -> bool:
    """Whether rows of one code of a field have one code of the other."""
    if field.n_codes < other.n_codes:
        return False
    for rows in (slice(GLANCE_ROWS), slice(None)):
        first, second = (each.codes[rows].astype(np.uint32) for each in (field, other))
        if images(first, second, n_first=field.n_codes) is None:
            return False
    return True


def _coarse(
    names: Sequence[str],
    read: Callable[[str], RowCodes],
    labels: NDArray[np.uint8],
    *,
    seed: int,
    n_threads: int,
    memory: int,
) -> CoarseCodes:
    # all rows of all fields, a byte each, if they fit into half of the memory
    rows = sample_rows(labels.size, max(memory // 2 // len(names), 1), seed=seed)
    return coarse_codes(lambda name: read(name).codes, names, labels, rows=rows, n_threads=n_threads)


def _screened(
    coarse: CoarseCodes, pairs: NDArray[np.int64], pool: ThreadPoolExecutor, *, n_kept: int, seed: int
) -> NDArray[np.int64]:
    """Pairs of the highest z, in their old order."""
    n_second = max(SURVIVORS, 2 * n_kept)
    if n_second < len(pairs):
        z = _z_values(_thinned(coarse, max(SCREENED_ROWS // len(pairs), 1), seed=seed), pairs, pool)
        is_kept = np.zeros(len(pairs), np.bool_)
        is_kept[np.argsort(-z, kind="stable")[:n_second]] = True
        is_kept[_best_partners(pairs, z, coarse.n_fields)] = True
        pairs = pairs[is_kept]
    z = _z_values(coarse, pairs, pool)
    return pairs[np.sort(np.argsort(-z, kind="stable")[:n_kept])]


def _thinned(coarse: CoarseCodes, most: int, *, seed: int) -> CoarseCodes:
    rows = sample_rows(coarse.n_rows, most, seed=seed)
    codes = coarse.codes if rows is None else coarse.codes[:, rows]
    labels = coarse.labels if rows is None else coarse.labels[rows]
    # a field of more codes keeps half of them apart
    own, few = np.uint8(FEW_CODES // 2), np.uint8(FEW_CODES - FEW_CODES // 2)
    is_wide = codes.max(axis=1) >= FEW_CODES
    folded = codes.copy()
    folded[is_wide] = np.where(codes[is_wide] < own, codes[is_wide], own + codes[is_wide] % few)
    return CoarseCodes(folded, labels)


def _z_values(coarse: CoarseCodes, pairs: NDArray[np.int64], pool: ThreadPoolExecutor) -> NDArray[np.float64]:
    if coarse.labels.min(initial=1) == coarse.labels.max(initial=0):
        return np.zeros(len(pairs))
    n_codes = coarse.codes.max(axis=1).astype(np.int64) + 1

    def screen(start: int) -> NDArray[np.float64]:
        some = pairs[start : start + PAIRS_AT_ONCE]
        return screen_pairs(coarse.codes, coarse.labels, some, n_codes=n_codes)

    return np.concatenate(list(pool.map(screen, range(0, len(pairs), PAIRS_AT_ONCE))))


def _best_partners(pairs: NDArray[np.int64], z: NDArray[np.float64], n_fields: int) -> NDArray[np.int64]:
    """Indexes of the best pairs of each field."""
    table = np.full((n_fields, n_fields), -np.inf)
    index = np.zeros((n_fields, n_fields), np.int64)
    for a, b in ((0, 1), (1, 0)):
        table[pairs[:, a], pairs[:, b]] = z
        index[pairs[:, a], pairs[:, b]] = np.arange(len(pairs))
    best = np.argsort(-table, axis=1, kind="stable")[:, : min(PARTNERS, n_fields - 1)]
    return np.unique(np.take_along_axis(index, best, axis=1))


class _Codes:
    """Codes of fields, kept as long as there is room."""

    def __init__(self, read: Callable[[str], RowCodes], most_bytes: int) -> None:
        self._read = read
        self._room = most_bytes
        self._kept: dict[str, RowCodes] = {}

    def __call__(self, name: str) -> RowCodes:
        codes = self._kept.get(name)
        if codes is None:
            codes = self._read(name)
            if codes.codes.nbytes <= self._room and name not in self._kept:
                self._room -= codes.codes.nbytes
                self._kept[name] = codes
        return codes


def _score(
    names: Sequence[str],
    pairs: NDArray[np.int64],
    codes: Callable[[str], RowCodes],
    labels: NDArray[np.uint8],
    pool: ThreadPoolExecutor,
    advance: Callable[[int], None],
) -> list[PairScores]:
    def score(pair: list[int]) -> PairScores:
        first, second = (codes(names[field]) for field in pair)
        cells = count_cells(first.codes, second.codes, labels, sizes=(first.n_codes, second.n_codes))
        # rows are counted, not their weights
        counts = cells.counts.astype(np.int64, copy=False)
        return score_pair(cells.first, cells.second, counts, sizes=(first.n_codes, second.n_codes))

    scores: list[PairScores] = []
    for scored in pool.map(score, pairs.tolist()):
        scores.append(scored)
        advance(1)
    return scores
