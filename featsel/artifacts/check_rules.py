"""What does a rules file say, and is it right? As plain values, by the names that the rules have."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from featsel.artifacts.check_values import as_date, as_reason, as_threshold, known_word, nearest_rule
from featsel.artifacts.nodes import Node, Problem, report, shown
from featsel.artifacts.problems import told
from featsel.artifacts.sections import as_text, open_section, wrong_type
from featsel.artifacts.toml_nodes import read_toml
from featsel.core.errors import ConfigError

Thresholds = dict[str, dict[str, dict[str, float]]]
"""By code, measure and severity; NaN where the threshold is off."""

ALL = "ALL"
"""Names every rule."""

MEND = (
    "Mend what is named; docs/checks.md describes the rules file, and featsel check --list shows the rules."
)
"""Hint of an error in a rules file."""

_ALIASES = {"per-column-ignores": "per-field-ignores"}
_SEVERITY_ALIASES = {"warn": "warning"}
_PLACES = (("tool", "featsel", "check"), ("check",))
_OPTION_FILES = {"pyproject.toml": "tool.featsel.check", "featsel.toml": "check"}
_KEYS = ("select", "ignore", "fail-on", "per-field-ignores", "severity", "thresholds", "field", "waiver")
_EXAMPLE = "a table such as { warning = 0.5 }"


@dataclass(frozen=True)
class KnownRules:
    """Names that a rules file may use.

    Parameters
    ----------
    measures : mapping of str to sequence of str
        Measures of each rule by its code, the main one first.
    names : mapping of str to str
        Codes of the rules by their names, for whoever writes a name.
    severities, fail_on : sequence of str
        Words for how grave a failure is, and for what makes the check fail.
    """

    measures: Mapping[str, Sequence[str]]
    names: Mapping[str, str]
    severities: Sequence[str]
    fail_on: Sequence[str]


@dataclass(frozen=True)
class FieldThresholds:
    """Thresholds of some fields, by their shell pattern."""

    pattern: str
    thresholds: Thresholds


@dataclass(frozen=True)
class WaiverEntry:
    """A waiver as a rules file has it."""

    code: str
    field: str
    until: date
    reason: str


@dataclass(frozen=True)
class CheckRules:
    """What a rules file says; what it does not say is None or empty.

    Parameters
    ----------
    select, ignore : tuple of str or None
        Beginnings of codes.
    fail_on : str or None
        One of the known words.
    severities : mapping of str to str
        By code.
    thresholds : Thresholds
        Of all fields.
    fields : tuple of FieldThresholds
        Of some.
    field_ignores : mapping of str to tuple of str
        Beginnings of codes by shell pattern.
    waivers : tuple of WaiverEntry
        In the order of the file.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    fail_on: str | None = None
    severities: Mapping[str, str] = field(default_factory=dict[str, str])
    thresholds: Thresholds = field(default_factory=Thresholds)
    fields: tuple[FieldThresholds, ...] = ()
    field_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    waivers: tuple[WaiverEntry, ...] = ()


def read_check_rules(
    path: Path, known: KnownRules, *, options: Collection[str] = (), is_config: bool = False
) -> CheckRules:
    """Read a rules file.

    Parameters
    ----------
    path : Path
        A file of its own with the tables at its top, a ``pyproject.toml`` with them under
        ``[tool.featsel.check]``, or a file with options that has them under ``[check]``.
    known : KnownRules
        Which names there are.
    options : collection of str
        Keys of the command's options, which may stand beside the rules in a file with options.
    is_config : bool
        Whether it is a file with options, which need not hold rules.

    Returns
    -------
    CheckRules
        Checked, so that nobody has to again.

    Raises
    ------
    ConfigError
        Something is wrong with the file; the message names all of it.
    """
    title = f"rules file {str(path)!r}"
    root = read_toml(path, title=title)
    shared = next((found for keys in _PLACES if (found := _below(root, *keys)) is not None), None)
    if shared is None and is_config:
        return CheckRules()
    if shared is None and path.name in _OPTION_FILES:
        place = _OPTION_FILES[path.name]
        raise ConfigError(f"{title} has no table [{place}]", "Write one, or name another file.")
    problems: list[Problem] = []
    rules = parse_check_rules(shared or root, known, problems, options=() if shared is None else options)
    if problems:
        raise ConfigError(told(title, problems), MEND)
    return rules


