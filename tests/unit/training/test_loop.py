from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
import torch

from featsel.core.errors import ConfigError
from featsel.core.feature_config import EmbeddingScheme, EmbeddingTable
from featsel.models.build import MODELS, ModelName, build_model
from featsel.models.full_table import FullTable
from featsel.models.layout import Layout
from featsel.models.model import CTRModel
from featsel.models.settings import ModelSettings
from featsel.training.checkpoints import TrainState
from featsel.training.devices import Precision
from featsel.training.loop import Callbacks, FitResult, fit
from featsel.training.optimizers import TableOptimizer
from featsel.training.predictions import evaluate
from featsel.training.progress import Progress, Report
from featsel.training.settings import Monitor, TrainSettings

from .conftest import NewModel, NewRows

CPU = torch.device("cpu")
SETTINGS = TrainSettings(epochs=2, batch_size=100, rate=0.01, table_l2=1e-5, head_l2=1e-5)


class Interrupted(Exception):  # noqa: N818 - not an error
    pass


def assert_same_weights(first: CTRModel, second: CTRModel) -> None:
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, second.state_dict()[name]), name


def differ(first: CTRModel, second: CTRModel) -> bool:
    others = second.state_dict()
    return any(not torch.equal(weight, others[name]) for name, weight in first.state_dict().items())


def log_loss_of(model: CTRModel, rows: object) -> float:
    return evaluate(model, rows, device=CPU, precision=Precision.FP32).log_loss  # type: ignore[arg-type]


def keep_in(kept: list[TrainState]) -> Callable[[TrainState], None]:
    """What a workflow does: files know no Python objects."""

    def keep(state: TrainState) -> None:
        tensors = {name: tensor.clone() for name, tensor in state.tensors.items()}
        kept.append(TrainState(tensors, json.loads(json.dumps(state.facts, allow_nan=False))))

    return keep


@pytest.mark.parametrize("name", MODELS)
def test_every_model_learns(name: ModelName, new_model: NewModel, new_rows: NewRows) -> None:
    model, rows = new_model(name), new_rows(2000)
    before = log_loss_of(model, rows)

    result = fit(model, rows, settings=replace(SETTINGS, rate=0.02))

    # the labels' own entropy is about 0.5 nats, a coin's 0.69
    assert log_loss_of(model, rows) < before - 0.03
    assert [line.epoch for line in result.progress.history] == [1, 2]


@pytest.mark.parametrize("optimizer", TableOptimizer)
def test_every_optimizer_learns(optimizer: TableOptimizer, new_model: NewModel, new_rows: NewRows) -> None:
    model, rows = new_model(), new_rows(2000)
    before = log_loss_of(model, rows)

    fit(model, rows, settings=replace(SETTINGS, optimizer=optimizer, rate=0.02))

    assert log_loss_of(model, rows) < before - 0.03


def test_bfloat16_learns_about_the_same(new_model: NewModel, new_rows: NewRows) -> None:
    exact, rounded, rows = new_model(), new_model(), new_rows(2000)

    fit(exact, rows, settings=SETTINGS)
    fit(rounded, rows, settings=replace(SETTINGS, precision=Precision.BF16))

    assert log_loss_of(rounded, rows) == pytest.approx(log_loss_of(exact, rows), abs=0.005)


def test_32_rows_can_be_learnt_by_heart(new_model: NewModel, new_rows: NewRows) -> None:
    model, rows = new_model(), new_rows(32)

    fit(model, rows, settings=TrainSettings(epochs=100, batch_size=32, rate=0.02))

    assert log_loss_of(model, rows) < 0.05


@pytest.mark.parametrize("buffer_rows", [1 << 20, 200])
def test_the_result_depends_on_the_arguments_alone(
    buffer_rows: int, new_model: NewModel, new_rows: NewRows
) -> None:
    first, second = new_model(dropout=0.5), new_model(dropout=0.5)
    settings = replace(SETTINGS, buffer_rows=buffer_rows)
    fit(first, new_rows(), settings=settings)
    torch.manual_seed(12345)
    torch.set_num_threads(2)
    before = torch.get_rng_state()

    fit(second, new_rows(), settings=settings)

    assert_same_weights(first, second)
    assert torch.equal(torch.get_rng_state(), before)


