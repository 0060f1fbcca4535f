"""Each event is in the file at once, and a file that goes on has no broken line."""

import json
from datetime import datetime, timedelta

import pytest

from featsel.artifacts.event_lines import EventLines
from featsel.core.errors import ConfigError


def test_a_line_can_be_read_before_the_next_is_written(tmp_path):
    path = tmp_path / "events.jsonl"
    lines = EventLines(path)
    for step in range(3):
        lines.write("evaluation", {"step": step, "name": "é\n"})
        read = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert [line["step"] for line in read] == list(range(step + 1))
    lines.close()
    assert {(line["event"], line["name"]) for line in read} == {("evaluation", "é\n")}
    assert datetime.fromisoformat(read[0]["time"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize(("before", "kept"), [("", 0), ("{}\n{}\n", 2), ('{}\n{"half', 1), ('{"half', 0)])
def test_whole_lines_stay_and_half_a_line_goes(tmp_path, before, kept):
    path = tmp_path / "events.jsonl"
    path.write_text(before)
    lines = EventLines(path, is_continued=True)
    lines.write("start", {})
    lines.close()
    read = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line.get("event") for line in read] == [*[None] * kept, "start"]


def test_a_file_that_does_not_go_on_begins_empty(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("{}\n")
    EventLines(path).close()
    assert path.read_text() == ""


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"events '.*' cannot be written: Is a directory") as error:
        EventLines(tmp_path)
    assert error.value.hint == "Name another file."