def _below(root: Node, *keys: str) -> Node | None:
    node = root
    for key in keys:
        if not isinstance(node.value, Mapping) or key not in node.value:
            return None
        node = node.value[key]
    return node


def parse_check_rules(
    node: Node, known: KnownRules, problems: list[Problem], *, options: Collection[str] = ()
) -> CheckRules:
    """Rules that a table of a document holds.

    Parameters
    ----------
    node : Node
        The table.
    known : KnownRules
        Which names there are.
    problems : list of Problem
        Grows by whatever is wrong; where it does, the result stands for what could be read.
    options : collection of str
        Keys that are none of this function's business.

    Returns
    -------
    CheckRules
        What it says.
    """
    reader = _Reader(known, problems)
    spelled = _spelled(node, problems, {option.replace("_", "-") for option in options} - set(_KEYS))
    section = open_section(spelled, problems, required=(), optional=_KEYS)
    return CheckRules(
        select=section.read("select", reader.prefixes, None),
        ignore=section.read("ignore", reader.prefixes, None),
        fail_on=section.read("fail-on", reader.fail_on, None),
        severities=section.read("severity", reader.severities, dict[str, str]()),
        thresholds=section.read("thresholds", reader.thresholds, Thresholds()),
        fields=section.read("field", reader.fields, ()),
        field_ignores=section.read("per-field-ignores", reader.ignores, dict[str, tuple[str, ...]]()),
        waivers=section.read("waiver", reader.waivers, ()),
    )


def _spelled(node: Node, problems: list[Problem], options: Collection[str]) -> Node:
    """Table whose keys are spelled in one way, without those of options."""
    if not isinstance(node.value, Mapping):
        return node
    entries: dict[str, Node] = {}
    for key, entry in node.value.items():
        name = key.replace("_", "-")
        name = _ALIASES.get(name, name)
        if name in options:
            continue
        if name in entries:
            report(problems, entry, f"{entries[name].path} says the same; keep one of them")
        entries.setdefault(name if name in _KEYS else key, entry)
    return Node(node.path, entries, node.line)


