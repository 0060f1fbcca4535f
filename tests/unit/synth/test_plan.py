from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featsel.core.errors import ConfigError
from featsel.synth.design import PlantedLog, Role
from featsel.synth.plan import plan_log


def n_with_role(plan: PlantedLog, *roles: Role) -> int:
    return len(plan.with_role(*roles))


def test_the_default_log_has_something_of_everything_but_a_leak():
    plan = plan_log(n_rows=100_000, seed=0)

    assert len(plan.fields) == 24
    assert n_with_role(plan, Role.INFORMATIVE) == 9
    assert n_with_role(plan, Role.NOISE) == 9
    assert n_with_role(plan, Role.IDENTIFIER) == 1
    assert n_with_role(plan, Role.COPY) == 1
    assert n_with_role(plan, Role.NESTED_COPY) == 1
    assert n_with_role(plan, Role.INTERACTION) == 2
    assert n_with_role(plan, Role.DRIFT) == 1


@settings(max_examples=15, deadline=None)
@given(
    n_rows=st.integers(1, 3_000),
    n_noise=st.integers(0, 12),
    n_redundant=st.integers(0, 4),
    n_interactions=st.integers(0, 3),
    n_drift=st.integers(0, 3),
    leak=st.booleans(),
    n_informative=st.integers(1, 12),
)
def test_every_role_gets_its_number(
    n_rows, n_noise, n_redundant, n_interactions, n_drift, leak, n_informative
):
    plan = plan_log(
        n_rows=n_rows,
        n_fields=n_noise + n_redundant + 2 * n_interactions + n_drift + 2 * leak + n_informative,
        n_noise=n_noise,
        n_redundant=n_redundant,
        n_interactions=n_interactions,
        n_drift=n_drift,
        leak=leak,
    )

    assert n_with_role(plan, Role.INFORMATIVE) == n_informative
    assert n_with_role(plan, Role.NOISE, Role.IDENTIFIER) == n_noise
    assert n_with_role(plan, Role.COPY, Role.NESTED_COPY) == n_redundant
    assert n_with_role(plan, Role.INTERACTION) == 2 * len(plan.pairs) == 2 * n_interactions
    assert n_with_role(plan, Role.DRIFT) == n_drift
    assert n_with_role(plan, Role.LEAK_ECHO, Role.LEAK_NULLS) == 2 * leak
    assert len({field.name for field in plan.fields}) == len(plan.fields)


@given(n_fields=st.integers(1, 300), share=st.floats(0, 1))
@settings(max_examples=10, deadline=None)
def test_the_other_roles_make_room_for_any_number_of_noise_fields(n_fields, share):
    n_noise = int(share * (n_fields - 1))

    plan = plan_log(n_rows=500, n_fields=n_fields, n_noise=n_noise)

    assert n_with_role(plan, Role.INFORMATIVE) >= 1


def test_too_many_planted_fields_are_refused_with_the_numbers():
    with pytest.raises(ConfigError) as caught:
        plan_log(n_fields=10, n_noise=4, n_redundant=2, n_interactions=2, n_drift=1, leak=True)

    assert caught.value.message == (
        "--fields 10 leaves no room for an informative field: --noise 4, --redundant 2, "
        "--interactions 2 (2 fields each), --drift 1 and --leak (2 fields) take 13"
    )
    assert caught.value.hint == "Ask for --fields 14 or more, or plant fewer others."


def test_multivalued_fields_must_leave_room_for_one_without_lists():
    with pytest.raises(
        ConfigError, match="leaves no room for an informative field and 2 multivalued: --noise 2"
    ):
        plan_log(n_fields=4, n_noise=2, n_redundant=0, n_interactions=0, n_drift=0, n_multivalued=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_rows": 0}, "--rows must be at least 1, found 0"),
        ({"seed": -1}, "--seed must not be negative, found -1"),
        ({"positive_rate": 1.0}, "--positive-rate must lie between 0 and 1, found 1.0"),
        ({"max_cardinality": 1}, "--max-cardinality must be at least 2, found 1"),
        (
            {"n_rows": 0, "seed": -2},
            "--rows must be at least 1, found 0; --seed must not be negative, found -2",
        ),
        ({"n_multivalued": -1}, "a number of fields is negative: --multivalued -1"),
        ({"n_noise": -3}, "a number of fields is negative: --noise -3"),
        ({"n_drift": -1, "n_redundant": -2}, "a number of fields is negative: --redundant -2, --drift -1"),
    ],
)
def test_a_number_out_of_range_is_refused(options, message):
    with pytest.raises(ConfigError) as caught:
        plan_log(**options)

    assert caught.value.message == message


def test_the_same_seed_designs_the_same_log():
    first, second = plan_log(n_rows=2_000, seed=5), plan_log(n_rows=2_000, seed=5)

    assert first.intercept == second.intercept
    assert [field.name for field in first.fields] == [field.name for field in second.fields]
    assert [field.multiplier for field in first.fields] == [field.multiplier for field in second.fields]


def test_noise_has_cardinalities_from_two_to_half_the_rows():
    cardinalities = [field.cardinality for field in plan_log(n_rows=100_000).with_role(Role.NOISE)]

    assert min(cardinalities) == 2
    assert max(cardinalities) == 50_000
    assert len({int(np.log10(cardinality)) for cardinality in cardinalities}) == 5


def test_no_field_but_the_identifier_exceeds_the_largest_cardinality():
    plan = plan_log(n_rows=100_000, max_cardinality=300)

    amounts = {"price"}
    larger = [
        field.role for field in plan.fields if field.cardinality > 300 and field.name[:5] not in amounts
    ]
    assert larger == [Role.IDENTIFIER]


def test_a_design_does_not_grow_with_the_log():
    # a bound, not a ratio: the tables of effects stop growing at 20 000 values
    plan = plan_log(n_rows=100_000_000)

    assert sum(field.effects.nbytes for field in plan.fields if field.effects is not None) < 2_000_000


def test_interacting_fields_have_as_many_odd_codes_as_even_ones(plan):
    assert [field.cardinality % 2 for field in plan.with_role(Role.INTERACTION)] == [0, 0]
