"""Tables of redundancy show the most redundant pairs and say what they leave out."""

from featsel.ranking.clusters import Cluster
from featsel.ranking.exact_pairs import FieldPair, Relation
from featsel.report.redundancy import MOST_PAIRS, clusters_table, pairs_table


def pair(place):
    return FieldPair((f"a{place}", f"b{place}"), 1 - place / 100, 0.5, 0.1, Relation.NESTED, f"a{place}")


def test_a_few_pairs_are_all_shown():
    table = pairs_table([pair(0)], ["Said of all."])
    assert table.rows == (("a0", "b0", 1.0, 0.5, 0.1, "nested", "a0"),)
    assert table.notes[-1] == "Said of all."


def test_of_many_pairs_the_rest_is_counted():
    table = pairs_table([pair(place) for place in range(MOST_PAIRS + 7)])
    assert len(table.rows) == MOST_PAIRS
    assert table.notes == ("7 more are in the JSON document.",)


def test_without_pairs_the_title_says_so():
    assert pairs_table([]).title == "No two fields go together"


def test_a_group_names_the_field_to_keep_and_the_others():
    table = clusters_table([Cluster(("a", "b", "c"), "a", 0.25)])
    assert table.rows == (("a", 3, "b, c", 0.25),)
