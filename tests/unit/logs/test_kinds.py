"""Columns get the kind that a person would give them."""

from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl
import pytest

from featsel.core.schema import FieldKind
from featsel.logs.kinds import (
    CRITEO_CATEGORICAL,
    CRITEO_NUMERIC,
    has_criteo_columns,
    infer_fields,
    name_words,
)
from featsel.logs.log import open_log
from featsel.logs.sources import find_source
from featsel.logs.times import find_times

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"

C, N, M = FieldKind.CATEGORICAL, FieldKind.NUMERIC, FieldKind.MULTIVALUED

REAL_COLUMNS = [
    ("talkingdata_100k", C, "ip app device os channel"),
    ("talkingdata_100k", N, "click_time attributed_time"),
    ("criteo_kaggle_10k", N, "I*"),
    ("criteo_kaggle_10k", C, "C*"),
    ("avazu_kaggle_10k", C, "*"),
    ("porto_seguro_10k", C, "id *_cat *_bin"),
    ("porto_seguro_10k", N, "ps_reg_0* ps_car_12 ps_car_13 ps_car_14 ps_car_15 ps_calc_01 ps_calc_02"),
    ("kuairand_pure_92k", C, "*_id tab hour weekday is_* onehot_feat* *_range music_type post_is_like"),
    ("kuairand_pure_92k", N, "*_num stat_* *_days video_duration server_width server_height ts"),
    ("movielens1m_ratings_100k", C, "user_id movie_id gender occupation zip genres"),
    ("movielens1m_ratings_100k", N, "age year ts"),
    ("frappe_87k", C, "*"),
    ("adult_49k", N, "age fnlwgt education_num capital_* hours_per_week"),
    ("adult_49k", C, "workclass education occupation sex native_country"),
    ("kdd99_10pct_494k", N, "duration *_bytes *_rate *count"),
    ("kdd99_10pct_494k", C, "protocol_type service flag land logged_in is_* attack_type"),
    ("bank_marketing_41k", N, "age duration emp.var.rate cons.* euribor3m nr.employed"),
    ("airline_delay_100k", N, "DepTime Distance"),
    ("airline_delay_100k", C, "Month DayOfWeek UniqueCarrier Origin Dest"),
    ("diabetes130_102k", C, "*_id patient_nbr diag_* race gender"),
    ("diabetes130_102k", N, "num_* number_* time_in_hospital"),
]


@pytest.mark.skipif(not DATA.is_dir(), reason="the real logs are not beside this checkout")
@pytest.mark.parametrize(("log", "kind", "patterns"), REAL_COLUMNS)
def test_columns_of_real_logs_have_the_kind_a_person_would_give_them(log, kind, patterns):
    with open_log(find_source([str(DATA / f"{log}.parquet")])) as opened:
        names = [name for name in opened.dtypes if name != "label"]
        typed = opened.with_times(find_times(opened.head(names)))
        fields = infer_fields(typed.head(names), is_text=False, is_criteo=has_criteo_columns(names))
    chosen = [
        field for field in fields if any(fnmatchcase(field.name, pattern) for pattern in patterns.split())
    ]
    assert chosen
    assert {field.name: field.reason for field in chosen if field.kind is not kind} == {}


def kind_of(values, *, name="c", is_text=False, **options):
    (field,) = infer_fields(pl.DataFrame({name: values}), is_text=is_text, **options)
    return field.kind


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("c", ["1.5", "2", None] * 40, N),
        ("c", [" 1.5", " 2.25 "] * 40, N),
        ("c", ["007", "012"] * 40, C),
        ("c", ["1", "2", "x"] * 40, C),
        ("c", [None, None], C),
        ("price", [str(number) for number in range(300)], N),
        ("user_id", [str(number) for number in range(300)], C),
    ],
)
def test_text_that_spells_numbers_is_judged_as_numbers(name, values, kind):
    assert kind_of(pl.Series(values, dtype=pl.String), name=name, is_text=True) is kind


def test_numbers_that_a_typed_format_holds_as_text_are_text():
    assert kind_of(["1.5", "2.5"] * 40) is C


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        (pl.List(pl.String), M),
        (pl.Boolean, C),
        (pl.Date, N),
        (pl.Datetime("ms", "UTC"), N),
        (pl.Duration, N),
        (pl.Time, N),
        (pl.Binary, C),
        (pl.String, C),
    ],
)
def test_types_that_leave_no_doubt_decide(dtype, kind):
    assert kind_of(pl.Series([None], dtype=dtype)) is kind


def test_fractions_of_a_decimal_column_are_quantities():
    assert kind_of(pl.Series(["1.25", "2.50"]).cast(pl.Decimal(10, 2))) is N


def test_options_overrule_the_values_and_numeric_has_the_last_word():
    values = ["a", "b"]
    assert kind_of(values, name="x", numeric=["x*"]) is N
    assert kind_of([0.5, 1.5], name="x", categorical=["x*"]) is C
    assert kind_of([0.5, 1.5], name="x", categorical=["x*"], numeric=["x"]) is N


def test_the_criteo_layout_is_told_by_all_of_its_names():
    names = [*CRITEO_NUMERIC, *CRITEO_CATEGORICAL]
    assert has_criteo_columns(["label", *names])
    assert not has_criteo_columns(names[1:])
    assert kind_of([0, 1], name="I5", is_criteo=True) is N
    assert kind_of([0, 1], name="I5") is C


@pytest.mark.parametrize(
    ("name", "words"),
    [("userAge_days", ("user", "age", "days")), ("C14", ("c",)), ("emp.var.rate", ("emp", "var", "rate"))],
)
def test_names_fall_into_words(name, words):
    assert name_words(name) == words
