"""Clusters are the connected groups of redundant fields."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from featsel.ranking.clusters import CLUSTER_REDUNDANCY, find_clusters, strongest_partners


def matrix(n_fields, links):
    shared = np.zeros((n_fields, n_fields))
    for first, second, value in links:
        shared[first, second] = shared[second, first] = value
    return shared


def test_the_best_ranked_field_represents_a_group():
    clusters = find_clusters(list("abcde"), matrix(5, [(1, 3, 1.0), (3, 4, 0.95), (1, 4, 0.2), (0, 2, 0.8)]))
    (cluster,) = clusters
    assert cluster.fields == ("b", "d", "e")
    assert cluster.representative == "b"
    assert cluster.least_redundancy == 0.2


@given(st.integers(0, 1000))
def test_fields_are_together_exactly_where_links_lead_from_one_to_the_other(seed):
    rng = np.random.default_rng(seed)
    shared = np.triu(np.where(rng.random((9, 9)) < 0.15, rng.uniform(0.8, 1, (9, 9)), 0), 1)
    shared += shared.T
    names = list("abcdefghi")
    reachable = (
        np.linalg.matrix_power((shared >= CLUSTER_REDUNDANCY).astype(int) + np.eye(9, dtype=int), 9) > 0
    )
    groups = {
        tuple(name for name, is_in in zip(names, row, strict=True) if is_in) for row in reachable.tolist()
    }
    clusters = find_clusters(names, shared)
    assert {cluster.fields for cluster in clusters} == {group for group in groups if len(group) > 1}
    assert [cluster.representative for cluster in clusters] == sorted(c.representative for c in clusters)


def test_the_strongest_partner_is_named_and_of_equals_the_better_one():
    shared = matrix(4, [(0, 2, 1.0), (1, 2, 1.0), (0, 1, 0.3), (2, 3, 0.05)])
    assert strongest_partners(shared) == [2, 2, 0, None]
