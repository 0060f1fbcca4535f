from __future__ import annotations

import inspect

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.metrics import mutual_info_score

from featsel.synth.design import PlantedLog, Role, Storage
from featsel.synth.draw import ECHO_ERROR, TAG_SLOTS, draw_rows
from featsel.synth.plan import INTERCEPT_ROWS, plan_log
from featsel.synth.rows import BLOCK_ROWS, batches
from featsel.synth.values import value_names

CHANCE_Z = 4.5
"""A field of two values without information gets so far above chance once in 150 tries, larger ones less."""


def to_codes(column: pl.Series) -> np.ndarray:
    return column.rank("dense").fill_null(0).to_numpy().astype(np.int64)


def information(n_rows: np.ndarray, n_clicks: np.ndarray) -> float:
    """Plug-in mutual information from the rows and clicks of each value."""
    n_total, n_total_clicks = n_rows.sum(), n_clicks.sum()
    unexplained = x_log_x(n_total_clicks) + x_log_x(n_total - n_total_clicks) - x_log_x(n_total)
    explained = (x_log_x(n_clicks) + x_log_x(n_rows - n_clicks) - x_log_x(n_rows)).sum()
    return float(explained - unexplained) / n_total


def x_log_x(counts: np.ndarray) -> np.ndarray:
    return counts * np.log(np.maximum(counts, 1))


def field_information(codes: np.ndarray, labels: np.ndarray) -> float:
    return information(np.bincount(codes), np.bincount(codes, weights=labels))


def z_above_chance(codes: np.ndarray, labels: np.ndarray, n_shuffles: int = 30) -> float:
    """How far the information is above that of shuffled labels, in their standard deviations."""
    rng = np.random.default_rng(0)
    n_rows = np.bincount(codes)
    chance = []
    for _ in range(n_shuffles):
        clicked = rng.choice(codes, labels.sum(), replace=False, shuffle=False)
        chance.append(information(n_rows, np.bincount(clicked, minlength=n_rows.size)))
    spread = np.std(chance, ddof=1)
    return (field_information(codes, labels) - np.mean(chance)) / spread if spread > 1e-12 else 0.0


def labels_of(log: pl.DataFrame) -> np.ndarray:
    return log["label"].to_numpy().astype(np.int64)


def names(plan: PlantedLog, *roles: Role) -> list[str]:
    return [field.name for field in plan.with_role(*roles)]


def test_the_measure_of_these_tests_is_the_one_of_scikit_learn(plan, log):
    codes, labels = to_codes(log[plan.with_role(Role.DRIFT)[0].name]), labels_of(log)

    assert field_information(codes, labels) == pytest.approx(mutual_info_score(codes, labels))


@pytest.mark.parametrize("batch_rows", [997, BLOCK_ROWS, 1_000_000])
def test_rows_do_not_depend_on_the_batch_size(batch_rows):
    plan = plan_log(n_rows=BLOCK_ROWS + 5_000, n_fields=10, leak=True, n_multivalued=1)
    frames = list(batches(plan, batch_rows))

    assert_frame_equal(pl.concat(frames), pl.concat(batches(plan)))
    assert {frame.height for frame in frames[:-1]} <= {batch_rows}
    assert sum(frame.height for frame in frames) == plan.n_rows


def test_the_same_seed_gives_the_same_rows(log):
    again = plan_log(n_rows=40_000, n_fields=25, n_noise=10, n_multivalued=1, leak=True, seed=3)

    assert_frame_equal(pl.concat(batches(again)), log)


def test_another_seed_gives_other_rows(log):
    other = pl.concat(batches(plan_log(n_rows=40_000, n_fields=25, n_noise=10, leak=True, seed=4)))

    assert not other["label"].equals(log["label"])
    assert other.columns != log.columns


def test_blocks_differ():
    plan = plan_log(n_rows=2 * BLOCK_ROWS, n_fields=1, n_noise=0)

    first, second = batches(plan, BLOCK_ROWS)

    assert not first.drop("day").equals(second.drop("day"))


