"""Gates that stayed where they were are told of, with a remedy."""

from __future__ import annotations

import pytest

from featsel.selection.gate_travel import check_travel, usual_rate


def test_the_usual_rate_allows_four_times_the_way() -> None:
    assert 200 * usual_rate(0.5, 200) == pytest.approx(4 * 0.5)


def test_half_of_the_way_is_enough() -> None:
    assert check_travel(0.25, 0.5, rate=0.1, n_steps=10) == ()


@pytest.mark.parametrize(
    ("rate", "remedy"), [(1e-4, "a --gate-lr of 0.2 would do"), (0.3, "more --gate-epochs may do")]
)
def test_the_warning_has_numbers_and_a_remedy(rate: float, remedy: str) -> None:
    (warning,) = check_travel(0.001, 0.5, rate=rate, n_steps=10)

    assert warning == (
        f"gates hardly moved in 10 steps at a gate rate of {rate:.2g}: the largest travel is 0.001, and it "
        f"takes 0.5 to tell fields apart; {remedy}"
    )
