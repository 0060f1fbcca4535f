"""Which tables and sentences show for whom a field tells something?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from featsel.ranking.domains import DomainField, DomainRanking, DomainVerdict, FieldDomains
from featsel.ranking.verdicts import SIGNIFICANCE
from featsel.report.ranking import NAME_WIDTH, counted, percent
from featsel.report.table import Align, Column, Table

DOMAIN_STYLES = {
    DomainVerdict.SHARED.value: "cyan",
    DomainVerdict.DIFFERS.value: "bold red",
    DomainVerdict.DOMAIN_ONLY.value: "yellow",
    DomainVerdict.NOISE.value: "dim",
}
"""Terminal style of each verdict."""

MOST_NAMED = 3
"""Fields of a domain that its line names."""

EVEN = 0.05
"""Own and shared tables that tell so nearly the same are called even."""


@dataclass(frozen=True)
class Domain:
    """One domain, as people see it.

    Parameters
    ----------
    value : str
        The value of its rows.
    n_rows : int
        How many.
    positive_rate : float
        Share of them with a positive label.
    """

    value: str
    n_rows: int
    positive_rate: float


def fields_by_domain(name: str, ranking: DomainRanking) -> Table:
    """For whom each field tells something.

    Parameters
    ----------
    name : str
        Column of the domains.
    ranking : DomainRanking
        What to show.

    Returns
    -------
    Table
        One row per field, with the answer to "one model or several?" below.
    """
    columns = (
        Column("field", wrap_at=NAME_WIDTH),
        Column(
            "pooled_information", Align.RIGHT, "z.6f", "nat", "Gain of one click-rate table for all domains."
        ),
        Column(
            "within_information", Align.RIGHT, "z.6f", "nat", "Gain of a click-rate table for each domain."
        ),
        Column("ratio", Align.RIGHT, ".2f", explanation="Within over pooled information."),
        Column("informative_domains", Align.RIGHT, explanation="Domains in which it tells something."),
        Column(
            "differing_share",
            Align.RIGHT,
            ".1%",
            explanation="Share of what it tells that needs the domain.",
            drop_order=2,
        ),
        Column(
            "reversed_values",
            Align.RIGHT,
            explanation="Values that are surely good in one domain and surely bad in another.",
            drop_order=1,
        ),
        Column("verdict", styles=DOMAIN_STYLES),
    )
    rows = tuple(
        (
            field.name,
            field.pooled_information,
            field.within_information,
            field.ratio,
            field.n_informative,
            field.differing_share,
            field.n_reversed,
            field.verdict.value,
        )
        for field in ranking.fields
    )
    return Table(f"For whom, by {name}", columns, rows, (one_or_several(ranking),))


def domains_table(name: str, domains: Sequence[Domain], ranking: DomainRanking) -> Table:
    """What tells most in each domain.

    Parameters
    ----------
    name : str
        Column of the domains.
    domains : sequence of Domain
        In order.
    ranking : DomainRanking
        Their fields.

    Returns
    -------
    Table
        One row per domain.
    """
    columns = (
        Column("domain", wrap_at=NAME_WIDTH),
        Column("rows", Align.RIGHT, ","),
        Column("positive_rate", Align.RIGHT, ".2%"),
        Column("informative_fields", Align.RIGHT),
        Column("best_fields", wrap_at=NAME_WIDTH),
    )
    rows = tuple(
        (domain.value, domain.n_rows, domain.positive_rate, *_best(fields))
        for domain, fields in zip(domains, ranking.domains, strict=True)
    )
    return Table(f"Domains of {name}", columns, rows)


def one_or_several(ranking: DomainRanking) -> str:
    """Answer to the question whether domains should share a model.

    Parameters
    ----------
    ranking : DomainRanking
        What is known.

    Returns
    -------
    str
        A sentence with numbers.
    """
    telling = [field for field in ranking.fields if field.verdict is not DomainVerdict.NOISE]
    gain = ranking.own_tables_gain
    if gain is None:
        return _without_shared(telling)
    if abs(gain) < EVEN:
        answer, told = "either", "as much as"
    else:
        answer = "several" if gain > 0 else "one"
        told = f"{percent(abs(gain))} {'more' if gain > 0 else 'less'} than"
    pooled = sum(field.pooled_information for field in telling) * 1000
    within = sum(field.within_information for field in telling) * 1000
    return (
        f"One model or several? {answer.capitalize()}: own tables for each domain tell {told} one for all "
        f"({within:.3f} against {pooled:.3f} mnat over {counted(len(telling), 'field')}){_named(telling)}"
    )


def _without_shared(telling: Sequence[FieldDomains]) -> str:
    if not telling:
        return "One model or several? No field tells anything within a domain"
    return f"One model or several? Several: one table for all tells nothing{_named(telling)}"


def _named(telling: Sequence[FieldDomains]) -> str:
    differing = [
        field.name for field in telling if field.verdict in {DomainVerdict.DIFFERS, DomainVerdict.DOMAIN_ONLY}
    ]
    if not differing:
        return ""
    rest = f" and {len(differing) - MOST_NAMED} more" if len(differing) > MOST_NAMED else ""
    return f"; differing: {', '.join(map(repr, differing[:MOST_NAMED]))}{rest}"


def _best(fields: Sequence[DomainField]) -> tuple[int, str]:
    significant = [field.name for field in fields if field.q_value <= SIGNIFICANCE]
    return len(significant), ", ".join(significant[:MOST_NAMED])
