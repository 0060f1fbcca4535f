"""Is a part of a document one field of a feature config?"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from featsel.artifacts.nodes import Node, Problem, node_at, report
from featsel.artifacts.sections import (
    Section,
    as_number,
    as_text,
    list_of,
    missing_keys,
    one_of,
    open_section,
    positive_number,
    whole,
)
from featsel.core.feature_config import EncodedField, EncodedKind, Encoding, Pooling

MOST_FEATURES = 2**32 - 1
"""Of a field: codes are unsigned 32-bit numbers."""

WIDEST = 65_536
"""Width of an embedding beyond which a slip of the pen is more likely than a wish."""

ENCODINGS: Mapping[EncodedKind, tuple[Encoding, ...]] = {
    EncodedKind.CATEGORICAL: (Encoding.VOCABULARY, Encoding.HASH),
    EncodedKind.NUMERIC: (Encoding.QUANTILE, Encoding.LOG2, Encoding.STANDARD),
    EncodedKind.MULTIVALUED: (Encoding.VOCABULARY, Encoding.HASH),
    EncodedKind.CROSS: (Encoding.VOCABULARY, Encoding.HASH),
}
"""Which encodings a field of each kind can have."""

KEYS_OF_ENCODING: Mapping[Encoding, tuple[str, ...]] = {
    Encoding.VOCABULARY: ("values",),
    Encoding.HASH: (),
    Encoding.QUANTILE: ("values", "edges"),
    Encoding.LOG2: ("values",),
    Encoding.STANDARD: ("values", "mean", "scale"),
}
"""Keys that a field of an encoding has, beside those of every field."""

KEYS_OF_KIND: Mapping[EncodedKind, tuple[str, ...]] = {
    EncodedKind.CATEGORICAL: (),
    EncodedKind.NUMERIC: (),
    EncodedKind.MULTIVALUED: ("pooling", "max_length"),
    EncodedKind.CROSS: ("of_fields",),
}
"""Keys that a field of a kind has, beside those of its encoding."""

FIELD_KEYS = ("name", "kind", "encoding", "features", "of")
SPECIAL_KEYS = (
    *("values", "of_fields", "separator", "pooling", "max_length", "edges", "mean", "scale"),
    *("dim", "score"),
)


def parse_field(node: Node, problems: list[Problem], *, dim: int) -> EncodedField | None:
    """Field that a part of a document describes.

    Parameters
    ----------
    node : Node
        The part.
    problems : list of Problem
        Grows by whatever is wrong.
    dim : int
        Width where the field says none.

    Returns
    -------
    EncodedField or None
        None if anything is wrong.
    """
    known = len(problems)
    field = _field(node, problems, dim)
    inside = (f"{node.path}.", f"{node.path}[")
    is_right = len(problems) == known and not any(problem.path.startswith(inside) for problem in problems)
    return field if is_right else None


def _field(node: Node, problems: list[Problem], dim: int) -> EncodedField:
    section = open_section(node, problems, required=FIELD_KEYS, optional=SPECIAL_KEYS)
    kind = section.read("kind", one_of(EncodedKind), None)
    encoding = section.read("encoding", one_of(Encoding), None)
    if kind is not None and encoding is not None:
        _check_fitting(section, kind, encoding)
    field = EncodedField(
        name=section.read("name", as_text, ""),
        kind=kind or EncodedKind.CATEGORICAL,
        encoding=encoding or Encoding.VOCABULARY,
        features=section.read("features", whole(least=1, most=MOST_FEATURES), 0),
        of=section.read("of", whole(least=1), MOST_FEATURES),
        dim=section.read("dim", whole(least=1, most=WIDEST), dim),
        values=section.read("values", as_text, None),
        edges=section.read("edges", list_of(as_number), ()),
        mean=section.read("mean", as_number, None),
        scale=section.read("scale", positive_number, None),
        of_fields=section.read("of_fields", list_of(as_text), ()),
        separator=section.read("separator", as_text, None),
        pooling=section.read("pooling", one_of(Pooling), None),
        max_length=section.read("max_length", whole(least=1, most=WIDEST), None),
        score=section.read("score", as_number, None),
    )
    if encoding is not Encoding.HASH and field.features > field.of:
        report(problems, section.entries["features"], f"{field.features:,} features are kept of {field.of:,}")
    if field.separator == "":
        report(problems, section.entries["separator"], "an empty text separates nothing")
    for place, (left, right) in enumerate(itertools.pairwise(field.edges), start=1):
        if left >= right:
            report(
                problems,
                node_at(node, "edges", place),
                f"{right} comes after {left}: edges ascend, each once",
            )
    _check_of_fields(section, field.of_fields)
    return field


def _check_fitting(section: Section, kind: EncodedKind, encoding: Encoding) -> None:
    if encoding not in ENCODINGS[kind]:
        report(
            section.problems,
            section.entries["encoding"],
            f"a {kind} field cannot have the encoding {encoding}; it can have {', '.join(ENCODINGS[kind])}",
        )
        return
    needed = (*KEYS_OF_ENCODING[encoding], *KEYS_OF_KIND[kind])
    allowed = (*needed, "dim", "score", *(("separator",) if kind is EncodedKind.MULTIVALUED else ()))
    for key in SPECIAL_KEYS:
        if key in section.entries and key not in allowed:
            report(
                section.problems,
                section.entries[key],
                f"the key does not belong to a {kind} field with the encoding {encoding}",
            )
    missing = [key for key in needed if key not in section.entries]
    if missing:
        report(
            section.problems,
            section.node,
            f"{missing_keys(missing)}: a {kind} field with the encoding {encoding} has {', '.join(needed)}",
        )


def _check_of_fields(section: Section, names: Sequence[str]) -> None:
    if not names:
        listed = section.entries.get("of_fields")
        if listed is not None and isinstance(listed.value, tuple):
            report(section.problems, listed, "a cross pairs at least two fields")
        return
    if len(names) < 2:
        report(section.problems, section.entries["of_fields"], "a cross pairs at least two fields")
    if len(set(names)) < len(names):
        report(section.problems, section.entries["of_fields"], "a field is named twice")
