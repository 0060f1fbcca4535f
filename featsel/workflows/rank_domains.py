"""For whom does each field of a ranked log tell something?"""

from __future__ import annotations

from dataclasses import asdict

from featsel.core.errors import DataError
from featsel.ranking.domains import DomainRanking, FieldDomains, domain_scores, rank_domains
from featsel.ranking.slices import LEAST_OF_LABEL, LEAST_ROWS, Slices, cut_slices
from featsel.report.domains import Domain, domains_table, fields_by_domain, one_or_several
from featsel.workflows.grouped_counts import measure_by_group
from featsel.workflows.ranked_log import Analysis, RankedLog

OTHER = "other"
"""Domain of the values that are too small for one of their own."""


def look_by_domain(ranked: RankedLog, *, by: str) -> Analysis:
    """Rank every field within every domain, and say for which domains it tells something.

    Parameters
    ----------
    ranked : RankedLog
        The log.
    by : str
        Field of one value a row; its values, or its bins if it is numeric, are the domains.

    Returns
    -------
    Analysis
        Two tables, and all numbers under the key ``by``. The field itself has no part in them.

    Raises
    ------
    DataError
        There are not two domains with rows enough, or no other field.
    """
    codes = ranked.codes()
    values = codes.of_rows(by)
    slices = cut_slices(values.codes, codes.labels())
    if slices.n_domains < 2:
        raise DataError(
            f"--by {by!r}: {len(slices.kept)} of its {values.n_codes:,} values have {LEAST_ROWS} rows, "
            f"{LEAST_OF_LABEL} of either label among them",
            "It takes two domains to compare: name a column with fewer values, or give more rows.",
        )
    names = codes.names_of_rows(by)
    others = [scored for scored in ranked.ranking.fields if scored.name != by]
    if not others:
        raise DataError(f"--by {by!r}: it is the only field", "Give a log with others to rank by it.")
    found = rank_domains(
        measure_by_group(
            ranked,
            [scored.name for scored in others],
            (slices.domains, slices.n_domains + (slices.n_rows_left_out > 0)),
            task=f"ranking {slices.n_domains} domains",
            measure=lambda cells: domain_scores(cells, slices.n_domains),
        )
    )
    _note(ranked, by, slices, found)
    texts = [*(names[code] for code in slices.kept), *([OTHER] if slices.n_pooled else [])]
    domains = [
        Domain(text, int(n_rows), int(n_positive) / int(n_rows))
        for text, n_rows, n_positive in zip(texts, slices.n_rows, slices.n_positive, strict=True)
    ]
    content = {
        "name": by,
        "own_tables_gain": found.own_tables_gain,
        "values_pooled": slices.n_pooled,
        "rows_left_out": slices.n_rows_left_out,
        "domains": [
            {
                "value": domain.value,
                "rows": domain.n_rows,
                "positive_rate": domain.positive_rate,
                "fields": [asdict(field) for field in fields],
            }
            for domain, fields in zip(domains, found.domains, strict=True)
        ],
        "fields": [_entry(field) for field in found.fields],
    }
    return Analysis(
        content={"by": content}, tables=(fields_by_domain(by, found), domains_table(by, domains, found))
    )


def _note(ranked: RankedLog, by: str, slices: Slices, found: DomainRanking) -> None:
    if slices.n_pooled:
        ranked.reporter.note(
            f"--by {by!r}: {len(slices.kept)} domains; its {slices.n_pooled:,} other values are one, "
            f"{OTHER!r}, of {int(slices.n_rows[-1]):,} rows"
        )
    if slices.n_left_out:
        ranked.reporter.note(
            f"--by {by!r}: {slices.n_rows_left_out:,} rows of {slices.n_left_out:,} small values are left "
            f"out: even together they are not {LEAST_ROWS} with {LEAST_OF_LABEL} of either label"
        )
    ranked.reporter.note(one_or_several(found))


def _entry(field: FieldDomains) -> dict[str, object]:
    return {
        "name": field.name,
        "pooled_information": field.pooled_information,
        "within_information": field.within_information,
        "ratio": field.ratio,
        "n_informative": field.n_informative,
        "differing_share": field.differing_share,
        "differing_q_value": field.differing_q_value,
        "reversed_values": field.n_reversed,
        "verdict": field.verdict,
    }
