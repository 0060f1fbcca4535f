"""Write docs/checks.md from the registry of rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from featsel.quality.rule import Family, Rule
from featsel.report.check_rules import needs_text, threshold_lines
from featsel.report.table import Column, Table, to_markdown

PAGE = Path(__file__).with_name("checks.md")

INTRODUCTION = """# Checks

Written from the rules by `make docs`.

`featsel check` holds a log against rules, each with a code, and says which fail. Most rules need nothing
but the log; those that say *needs a reference* compare it with a good day, as it was or as its profile:

```
featsel check monday.parquet --save-profile good-day.json
featsel check tuesday.parquet --reference good-day.json
```

A profile is small: hashes of values, not the values, unless `--keep-values` is given, and of numeric fields
their quantiles. `featsel check --list` prints the rules, `--explain FS401` all about one.

## When a rule fails

A rule measures a number for each field, or one for the log: the larger, the worse. It fails at the gravest
severity whose threshold the number reaches: an *error*, a *warning*, or an *info*, which is only worth
knowing.

Many measures are above zero by chance alone. Two samples of one distribution differ, and the more so the
shorter the logs and the more values a field has. Where a rule knows what chance brings, that is its
*floor*: nothing below fails, whatever the threshold. A finding shows what was measured, the threshold, the
floor, and the same measure of the reference.

What the reference shows to about the same extent is nothing new, and only worth knowing: a field that is
null in most rows every day is an *info*, whatever the threshold. Without a reference it is what its
threshold says.

A rule that lacks something, or that breaks, is *skipped*, with the reason; the others go on.

| exit code | meaning |
| ---: | --- |
| 0 | nothing failed that `--fail-on` names |
| 1 | something did: an error, or with `--fail-on warning` a warning; `--fail-on never` never ends so |
| 2 | the request is wrong, such as an unknown code in the rules file |
| 3 | the log or the reference cannot be read |

## The rules file

`featsel check LOG --init checks.toml` writes a rules file that holds on a log: with every default threshold
as a comment, and an exception for whatever fails today. `--rules checks.toml` uses it. The same tables may
stand in `featsel.toml` under `[check]`, or in `pyproject.toml` under `[tool.featsel.check]`.

```toml
select = ["ALL"]          # codes, or how codes begin; the longer entry wins over ignore
ignore = ["FS204"]
fail-on = "error"         # or "warning", or "never"

[per-field-ignores]       # shell patterns of fields
"user_*" = ["FS104"]

[severity]                # of every failure of a rule
FS401 = "error"

[thresholds]              # those not named stay as they are
FS101 = { warning = "50%", error = 0.9 }
"FS101.rise" = { error = 0.1, warning = "off" }
FS601 = { error = "2GiB" }

[[field]]                 # thresholds of some fields; later tables win
pattern = "user_*"
thresholds = { FS101 = { warning = 0.8 } }

[[waiver]]                # a failure that is accepted until a day, and shown as such in every report
code = "FS403"
field = "exchange"
until = 2030-12-31
reason = "the partner moves to another exchange"
```

A rule with several measures has a threshold for each: `FS101` is its first one, `"FS101.rise"` the one
named. A threshold of 0 means anything above 0. The log as a whole has the empty name: `"" = ["FS306"]`
ignores that rule for the log, and `*` matches it as well as every field.

Whatever the file says wrong is told at once, with its place: an unknown key, rule, measure or severity, a
threshold that is no finite number, a waiver without a reason, a pattern that matches no field. A waiver
holds until the end of its last day; one that has expired, or that covers no failure, is noted in the
report.
"""


def page(rules: Mapping[str, Rule]) -> str:
    """Text of the page.

    Parameters
    ----------
    rules : mapping of str to Rule
        The rules by code.

    Returns
    -------
    str
        Markdown.
    """
    parts = [INTRODUCTION, "## Rules\n"]
    for family in Family:
        members = [rule for rule in rules.values() if rule.family is family]
        if members:
            parts += [f"### {family.value[0].upper()}{family.value[1:]}\n", to_markdown(_table(members))]
            parts += [_paragraph(rule) for rule in members]
    return "\n".join(parts)


def _table(rules: list[Rule]) -> Table:
    columns = (Column("code"), Column("name"), Column("fails"), Column("needs"))
    rows = tuple(
        (rule.code, rule.name, "; ".join(threshold_lines(rule)), needs_text(rule) or "the log")
        for rule in rules
    )
    return Table("", columns, rows)


def _paragraph(rule: Rule) -> str:
    return f"**{rule.code} {rule.name}.** {rule.what} {rule.why} *What to do:* {rule.hint}\n"


if __name__ == "__main__":
    from featsel.quality.rules import RULES

    PAGE.write_text(page(RULES), encoding="utf-8")