def test_batches_are_made_when_asked_for():
    rows = batches(plan_log(n_rows=500_000_000, n_fields=6), 1_000)

    assert inspect.isgenerator(rows)
    assert next(rows).height == 1_000


def test_a_batch_without_rows_is_refused(plan):
    with pytest.raises(ValueError, match="batch_rows must be at least 1, found 0"):
        next(batches(plan, 0))


def test_label_and_day_come_first_and_every_field_has_its_type(plan, log):
    types = {
        Storage.TEXT: pl.String,
        Storage.INTEGER: pl.Int64,
        Storage.COUNT: pl.Int64,
        Storage.AMOUNT: pl.Float64,
        Storage.TAGS: pl.List(pl.String),
    }

    assert log.schema == pl.Schema(
        {"label": pl.Int8, "day": pl.Int32} | {field.name: types[field.storage] for field in plan.fields}
    )
    assert {field.storage for field in plan.fields} == set(Storage)


def test_days_are_ordered_and_equally_long(log):
    rows_by_day = log["day"].rle().struct.unnest()

    assert rows_by_day["value"].to_list() == [1, 2, 3, 4, 5, 6, 7]
    assert rows_by_day["len"].max() - rows_by_day["len"].min() <= 1


@pytest.mark.parametrize("positive_rate", [0.02, 0.1, 0.5])
def test_the_share_of_clicks_is_the_wanted_one(positive_rate):
    plan = plan_log(n_rows=100_000, positive_rate=positive_rate)

    labels = pl.concat(frame.select("label") for frame in batches(plan))["label"]

    variance = positive_rate * (1 - positive_rate)  # also bounds that of the sample behind the intercept
    assert labels.mean() == pytest.approx(
        positive_rate, abs=4 * np.sqrt(variance / plan.n_rows + variance / INTERCEPT_ROWS)
    )


def test_nulls_have_their_share_whatever_the_label(plan, log):
    fields = [field for field in plan.fields if field.null_share > 0.0]
    shares = log.group_by("label").agg(pl.len(), pl.col([field.name for field in fields]).is_null().mean())

    measured = np.array([shares[field.name].to_list() for field in fields])  # (fields, labels)
    expected = np.array([field.null_share for field in fields])[:, None]
    deviation = np.sqrt(expected * (1 - expected) / shares["len"].to_numpy())
    assert len(fields) >= 4
    assert (np.abs(measured - expected) < CHANCE_Z * deviation).all()


def test_lists_have_up_to_three_tags_and_none_twice(plan, log):
    [tags] = [field.name for field in plan.fields if field.storage is Storage.TAGS]

    assert log[tags].list.len().unique().sort().to_list() == list(range(TAG_SLOTS + 1))
    assert log[tags].list.len().equals(log[tags].list.n_unique().cast(pl.UInt32))
    assert log[tags].explode().null_count() == log[tags].null_count() == 0


def test_every_informative_field_beats_chance(plan, log):
    flat = [f.name for f in plan.with_role(Role.INFORMATIVE) if f.storage in (Storage.TEXT, Storage.INTEGER)]

    z_values = {name: z_above_chance(to_codes(log[name]), labels_of(log)) for name in flat}

    assert min(z_values.values()) > CHANCE_Z, z_values


def test_planted_values_move_the_label_and_the_others_do_not(plan, log):
    field = max(plan.with_role(Role.INFORMATIVE), key=lambda field: field.information)
    effects = field.effects[0]
    by_value = pl.DataFrame(
        {field.name: value_names(field, np.arange(effects.size)), "effect": np.sign(effects)}
    )

    rates = dict(log.join(by_value, on=field.name).group_by("effect").agg(pl.col("label").mean()).iter_rows())

    assert rates[-1.0] < rates[0.0] < rates[1.0]


def test_no_noise_field_beats_chance(plan, log):
    z_values = {name: z_above_chance(to_codes(log[name]), labels_of(log)) for name in names(plan, Role.NOISE)}

    assert max(z_values.values()) < CHANCE_Z, z_values


