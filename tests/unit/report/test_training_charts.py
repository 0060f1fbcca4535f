from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.report.training_charts import Evaluated, RateBin, auc_chart, loss_chart, reliability_chart

HISTORY = (
    Evaluated(1, 100, 0.40, 0.36, 0.70, is_best=True),
    Evaluated(2, 200, 0.35, 0.34, 0.72, is_best=True),
    Evaluated(3, 300, 0.30, 0.37, 0.71, is_best=False),
)
RARE = (RateBin(1000, 0.0002, 0.0), RateBin(1000, 0.004, 0.003), RateBin(1000, 0.2, 0.25))


def numbers(svg: str) -> list[float]:
    return [float(each) for each in re.findall(r' (?:x|y|cx|cy)="(-?[0-9.]+)"', svg)]


def marks(svg: str, style: str = "fill") -> list[tuple[float, float]]:
    found = re.findall(rf'<circle class="{style}" cx="([0-9.]+)" cy="([0-9.]+)"', svg)
    return [(float(x), float(y)) for x, y in found]


@pytest.mark.parametrize(
    "svg",
    [loss_chart(HISTORY), auc_chart(HISTORY), reliability_chart("test", RARE)],
    ids=["loss", "auc", "rates"],
)
def test_marks_stay_inside_the_chart(svg):
    width, height = map(float, re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
    assert width == 520
    assert "nan" not in svg
    assert all(0 <= number <= max(width, height) for number in numbers(svg))


def test_the_kept_weights_are_marked_on_both_curves_at_the_same_place():
    loss, auc = marks(loss_chart(HISTORY), "ring"), marks(auc_chart(HISTORY), "ring")
    assert len(loss) == len(auc) == 1
    assert loss[0][0] == auc[0][0] == marks(loss_chart(HISTORY))[1][0]


def test_a_lower_loss_is_drawn_lower():
    heights = [y for _, y in marks(loss_chart(HISTORY))]
    assert heights[1] > heights[0] > heights[2]


def test_without_validation_training_alone_is_drawn_and_nothing_is_called_best():
    history = [Evaluated(epoch, epoch * 10, 0.5 / epoch, None, None, is_best=True) for epoch in (1, 2)]
    svg = loss_chart(history)
    assert auc_chart(history) == ""
    assert 'class="train"' in svg
    assert 'class="valid"' not in svg
    assert ">best<" not in svg


def test_evaluations_within_an_epoch_are_placed_by_step():
    svg = loss_chart(
        [Evaluated(1, 10, 0.5, 0.5, 0.6, is_best=True), Evaluated(1, 90, 0.4, 0.4, 0.7, is_best=True)]
    )
    assert ">Step<" in svg
    assert ">Epoch<" not in svg


def test_a_loss_that_is_no_number_leaves_a_gap():
    history = (*HISTORY, Evaluated(4, 400, None, None, None, is_best=False))
    assert len(marks(loss_chart(history))) == 3
    assert loss_chart([Evaluated(1, 10, None, None, None, is_best=True)]) == ""


def test_a_long_curve_has_no_marks_but_the_best():
    history = [Evaluated(1, step, 1 / step, 1 / step, 0.5, is_best=True) for step in range(1, 200)]
    assert len(marks(loss_chart(history))) == 1


def test_a_single_evaluation_can_be_drawn():
    assert len(marks(auc_chart(HISTORY[:1]))) == 1


def test_rates_near_zero_are_as_readable_as_large_ones():
    (x_low, y_low), (x_middle, _), (x_high, y_high) = marks(reliability_chart("test", RARE))
    assert x_middle - x_low > (x_high - x_low) / 4
    assert y_low > y_high


def test_a_bin_without_positives_stands_below_the_logarithmic_scale():
    svg = reliability_chart("test", RARE)
    (_, y_none), (_, y_rare), _ = marks(svg)
    assert ">none<" in svg
    assert y_none > y_rare


def test_rates_alike_are_drawn_linearly_and_perfect_ones_on_the_diagonal():
    svg = reliability_chart("valid", [RateBin(100, rate, rate) for rate in (0.2, 0.3, 0.4)])
    left, bottom = map(float, re.findall(r'class="dotted" d="M([0-9.]+) ([0-9.]+)L', svg)[0])
    assert [x - left for x, _ in marks(svg)] == pytest.approx([bottom - y for _, y in marks(svg)], abs=0.15)
    assert ">none<" not in svg


@given(st.lists(st.builds(RateBin, st.integers(1, 10**9), st.floats(0, 1), st.floats(0, 1)), min_size=1))
def test_any_rates_can_be_drawn(bins):
    svg = reliability_chart("test", bins)
    assert "nan" not in svg
    assert len(marks(svg)) == len(bins)


def test_an_interval_is_wilsons():
    # Wilson's interval of 10 out of 100, as tables of binomial intervals give it
    assert RateBin(100, 0.1, 0.1).interval == pytest.approx((0.0552, 0.1744), abs=5e-5)


def test_the_interval_of_nothing_begins_at_nothing():
    least, most = RateBin(100, 0.1, 0.0).interval
    assert least == 0
    assert most == pytest.approx(0.0370, abs=5e-5)
