"""Values become domains where they have rows enough."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from featsel.ranking.slices import MOST_DOMAINS, cut_slices


def rows(*sizes):
    """Rows of values, of which (negatives, positives) are given."""
    codes = np.concatenate([np.full(sum(size), code) for code, size in enumerate(sizes)])
    labels = np.concatenate([np.repeat([0, 1], size) for size in sizes])
    return codes, labels.astype(np.uint8)


def test_values_with_few_rows_or_hardly_a_label_share_a_domain():
    found = cut_slices(*rows((180, 20), (500, 19), (100, 99), (200, 50), (30, 1)))
    assert found.kept == (3, 0)
    assert found.n_pooled == 3
    assert found.n_domains == 3
    assert found.n_rows.tolist() == [250, 200, 749]
    assert found.n_positive.tolist() == [50, 20, 119]
    assert found.domains[0] == 1
    assert found.domains[-1] == 2


def test_what_is_too_little_even_together_is_left_out():
    found = cut_slices(*rows((300, 300), (300, 200), (50, 50)))
    assert (found.n_domains, found.n_pooled, found.n_left_out, found.n_rows_left_out) == (2, 0, 1, 100)
    assert (found.domains[-100:] == 2).all()


def test_no_more_domains_than_a_person_reads():
    found = cut_slices(*rows(*[(100, 100)] * (MOST_DOMAINS + 10)))
    assert len(found.kept) == MOST_DOMAINS
    assert found.n_pooled == 10


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=8))
def test_every_row_is_in_one_domain_or_left_out(sizes):
    codes, labels = rows(*sizes)
    if not codes.size:
        return
    found = cut_slices(codes, labels)
    counted = np.bincount(found.domains, minlength=found.n_domains + 1)
    assert counted[: found.n_domains].tolist() == found.n_rows.tolist()
    assert counted[found.n_domains :].sum() == found.n_rows_left_out
    assert found.n_rows.sum() + found.n_rows_left_out == codes.size