def test_the_identifier_is_unique(plan, log):
    [identifier] = names(plan, Role.IDENTIFIER)

    assert log[identifier].n_unique() == log.height


def test_copies_repeat_their_sources_exactly(plan, log):
    [copy] = plan.with_role(Role.COPY)

    pairs = log.select(copy.name, copy.source).n_unique()

    assert pairs == log[copy.name].n_unique() == log[copy.source].n_unique()
    assert not log[copy.name].equals(log[copy.source])


def test_nested_copies_are_coarser_than_their_sources(plan, log):
    [copy] = plan.with_role(Role.NESTED_COPY)

    pairs = log.select(copy.name, copy.source).n_unique()

    assert pairs == log[copy.source].n_unique()
    assert log[copy.name].n_unique() < pairs
    assert z_above_chance(to_codes(log[copy.name]), labels_of(log)) > CHANCE_Z


def test_an_interacting_pair_says_much_together_and_nothing_alone(plan, log):
    [pair] = plan.pairs
    first, second, labels = to_codes(log[pair.first]), to_codes(log[pair.second]), labels_of(log)

    assert z_above_chance(first, labels) < CHANCE_Z
    assert z_above_chance(second, labels) < CHANCE_Z
    assert z_above_chance(first * (second.max() + 1) + second, labels) > 5 * CHANCE_Z


def test_a_drifting_field_is_informative_on_every_day(plan, log):
    [field] = names(plan, Role.DRIFT)

    z_by_day = [z_above_chance(to_codes(day[field]), labels_of(day)) for day in log.partition_by("day")]

    assert min(z_by_day) > CHANCE_Z, z_by_day


def test_the_effects_of_a_drifting_field_do_not_last_a_day(plan):
    [field] = plan.with_role(Role.DRIFT)

    correlations = np.corrcoef(field.effects)[np.triu_indices(plan.n_days, k=1)]

    # of independent effects: mean 0, standard deviation 1 / sqrt(cardinality - 1)
    deviation = 1 / np.sqrt(field.cardinality - 1)
    assert np.abs(correlations).max() < CHANCE_Z * deviation
    assert abs(correlations.mean()) < CHANCE_Z * deviation / np.sqrt(correlations.size)


def test_a_leak_repeats_the_label_but_for_a_few_rows(plan, log):
    [echo] = names(plan, Role.LEAK_ECHO)

    by_value = log.group_by(echo).agg(pl.col("label").mode().first().alias("echoed"))
    n_wrong = log.join(by_value, on=echo).filter(pl.col("label") != pl.col("echoed")).height

    deviation = np.sqrt(ECHO_ERROR * (1 - ECHO_ERROR) * log.height)
    assert by_value["echoed"].sort().to_list() == [0, 1]
    assert n_wrong == pytest.approx(ECHO_ERROR * log.height, abs=4 * deviation)


def test_a_leak_is_null_exactly_where_nobody_clicked(plan, log):
    [leak] = names(plan, Role.LEAK_NULLS)

    assert log[leak].is_null().equals(log["label"] == 0)


def test_correction_for_chance_tells_informative_from_noise_and_plain_information_does_not():
    plan = plan_log(
        n_fields=92, n_noise=80, n_redundant=0, n_interactions=0, n_drift=0, max_cardinality=50_000
    )
    rows = draw_rows(plan, np.arange(plan.n_rows), np.random.default_rng(0))
    fields = [field for field in plan.fields if field.storage is not Storage.AMOUNT]
    labels = rows.labels.astype(np.int64)
    is_informative = np.array([field.role is Role.INFORMATIVE for field in fields])

    plain = np.array([field_information(rows.codes[field.name], labels) for field in fields])
    z_values = np.array([z_above_chance(rows.codes[field.name], labels, 20) for field in fields])

    assert z_values[is_informative].min() > CHANCE_Z
    assert z_values[~is_informative].max() < CHANCE_Z
    best = np.argsort(-plain)[: is_informative.sum()]
    assert not is_informative[best].any()
