from __future__ import annotations

import re

import pytest

from featsel.report.check_markdown import SUMMARY_BYTES, check_markdown


def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_what_to_mend_is_said_first_and_how(mixed_report):
    lines = check_markdown(mixed_report).splitlines()
    assert lines[0] == "## Checks of today.parquet"
    assert lines[2].startswith("**2 errors, 1 warning, 1 info, 2 passed")
    assert [line for line in lines if line.startswith("### ")] == [
        "### Error FS401 drift: 2 failures",
        "### Warning FS006 row-count",
        "### Info FS401 drift",
        "### Waived",
        "### Skipped",
        "### Notes",
    ]
    assert "Hint: See whether a partition was read twice." in lines
    assert (
        "| site | the distribution of its values moved, PSI 0.4125 | psi 0.4125 | 0.25 | "
        "values: 'ios', 'tv'; share: 0.25 |"
    ) in lines


def test_every_row_of_a_table_has_its_cells(hostile_report):
    rows = [line for line in check_markdown(hostile_report).splitlines() if line.startswith("|")]
    assert rows
    assert {len(cells(row)) for row in rows} == {5}


def test_hostile_text_starts_nothing(hostile_report, mixed_report):
    lines, plain = (check_markdown(report).splitlines() for report in (hostile_report, mixed_report))
    shapes = [
        [line[:3] for line in text if line.startswith(("#", "|", "- ", "**", "Hint"))]
        for text in (lines, plain)
    ]
    assert len(shapes[0]) == len(shapes[1]) + 2  # one more failure, one more note
    text = "\n".join(lines)
    assert "<" not in text
    assert "](" not in text.replace("\\](", "")
    assert not re.search(r"@\w", text)
    text.encode()


def test_a_user_named_in_a_log_is_not_called(make_finding, make_report):
    assert "@octocat" not in check_markdown(make_report([make_finding("@octocat", message="ask @octocat")]))


@pytest.mark.parametrize("limit_bytes", [4_000, 10_000, 65_000, SUMMARY_BYTES])
def test_a_text_is_never_larger_than_allowed_and_says_what_it_leaves_out(
    make_finding, make_report, limit_bytes
):
    failures = [
        make_finding(
            "字" * 1000, code=f"FS{i:03}", message="&" * 10_000, evidence={"values": ["<" * 999] * 9}
        )
        for i in range(1000)
    ]
    text = check_markdown(make_report(failures, title="&" * 999), limit_bytes=limit_bytes)
    assert len(text.encode()) <= limit_bytes
    assert len(text.encode()) > limit_bytes - 8_000
    left_out = int(re.findall(r"\n([0-9,]+) more results left out", text)[0].replace(",", ""))
    assert left_out + text.count("### Error") == 1000


def test_a_short_text_leaves_nothing_out(mixed_report):
    assert "left out" not in check_markdown(mixed_report)


def test_many_notes_are_one_list_that_can_be_cut(make_report):
    notes = tuple(f"Note {i}." for i in range(1000))
    whole, cut = (check_markdown(make_report([], notes=notes), limit_bytes=n) for n in (SUMMARY_BYTES, 5_000))
    assert whole.count("\n- Note ") == 1000
    assert whole.count("### Notes") == 1
    left_out = int(re.findall(r"(\d+) more results left out", cut)[0])
    assert cut.count("\n- Note ") + left_out == 1000