def test_another_seed_is_another_training(new_model: NewModel, new_rows: NewRows) -> None:
    first, second = new_model(), new_model()

    fit(first, new_rows(), settings=SETTINGS)
    fit(second, new_rows(), settings=replace(SETTINGS, seed=1))

    assert differ(first, second)


def test_first_order_weights_are_no_embeddings(new_model: NewModel, new_rows: NewRows) -> None:
    without, strict, other = (new_model("lr") for _ in range(3))

    fit(without, new_rows(), settings=replace(SETTINGS, table_l2=0.0))
    fit(strict, new_rows(), settings=replace(SETTINGS, table_l2=1.0))
    fit(other, new_rows(), settings=replace(SETTINGS, head_l2=1.0))

    assert_same_weights(without, strict)
    assert other.table.weight.detach().abs().mean() < 0.5 * without.table.weight.detach().abs().mean()


def uneven_model(layout: Layout, *, seed: int = 0) -> CTRModel:
    """A model whose fields have embeddings of three widths."""
    return build_model(
        "deepfm",
        replace(layout, dims=(4, 1, 4, 2)),
        EmbeddingTable(EmbeddingScheme.FULL, 4),
        settings=ModelSettings(hidden=(16, 8), embedding_sd=0.01),
        generator=torch.Generator().manual_seed(seed),
    )


@pytest.mark.parametrize("optimizer", [TableOptimizer.ADAM, TableOptimizer.DENSE_ADAM])
def test_narrow_fields_learn_what_wide_ones_with_masked_columns_learn(
    optimizer: TableOptimizer, layout: Layout, new_rows: NewRows
) -> None:
    narrow = uneven_model(layout)
    table = FullTable(layout, 4, has_linear=True, sd=0.0, generator=torch.Generator())
    with torch.no_grad():
        for field, (start, size) in enumerate(zip(layout.offsets, layout.sizes, strict=True)):
            ids = torch.tensor(layout.offsets).repeat(size, 1)
            ids[:, field] += torch.arange(size)
            table.weight[start : start + size] = narrow.gather(narrow.rows(ids))[:, field, 0]
    wide = CTRModel(narrow.layout, table, copy.deepcopy(narrow.head), dim=4, has_linear=True)
    settings = replace(SETTINGS, epochs=3, optimizer=optimizer, table_l2=0.01, most_gradient=0.5)

    fit(narrow, new_rows(), settings=settings)
    fit(wide, new_rows(), settings=settings)

    rows = new_rows(300, seed=1)
    assert narrow.table_bytes < wide.table_bytes
    assert log_loss_of(narrow, rows) == pytest.approx(log_loss_of(wide, rows), rel=1e-5)
    for name, weight in wide.head.state_dict().items():
        torch.testing.assert_close(narrow.head.state_dict()[name], weight, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("optimizer", TableOptimizer)
def test_an_interrupted_training_of_several_widths_goes_on_bit_for_bit(
    optimizer: TableOptimizer, layout: Layout, new_rows: NewRows
) -> None:
    undisturbed, interrupted, resumed = (uneven_model(layout, seed=seed) for seed in (0, 0, 1))
    settings = replace(SETTINGS, epochs=3, optimizer=optimizer)
    kept: list[TrainState] = []
    fit(undisturbed, new_rows(), settings=settings)
    fit(
        interrupted,
        new_rows(),
        settings=replace(settings, epochs=1),
        callbacks=Callbacks(on_checkpoint=keep_in(kept)),
    )

    fit(resumed, new_rows(), settings=settings, state=kept[-1])

    assert_same_weights(resumed, undisturbed)


@pytest.mark.parametrize("at", [1, 4, 10, 11, 19, 20, 27])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": TableOptimizer.ADAGRAD, "buffer_rows": 200},
        {"optimizer": TableOptimizer.DENSE_ADAM, "evaluate_steps": 3, "plateau_factor": 0.1},
        {"precision": Precision.BF16, "rate": 0.3, "patience": 2, "plateau_factor": 0.5},
    ],
    ids=["plain", "streamed", "evaluated", "overfitted"],
)
def test_an_interrupted_training_goes_on_bit_for_bit(
    at: int, changes: dict[str, object], new_model: NewModel, new_rows: NewRows
) -> None:
    train, valid = new_rows(990), new_rows(300, seed=1)
    settings = replace(SETTINGS, **{"epochs": 3, **changes})  # type: ignore[arg-type]
    undisturbed, interrupted, resumed = (new_model(dropout=0.3, seed=seed) for seed in (0, 0, 1))
    expected = fit(undisturbed, train, valid=valid, settings=settings)
    kept: list[TrainState] = []

    def interrupt(progress: Progress) -> bool:
        if progress.step == at + 1:
            raise Interrupted
        return progress.step == at

    with suppress(Interrupted):
        fit(
            interrupted,
            train,
            valid=valid,
            settings=settings,
            callbacks=Callbacks(on_step=interrupt, on_checkpoint=keep_in(kept)),
        )
    found = fit(resumed, train, valid=valid, settings=settings, state=kept[-1])

    assert_same_weights(resumed, undisturbed)
    assert found == expected


