"""Does a field tell the same in every domain: one model, or several?

A domain is a slice of the log: a site, a country, a kind of traffic. In each, the field's own click-rate
table may gain something; one table that all domains share may gain as much. Both are held against the click
rate of the domain, which a model knows either way: what domains differ in as wholes is no field's merit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.engines.pair_cells import PairCells
from featsel.ranking.verdicts import SIGNIFICANCE
from featsel.stats import (
    benjamini_hochberg,
    group,
    independence_p_values,
    mutual_information,
    null_moments,
    p_value,
    usable_information,
)
from featsel.stats.heterogeneity import effect_heterogeneity
from featsel.stats.levels import logistic
from featsel.stats.shared import shared_information

FloatArray = NDArray[np.float64]

DIFFERING_SHARE = 0.5
"""A field differs between domains only if in one of them the shared table misses half of what the field
tells there, or tells elsewhere: over millions of rows every effect differs a little, significantly."""

EVIDENCE_NATS = 7.0
"""Which must not be the luck of few rows: odds of a thousand to one."""

SURE_Z = 4.0
"""Standard deviations above the level in one domain, and below it in another, by which a value turns around:
in a field of ten thousand values that tell nothing one does by chance in a hundred thousand logs."""

ONLY_SHARE = 0.1
"""A field is for one domain only if it surely tells something in no other, or less than a tenth as much, per
row and in sum."""

LEAST_EXPECTED = 5.0
"""Rows of each label that a value needs for that: of fewer, a standard deviation says little."""


class DomainVerdict(StrEnum):
    """For whom a field tells something."""

    SHARED = "shared"
    DIFFERS = "differs"
    DOMAIN_ONLY = "domain-only"
    NOISE = "noise"


@dataclass(frozen=True, eq=False)
class DomainScores:
    """What one field tells in each domain, and over all.

    Parameters
    ----------
    usable, corrected : ndarray of float64, shape (n_domains,)
        Usable and corrected mutual information in each domain, nats a row.
    sums : ndarray of float64, shape (n_domains,)
        Usable information of all rows of each domain, nats.
    p_values : ndarray of float64, shape (n_domains,)
        Of the mutual information in each domain.
    within : float
        Usable information of each domain's own table, nats a row of all.
    within_p_value : float
        Of the mutual information in all domains together.
    shared : float
        Usable information of one table for all, over the click rates of the domains, nats a row.
    differing_share : float
        Information that the domain gives beside the value, over that and the shared, from 0 to 1.
    differing_p_value : float
        Chance of as much if effects are the same everywhere.
    n_apart : int
        Domains in which their own table gains much more than the shared one.
    n_reversed : int
        Values whose effect is surely positive in one domain and surely negative in another.
    """

    usable: FloatArray
    corrected: FloatArray
    sums: FloatArray
    p_values: FloatArray
    within: float
    within_p_value: float
    shared: float
    differing_share: float
    differing_p_value: float
    n_apart: int
    n_reversed: int


@dataclass(frozen=True)
class DomainField:
    """Place of a field in a domain.

    Parameters
    ----------
    name : str
        Of the field.
    rank : int
        From 1: significant fields first, then by usable information.
    usable_information, corrected_mutual_information : float
        Nats a row of the domain.
    q_value : float
        Benjamini-Hochberg adjusted over all fields in all domains.
    """

    name: str
    rank: int
    usable_information: float
    corrected_mutual_information: float
    q_value: float


@dataclass(frozen=True)
class FieldDomains:
    """For whom a field tells something.

    Parameters
    ----------
    name : str
        Of the field.
    pooled_information : float
        Usable information of one table for all domains, nats a row.
    within_information : float
        Usable information of a table for each domain, nats a row.
    n_informative : int
        Domains in which it tells something, significantly.
    differing_share : float
        Share of what it tells that needs the domain.
    differing_q_value : float
        Benjamini-Hochberg adjusted over the fields.
    n_reversed : int
        Values whose effect turns around.
    verdict : DomainVerdict
        In a word.
    """

    name: str
    pooled_information: float
    within_information: float
    n_informative: int
    differing_share: float
    differing_q_value: float
    n_reversed: int
    verdict: DomainVerdict

    @property
    def ratio(self) -> float | None:
        """Within over pooled; None where one table for all tells nothing."""
        return self.within_information / self.pooled_information if self.pooled_information > 0 else None


@dataclass(frozen=True)
class DomainRanking:
    """All fields in all domains.

    Parameters
    ----------
    domains : tuple of tuple of DomainField
        Fields of each domain in rank order.
    fields : tuple of FieldDomains
        In the order in which they were given.
    """

    domains: tuple[tuple[DomainField, ...], ...]
    fields: tuple[FieldDomains, ...]

    @property
    def own_tables_gain(self) -> float | None:
        """What own tables for each domain tell over one for all, summed over the fields, less 1.

        None where one table tells nothing.
        """
        telling = [field for field in self.fields if field.verdict is not DomainVerdict.NOISE]
        pooled = sum(field.pooled_information for field in telling)
        within = sum(field.within_information for field in telling)
        return within / pooled - 1.0 if pooled > 0 else None


def domain_scores(cells: PairCells, n_domains: int) -> DomainScores:
    """Score a field in each domain and over all.

    Parameters
    ----------
    cells : PairCells
        Counts of the field's codes (first) by domain (second); rows of domains from ``n_domains`` on count
        for nothing.
    n_domains : int
        Domains, each with rows of both labels.

    Returns
    -------
    DomainScores
        Without the q-values, which depend on the other fields.
    """
    is_used = cells.second < n_domains
    order = np.lexsort((cells.second[is_used], cells.first[is_used]))
    values, domains = (each[is_used][order].astype(np.int64) for each in (cells.first, cells.second))
    counts = cells.counts[is_used][order]
    tables = [_table(counts[domains == domain]) for domain in range(n_domains)]
    n_rows = np.array([table.total for table in tables])
    observed = np.array([mutual_information(table) for table in tables])
    expected, sd = null_moments(tables)
    p_values = independence_p_values(tables, observed, (expected, sd))
    usable = np.array([usable_information(table).nats for table in tables])
    # information of disjoint rows adds up, and so do its mean and variance under independence; a field of
    # one value has none of either but rounding
    shares = np.where([table.n_values > 1 for table in tables], n_rows / n_rows.sum(), 0.0)
    within_p_value = p_value(
        float(shares @ observed), float(shares @ expected), float(np.sqrt(shares**2 @ sd**2))
    )
    shared = shared_information(values, domains, counts)
    differing = effect_heterogeneity(values, domains, counts)
    lost = max(0.0, differing.nats)
    gap = usable - shared.gains
    is_apart = (gap * n_rows >= EVIDENCE_NATS) & (gap >= DIFFERING_SHARE * np.maximum(usable, shared.nats))
    return DomainScores(
        usable,
        observed - expected,
        usable * n_rows,
        p_values,
        float(np.dot(shares, usable)),
        float(within_p_value),
        shared.nats,
        lost / (lost + shared.nats) if lost > 0 else 0.0,
        differing.test.p_value,
        int(is_apart.sum()),
        _count_reversed(values, domains, counts, shared.levels),
    )


def rank_domains(scores: Mapping[str, DomainScores]) -> DomainRanking:
    """Rank the fields of each domain, and say for whom each tells something.

    Parameters
    ----------
    scores : mapping of str to DomainScores
        Of each field, at least one.

    Returns
    -------
    DomainRanking
        A field differs if its effects do, significantly, and in some domain the shared table misses
        half of what it tells; it is for one domain only if besides it tells nothing in the others.
    """
    names = list(scores)
    q_values = benjamini_hochberg(np.concatenate([scores[name].p_values for name in names]))
    by_field = q_values.reshape(len(names), -1)
    anywhere = benjamini_hochberg([_anywhere(scores[name]) for name in names])
    differing = benjamini_hochberg([scores[name].differing_p_value for name in names])
    fields: list[FieldDomains] = []
    for index, name in enumerate(names):
        score = scores[name]
        is_informative = by_field[index] <= SIGNIFICANCE
        q_value = float(differing[index])
        verdict = _verdict(
            score, is_informative=is_informative, anywhere=float(anywhere[index]), differing=q_value
        )
        fields.append(
            FieldDomains(
                name,
                score.shared,
                score.within,
                int(is_informative.sum()),
                score.differing_share,
                q_value,
                score.n_reversed if verdict is DomainVerdict.DIFFERS else 0,
                verdict,
            )
        )
    domains = [_in_domain(names, scores, by_field, domain) for domain in range(by_field.shape[1])]
    return DomainRanking(tuple(domains), tuple(fields))


def _anywhere(score: DomainScores) -> float:
    """p-value of the field telling anything: in all domains together, or in the one where it does most."""
    one = score.p_values.size * float(score.p_values.min())
    return min(1.0, 2.0 * min(score.within_p_value, one))


def _verdict(
    score: DomainScores, *, is_informative: NDArray[np.bool_], anywhere: float, differing: float
) -> DomainVerdict:
    is_weak = (score.usable < ONLY_SHARE * score.usable.max()) & (score.sums < ONLY_SHARE * score.sums.max())
    is_single = int((is_informative & ~is_weak).sum()) == 1
    if differing <= SIGNIFICANCE and score.n_apart:
        return DomainVerdict.DOMAIN_ONLY if is_single else DomainVerdict.DIFFERS
    return DomainVerdict.SHARED if anywhere <= SIGNIFICANCE else DomainVerdict.NOISE


def _in_domain(
    names: Sequence[str], scores: Mapping[str, DomainScores], q_values: FloatArray, domain: int
) -> tuple[DomainField, ...]:
    def place(index: int) -> tuple[bool, float, str]:
        name = names[index]
        return q_values[index, domain] > SIGNIFICANCE, -scores[name].usable[domain], name

    return tuple(
        DomainField(
            names[index],
            rank,
            float(scores[names[index]].usable[domain]),
            float(scores[names[index]].corrected[domain]),
            float(q_values[index, domain]),
        )
        for rank, index in enumerate(sorted(range(len(names)), key=place), start=1)
    )


def _table(counts: NDArray[np.int64 | np.float64]) -> ContingencyTable:
    return group(ContingencyTable(counts, np.ones(len(counts), np.int64)))


def _count_reversed(
    values: NDArray[np.int64],
    domains: NDArray[np.int64],
    counts: NDArray[np.int64 | np.float64],
    levels: FloatArray,
) -> int:
    """Values that are surely above the level of one domain and below that of another."""
    rows, rates = counts.sum(axis=1).astype(np.float64), logistic(levels)[domains]
    is_large = rows * np.minimum(rates, 1.0 - rates) >= LEAST_EXPECTED
    z = (counts[:, 1] - rows * rates) / np.sqrt(np.maximum(rows * rates * (1.0 - rates), LEAST_EXPECTED / 2))
    above, below = (np.bincount(values, is_large & is_beyond) for is_beyond in (z >= SURE_Z, z <= -SURE_Z))
    return int(((above > 0) & (below > 0)).sum())