@dataclass(frozen=True)
class _Reader:
    """Reads each part of a table; what is wrong becomes a problem, and the rest is read."""

    known: KnownRules
    problems: list[Problem]

    def prefixes(self, node: Node, problems: list[Problem]) -> tuple[str, ...]:
        """Beginnings of codes; a single one may stand without its brackets."""
        if isinstance(node.value, str):
            items: Sequence[Node] = (node,)
        elif isinstance(node.value, tuple):
            items = node.value
        else:
            wrong_type(node, problems, "a list of codes")
            items = ()
        texts = [as_text(item, problems) for item in items]
        return tuple(
            text
            for item, text in zip(items, texts, strict=True)
            if text is not None and self._is_prefix(item, text)
        )

    def fail_on(self, node: Node, problems: list[Problem]) -> str | None:
        """What makes the check fail."""
        text = as_text(node, problems)
        if text is None:
            return None
        return known_word(node, problems, text, words=self.known.fail_on, aliases=_SEVERITY_ALIASES)

    def severities(self, node: Node, problems: list[Problem]) -> dict[str, str]:
        """Severities by code."""
        found: dict[str, str] = {}
        for code, entry in _entries(node, problems, 'a table such as { FS401 = "error" }').items():
            text = as_text(entry, problems)
            severity = self._severity(entry, text) if text is not None else None
            if self._is_code(entry, code) and severity is not None:
                found[code] = severity
        return found

    def ignores(self, node: Node, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
        """Beginnings of codes by shell pattern."""
        expected = 'a table such as { "user_*" = ["FS104"] }'
        return {
            pattern: self.prefixes(entry, problems)
            for pattern, entry in _entries(node, problems, expected).items()
        }

    def thresholds(self, node: Node, problems: list[Problem]) -> Thresholds:
        """Thresholds by code, measure and severity."""
        found: Thresholds = {}
        for key, entry in _entries(node, problems, "a table such as { FS101 = { error = 0.9 } }").items():
            code, _, measure = key.partition(".")
            if not self._is_code(entry, code):
                continue
            if measure:
                self._add_measure(found, code, measure, entry)
                continue
            for word, level in _entries(entry, problems, _EXAMPLE).items():
                if isinstance(level.value, Mapping):  # [thresholds.FS101.rise]
                    self._add_measure(found, code, word, level)
                else:
                    self._add_level(found, code, self.known.measures[code][0], word, level)
        return found

    def fields(self, node: Node, problems: list[Problem]) -> tuple[FieldThresholds, ...]:
        """Thresholds of some fields."""
        found: list[FieldThresholds] = []
        for item in _items(node, problems, "tables, each headed [[field]]"):
            section = open_section(item, problems, required=("pattern", "thresholds"))
            pattern = section.read("pattern", as_text, "")
            found.append(FieldThresholds(pattern, section.read("thresholds", self.thresholds, Thresholds())))
        return tuple(found)

    def waivers(self, node: Node, problems: list[Problem]) -> tuple[WaiverEntry, ...]:
        """Waivers."""
        found: list[WaiverEntry] = []
        for item in _items(node, problems, "tables, each headed [[waiver]]"):
            section = open_section(
                item, problems, required=("code", "until", "reason"), optional=("field", "column")
            )
            if {"field", "column"} <= section.entries.keys():
                report(problems, section.entries["column"], f"{item.path}.field says the same")
            code = section.read("code", as_text, None)
            if code is not None:
                self._is_prefix(section.entries["code"], code)
            pattern = section.read("column", as_text, "*")
            found.append(
                WaiverEntry(
                    code or "",
                    section.read("field", as_text, pattern),
                    section.read("until", as_date, date.min),
                    section.read("reason", as_reason, ""),
                )
            )
        return tuple(found)

    def _add_measure(self, found: Thresholds, code: str, measure: str, node: Node) -> None:
        known = self.known.measures[code]
        if measure not in known:
            near = difflib.get_close_matches(measure, known, n=1)
            said = (
                f"did you mean {near[0]!r}?" if near else f"it has {', '.join(filter(None, known)) or 'one'}"
            )
            report(self.problems, node, f"{code} has no measure {shown(measure)}; {said}")
            return
        for word, level in _entries(node, self.problems, _EXAMPLE).items():
            self._add_level(found, code, measure, word, level)

    def _add_level(self, found: Thresholds, code: str, measure: str, word: str, node: Node) -> None:
        severity = self._severity(node, word)
        value = as_threshold(node, self.problems)
        if severity is None or value is None:
            return
        levels = found.setdefault(code, {}).setdefault(measure, {})
        if severity in levels:
            report(self.problems, node, f"the {severity} of {code} is there twice")
        levels.setdefault(severity, value)

    def _severity(self, node: Node, text: str) -> str | None:
        words = self.known.severities
        return known_word(node, self.problems, text, words=words, aliases=_SEVERITY_ALIASES)

    def _is_prefix(self, node: Node, text: str) -> bool:
        if text == ALL or (text and any(code.startswith(text) for code in self.known.measures)):
            return True
        self._no_rule(node, text, f"{shown(text)} is no rule, nor the beginning of the code of one")
        return False

    def _is_code(self, node: Node, text: str) -> bool:
        if text in self.known.measures:
            return True
        if any(code.startswith(text) for code in self.known.measures):
            report(self.problems, node, f"{shown(text)} is the beginning of a code; name one rule")
            return False
        self._no_rule(node, text, f"{shown(text)} is no rule")
        return False

    def _no_rule(self, node: Node, text: str, message: str) -> None:
        near = nearest_rule(text, self.known.measures, self.known.names)
        said = f"; did you mean {near!r}?" if near is not None else ""
        report(self.problems, node, f"{message}{said}")


def _entries(node: Node, problems: list[Problem], expected: str) -> Mapping[str, Node]:
    if isinstance(node.value, Mapping):
        return node.value
    wrong_type(node, problems, expected)
    return {}


def _items(node: Node, problems: list[Problem], expected: str) -> Sequence[Node]:
    if isinstance(node.value, tuple):
        return node.value
    wrong_type(node, problems, expected)
    return ()