def test_a_finished_training_that_is_resumed_changes_nothing(new_model: NewModel, new_rows: NewRows) -> None:
    model, again = new_model(), new_model(seed=1)
    train, valid = new_rows(), new_rows(300, seed=1)
    settings = replace(SETTINGS, epochs=6, rate=0.3, patience=1)
    kept: list[TrainState] = []
    expected = fit(
        model, train, valid=valid, settings=settings, callbacks=Callbacks(on_checkpoint=keep_in(kept))
    )
    assert expected.progress.is_stopped

    found = fit(again, train, valid=valid, settings=settings, state=kept[-1])

    assert found == expected
    assert_same_weights(again, model)


def test_a_training_can_be_prolonged(new_model: NewModel, new_rows: NewRows) -> None:
    whole, parts = new_model(), new_model()
    train, valid = new_rows(), new_rows(300, seed=1)
    fit(whole, train, valid=valid, settings=replace(SETTINGS, epochs=3))
    kept: list[TrainState] = []
    fit(
        parts,
        train,
        valid=valid,
        settings=replace(SETTINGS, epochs=1),
        callbacks=Callbacks(on_checkpoint=keep_in(kept)),
    )

    fit(parts, train, valid=valid, settings=replace(SETTINGS, epochs=3), state=kept[-1])

    assert_same_weights(parts, whole)


def overfit(new_model: NewModel, new_rows: NewRows, **changes: object) -> tuple[CTRModel, FitResult]:
    """Train far beyond the best weights."""
    model = new_model()
    result = fit(
        model,
        new_rows(200),
        valid=new_rows(1000, seed=1),
        settings=replace(TrainSettings(epochs=8, batch_size=50, rate=0.1), **changes),  # type: ignore[arg-type]
    )
    return model, result


@pytest.mark.parametrize("monitor", Monitor)
def test_the_best_weights_are_kept(monitor: Monitor, new_model: NewModel, new_rows: NewRows) -> None:
    model, result = overfit(new_model, new_rows, monitor=monitor)

    history = [line.valid for line in result.progress.history]
    values = [-line.auc if monitor is Monitor.AUC else line.log_loss for line in history if line]
    assert values.index(min(values)) < len(values) - 1
    assert result.valid == history[values.index(min(values))]
    measured = evaluate(model, new_rows(1000, seed=1), device=CPU, precision=Precision.FP32)
    assert measured == result.valid


def test_patience_ends_a_training(new_model: NewModel, new_rows: NewRows) -> None:
    _, result = overfit(new_model, new_rows, patience=2)

    assert result.progress.is_stopped
    assert [line.is_best for line in result.progress.history[-3:]] == [True, False, False]


def test_patience_can_end_a_training_within_an_epoch(new_model: NewModel, new_rows: NewRows) -> None:
    _, result = overfit(new_model, new_rows, patience=1, evaluate_steps=1)

    assert result.progress.is_stopped
    assert result.progress.step == len(result.progress.history)


def test_evaluations_may_come_within_epochs(new_model: NewModel, new_rows: NewRows) -> None:
    result = fit(
        new_model(),
        new_rows(1000),
        valid=new_rows(100, seed=1),
        settings=replace(SETTINGS, epochs=2, evaluate_steps=4),
    )

    # ten batches an epoch; where both fall together there is one evaluation
    assert [(line.epoch, line.step) for line in result.progress.history] == [
        (1, 4),
        (1, 8),
        (1, 10),
        (2, 12),
        (2, 16),
        (2, 20),
    ]


