"""Orders of halves say how sure an order is, and whether what it puts first is any good."""

import numpy as np
import pytest

from featsel.core.counts import FieldCounts
from featsel.core.schema import Field, FieldKind
from featsel.engines.block_cells import deal_blocks
from featsel.engines.pair_cells import count_cells
from featsel.ranking.rank_fields import rank_fields
from featsel.ranking.scores import Score
from featsel.ranking.stability import N_BLOCKS, draw_pairs, judge_stability, measure_halves
from featsel.stats import contingency_table

N_ROWS = 20_000


def studied(codes, labels, score, *, n_resamples=60, seed=0):
    """Stability of a ranking of fields given as codes."""
    counts = [
        FieldCounts(
            name, contingency_table(column, labels, column.max() + 1), len(set(column.tolist())), N_ROWS, 0
        )
        for name, column in codes.items()
    ]
    fields = [Field(name, FieldKind.CATEGORICAL, "") for name in codes]
    label = contingency_table(np.zeros(N_ROWS, int), labels, 1)
    ranking = rank_fields(fields, counts, label=label, n_rows=N_ROWS, score=score)
    blocks = deal_blocks(N_ROWS, N_BLOCKS, seed=seed)
    pairs = draw_pairs((n_resamples + 1) // 2, seed=seed)
    halves = [
        measure_halves(
            count_cells(
                codes[field.name],
                blocks,
                labels.astype(np.uint8),
                sizes=(codes[field.name].max() + 1, N_BLOCKS),
            ),
            pairs,
            score,
        )
        for field in ranking.fields
    ]
    return ranking, judge_stability(ranking, halves, n_resamples)


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(3)
    labels = (rng.random(N_ROWS) < 0.2).astype(np.int64)
    codes = {
        name: np.where(rng.random(N_ROWS) < share, labels, rng.integers(0, 5, N_ROWS))
        for name, share in {"strong": 0.3, "twin": 0.2, "other_twin": 0.2, "weak": 0.06}.items()
    }
    codes["row_id"] = np.arange(N_ROWS)
    codes |= {f"noise_{n_values}": rng.integers(0, n_values, N_ROWS) for n_values in (2, 40, 9000)}
    return codes, labels


def test_a_sure_rank_has_a_narrow_interval_and_twins_share_theirs(planted):
    ranking, stability = studied(*planted, Score.USABLE)
    intervals = stability.fields
    assert ranking.fields[0].name == "strong"
    assert (intervals["strong"].rank_low, intervals["strong"].rank_high) == (1, 1)
    for name in ("twin", "other_twin"):
        assert (intervals[name].rank_low, intervals[name].rank_high) == (2, 3)
    assert (intervals["weak"].rank_low, intervals["weak"].rank_high) == (4, 4)


def test_intervals_hold_rank_and_score_of_the_whole_log(planted):
    ranking, stability = studied(*planted, Score.CORRECTED)
    for field in ranking.fields:
        interval = stability.fields[field.name]
        assert interval.rank_low <= field.rank <= interval.rank_high
        assert interval.score_low <= field.score <= interval.score_high


def test_the_spread_of_halves_is_the_standard_error(planted):
    codes, labels = planted
    ranking, stability = studied({"strong": codes["strong"]}, labels, Score.CORRECTED, n_resamples=400)
    field = ranking.fields[0]
    interval = stability.fields[field.name]
    # 90 % of a normal distribution; 63 free blocks know its spread to 9 %, three of them are 27 %
    assert interval.score_high - interval.score_low == pytest.approx(2 * 1.645 * field.score_se, rel=0.27)


def test_the_right_fields_are_stable_and_good(planted):
    _, stability = studied(*planted, Score.USABLE)
    (top,) = (top for top in stability.tops if top.size == 4)
    assert top.agreement.index == 1
    assert top.significant_share == 1
    assert top.usable_information > 0.005


def test_plain_information_is_stable_on_noise_and_worth_nothing():
    rng = np.random.default_rng(4)
    labels = (rng.random(N_ROWS) < 0.2).astype(np.int64)
    codes = {f"noise_{n:05}": rng.integers(0, n, N_ROWS) for n in (2, 5, 20, 100, 400, 1500, 5000, 12_000)}
    by_plain = studied(codes, labels, Score.MI)[1].tops[0]
    assert by_plain.size == 5
    assert by_plain.agreement.index == 1
    # q < .01 finds something in one half of a hundred; the gain of noise is of the order of a nat in a log
    assert by_plain.significant_share < 0.1
    assert by_plain.usable_information < 10 / N_ROWS


def test_identifiers_and_constants_stay_last_in_every_half(planted):
    codes, labels = planted
    ranking, stability = studied({**codes, "constant": np.zeros(N_ROWS, int)}, labels, Score.USABLE)
    assert stability.fields["row_id"].rank_low > 4
    assert stability.fields["constant"].rank_low > 4
    assert len(ranking.fields) == 9


def test_a_ranking_of_one_field_has_intervals_and_no_choice(planted):
    codes, labels = planted
    _, stability = studied({"strong": codes["strong"]}, labels, Score.USABLE, n_resamples=3)
    assert stability.fields["strong"].rank_high == 1
    assert stability.tops == ()


def test_halves_come_in_pairs_that_hold_half_of_the_blocks():
    pairs = draw_pairs(10, seed=0)
    assert (pairs.sum(axis=1) == N_BLOCKS // 2).all()
    assert (pairs == draw_pairs(10, seed=0)).all()
    assert len({tuple(pair) for pair in pairs.tolist()}) == 10


def test_halves_of_an_odd_number_of_blocks_differ_by_one():
    assert (draw_pairs(5, 7, seed=0).sum(axis=1) == 3).all()
