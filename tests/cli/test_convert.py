"""``featsel convert`` changes the format of a log and nothing else."""

from datetime import date

import polars as pl
import pytest

from featsel.cli.app import run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


FRAME = pl.DataFrame(
    {
        "label": [0, 1, 1],
        "price": [1.5, None, -2.0],
        "city": ["Oslo, N", 'a "b"', None],
        "code": ["007", "012", "100"],
        "empty": ["", "x", "y"],
    }
)


@pytest.mark.parametrize(
    "middle", ["x.arrow", "x.csv", "x.csv.gz", "x.csv.zst", "x.tsv", "x.ndjson", "x.parquet"]
)
@pytest.mark.usefixtures("folder")
def test_there_and_back_is_the_same(middle):
    FRAME.write_parquet("log.parquet")
    assert run(["convert", "log.parquet", middle]) == 0
    assert run(["convert", middle, "back.parquet"]) == 0
    assert pl.read_parquet("back.parquet").equals(FRAME)


@pytest.mark.usefixtures("folder")
def test_text_becomes_numbers_only_where_every_value_is_one(folder):
    rows = "".join(f"{row % 2},{row},{row}.5,0{row},1\n" for row in range(20_000))
    (folder / "log.csv").write_text(f"label,whole,part,code,late\n{rows}1,,,,x\n")
    assert run(["convert", "log.csv", "log.parquet"]) == 0
    types = {"label": pl.Int64, "whole": pl.Int64, "part": pl.Float64, "code": pl.String, "late": pl.String}
    assert pl.read_parquet_schema("log.parquet") == types


@pytest.mark.usefixtures("folder")
def test_dates_in_text_stay_as_they_are(folder):
    (folder / "log.csv").write_text("label,day\n0,2020-01-01\n1,soon\n")
    assert run(["convert", "log.csv", "log.parquet"]) == 0
    assert pl.read_parquet("log.parquet")["day"].to_list() == ["2020-01-01", "soon"]


@pytest.mark.usefixtures("folder")
def test_types_survive_between_typed_formats():
    frame = FRAME.with_columns(
        day=date(2020, 1, 1), big=pl.lit(2**64 - 1, pl.UInt64), tags=pl.lit(["a", "b"])
    )
    frame.write_parquet("log.parquet")
    assert run(["convert", "log.parquet", "log.arrow"]) == 0
    assert pl.read_ipc("log.arrow").equals(frame)


@pytest.mark.usefixtures("folder")
def test_rows_and_columns_are_chosen():
    FRAME.write_parquet("log.parquet")
    assert run(["convert", "log.parquet", "out.csv", "--rows", "2", "--exclude", "c*"]) == 0
    assert pl.read_csv("out.csv").columns == ["label", "price", "empty"]
    assert pl.read_csv("out.csv").height == 2


@pytest.mark.usefixtures("folder")
def test_lists_come_from_text(folder):
    (folder / "log.csv").write_text("label,tags\n0,a|b\n1,\n")
    assert run(["convert", "log.csv", "log.parquet", "--multivalued", "tags=|"]) == 0
    assert pl.read_parquet("log.parquet")["tags"].to_list() == [["a", "b"], None]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["log.csv", "out.xyz"], 2, "has no extension that can be written"),
        (["log.csv", "no/out.parquet"], 2, "there is no folder 'no'"),
        (["log.csv", "."], 2, "is a folder"),
        (["none.csv", "out.parquet"], 3, "does not exist"),
        (["log.csv", "out.parquet", "--exclude", "*"], 3, "no column is left to write"),
        (["log.csv", "out.csv", "--multivalued", "a=|"], 2, "holds lists, which .csv cannot"),
        (["short.csv", "out.parquet"], 3, "line 3: 1 value, expected 2"),
    ],
)
def test_what_cannot_be_converted_writes_nothing(folder, capsys, arguments, code, message):
    (folder / "log.csv").write_text("label,a\n0,x\n1,y\n")
    (folder / "short.csv").write_text("label,a\n0,x\n1\n")
    before = sorted(folder.iterdir())
    assert run(["convert", *arguments]) == code
    assert message in capsys.readouterr().err
    assert sorted(folder.iterdir()) == before


@pytest.mark.usefixtures("folder")
def test_a_log_may_replace_itself(folder):
    (folder / "log.csv").write_text("label,a\n0,x\n1,y\n")
    assert run(["convert", "log.csv", "log.csv"]) == 0
    assert (folder / "log.csv").read_text() == "label,a\n0,x\n1,y\n"


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (["1", "-2"], pl.Int64),
        (["18446744073709551615", "1"], pl.UInt64),
        (["184467440737095516150", "1"], pl.String),
        (["9007199254740993.0", "1.5"], pl.String),
        (["0.12345678901234567", "2"], pl.Float64),
        (["1e5", "2.5E-3"], pl.Float64),
        (["1e400", "1"], pl.String),
        (["1000009418151094273", "1.5"], pl.String),
        (["007", "1"], pl.String),
    ],
)
def test_text_becomes_a_number_only_where_nothing_is_lost(tmp_path, values, dtype):
    source = tmp_path / "log.csv"
    source.write_text("label,x\n" + "".join(f"{row % 2},{value}\n" for row, value in enumerate(values)))
    assert run(["convert", str(source), str(tmp_path / "log.parquet"), "--quiet"]) == 0
    assert pl.read_parquet_schema(tmp_path / "log.parquet")["x"] == dtype