def test_the_training_loss_is_that_of_the_rows_before_their_step(
    new_model: NewModel, new_rows: NewRows
) -> None:
    model, rows = new_model(), new_rows(100, is_weighted=True)
    before = log_loss_of(model, rows)

    result = fit(model, rows, settings=TrainSettings(batch_size=100))

    assert result.progress.history[0].train_loss == pytest.approx(before, rel=1e-5)


def test_a_row_of_weight_two_counts_like_two_rows(new_model: NewModel, new_rows: NewRows) -> None:
    once, twice = new_model(), new_model()
    block = new_rows(50).block
    double = replace(new_rows(50), block=replace(block, row_weights=torch.full((50,), 2.0).numpy()))

    fit(once, double, settings=TrainSettings(batch_size=50, rate=0.01))
    fit(twice, new_rows(50), settings=TrainSettings(batch_size=50, rate=0.01))

    torch.testing.assert_close(once.table.weight, twice.table.weight, rtol=1e-5, atol=1e-6)


def test_short_gradients_hardly_move_the_head(new_model: NewModel, new_rows: NewRows) -> None:
    # Adam does not feel the length of a gradient, but its epsilon does: far below 1e-8 nothing moves
    model, before = new_model(), new_model()

    fit(model, new_rows(), settings=TrainSettings(batch_size=100, most_gradient=1e-14))

    for name, weight in model.state_dict().items():
        torch.testing.assert_close(weight, before.state_dict()[name], rtol=0, atol=1e-6)


def test_long_limits_leave_gradients_alone(new_model: NewModel, new_rows: NewRows) -> None:
    limited, free = new_model(), new_model()

    fit(limited, new_rows(), settings=replace(SETTINGS, most_gradient=1e6))
    fit(free, new_rows(), settings=SETTINGS)

    assert_same_weights(limited, free)


@pytest.mark.parametrize("epochs", [1, 40])
def test_a_loss_that_is_no_number_ends_the_training_with_advice(
    epochs: int, new_model: NewModel, new_rows: NewRows
) -> None:
    model = new_model()
    with torch.no_grad():
        model.table.weight.fill_(math.nan)

    with pytest.raises(ConfigError, match="the training loss is no number any more") as error:
        fit(model, new_rows(100 * 40 // epochs), settings=replace(SETTINGS, epochs=epochs))

    assert error.value.hint == "Lower --lr, which is 0.01, or train with --precision fp32."


def test_a_training_of_other_rows_cannot_be_resumed(new_model: NewModel, new_rows: NewRows) -> None:
    kept: list[TrainState] = []
    fit(new_model(), new_rows(100), settings=SETTINGS, callbacks=Callbacks(on_checkpoint=kept.append))

    with pytest.raises(ConfigError, match="there were 100 training rows and are 200"):
        fit(new_model(), new_rows(200), settings=SETTINGS, state=kept[-1])


def test_each_step_and_report_is_told(new_model: NewModel, new_rows: NewRows) -> None:
    steps: list[Progress] = []
    reports: list[Report] = []

    def remember(progress: Progress) -> bool:
        steps.append(progress)
        return False

    result = fit(
        new_model(),
        new_rows(250),
        settings=SETTINGS,
        callbacks=Callbacks(on_step=remember, on_report=reports.append),
    )

    assert [(progress.epoch, progress.batch) for progress in steps] == [
        (0, 1),
        (0, 2),
        (0, 3),
        (1, 1),
        (1, 2),
        (1, 3),
    ]
    assert tuple(reports) == result.progress.history


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch's own modules
def test_a_compiled_head_learns_the_same(new_model: NewModel, new_rows: NewRows) -> None:
    compiled, plain, rows = new_model(), new_model(), new_rows(950)

    fit(compiled, rows, settings=replace(SETTINGS, is_compiled=True))
    fit(plain, rows, settings=SETTINGS)

    # another order of sums, over 20 steps of at most 0.01
    torch.testing.assert_close(compiled.table.weight, plain.table.weight, rtol=0, atol=1e-3)
