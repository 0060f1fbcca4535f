"""The screen of all pairs says of coarse codes what scikit-learn says of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

from featsel.engines.coarse_codes import CoarseCodes, coarse
from featsel.ranking import field_pairs
from featsel.ranking.field_pairs import screen_pairs

N_ROWS = 4000


@pytest.fixture(scope="module")
def codes():
    rng = np.random.default_rng(2)
    base = np.minimum(rng.geometric(0.05, N_ROWS) - 1, 255)
    columns = [
        base,
        np.where(rng.random(N_ROWS) < 0.5, base, rng.permutation(base)),
        base % 3,
        rng.integers(0, 200, N_ROWS),
        rng.integers(0, 2, N_ROWS),
        (rng.random(N_ROWS) < 0.002).astype(int),
        np.zeros(N_ROWS, int),
    ]
    labels = (columns[4] + base) % 2 ^ (rng.random(N_ROWS) < 0.1)
    return CoarseCodes(np.stack(columns).astype(np.uint8), labels.astype(np.uint8))


@pytest.fixture(scope="module")
def screen(codes):
    return screen_pairs(codes)


@pytest.mark.parametrize("pair", [(0, 1), (0, 2), (1, 2)])
def test_redundancy_is_the_adjusted_mutual_information(codes, screen, pair):
    first, second = codes.codes[list(pair)]
    expected = adjusted_mutual_info_score(first, second, average_method="min")
    assert screen.redundancy[pair] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("pair", [(0, 3), (0, 4), (3, 4), (4, 5), (0, 6), (5, 6)])
def test_independent_fields_and_constants_share_nothing(screen, pair):
    assert screen.redundancy[pair] == 0.0


def corrected_label_information(values, labels):
    chance = expected_mutual_information(contingency_matrix(values, labels, sparse=True), labels.size)
    return mutual_info_score(values, labels) - chance


@pytest.mark.parametrize("pair", [(0, 4), (0, 1), (0, 2), (2, 4)])
def test_synergy_is_what_both_tell_beyond_what_each_tells(codes, screen, pair):
    first, second = codes.codes[list(pair)].astype(int)
    together = corrected_label_information(first * 256 + second, codes.labels)
    alone = sum(corrected_label_information(values, codes.labels) for values in (first, second))
    assert screen.synergy[pair] == pytest.approx(together - alone, abs=1e-6)


def test_synergy_is_positive_for_an_interaction_and_takes_a_copy_s_information_away():
    rng = np.random.default_rng(0)
    value, other = rng.integers(0, 2, (2, N_ROWS), np.uint8)
    labels = (value ^ (rng.random(N_ROWS) < 0.2)).astype(np.uint8)
    copied = screen_pairs(CoarseCodes(np.stack([value, value]), labels))
    assert copied.synergy[0, 1] == pytest.approx(-corrected_label_information(value, labels), abs=1e-6)
    crossed = screen_pairs(CoarseCodes(np.stack([value, other]), value ^ other))
    assert crossed.synergy[0, 1] > 0.68  # nearly the bit, .693 nats


@pytest.mark.parametrize("n_at_once", [1, 4, 21])
def test_pairs_that_are_scored_in_parts_have_the_same_redundancy(codes, screen, monkeypatch, n_at_once):
    monkeypatch.setattr(field_pairs, "PAIRS_AT_ONCE", n_at_once)
    np.testing.assert_array_equal(screen_pairs(codes).redundancy, screen.redundancy)


def test_the_chance_of_many_pairs_takes_no_more_memory_than_that_of_a_part(codes, monkeypatch):
    sizes = []
    p_value = field_pairs.p_value

    def watched(information, mean, sd):
        sizes.append(information.size)
        return p_value(information, mean, sd)

    monkeypatch.setattr(field_pairs, "PAIRS_AT_ONCE", 4)
    monkeypatch.setattr(field_pairs, "p_value", watched)
    screen_pairs(codes)
    assert max(sizes) == 4
    assert sum(sizes) == 21


def test_matrices_are_symmetric_with_an_empty_diagonal(screen):
    for matrix in (screen.redundancy, screen.synergy):
        assert np.array_equal(matrix, matrix.T)
        assert not np.diag(matrix).any()


@pytest.mark.parametrize("change", ["rows permuted", "values renamed"])
def test_neither_the_order_of_rows_nor_names_of_values_matter(codes, screen, change):
    rng = np.random.default_rng(1)
    if change == "rows permuted":
        order = rng.permutation(N_ROWS)
        other = CoarseCodes(np.ascontiguousarray(codes.codes[:, order]), codes.labels[order])
    else:
        other = CoarseCodes(rng.permutation(256).astype(np.uint8)[codes.codes], codes.labels)
    found = screen_pairs(other)
    np.testing.assert_allclose(found.redundancy, screen.redundancy, atol=1e-9)
    np.testing.assert_allclose(found.synergy, screen.synergy, atol=1e-9)


@given(seed=st.integers(0, 1000), sizes=st.tuples(*[st.integers(2, 2000)] * 2))
def test_merging_values_never_adds_information(seed, sizes):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, sizes[0], 500)
    second = (first + rng.integers(0, 3, 500)) % sizes[1]
    full = mutual_info_score(first, second)
    assert mutual_info_score(coarse(first), coarse(second)) <= full + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_among_many_noise_fields_nothing_is_shared(seed):
    rng = np.random.default_rng(seed)
    sizes = [2, 3, 10, 50, 200, 256] * 5
    columns = [np.minimum(rng.geometric(2 / size, 2000), size) - 1 for size in sizes]
    columns += [(rng.random(2000) < 0.002).astype(int) for _ in range(20)]
    codes = CoarseCodes(np.stack(columns).astype(np.uint8), rng.integers(0, 2, 2000, np.uint8))
    assert not screen_pairs(codes).redundancy.any()
