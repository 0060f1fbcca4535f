"""Does the log have the columns that it had, and the rows?"""

from __future__ import annotations

from collections.abc import Iterator

from featsel.core.profile import ColumnType, ValueType
from featsel.quality.comparison import Comparison
from featsel.quality.findings import Severity
from featsel.quality.rule import Measurement

NUMBERS = frozenset({ValueType.INTEGER, ValueType.FLOAT, ValueType.NUMBER})


def missing_columns(comparison: Comparison) -> Iterator[Measurement]:
    """Columns of the reference, and of the feature config, that the log lacks."""
    names = {column.name for column in comparison.today.columns}
    before = comparison.before
    wanted = [column.name for column in before.columns] if before is not None else []
    chosen = comparison.chosen.fields if comparison.chosen is not None else frozenset[str]()
    for name in [*wanted, *sorted(chosen - set(wanted))]:
        if name in names:
            continue
        who = "the feature config reads it" if name in chosen else "the reference has it"
        near = _renamed(name, comparison) if before is not None else None
        more = f"; {near!r} is new and has its values: was it renamed?" if near else ""
        yield Measurement(1.0, f"the column is missing: {who}{more}", field=name)
    if names.issuperset(wanted) and names.issuperset(chosen):
        yield Measurement(0.0, f"all {len(names):,} columns are there")


def new_columns(comparison: Comparison) -> Iterator[Measurement]:
    """Columns that the reference does not have."""
    assert comparison.before is not None
    known = {column.name for column in comparison.before.columns}
    for column in comparison.today.columns:
        if column.name not in known:
            yield Measurement(1.0, f"the column is new ({column.dtype})", field=column.name)
    if known.issuperset(column.name for column in comparison.today.columns):
        yield Measurement(0.0, "no column is new")


def type_changes(comparison: Comparison) -> Iterator[Measurement]:
    """Columns that hold something else than in the reference."""
    assert comparison.before is not None
    known = {column.name: column for column in comparison.before.columns}
    for column in comparison.today.columns:
        if column.name not in known:
            continue
        before = known[column.name]
        is_same = _is_alike(column, before)
        if is_same and (column.dtype == before.dtype or ValueType.NUMBER in {column.type, before.type}):
            message = f"holds {column.type} values, as before"
            yield Measurement(0.0, message, field=column.name)
        else:
            message = f"is {column.dtype} ({column.type}), was {before.dtype} ({before.type})"
            most = Severity.INFO if is_same else None
            yield Measurement(1.0, message, field=column.name, most=most)


def tiny_log(comparison: Comparison) -> Iterator[Measurement]:
    """Reciprocal of the number of rows."""
    n_rows = comparison.today.n_rows
    yield Measurement(1000.0 / n_rows if n_rows else float("inf"), f"the log has {n_rows:,} rows")


def row_count(comparison: Comparison) -> Iterator[Measurement]:
    """How many times more or fewer rows than a day of the reference."""
    assert comparison.before is not None
    usual = comparison.before.n_rows / max(comparison.before.n_days, 1)
    n_rows = comparison.today.n_rows
    ratio = max(n_rows, 1) / max(usual, 1)
    yield Measurement(
        max(ratio, 1 / ratio),
        f"{n_rows:,} rows, {ratio:.2f} times the {usual:,.0f} of the reference",
        reference=usual,
    )


def _is_alike(column: ColumnType, before: ColumnType) -> bool:
    if column.type is before.type:
        return True
    # text spells numbers without saying whether they are whole
    pair = {column.type, before.type}
    return pair <= NUMBERS and ValueType.NUMBER in pair


def _renamed(name: str, comparison: Comparison) -> str | None:
    """New field whose values are those of a missing one."""
    assert comparison.before is not None
    before = comparison.before.by_name.get(name)
    if before is None:
        return None
    for field in comparison.today.fields:
        if field.name in comparison.before.by_name or field.kind is not before.kind:
            continue
        shares = field.top_rows / max(field.n_rows, 1), before.top_rows / max(before.n_rows, 1)
        distinct = field.n_distinct, before.n_distinct
        is_near = abs(shares[0] - shares[1]) < 0.02 and max(distinct) <= 1.2 * min(distinct) + 1
        if is_near and (field.top_text == before.top_text or None in {field.top_text, before.top_text}):
            return field.name
    return None
