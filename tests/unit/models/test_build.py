"""Which sizes cannot make a model?"""

from __future__ import annotations

from typing import get_args

import pytest

from featsel.core.errors import ConfigError
from featsel.models import MODELS, ModelName, ModelSettings

from .conftest import PLAIN, MakeModel


def test_every_name_has_a_model() -> None:
    assert set(get_args(ModelName)) == set(MODELS)


def test_attention_heads_must_share_the_width_evenly(make_model: MakeModel) -> None:
    with pytest.raises(ConfigError, match="4 attention heads cannot share a width of 6") as caught:
        make_model("autoint", attention_heads=4)
    assert caught.value.hint == "Choose a width that is a multiple of the heads."


@pytest.mark.parametrize(("hidden", "width"), [((12, 9), 9), ((), 0)])
def test_fusion_heads_must_share_the_last_hidden_layer_evenly(
    hidden: tuple[int, ...], width: int, make_model: MakeModel
) -> None:
    with pytest.raises(
        ConfigError, match=f"2 fusion heads cannot share a last hidden layer of {width}"
    ) as caught:
        make_model("finalmlp", hidden=hidden)
    assert caught.value.hint == "Choose a width that is a multiple of the heads."


def test_autoint_needs_no_perceptron(make_model: MakeModel) -> None:
    model = make_model("autoint", hidden=())

    assert set(model.state_dict()) == {
        "table.weight",
        "head.attention.0.weight",
        "head.attention.1.weight",
        "head.attention_output.weight",
        "head.attention_output.bias",
    }


def test_deepfm_of_the_benchmarks_has_as_many_parameters_as_theirs(make_model: MakeModel) -> None:
    model = make_model("deepfm", hidden=ModelSettings().hidden)

    n_inputs = PLAIN.n_fields * PLAIN.dim
    perceptron = (n_inputs + 1) * 400 + 2 * 401 * 400 + 401
    assert model.n_parameters == PLAIN.n_ids * (PLAIN.dim + 1) + perceptron
