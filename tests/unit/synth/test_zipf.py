from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.synth.zipf import zipf_codes, zipf_probabilities

cardinalities = st.integers(1, 2_000)
exponents = st.one_of(st.just(0.0), st.just(1.0), st.floats(0.1, 2.5))


@given(cardinalities, exponents)
def test_probabilities_sum_to_one_and_never_increase(cardinality, exponent):
    probabilities = zipf_probabilities(cardinality, exponent)

    assert probabilities.sum() == pytest.approx(1.0)
    assert (np.diff(probabilities) <= 1e-12).all()


@given(cardinalities, exponents)
def test_codes_stay_within_the_cardinality(cardinality, exponent):
    codes = zipf_codes(np.array([0.0, 0.5, np.nextafter(1.0, 0.0)]), cardinality, exponent)

    assert codes.min() == 0
    assert codes.max() < cardinality


@pytest.mark.parametrize("exponent", [0.0, 0.8, 1.0, 1.3])
def test_codes_have_their_probabilities(exponent):
    n_rows, cardinality = 200_000, 50
    uniforms = np.random.default_rng(0).random(n_rows)

    counts = np.bincount(zipf_codes(uniforms, cardinality, exponent), minlength=cardinality)

    expected = n_rows * zipf_probabilities(cardinality, exponent)
    chi_square = ((counts - expected) ** 2 / expected).sum()
    n_free = cardinality - 1
    assert chi_square < n_free + 4 * np.sqrt(2 * n_free)  # mean and standard deviation of the law
