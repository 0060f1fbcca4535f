from __future__ import annotations

import io

import pytest
from rich.console import Console

from featsel.report.check_overview import check_overview
from featsel.report.terminal import Paragraph, print_paragraphs


def printed(paragraphs, *, width=80, colour=False):
    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=colour, color_system="truecolor" if colour else None
    )
    print_paragraphs(paragraphs, console)
    return file.getvalue()


def test_what_to_mend_is_said_first_and_how(mixed_report):
    assert printed(check_overview(mixed_report, is_whole=True)) == (
        "2 errors, 1 warning, 1 info, 2 passed, 1 skipped, 1 waived: 91,805 rows of 47\n"
        "fields, compared with good-day.json\n"
        "\n"
        "error FS401 drift, 2 failures\n"
        "  site: the distribution of its values moved, PSI 0.4125 (psi 0.4125, limit\n"
        "  0.25, chance 0.002)\n"
        "    values: 'ios', 'tv'; share: 0.25\n"
        "  device: its numbers moved beyond measure (shift inf, limit 0.5)\n"
        "    values: 'ios', 'tv'; share: 0.25\n"
        "  hint: Look for a change of the pipeline on that day.\n"
        "\n"
        "warning FS006 row-count\n"
        "  log: 91,805 rows are 2.5 times those of the reference (growth 2.5, limit 2,\n"
        "  before 36,722)\n"
        "    rows: 91,805\n"
        "  hint: See whether a partition was read twice.\n"
        "\n"
        "info FS401 drift\n"
        "  tags: the distribution of its values moved, PSI 0.4125 (psi 0.12, limit 0.1,\n"
        "  chance 0.002)\n"
        "    values: 'ios', 'tv'; share: 0.25\n"
        "  hint: Look for a change of the pipeline on that day.\n"
        "\n"
        "Waived\n"
        "  FS403 vanished-value, exchange: 'adx' fell from 31 % to 0 % of the rows;\n"
        "  waived until 2026-12-31: partner migration\n"
        "\n"
        "Skipped\n"
        "  1 check (FS406): no column with times was named (--time)\n"
        "\n"
        "Notes\n"
        "  The waiver of FS101 for 'x' (late feed) expired on 2026-01-01.\n"
    )


def test_a_good_log_takes_one_line(make_finding, make_report):
    report = make_report([make_finding(f"f{i}", status="pass") for i in range(412)])
    assert printed(check_overview(report)) == (
        "Nothing to mend, 412 passed: 91,805 rows of 47 fields, compared with\ngood-day.json\n"
    )


def test_two_hundred_failures_fit_a_screen(make_finding, make_report):
    text = printed(check_overview(make_report([make_finding(f"f{i}") for i in range(200)])))
    assert len(text.splitlines()) < 20
    assert "and 197 more: f3, f4, f5" in text
    assert text.endswith("-o checks.tsv writes every single check.\n")


def test_many_waivers_and_reasons_are_counted(make_finding, make_report, mixed_report):
    waived = mixed_report.waived * 10
    skipped = [make_finding(f"f{i}", status="skipped", message=f"reason {i}") for i in range(12)]
    text = printed(check_overview(make_report([*waived, *skipped])))
    assert text.count("partner migration") == 8
    assert "and 2 more failures" in text
    assert "and 4 more checks for other reasons" in text


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_lines_fit_the_terminal_and_end_in_no_blanks(mixed_report, width):
    lines = printed(check_overview(mixed_report), width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert [line for line in lines if line != line.rstrip()] == []


def test_hostile_text_cannot_steer_the_terminal(hostile_report):
    lines = printed(check_overview(hostile_report)).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) < 200
    assert [line for line in lines if not line.isprintable() and "\ufffe" not in line] == []
    assert [line for line in lines if line.startswith(("::", "#"))] == []


def test_severities_are_coloured_on_a_terminal(mixed_report):
    text = printed(check_overview(mixed_report), colour=True)
    assert "\x1b[1;31merror" in text
    assert "\x1b[33mwarning" in text


def test_a_terminal_without_unicode_gets_ascii(make_finding, make_report):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    print_paragraphs(
        check_overview(make_report([make_finding("prénom", measured=float("inf"))])),
        Console(file=file, width=80),
    )
    file.flush()
    assert rb"pr\xe9nom" in raw.getvalue()


def test_paragraphs_are_folded_between_words_and_indented():
    paragraphs = [
        Paragraph((("[b]one two", "bold"), (" three", ""))),
        Paragraph(()),
        Paragraph((("four", ""),), 3),
    ]
    assert printed(paragraphs, width=12) == "[b]one two\nthree\n\n   four\n"


def test_paragraphs_print_on_standard_output_by_default(capsys):
    print_paragraphs([Paragraph((("x", ""),))])
    assert capsys.readouterr().out == "x\n"


def test_a_failure_without_examples_or_numbers_is_its_message(make_finding, make_report):
    finding = make_finding(evidence={}, measured=None, hint="")
    text = printed(check_overview(make_report([finding])))
    assert text.splitlines()[-2:] == [
        "error FS401 drift",
        "  site: the distribution of its values moved, PSI 0.4125",
    ]
