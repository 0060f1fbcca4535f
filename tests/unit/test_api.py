"""A frame is ranked as the same rows in a file are, and mistakes are told in the words of Python."""

import doctest
import json
import logging
import re
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import featsel
from featsel.cli.app import run

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    options = ["--rows", "6000", "--fields", "12", "--leak", "--seed", "3", "--quiet"]
    assert run(["synth", str(path), *options]) == 0
    return path


@pytest.fixture(scope="module")
def clicks():
    """Fields of every kind, and what is hard to read."""
    rng = np.random.default_rng(0)
    site = rng.choice(["a", "b", "c"], 400)
    price = rng.lognormal(0, 1, 400).round(2)
    tags = [[f"t{tag}" for tag in np.flatnonzero(rng.random(4) < 0.4)] for _ in range(400)]
    return pl.DataFrame(
        {
            "site": pl.Series(site, dtype=pl.Categorical),
            "price": [None if amount > 4 else amount for amount in price.tolist()],
            "tags": tags,
            "empty": [None] * 400,
            "*": rng.integers(0, 5, 400),
            "seen": [f"2024-01-{day:02} 10:00" for day in rng.integers(1, 29, 400)],
            "click": rng.random(400) < np.where(site == "a", 0.6, 0.2),
            "mass": rng.random(400) + 0.5,
        }
    )


def of_command(capsys, path, *options):
    assert run(["rank", str(path), "--json", "--quiet", *options]) == 0
    return json.loads(capsys.readouterr().out)["fields"]


def test_a_frame_has_the_numbers_of_its_file(log, capsys):
    expected = of_command(capsys, log, "--time", "day")
    frame = pl.read_parquet(log)
    for table in (frame, frame.lazy(), log, [str(log)], pl.scan_parquet(log)):
        assert featsel.rank(table, time="day").to_dicts() == expected


def test_a_frame_is_looked_forward_in_as_its_file_is(log, capsys):
    expected = of_command(capsys, log, "--time", "day", "--score", "forward")
    found = featsel.rank(pl.read_parquet(log), time="day", score="forward")
    assert found.to_dicts() == expected
    assert found["outlook"].to_list().count("lasts") > 0


def test_forward_order_needs_a_time(clicks):
    with pytest.raises(featsel.ConfigError, match=r"needs the times of the rows"):
        featsel.rank(clicks, score="forward")


def test_every_option_does_what_it_does_in_the_command(clicks, tmp_path, capsys):
    path = tmp_path / "clicks.parquet"
    clicks.write_parquet(path)
    options = [
        *("--label", "click", "--score", "outrank", "--bins", "8", "--min-count", "3", "--exclude", "empt?"),
        *("--categorical", "pri*", "--numeric", "[*]", "--weight", "mass", "--multivalued", "seen=-"),
        *("--rows", "390", "--sample", "300", "--seed", "5", "--threads", "1", "--positive", "true"),
    ]
    asked = {
        **{"score": "outrank", "bins": 8, "min_count": 3, "exclude": "empt?", "categorical": "pri*"},
        **{"numeric": ["[*]"], "weight": "mass", "multivalued": "seen=-", "rows": 390, "sample": 300},
        **{"seed": 5, "threads": 1, "positive": True},
    }
    expected = of_command(capsys, path, *options)
    assert featsel.rank(clicks, "click", **asked).to_dicts() == expected
    assert featsel.rank(path, "click", **asked).to_dicts() == expected
    assert {field["kind"] for field in expected} == {"categorical", "numeric", "multivalued"}


def test_columns_and_their_types_are_those_of_the_document(clicks):
    ranking = featsel.rank(clicks, include=["site", "price"], weight="mass")
    assert dict(ranking.schema) == {
        **dict.fromkeys(["name", "kind"], pl.String()),
        "rank": pl.Int64(),
        "score": pl.Float64(),
        "cardinality": pl.Int64(),
        "coverage": pl.Float64(),
        **dict.fromkeys(
            [
                *("mutual_information", "expected_mutual_information", "corrected_mutual_information"),
                *("relative_information", "z", "p_value", "q_value", "usable_information"),
            ],
            pl.Float64(),
        ),
        **dict.fromkeys(["verdict", "reason"], pl.String()),
        **dict.fromkeys(
            ["score_se", "corrected_mutual_information_se", "usable_information_se"], pl.Float64()
        ),
    }
    assert ranking["rank"].to_list() == [1, 2]


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_change_nothing(log, threads):
    frame = pl.read_parquet(log)
    assert featsel.rank(frame, threads=threads).equals(featsel.rank(frame))


