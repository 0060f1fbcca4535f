"""Forward information is what earlier rows tell of later ones, and drift is seen."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core.counts import ContingencyTable
from featsel.engines.pair_cells import PairCells, count_cells
from featsel.ranking.forward import forward_score
from featsel.stats import usable_information


def cells_of(values, periods, labels, weights=None):
    sizes = int(values.max()) + 1, int(periods.max()) + 1
    more = {} if weights is None else {"weights": weights}
    return count_cells(values, periods, labels.astype(np.uint8), sizes=sizes, **more)


def plant(seed, n_rows, effects, *, levels):
    """Rows of a field with ``effects[period][value]``, in log odds."""
    rng = np.random.default_rng(seed)
    effects, levels = np.asarray(effects), np.asarray(levels)
    periods = np.sort(rng.integers(0, len(effects), n_rows))
    values = rng.integers(0, effects.shape[1], n_rows)
    log_odds = effects[periods, values] + levels[periods]
    return values, periods, rng.random(n_rows) < 1 / (1 + np.exp(-log_odds))


def by_rows(values, periods, labels):
    """Forward information by loops over rows and earlier rows."""
    level_of, gain, n_rows = {}, 0.0, 0
    for period in range(int(periods.max()) + 1):
        today, before = periods == period, periods < period
        rate = labels[today].mean()
        shifts = {}
        if before.any():
            table = np.array(
                [[(labels[before & (values == v)] == y).sum() for y in (0, 1)] for v in set(values[before])]
            )
            prior = max(
                usable_information(ContingencyTable(table, np.ones(len(table), int))).prior_strength, 1
            )
            for value in set(values[before]):
                rows = np.flatnonzero(before & (values == value))
                expected = sum(level_of[periods[row]] for row in rows)
                level = expected / rows.size
                smooth = level
                if math.isfinite(prior):
                    smooth = (labels[rows].sum() + prior * level) / (rows.size + prior)
                shifts[value] = math.log(smooth / (1 - smooth)) - math.log(level / (1 - level))
        of_rows = np.array([shifts.get(value, 0.0) for value in values[today]])
        low, high = -20.0, 20.0
        for _ in range(80):
            middle = (low + high) / 2
            predicted = 1 / (1 + np.exp(-middle - of_rows))
            low, high = (middle, high) if predicted.mean() < rate else (low, middle)
        level_of[period] = 1 / (1 + math.exp(-middle))
        if period:
            hit = labels[today]
            gain += np.log(np.where(hit, predicted / rate, (1 - predicted) / (1 - rate))).sum()
            n_rows += hit.size
    return gain / n_rows


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_a_loop_over_rows_finds(seed):
    rng = np.random.default_rng(seed)
    effects = np.tile(rng.normal(0, 1.5, 5), (4, 1))
    values, periods, labels = plant(seed, 400, effects, levels=[-1, 0, -0.5, 0.5])
    found = forward_score(cells_of(values, periods, labels), 4)
    assert found.nats == pytest.approx(by_rows(values, periods, labels), rel=1e-6, abs=1e-12)


def test_a_table_by_hand():
    # two values of 10 rows; yesterday 2 and 8 positives, today 3 and 7: log odds -+ delta, level 0
    cells = PairCells(
        np.array([0, 0, 1, 1], np.uint32),
        np.array([0, 1, 0, 1], np.uint32),
        np.array([[8, 2], [7, 3], [2, 8], [3, 7]]),
    )
    yesterday = ContingencyTable(np.array([[8, 2], [2, 8]]), np.array([1, 1]))
    prior = max(usable_information(yesterday).prior_strength, 1.0)
    rate = (8 + prior / 2) / (10 + prior)
    by_hand = 0.7 * math.log(rate / 0.5) + 0.3 * math.log((1 - rate) / 0.5)
    assert forward_score(cells, 2).nats == pytest.approx(by_hand)


def test_the_click_rate_of_all_is_no_merit_and_no_fault():
    effects = np.tile([-1.0, 0.0, 1.0], (5, 1))
    flat = forward_score(cells_of(*plant(0, 50_000, effects, levels=[0, 0, 0, 0, 0])), 5)
    steep = forward_score(cells_of(*plant(0, 50_000, effects, levels=[-1, 1, -1, 1, 0])), 5)
    assert steep.nats / steep.in_time == pytest.approx(flat.nats / flat.in_time, abs=0.25)
    assert steep.drift_p_value > 1e-3
    # a field without effects tells nothing of later rows, though in time it tells the day
    _, periods, labels = plant(1, 20_000, np.zeros((5, 1)), levels=[-2, -1, 0, 1, 2])
    day = forward_score(cells_of(periods, periods, labels), 5)
    assert day.nats == 0.0
    assert day.in_time > 0.1
    assert day.new_share == 1.0


def test_effects_that_stay_are_carried_and_those_drawn_anew_mislead():
    rng = np.random.default_rng(0)
    stays = np.tile(rng.normal(0, 1, 20), (6, 1))
    turns = rng.normal(0, 1, (6, 20))
    lasting, drifting = (
        forward_score(cells_of(*plant(1, 30_000, effects, levels=np.full(6, -1.0))), 6)
        for effects in (stays, turns)
    )
    assert lasting.nats > 0.9 * lasting.in_time
    assert lasting.drift_p_value > 1e-3
    assert drifting.nats < 0
    assert drifting.drift_p_value < 1e-30
    assert drifting.drift_share > 0.5


@pytest.mark.parametrize("seed", range(5))
def test_noise_carries_next_to_nothing(seed):
    rng = np.random.default_rng(seed)
    _, periods, labels = plant(seed, 20_000, np.zeros((5, 1)), levels=np.zeros(5))
    for cardinality in (2, 50, 5_000):
        noise = forward_score(cells_of(rng.integers(0, cardinality, 20_000), periods, labels), 5)
        assert abs(noise.nats) < 1e-3
        assert noise.drift_p_value > 1e-4


@given(st.integers(0, 100))
def test_the_order_of_rows_within_a_period_is_no_matter(seed):
    values, periods, labels = plant(seed, 120, np.zeros((3, 4)), levels=np.zeros(3))
    order = np.lexsort((np.random.default_rng(seed).random(120), periods))
    found, shuffled = (
        forward_score(cells_of(values[each], periods[each], labels[each]), 3)
        for each in (np.arange(120), order)
    )
    assert found == shuffled


def test_counts_of_batches_add_up():
    values, periods, labels = plant(3, 2_000, np.tile([-1.0, 1.0], (3, 1)), levels=np.zeros(3))
    whole = cells_of(values, periods, labels)
    halves = [
        cells_of(*(each[part] for each in (values, periods, labels)))
        for part in (slice(0, None, 2), slice(1, None, 2))
    ]
    added = PairCells(whole.first, whole.second, halves[0].counts + halves[1].counts)
    assert forward_score(added, 3) == forward_score(whole, 3)


def test_weights_are_repeated_rows():
    values, periods, labels = plant(4, 500, np.tile([-1.0, 1.0, 0.0], (3, 1)), levels=np.zeros(3))
    weights = np.random.default_rng(4).integers(1, 4, 500)
    weighed = forward_score(cells_of(values, periods, labels, weights.astype(float)), 3)
    repeated = forward_score(cells_of(*(np.repeat(each, weights) for each in (values, periods, labels))), 3)
    assert weighed.nats == pytest.approx(repeated.nats)
    assert weighed.drift_p_value == pytest.approx(repeated.drift_p_value)


def test_a_period_of_one_label_is_learnt_from_and_not_predicted():
    values = np.tile([0, 1], 60)
    periods = np.repeat([0, 1, 2], 40)
    labels = (values == 1) & (periods != 1)
    labels[[0, 1, 80, 81]] = [True, False, True, False]
    found = forward_score(cells_of(values, periods, labels), 3)
    assert found.nats > 0
    none = forward_score(cells_of(values, periods, np.zeros(120, bool)), 3)
    assert (none.nats, none.in_time, none.drift_p_value, none.new_share) == (0, 0, 1, 0)


def test_few_rows_that_agreed_do_not_ruin_the_prediction():
    # three rows without a click, then one: believed outright, they would cost more than ten nats
    first = np.array([[400, 100], [100, 400], [3, 0]])
    second = np.array([[400, 100], [100, 400], [2, 1]])
    cells = PairCells(
        np.array([0, 0, 1, 1, 2, 2], np.uint32),
        np.array([0, 1] * 3, np.uint32),
        np.stack([first, second], axis=1).reshape(-1, 2),
    )
    assert forward_score(cells, 2).nats > 0.18
