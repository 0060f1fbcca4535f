"""For whom a field tells something is shown in tables, and a question is answered in a sentence."""

import pytest

from featsel.ranking.domains import DomainField, DomainRanking, DomainVerdict, FieldDomains
from featsel.report.domains import Domain, domains_table, fields_by_domain, one_or_several


def field(name, pooled, within, verdict):
    return FieldDomains(name, pooled, within, 2, 0.1, 0.5, 0, DomainVerdict(verdict))


def ranking(*fields):
    entries = tuple(DomainField(each.name, rank, 0.1, 0.1, 0.001) for rank, each in enumerate(fields, 1))
    noise = DomainField("noise", len(fields) + 1, 0.0, 0.0, 0.9)
    return DomainRanking(((*entries, noise),), fields)


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        (
            [("site", 0.010, 0.008, "shared"), ("noise", 0.0, 1.0, "noise")],
            "One model or several? One: own tables for each domain tell 20 % less than one for all (8.000 "
            "against 10.000 mnat over 1 field)",
        ),
        (
            [("site", 0.010, 0.010, "shared"), ("user", 0.010, 0.025, "differs")],
            "One model or several? Several: own tables for each domain tell 75 % more than one for all "
            "(35.000 against 20.000 mnat over 2 fields); differing: 'user'",
        ),
        (
            [("site", 0.010, 0.0101, "shared")],
            "One model or several? Either: own tables for each domain tell as much as one for all (10.100 "
            "against 10.000 mnat over 1 field)",
        ),
        (
            [("site", 0.0, 0.01, "differs")],
            "One model or several? Several: one table for all tells nothing; differing: 'site'",
        ),
        (
            [("noise", 0.001, 0.001, "noise")],
            "One model or several? No field tells anything within a domain",
        ),
    ],
)
def test_one_model_or_several_is_answered_with_numbers(fields, answer):
    assert one_or_several(ranking(*(field(*each) for each in fields))) == answer


def test_of_many_differing_fields_a_few_are_named():
    found = one_or_several(ranking(*(field(f"f{index}", 0.1, 0.2, "differs") for index in range(5))))
    assert found.endswith("differing: 'f0', 'f1', 'f2' and 2 more")


def test_tables_have_a_line_for_each_field_and_for_each_domain():
    found = ranking(field("site", 0.010, 0.020, "differs"), field("rare", 0.0, 0.001, "domain-only"))
    of_fields = fields_by_domain("country", found)
    assert [(row[0], row[3], row[-1]) for row in of_fields.rows] == [
        ("site", 2.0, "differs"),
        ("rare", None, "domain-only"),
    ]
    assert of_fields.notes == (one_or_several(found),)
    of_domains = domains_table("country", [Domain("de", 100, 0.25)], found)
    assert of_domains.rows == (("de", 100, 0.25, 2, "site, rare"),)