def test_pandas_has_the_numbers_of_polars(clicks):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    columns = {name: clicks[name].to_list() for name in clicks.columns}
    frame = pandas.DataFrame(columns).astype({"site": "category", "price": "Float64", "click": "boolean"})
    assert featsel.rank(frame, weight="mass").equals(featsel.rank(clicks, weight="mass"))


def test_a_pyarrow_table_has_the_numbers_of_polars(clicks):
    pytest.importorskip("pyarrow")
    assert featsel.rank(clicks.to_arrow()).equals(featsel.rank(clicks))


@pytest.mark.skipif(not DATA.is_dir(), reason="the real logs are not beside the project")
@pytest.mark.parametrize("name", ["adult_49k", "ipinyou_usertags_4k"])
def test_a_real_log_has_the_numbers_of_its_file(name, capsys):
    path = DATA / f"{name}.parquet"
    expected = of_command(capsys, path)
    assert featsel.rank(pl.read_parquet(path)).to_dicts() == expected


def test_warnings_are_given_to_the_caller(clicks):
    with pytest.warns(featsel.FeatselWarning, match=r"^exclude='nothing' matches no field$") as caught:
        featsel.rank(clicks, exclude="nothing")
    assert caught[0].filename == __file__


def test_notes_go_to_the_logger(clicks, caplog):
    with caplog.at_level(logging.DEBUG, logger="featsel"):
        featsel.rank(clicks)
    assert "label: 'click' (name another with the argument 'label')" in caplog.messages
    assert "tags: multivalued, lists of values" in caplog.messages


def test_a_traceback_shows_the_hint_in_the_words_of_python():
    frame = pl.DataFrame({"f": [1, 2, 3], "click": ["yes", "no", "no"]})
    with pytest.raises(
        featsel.DataError, match=r"^label 'click' is not 0/1; found: 'yes', 'no'(\n|$)"
    ) as raised:
        featsel.rank(frame)
    assert raised.value.hint == "Name the value that means a click, such as positive='yes'."
    shown = "".join(traceback.format_exception(raised.value))
    assert shown.endswith(f"featsel: hint: {raised.value.hint}\n")


def test_a_missing_column_is_named(clicks):
    with pytest.raises(featsel.DataError, match=r"^column 'clik' is not in the log(\n|$)") as raised:
        featsel.rank(clicks, "clik")
    assert raised.value.hint == "Did you mean 'click'?"


def test_a_frame_without_rows_is_refused(clicks):
    with pytest.raises(featsel.DataError, match=r"^the frame holds no rows(\n|$)"):
        featsel.rank(clicks.head(0))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"score": "usefull"}, "score is 'usefull', which does not exist"),
        ({"format": "excel"}, "format is 'excel', which does not exist"),
        ({"bins": 1}, "bins is 1"),
        ({"bins": 1001}, "bins is 1001"),
        ({"min_count": 0}, "min_count is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"rows": 0}, "rows is 0"),
        ({"sample": 0}, "sample is 0"),
        ({"threads": 0}, "threads is 0"),
        ({"memory_bytes": 10}, "memory_bytes is 10"),
        ({"include": "zzz"}, "include='zzz' matches no field"),
        ({"label": "click", "time": "click"}, "column 'click' is the label and cannot be time or weight too"),
    ],
)
def test_a_wrong_argument_is_named(clicks, asked, message):
    with pytest.raises(featsel.ConfigError, match=re.escape(message)) as raised:
        featsel.rank(clicks, **asked)
    assert raised.value.message == message
    assert raised.value.hint


def test_limits_stand_in_the_hint(clicks):
    with pytest.raises(featsel.ConfigError) as raised:
        featsel.rank(clicks, bins=1)
    assert raised.value.hint == "Give a number, from 2 to 1,000."
    with pytest.raises(featsel.ConfigError) as raised:
        featsel.rank(clicks, rows=0)
    assert raised.value.hint == "Give a number, 1 or more."


def test_no_path_is_refused():
    with pytest.raises(featsel.ConfigError, match=r"^there is no path to read(\n|$)"):
        featsel.rank([])


def test_a_missing_file_is_named():
    with pytest.raises(featsel.DataError, match=r"nothing\.parquet"):
        featsel.rank("nothing.parquet")


def test_the_examples_of_the_docstrings_are_right():
    failed, tried = doctest.testmod(featsel.api)
    assert (failed, tried > 3) == (0, True)


def test_importing_the_package_loads_nothing():
    program = "import sys; before = set(sys.modules); import featsel; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["featsel"]


def test_every_public_name_can_be_asked_for():
    assert set(featsel.__all__) <= set(dir(featsel))
    assert all(getattr(featsel, name) is not None for name in featsel.__all__)
    with pytest.raises(AttributeError, match=r"^module 'featsel' has no attribute 'rnak'(\n|$)"):
        _ = featsel.rnak
