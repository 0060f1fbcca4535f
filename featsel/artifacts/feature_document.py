"""Is a document a feature config? Each rule of ``featsel.features/1`` that needs no values file is here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath, PureWindowsPath

from featsel import __version__
from featsel.artifacts.feature_fields import WIDEST, parse_field
from featsel.artifacts.nodes import Node, Problem, node_at, report, shown
from featsel.artifacts.sections import (
    Section,
    as_number,
    as_text,
    list_of,
    mapping_of,
    one_of,
    open_section,
    share,
    whole,
    wrong_type,
)
from featsel.core.errors import ConfigError
from featsel.core.feature_config import (
    FEATURES_SCHEMA,
    ConfigData,
    ConfigLabel,
    ConfigSplit,
    DroppedField,
    EmbeddingScheme,
    EmbeddingTable,
    EncodedField,
    EncodedKind,
    FeatureConfig,
    Rest,
    Selection,
    SplitOrder,
    TableDtype,
    Used,
    ValuesFile,
)
from featsel.core.table_size import table_bytes

KEYS_OF_SCHEME: Mapping[EmbeddingScheme, tuple[tuple[str, ...], tuple[str, ...]]] = {
    EmbeddingScheme.FULL: ((), ()),
    EmbeddingScheme.HASH: (("rows",), ("salt",)),
    EmbeddingScheme.QR: (("rows",), ()),
    EmbeddingScheme.UNIFIED: (("rows", "lookups"), ("salt",)),
}
"""Keys that a scheme has, and those that it may have."""


_NO_METRICS: dict[str, dict[str, float]] = {}


def parse_config(root: Node, problems: list[Problem], *, title: str) -> FeatureConfig:
    """Feature config that a document holds, of whichever version.

    Parameters
    ----------
    root : Node
        The document.
    problems : list of Problem
        Grows by whatever is wrong; where it does, the result stands for what could be read.
    title : str
        What an error calls the document.

    Returns
    -------
    FeatureConfig
        As the newest version means it.

    Raises
    ------
    ConfigError
        The document is of a version that this featsel does not know.
    """
    schema = node_at(root, "schema")
    if schema is root or not isinstance(schema.value, str):
        return _parse_version_1(root, problems)
    if schema.value not in VERSIONS:
        place = f", line {schema.line}" if schema.line is not None else ""
        raise ConfigError(
            f"{title}{place}: schema {shown(schema.value)} is not known to featsel {__version__}",
            f"It reads {', '.join(VERSIONS)}; a newer featsel may have written this file.",
        )
    return VERSIONS[schema.value](root, problems)


def _parse_version_1(root: Node, problems: list[Problem]) -> FeatureConfig:
    section = open_section(
        root,
        problems,
        required=("schema", "featsel", "label", "data", "selection", "embedding", "fields"),
        optional=("time", "weight", "rest", "dropped", "values"),
    )
    section.read("schema", as_text, "")
    embedding = section.read("embedding", _embedding, EmbeddingTable(EmbeddingScheme.FULL, WIDEST))
    nodes = _items(section, "fields")
    fields = [parse_field(node, problems, dim=embedding.dim) for node in nodes]
    config = FeatureConfig(
        label=section.read("label", _label, ConfigLabel("")),
        data=section.read("data", _data, ConfigData((), 0, "")),
        selection=section.read("selection", _selection, Selection("", 0, Used(0, 0, 0))),
        embedding=embedding,
        fields=tuple(field for field in fields if field is not None),
        featsel=section.read("featsel", as_text, ""),
        rest=section.read("rest", one_of(Rest), Rest.OOV),
        time=section.read("time", as_text, None),
        weight=section.read("weight", as_text, None),
        dropped=section.read("dropped", list_of(_dropped), ()),
        values=section.read("values", _values_file, None),
    )
    if "fields" in section.entries and isinstance(section.entries["fields"].value, tuple) and not nodes:
        report(problems, section.entries["fields"], "no field: a model reads at least one")
    _check_names(config, root, nodes, problems)
    _check_crosses(config, nodes, fields, problems)
    _check_values(config, root, nodes, problems)
    if None not in fields:
        _check_widths(config, nodes, problems)
        if not any(problem.path.startswith(("selection", "embedding", "rest")) for problem in problems):
            _check_used(config, root, problems)
    return config


VERSIONS: Mapping[str, Callable[[Node, list[Problem]], FeatureConfig]] = {FEATURES_SCHEMA: _parse_version_1}
"""Readers by the version that a document names; an older version keeps its reader when a newer one comes."""


def _items(section: Section, key: str) -> tuple[Node, ...]:
    node = section.entries.get(key)
    if node is None:
        return ()
    if not isinstance(node.value, tuple):
        wrong_type(node, section.problems, "a list")
        return ()
    return node.value


def _label(node: Node, problems: list[Problem]) -> ConfigLabel:
    section = open_section(node, problems, required=("name",), optional=("positive",))
    given = section.entries.get("positive")
    positive = _text_or_whole(given, problems) if given is not None else 1
    return ConfigLabel(section.read("name", as_text, ""), 1 if positive is None else positive)


def _text_or_whole(node: Node, problems: list[Problem]) -> str | int | None:
    if isinstance(node.value, str):
        return as_text(node, problems)
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        return whole(least=-(2**63))(node, problems)
    wrong_type(node, problems, "text or a whole number")
    return None


def _data(node: Node, problems: list[Problem]) -> ConfigData:
    section = open_section(node, problems, required=("paths", "rows", "fingerprint"), optional=("split",))
    return ConfigData(
        section.read("paths", list_of(as_text), ()),
        section.read("rows", whole(), 0),
        section.read("fingerprint", _fingerprint, ""),
        section.read("split", _split, None),
    )


def _fingerprint(node: Node, problems: list[Problem]) -> str | None:
    text = as_text(node, problems)
    if text is not None and not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        report(problems, node, f"{shown(text)} is not 'sha256:' and 64 hexadecimal digits")
        return None
    return text


def _split(node: Node, problems: list[Problem]) -> ConfigSplit:
    section = open_section(node, problems, required=("order", "valid", "test"), optional=("seed",))
    split = ConfigSplit(
        section.read("order", one_of(SplitOrder), SplitOrder.RANDOM),
        section.read("valid", share, 0.0),
        section.read("test", share, 0.0),
        section.read("seed", whole(), 0),
    )
    if split.valid + split.test >= 1:
        report(problems, node, f"valid {split.valid} and test {split.test} leave no rows to train on")
    return split


def _selection(node: Node, problems: list[Problem]) -> Selection:
    section = open_section(
        node, problems, required=("method", "seed", "used"), optional=("model", "budget", "metrics")
    )
    return Selection(
        method=section.read("method", as_text, ""),
        seed=section.read("seed", whole(), 0),
        used=section.read("used", _used, Used(0, 0, 0)),
        model=section.read("model", as_text, None),
        budget=section.read("budget", as_text, None),
        metrics=section.read("metrics", mapping_of(mapping_of(as_number)), _NO_METRICS),
    )


def _used(node: Node, problems: list[Problem]) -> Used:
    section = open_section(node, problems, required=("fields", "features", "bytes"))
    return Used(
        section.read("fields", whole(), 0),
        section.read("features", whole(), 0),
        section.read("bytes", whole(), 0),
    )


def _embedding(node: Node, problems: list[Problem]) -> EmbeddingTable:
    section = open_section(
        node, problems, required=("scheme", "dim", "dtype"), optional=("rows", "lookups", "salt")
    )
    scheme = section.read("scheme", one_of(EmbeddingScheme), None)
    table = EmbeddingTable(
        scheme=scheme or EmbeddingScheme.FULL,
        dim=section.read("dim", whole(least=1, most=WIDEST), WIDEST),
        dtype=section.read("dtype", one_of(TableDtype), TableDtype.FLOAT32),
        rows=section.read("rows", whole(least=1), None),
        lookups=section.read("lookups", whole(least=1, most=WIDEST), None),
        salt=section.read("salt", whole(), None),
    )
    if scheme is not None:
        needed, allowed = KEYS_OF_SCHEME[scheme]
        for key in ("rows", "lookups", "salt"):
            if key in section.entries and key not in (*needed, *allowed):
                report(problems, section.entries[key], f"the key does not belong to the scheme {scheme}")
            if key in needed and key not in section.entries:
                report(problems, node, f"{key!r} is missing: the scheme {scheme} needs it")
    if table.lookups is not None and "dim" in section.entries and table.dim % table.lookups:
        report(problems, section.entries["dim"], f"{table.dim} is no multiple of {table.lookups} lookups")
    return table


def _dropped(node: Node, problems: list[Problem]) -> DroppedField:
    section = open_section(node, problems, required=("name", "why"), optional=("score",))
    return DroppedField(
        section.read("name", as_text, ""),
        section.read("why", as_text, ""),
        section.read("score", as_number, None),
    )


def _values_file(node: Node, problems: list[Problem]) -> ValuesFile:
    section = open_section(node, problems, required=("path", "sha256"))
    return ValuesFile(section.read("path", _file_name, ""), section.read("sha256", _sha256, ""))


def _file_name(node: Node, problems: list[Problem]) -> str | None:
    text = as_text(node, problems)
    if text is None:
        return None
    if not is_file_name(text):
        report(problems, node, f"{shown(text)} is not the name of a file beside the config")
        return None
    return text


def is_file_name(text: str) -> bool:
    """Whether a text names a file beside another, on every system."""
    return PurePosixPath(text).name == PureWindowsPath(text).name == text and text not in {"", ".", ".."}


def _sha256(node: Node, problems: list[Problem]) -> str | None:
    text = as_text(node, problems)
    if text is not None and not re.fullmatch("[0-9a-f]{64}", text):
        report(problems, node, f"{shown(text)} is not 64 hexadecimal digits")
        return None
    return text


def _check_names(config: FeatureConfig, root: Node, nodes: Sequence[Node], problems: list[Problem]) -> None:
    roles: dict[str, str] = {}
    if isinstance(node_at(root, "label", "name").value, str):
        roles[config.label.name] = "the label"
    for role, column in (("time", config.time), ("weight", config.weight)):
        if column is not None:
            if column in roles:
                report(problems, node_at(root, role), f"{shown(column)} is {roles[column]}")
            roles[column] = f"the {role} of a row"
    taken: dict[str, str] = {}
    for node in (*nodes, *_list_at(root, "dropped")):
        name = node_at(node, "name")
        if name is node or not isinstance(name.value, str):
            continue
        if name.value in taken:
            report(problems, name, f"{shown(name.value)} is the name of {taken[name.value]} too")
        elif name.value in roles:
            report(problems, name, f"{shown(name.value)} is {roles[name.value]}, not a field")
        taken.setdefault(name.value, node.path)


def _list_at(root: Node, key: str) -> tuple[Node, ...]:
    node = node_at(root, key)
    return node.value if isinstance(node.value, tuple) else ()


def _check_crosses(
    config: FeatureConfig,
    nodes: Sequence[Node],
    fields: Sequence[EncodedField | None],
    problems: list[Problem],
) -> None:
    kinds = {
        title.value: node_at(node, "kind").value
        for node in nodes
        if isinstance((title := node_at(node, "name")).value, str)
    }
    columns = kinds.keys() | {field.name for field in config.dropped}
    for node, field in zip(nodes, fields, strict=True):
        for place, name in enumerate(field.of_fields if field is not None else ()):
            if name not in columns:
                report(
                    problems,
                    node_at(node, "of_fields", place),
                    f"{shown(name)} is neither a field nor a dropped one",
                )
            elif kinds.get(name) == EncodedKind.CROSS:
                report(problems, node_at(node, "of_fields", place), f"{shown(name)} is a cross itself")


def _check_values(config: FeatureConfig, root: Node, nodes: Sequence[Node], problems: list[Problem]) -> None:
    taken: dict[object, str] = {}
    for node in nodes:
        values = node_at(node, "values")
        if values is node or not isinstance(values.value, str):
            continue
        if values.value in taken:
            report(problems, values, f"{shown(values.value)} are the values of {taken[values.value]} too")
        taken.setdefault(values.value, node.path)
    entry = node_at(root, "values")
    if taken and entry is root:
        report(problems, root, "'values' is missing: the fields have values, so they have a file")
    if entry is not root and not taken and nodes and len(nodes) == len(config.fields):
        report(problems, entry, "no field has values, so they have no file")


def _check_widths(config: FeatureConfig, nodes: Sequence[Node], problems: list[Problem]) -> None:
    table = config.embedding
    for node, field in zip(nodes, config.fields, strict=True):
        place = node_at(node, "dim")
        if table.lookups is not None and field.dim % table.lookups:
            report(problems, place, f"{field.dim} is no multiple of {table.lookups} lookups")
        elif table.scheme is not EmbeddingScheme.FULL and field.dim > table.dim:
            report(problems, place, f"{field.dim} is wider than the rows that fields share, {table.dim}")


def _check_used(config: FeatureConfig, root: Node, problems: list[Problem]) -> None:
    used = config.selection.used
    facts = {
        "fields": (used.fields, len(config.fields)),
        "features": (used.features, sum(field.features for field in config.fields)),
        "bytes": (used.bytes, table_bytes(config)),
    }
    for key, (said, counted) in facts.items():
        if said != counted:
            node = node_at(root, "selection", "used", key)
            report(problems, node, f"{said:,}, but the fields make {counted:,}")
