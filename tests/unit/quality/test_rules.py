"""What each rule says of damage that was planted, and of days that are not damaged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from featsel.quality.comparison import Chosen
from featsel.quality.findings import Status
from featsel.quality.rules import RULES

from .conftest import NOW, Checked

Day = Callable[..., pl.DataFrame]
Damage = Callable[[pl.DataFrame], pl.DataFrame]


def some(share: float, value: pl.Expr, otherwise: str) -> pl.Expr:
    hit = pl.Series(np.random.default_rng(9).random(6_000) < share)
    return pl.when(hit).then(value).otherwise(pl.col(otherwise)).alias(otherwise)


DAMAGES: dict[str, tuple[Damage, set[tuple[str, str | None, str]]]] = {
    "nulls": (lambda d: d.with_columns(some(0.3, pl.lit(None), "slot")), {("FS101", "slot", "error")}),
    "all null": (
        lambda d: d.with_columns(slot=pl.lit(None, pl.Int64)),
        {("FS101", "slot", "error"), ("FS102", "slot", "error")},
    ),
    "dropped": (lambda d: d.drop("slot"), {("FS001", "slot", "error")}),
    "added": (lambda d: d.with_columns(extra=pl.Series(range(6_000)) % 7), {("FS002", "extra", "warning")}),
    "renamed": (
        lambda d: d.rename({"device": "gadget"}),
        {("FS001", "device", "error"), ("FS002", "gadget", "warning")},
    ),
    "retyped": (lambda d: d.with_columns(pl.col("slot").cast(pl.String)), {("FS003", "slot", "error")}),
    "constant": (
        lambda d: d.with_columns(slot=pl.lit(3)),
        {("FS102", "slot", "error"), ("FS401", "slot", "error")},
    ),
    "infinite": (lambda d: d.with_columns(some(0.001, pl.lit(np.inf), "bid")), {("FS107", "bid", "error")}),
    "NaN": (lambda d: d.with_columns(some(0.003, pl.lit(np.nan), "bid")), {("FS107", "bid", "warning")}),
    "another unit": (
        lambda d: d.with_columns(pl.col("bid") * 1000),
        {("FS401", "bid", "error"), ("FS111", "bid", "warning")},
    ),
    "shifted": (lambda d: d.with_columns(pl.col("bid") * 1.25), {("FS401", "bid", "warning")}),
    "new values": (
        lambda d: d.with_columns(some(0.1, pl.lit("new.com"), "site")),
        {("FS402", "site", "warning")},
    ),
    "other hashes": (
        lambda d: d.with_columns(pl.col("user") + 1_000_000),
        {("FS402", "user", "error")},
    ),
    "upper case": (
        lambda d: d.with_columns(some(0.5, pl.col("device").str.to_uppercase(), "device")),
        {("FS112", "device", "warning"), ("FS402", "device", "error")},
    ),
    "padded": (
        lambda d: d.with_columns(some(0.01, pl.col("device") + " ", "device")),
        {("FS110", "device", "error")},
    ),
    "garbled": (
        lambda d: d.with_columns(some(0.0005, pl.lit("cafÃ©"), "site")),
        {("FS110", "site", "warning")},
    ),
    "words for null": (
        lambda d: d.with_columns(
            pl.when(pl.int_range(pl.len()) % 50 == 0)
            .then(pl.lit("null"))
            .when(pl.int_range(pl.len()) % 50 == 1)
            .then(pl.lit(""))
            .otherwise(pl.col("device"))
            .alias("device")
        ),
        {("FS109", "device", "warning")},
    ),
    "a word for null": (
        lambda d: d.with_columns(some(0.01, pl.lit("NULL"), "device")),
        {("FS109", "device", "warning")},
    ),
    "vanished": (lambda d: d.filter(pl.col("device") != "web"), {("FS403", "device", "warning")}),
    "loaded twice": (lambda d: pl.concat([d, d]), {("FS201", None, "error"), ("FS006", None, "warning")}),
    "clicks lost": (
        lambda d: d.with_columns(some(0.5, pl.lit(0, pl.Int8), "label")),
        {("FS404", "label", "error")},
    ),
    "turned round": (
        lambda d: d.with_columns((1 - pl.col("label")).alias("label")),
        {("FS503", "device", "error")},
    ),
    "third label": (
        lambda d: d.with_columns(some(0.01, pl.lit(2, pl.Int8), "label")),
        {("FS305", "label", "error")},
    ),
    "labels lost": (
        lambda d: d.with_columns(some(0.01, pl.lit(None), "label")),
        {("FS004", "label", "error")},
    ),
    "no label": (lambda d: d.drop("label"), {("FS001", "label", "error"), ("FS004", "label", "error")}),
    "one label": (lambda d: d.with_columns(label=pl.lit(0, pl.Int8)), {("FS307", "label", "error")}),
    "sorted by label": (lambda d: d.sort("label"), {("FS306", "label", "warning")}),
    "joined wrongly": (
        lambda d: d.with_columns(pl.col("device").shuffle(3)),
        {("FS503", "device", "error")},
    ),
    "leak": (lambda d: d.with_columns(slot=pl.col("label").cast(pl.Int64)), {("FS301", "slot", "error")}),
    "leak of null": (
        lambda d: d.with_columns(bid=pl.when(pl.col("label") == 1).then(pl.col("bid"))),
        {("FS302", "bid", "error")},
    ),
    "copy": (
        lambda d: d.with_columns(
            device_code=pl.col("device").replace_strict({"ios": 5, "android": 6, "web": 7, "tv": 9})
        ),
        {("FS203", "device_code", "warning")},
    ),
    "future": (
        lambda d: d.with_columns(some(0.01, pl.col("ts") + 10**8, "ts")),
        {("FS406", "ts", "error")},
    ),
    "hours lost": (
        lambda d: d.filter(~((pl.col("ts") // 3600) % 24).is_between(6, 9)),
        {("FS406", "ts", "warning")},
    ),
    "half the rows": (lambda d: d.head(2_900), {("FS006", None, "warning")}),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_where_it_is(name: str, day: Day, checked: Checked) -> None:
    damage, expected = DAMAGES[name]

    assert expected <= checked(damage(day(1)), day(0), time="ts").failed()


@pytest.mark.parametrize("seed", range(3))
def test_another_day_of_the_same_source_raises_no_alarm(seed: int, day: Day, checked: Checked) -> None:
    findings = checked(day(10 + seed), day(20 + seed), time="ts")

    # both days have the same dates, which is all there is to say
    assert findings.failed() == {("FS407", "ts", "warning")}


def test_ids_do_not_drift_because_other_people_came(day: Day, checked: Checked) -> None:
    today = day(1).with_columns(pl.Series("request", np.random.default_rng(1).integers(0, 2**60, 6_000)))
    before = day(0).with_columns(pl.Series("request", np.random.default_rng(2).integers(0, 2**60, 6_000)))
    findings = checked(today, before)

    for code in ("FS401", "FS402", "FS301", "FS503"):
        assert not {field for _, field, _ in findings.failed(code)}
    # every row is new, as every row was once before
    new = findings.one("FS402", "request")
    assert new.measured == pytest.approx(0, abs=1e-9)
    assert new.reference == 1.0


def test_new_values_are_those_that_polars_finds(day: Day, checked: Checked) -> None:
    today, before = day(1), day(0)
    share = (~today["user"].is_in(before["user"].unique().implode())).mean()
    once = before["user"].value_counts().filter(pl.col("count") == 1).height / before.height
    found = checked(today, before).one("FS402", "user")

    assert isinstance(share, float)
    # a share of 1,024 sampled values, three standard deviations of which are the floor
    assert found.floor is not None
    assert found.measured == pytest.approx((share - once) / (1 - once), abs=1.5 * found.floor)
    assert found.floor < 0.4


def test_a_mark_of_a_frequent_new_value_is_shown_as_text(day: Day, checked: Checked) -> None:
    today = day(1).with_columns(some(0.1, pl.lit("new.com"), "site"))

    assert "new.com" in checked(today, day(0)).one("FS402", "site").evidence["values"]


def test_values_of_fields_of_many_values_are_not_shown(day: Day, checked: Checked) -> None:
    today = day(1).with_columns(pl.col("user") + 1_000_000)
    values = checked(today, day(0)).one("FS402", "user").evidence["values"]

    assert values
    assert all(value.startswith("#") for value in values)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.8])
def test_replayed_rows_are_counted_from_what_is_kept(share: float, day: Day, checked: Checked) -> None:
    today, before = day(1), day(0)
    n_old = int(share * today.height)
    mixed = pl.concat([before.head(n_old), today.tail(today.height - n_old)])
    found = checked(mixed, before).one("FS202")

    # 4,096 of 6,000 rows are kept, so four standard deviations are below .04
    assert found.measured == pytest.approx(share, abs=0.04)
    assert found.status is Status.FAIL


def test_rows_that_repeat_by_themselves_are_not_replayed(checked: Checked) -> None:
    rng = np.random.default_rng(0)
    days = [
        pl.DataFrame(
            {
                "label": rng.integers(0, 2, 4_000),
                "a": rng.integers(0, 20, 4_000),
                "b": rng.integers(0, 20, 4_000),
            }
        )
        for _ in range(2)
    ]
    findings = checked(days[0], days[1])

    # all of the four hundred pairs stand in both
    assert abs(findings.one("FS202").measured or 0) < 0.01
    assert not findings.failed("FS201", "FS202")


def test_duplicates_that_the_reference_has_too_are_no_failure(checked: Checked) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"label": rng.integers(0, 2, 4_000), "a": rng.integers(0, 20, 4_000)})

    assert checked(frame).one("FS201").status is Status.FAIL
    assert checked(frame, frame.sample(fraction=1, shuffle=True, seed=1)).one("FS201").status is Status.PASS


def test_a_leak_that_shows_in_two_fields_together_is_named(checked: Checked) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, (2, 5_000))
    frame = pl.DataFrame({"label": a ^ b, "a": a, "b": b, "noise": rng.integers(0, 50, 5_000)})
    found = checked(frame).one("FS308", "a")

    assert found.status is Status.FAIL
    assert found.evidence["fields"] == ["a", "b"]
    assert (
        checked(frame.with_columns(label=pl.Series(rng.integers(0, 2, 5_000)))).failed("FS308", "FS301")
        == set()
    )


def test_nested_fields_are_named_with_what_determines_them(checked: Checked) -> None:
    rng = np.random.default_rng(0)
    ad = rng.integers(0, 200, 5_000)
    frame = pl.DataFrame(
        {
            "label": rng.integers(0, 2, 5_000),
            "ad": ad,
            "campaign": ad // 10,
            "other": rng.integers(0, 9, 5_000),
        }
    )
    findings = checked(frame)

    assert findings.one("FS204", "campaign").evidence["fields"] == ["ad"]
    assert {each.field for each in findings.all if each.code == "FS204" and each.status is Status.FAIL} == {
        "campaign"
    }


def test_unique_columns_are_not_equal_because_they_are_unique(checked: Checked) -> None:
    rng = np.random.default_rng(0)
    numbers = rng.random(3_000)
    frame = pl.DataFrame(
        {"label": rng.integers(0, 2, 3_000), "a": numbers, "b": rng.random(3_000), "copy": numbers}
    )

    assert {(field) for _, field, _ in checked(frame).failed("FS203")} == {"copy"}


def test_the_fields_of_a_feature_config_matter_more(day: Day, checked: Checked) -> None:
    frame = day(0).with_columns(
        still=pl.lit(1), luck=pl.Series(np.random.default_rng(5).integers(0, 3, 6_000))
    )
    chosen = Chosen(frozenset({"still", "luck", "gone", "device"}), 100, 6_400)
    findings = checked(frame, chosen=chosen)

    assert {("FS102", "still", "error"), ("FS001", "gone", "error")} <= findings.failed()
    assert findings.one("FS502", "luck").status is Status.FAIL
    assert findings.one("FS502", "device").status is Status.PASS
    assert findings.one("FS601").measured == 6_400
    assert findings.one("FS602", measure="fields").measured == 4


def test_information_that_is_lost_is_none_that_is_moved(day: Day, checked: Checked) -> None:
    # fewer clicks everywhere lose no information: rates count beside the rate of all rows
    today = day(1).with_columns(some(0.4, pl.lit(0, pl.Int8), "label"))

    assert not checked(today, day(0)).failed("FS503", "FS501")


def test_a_rule_that_needs_what_is_not_there_is_skipped_with_its_reason(day: Day, checked: Checked) -> None:
    findings = checked(day(0).drop("label"))

    for rule in RULES.values():
        if rule.needs and rule.code != "FS001":
            assert findings.one(rule.code).status is Status.SKIPPED
            assert findings.one(rule.code).message


def test_nothing_of_a_tiny_log_is_an_error_but_its_size(checked: Checked) -> None:
    frame = pl.DataFrame({"label": [0, 1, 0], "a": ["x", "y", "x"], "b": [1.0, 2.0, 3.0]})
    findings = checked(frame, frame)

    assert ("FS005", None, "warning") in findings.failed()
    assert not {code for code, _, severity in findings.failed() if severity == "error"} - {"FS202"}


def test_times_may_be_ahead_by_the_clocks_of_other_zones(day: Day, checked: Checked) -> None:
    frame = day(0)

    assert not checked(frame, time="ts", now=float(frame["ts"].max()) - 80_000).failed("FS406")  # type: ignore[arg-type]
    assert checked(frame, time="ts", now=float(frame["ts"].max()) - 90_000).failed("FS406")  # type: ignore[arg-type]
    assert float(frame["ts"].max()) < NOW  # type: ignore[arg-type]


def test_a_column_of_times_is_expected_to_move(checked: Checked) -> None:
    days = [
        pl.DataFrame(
            {
                "label": np.arange(2_000) % 2,
                "at": pl.Series(np.arange(2_000) * 30 + start).cast(pl.Datetime("ms")),
                "a": np.arange(2_000) % 9,
            }
        )
        for start in (1_700_000_000_000, 1_700_086_400_000)
    ]

    assert not checked(days[1], days[0]).failed("FS401", "FS111")


def test_values_in_the_place_of_labels_are_not_shown_where_they_are_many(checked: Checked) -> None:
    frame = pl.DataFrame({"label": [f"user{row}@mail.com" for row in range(500)], "a": np.arange(500) % 5})
    found = checked(frame).one("FS305", "label")

    assert found.status is Status.FAIL
    assert "@" not in found.message + str(found.evidence)


def test_numbers_in_text_are_of_one_type_with_numbers(checked: Checked, day: Day, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "day.csv"
    frame = day(0).select("label", "slot", "device", "age")
    frame.write_csv(path)
    findings = checked(pl.read_csv(path, infer_schema=False), frame)

    assert {
        each.severity.value for each in findings.all if each.code == "FS003" and each.status is Status.FAIL
    } == {"error"}, "text of a typed format is text"
