from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.synth.effects import MAX_EFFECT, draw_effects, effect_information
from featsel.synth.zipf import zipf_probabilities


def test_information_of_a_hand_worked_table():
    # clicks 1/2 and 3/4: 5/8 overall, so I = H(5/8) - (H(1/2) + H(3/4)) / 2
    information = effect_information(np.array([0.0, np.log(3.0)]), np.array([0.5, 0.5]), positive_rate=0.5)

    assert information == pytest.approx(0.661563 - (0.693147 + 0.562335) / 2, abs=1e-6)


@given(st.integers(4, 3_000), st.sampled_from([0.0, 0.8, 1.05, 1.3]), st.integers(0, 2**32))
def test_drawn_effects_reach_the_information_or_their_bound(cardinality, exponent, seed):
    probabilities = zipf_probabilities(cardinality, exponent)

    effects = draw_effects(
        probabilities, np.random.default_rng(seed), share=0.1, information=0.005, positive_rate=0.1
    )

    reached = effect_information(effects, probabilities, positive_rate=0.1)
    largest = np.abs(effects).max()
    assert largest <= MAX_EFFECT + 1e-9
    assert reached == pytest.approx(0.005, rel=1e-6) or largest == pytest.approx(MAX_EFFECT)


def test_common_and_rare_values_have_effects_and_most_have_none():
    effects = draw_effects(
        zipf_probabilities(1_000, 1.0),
        np.random.default_rng(0),
        share=0.1,
        information=0.01,
        positive_rate=0.1,
    )

    planted = np.flatnonzero(effects)
    assert planted.size == 100
    assert planted[0] < 3
    assert planted[-1] >= 990
