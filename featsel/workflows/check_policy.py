"""Which policy does a rules file give to a check, and does it fit the log?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from featsel.artifacts.check_rules import KnownRules, Thresholds, read_check_rules
from featsel.artifacts.check_values import nearest_rule
from featsel.core.errors import ConfigError, did_you_mean
from featsel.quality.findings import Severity, Waiver
from featsel.quality.policy import ALL, FailOn, FieldLimits, Limits, Policy, matches_field
from featsel.quality.rule import Rule


def read_policy(
    path: Path, rules: Mapping[str, Rule], *, options: Collection[str] = (), is_config: bool = False
) -> Policy:
    """Read a rules file.

    Parameters
    ----------
    path : Path
        A file of its own, or a config file with the rules under ``[check]`` or ``[tool.featsel.check]``.
    rules : mapping of str to Rule
        All rules by code.
    options : collection of str
        Keys of the command's options, which may stand beside the rules in a config file.
    is_config : bool
        Whether the file is the config file of the command, which need not hold rules.

    Returns
    -------
    Policy
        Defaults for whatever the file does not say.

    Raises
    ------
    ConfigError
        Something is wrong with the file; the message names all of it.
    """
    known = KnownRules(
        measures={code: tuple(rule.limits) or ("",) for code, rule in rules.items()},
        names={rule.name: code for code, rule in rules.items()},
        severities=tuple(Severity),
        fail_on=tuple(FailOn),
    )
    found = read_check_rules(path, known, options=options, is_config=is_config)
    policy = Policy(
        severities={code: Severity(word) for code, word in found.severities.items()},
        limits=_limits(found.thresholds),
        field_limits=tuple(FieldLimits(each.pattern, _limits(each.thresholds)) for each in found.fields),
        field_ignores=found.field_ignores,
        waivers=tuple(Waiver(each.code, each.field, each.until, each.reason) for each in found.waivers),
    )
    return replace(
        policy,
        select=policy.select if found.select is None else found.select,
        ignore=policy.ignore if found.ignore is None else found.ignore,
        fail_on=policy.fail_on if found.fail_on is None else FailOn(found.fail_on),
    )


def check_codes(option: str, codes: Iterable[str], rules: Mapping[str, Rule]) -> None:
    """Refuse a selection of rules that do not exist.

    Parameters
    ----------
    option : str
        Where they stand, such as ``--select``.
    codes : iterable of str
        Codes, beginnings of codes, or ``ALL``.
    rules : mapping of str to Rule
        All rules by code.

    Raises
    ------
    ConfigError
        One names no rule.
    """
    names = {rule.name: code for code, rule in rules.items()}
    for text in codes:
        if text == ALL or (text and any(code.startswith(text) for code in rules)):
            continue
        near = nearest_rule(text, rules, names)
        raise ConfigError(
            f"{option} {text!r} is no rule, nor the beginning of the code of one",
            f"Did you mean {near!r}?" if near else "See featsel check --list.",
        )


def check_patterns(policy: Policy, fields: Collection[str], *, title: str = "the rules file") -> None:
    """Refuse a policy that names fields which are nowhere.

    Parameters
    ----------
    policy : Policy
        What a rules file says.
    fields : collection of str
        Columns of the log and of its reference.
    title : str
        What an error calls the file.

    Raises
    ------
    ConfigError
        Patterns match no field; the message names all of them.
    """
    places = {
        **dict.fromkeys(policy.field_ignores, "per-field-ignores"),
        **{each.pattern: "field" for each in policy.field_limits},
        **{waiver.field: "waiver" for waiver in policy.waivers},
    }
    lost = [
        pattern
        for pattern in places
        if not matches_field(pattern, None) and not any(matches_field(pattern, name) for name in fields)
    ]
    if not lost:
        return
    shown = ", ".join(f"{places[pattern]} {pattern!r}" for pattern in lost)
    verb = "matches" if len(lost) == 1 else "match"
    raise ConfigError(
        f"{title}: {shown} {verb} no field of the log or its reference",
        did_you_mean(lost[0], list(fields), what="The log has"),
    )


def _limits(thresholds: Thresholds) -> Limits:
    return {
        code: {
            measure: {Severity(word): value for word, value in levels.items()}
            for measure, levels in measures.items()
        }
        for code, measures in thresholds.items()
    }
