"""Which columns stand in a log of sparse rows (libsvm, libffm)? Those that all of its entries show.

A sparse row is a label and a list of *entries*. One pass parses the text, in blocks, and leaves the entries
in files beside the target; the columns are then planned from all of them, and a second pass over these files
lays the entries out. So a plan is right for the whole file, and memory holds one block.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from featsel.core.errors import EmptyLogError, LabelError, UnreadableFileError
from featsel.core.schema import FieldKind

BLOCK_SIZE_BYTES = 2 << 20
"""Text parsed at once: 250,000 entries or so, which take 200 MB in all; larger blocks are no faster."""

MAX_LINE_BYTES = 64 << 20
"""A longer line is no row: the file has other line ends, or is not text."""

MAX_COLUMNS = 5000
"""Indices or fields that may become a column each; a wider Parquet file is slow to open."""

MAX_CELLS = 16_000_000
"""Numeric cells held at once while columns are written (128 MB), and the size of a row group."""

ROW_GROUP_ROWS = 250_000
"""Rows of a row group, where the columns are few."""

LABEL_CONVENTIONS = (frozenset({0.0, 1.0}), frozenset({-1.0, 1.0}))
"""The two ways in which these formats write a negative and a positive row."""

Parser = Callable[[pl.DataFrame, Path], tuple[pl.DataFrame, pl.DataFrame]]
"""From the lines of a block (``number``, ``line``) to its rows and its entries.

Rows have ``label`` (Float64) and what else the format gives. Entries have ``row`` (UInt32, its place in the
block, ascending), ``key`` (what tells columns apart), ``feature`` and ``value`` (Float64).
"""

_LIBSVM_HINT = "A libsvm line is 'label index:value index:value ...'; 'field:index:value' would be libffm."
_LIBFFM_HINT = "A libffm line is 'label field:index:value ...'; 'index:value' would be libsvm."
_DTYPES: dict[FieldKind, pl.DataType] = {
    FieldKind.CATEGORICAL: pl.String(),
    FieldKind.NUMERIC: pl.Float64(),
    FieldKind.MULTIVALUED: pl.List(pl.String()),
}


@dataclass(frozen=True)
class Conversion:
    """What a conversion wrote.

    Parameters
    ----------
    n_rows : int
        Rows written.
    columns : tuple of str
        Columns written, the label first.
    sentence : str
        How entries became columns, and what was dropped, for a person.
    """

    n_rows: int
    columns: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class ColumnPlan:
    """One column to lay out.

    Parameters
    ----------
    name : str
        Its name.
    key : int or str
        The key of its entries.
    kind : FieldKind
        Categorical cells hold the feature, multi-valued cells the list of features, numeric cells the value.
    """

    name: str
    key: int | str
    kind: FieldKind


@dataclass(frozen=True)
class SpooledLog:
    """A parsed log on disk.

    Parameters
    ----------
    blocks : tuple of (Path, Path)
        The rows and the entries of each block, as IPC files.
    n_rows : int
        Rows of all blocks.
    """

    blocks: tuple[tuple[Path, Path], ...]
    n_rows: int

    def rows(self) -> Iterator[pl.DataFrame]:
        """Rows of each block."""
        return (pl.read_ipc(rows) for rows, _ in self.blocks)

    def entries(self) -> Iterator[pl.DataFrame]:
        """Entries of each block."""
        return (pl.read_ipc(entries) for _, entries in self.blocks)


def convert_libsvm(source: Path, target: Path) -> Conversion:
    """Write a libsvm (or libFM) file as Parquet.

    The format has no fields. Columns are, in this order of choice,

    - ``f1`` ... ``fk``, if every row has k entries and no index occurs at two positions, as one-hot encoded
      fields have, and no value is lost: cells are the index as String, or the value as Float64 where a
      position has one index and values other than 1;
    - ``x<index>``, if there are at most 5000 indices and values other than 1: the value as Float64. Absent
      entries, which stand for zero in a sparse matrix, are null;
    - ``f1`` ... ``fk`` again, if values must be lost;
    - ``features``, a list of the indices of the row as String.

    An entry without a value has the value 1; comments (``# ...``) and query ids (``qid:``) are dropped.
    An index that a row repeats counts with the sum of its values.

    Parameters
    ----------
    source : Path
        The file, UTF-8 text.
    target : Path
        The Parquet file to write: ``label`` (Int8, 0 or 1), then the columns. Folders for intermediate
        files are made beside it and removed.

    Returns
    -------
    Conversion
        What was written, with the choice in a sentence.

    Raises
    ------
    UnreadableFileError
        If a line is not libsvm.
    LabelError
        If the labels are neither 0 and 1 nor -1 and 1.
    EmptyLogError
        If the file has no rows, or no entries.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        log = spool_log(source, Path(folder), _parse_libsvm)
        key, columns, sentence = _plan_libsvm(log, source)
        return write_log(log, target, columns, sentence=sentence, key=key)


def convert_libffm(source: Path, target: Path) -> Conversion:
    """Write a libffm file as Parquet, a column ``field_<field>`` for each field.

    Cells are the index as String, null where a row has no entry of the field; a list of String where a row
    has several. A field with one index and values other than 1 is numeric: cells are its value as Float64.
    Any other field loses its values, which the sentence says if one of them is not 1.

    Parameters
    ----------
    source : Path
        The file, UTF-8 text.
    target : Path
        The Parquet file to write: ``label`` (Int8, 0 or 1), then the columns by number. Folders for
        intermediate files are made beside it and removed.

    Returns
    -------
    Conversion
        What was written, with the kinds of the columns in a sentence.

    Raises
    ------
    UnreadableFileError
        If a line is not libffm, or there are more than 5000 fields.
    LabelError
        If the labels are neither 0 and 1 nor -1 and 1.
    EmptyLogError
        If the file has no rows, or no entries.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        log = spool_log(source, Path(folder), _parse_libffm)
        keys = summarise_keys(log, source).sort("key")
        columns = plan_columns(keys, [f"field_{field}" for field in keys["key"]])
        sentence = f"A column for each field: {describe_columns(keys, columns)}"
        return write_log(log, target, columns, sentence=sentence)


def spool_log(source: Path, folder: Path, parse: Parser) -> SpooledLog:
    """Parse a log and keep its rows and entries in a folder.

    Parameters
    ----------
    source : Path
        The log, UTF-8 text.
    folder : Path
        An empty folder.
    parse : callable
        The parser of the format.

    Returns
    -------
    SpooledLog
        The parsed log.

    Raises
    ------
    UnreadableFileError
        If the file is not text, or `parse` rejects a line.
    LabelError
        If the labels are neither 0 and 1 nor -1 and 1.
    EmptyLogError
        If the file has no rows, or no entries.
    """
    blocks: list[tuple[Path, Path]] = []
    n_rows = n_entries = 0
    labels: set[float] = set()
    for lines in _read_lines(source):
        rows, entries = parse(lines, source)
        if rows.is_empty():
            continue
        labels.update(rows["label"].unique().to_list())
        if not any(labels <= convention for convention in LABEL_CONVENTIONS):
            raise _label_error(source, labels)
        paths = folder / f"rows-{len(blocks)}.arrow", folder / f"entries-{len(blocks)}.arrow"
        for frame, path in zip((rows, entries), paths, strict=True):
            frame.write_ipc(path, compression="zstd")
        blocks.append(paths)
        n_rows += rows.height
        n_entries += entries.height
    if n_entries == 0:
        found = "rows" if n_rows == 0 else "entries beside the labels"
        raise EmptyLogError(f"file '{source}' has no {found}", "Check that its writer came to an end.")
    return SpooledLog(tuple(blocks), n_rows)


def _read_lines(source: Path) -> Iterator[pl.DataFrame]:
    """Lines of a file, without their ends, in blocks, as columns `number` (from 1) and `line`."""
    number = 1
    for block in _read_whole_lines(source):
        try:
            text = block.decode()
        except UnicodeDecodeError as error:
            at = number + block.count(b"\n", 0, error.start)
            raise UnreadableFileError(
                f"file '{source}' line {at} is not UTF-8 text (byte 0x{block[error.start]:02x})",
                "Check the format of the file, or convert its text to UTF-8.",
            ) from error
        lines = pl.Series(text.removeprefix("\ufeff").split("\n"), dtype=pl.String)
        yield pl.select(number=pl.int_range(number, number + lines.len()), line=_squeeze(lines, text))
        number += lines.len()


def _read_whole_lines(source: Path) -> Iterator[bytes]:
    """Blocks of a file that end where a line ends; the last line end of a block is dropped."""
    rest = b""
    with source.open("rb") as file:
        while block := file.read(BLOCK_SIZE_BYTES):
            lines, end, tail = block.rpartition(b"\n")
            if end:
                yield rest + lines
                rest = tail
            else:
                rest += block
            if len(rest) > MAX_LINE_BYTES:
                raise UnreadableFileError(
                    f"file '{source}' has a line of more than {MAX_LINE_BYTES >> 20} MiB",
                    "Check its format; rows end with a line feed.",
                )
    if rest:
        yield rest


def _squeeze(lines: pl.Series, text: str) -> pl.Series:
    """Replace every run of white space by one space; none is left at the end of a line."""
    if any(unusual in text for unusual in ("\t", "  ", "\v", "\f")):
        lines = lines.str.replace_all(r"[ \t\r\v\f]+", " ")
    return lines.str.strip_chars_end(" \r")


def _label_error(source: Path, labels: Iterable[float]) -> LabelError:
    found = sorted(labels)
    shown = ", ".join(f"{label:g}" for label in found[:10]) + (" ..." if len(found) > 10 else "")
    return LabelError(
        f"file '{source}' has the labels {shown}",
        "Write labels as 0 and 1, or as -1 and 1; a label of several classes is not a click.",
    )


def reject_lines(bad: Iterable[pl.DataFrame], source: Path, *, hint: str) -> None:
    """Raise for the first of some lines that are not what their format promises.

    Parameters
    ----------
    bad : iterable of DataFrame
        Bad lines, in columns ``number`` (from 1), ``found`` (the offending text, of which 60 characters are
        shown) and ``expected`` (what should have stood there). Nothing is raised where all are empty.
    source : Path
        The file.
    hint : str
        What a line of the format looks like.

    Raises
    ------
    UnreadableFileError
        If there is a line.
    """
    lines = pl.concat([lines.select("number", "found", "expected").head(1) for lines in bad])
    if lines.is_empty():
        return
    number, found, expected = lines.sort("number", maintain_order=True).row(0)
    shown = found if len(found) <= 60 else f"{found[:59]}…"
    raise UnreadableFileError(f"file '{source}' line {number}: expected {expected}, found {shown!r}", hint)


def _parse_libsvm(lines: pl.DataFrame, source: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    line = pl.col("line").str.replace("#.*", "").str.replace(r"^ ?([^ ]+) qid:[^ ]+", "${1}")
    rows, tokens = _split_words(lines.with_columns(line))
    index, value = (pl.col("token").str.splitn(":", 2).struct[part] for part in range(2))
    entries = tokens.select(
        "row",
        "token",
        key="position",
        feature=index.cast(pl.UInt64, strict=False),
        value=pl.when(value.is_null()).then(1.0).otherwise(value.cast(pl.Float64, strict=False)),
    )
    reject_lines(_bad_lines(rows, entries, expected="index:value"), source, hint=_LIBSVM_HINT)
    return rows.select("label", "n_entries"), entries.drop("token")


def _parse_libffm(lines: pl.DataFrame, source: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows, tokens = _split_words(lines)
    field, index, value = (pl.col("token").str.splitn(":", 3).struct[part] for part in range(3))
    entries = tokens.select(
        "row",
        "token",
        key=field.cast(pl.UInt64, strict=False),
        feature=index.cast(pl.UInt64, strict=False),
        value=value.cast(pl.Float64, strict=False),
    )
    reject_lines(_bad_lines(rows, entries, expected="field:index:value"), source, hint=_LIBFFM_HINT)
    return rows.select("label", "n_entries"), entries.drop("token")


def _split_words(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split lines, but blank ones, into rows (`number`, `found`, `label`, `n_entries`) and their tokens."""
    words = (
        lines.with_columns(pl.col("line").str.strip_chars(" "))
        .filter(pl.col("line") != "")
        .select("number", word=pl.col("line").str.split(" "))
    )
    word = pl.col("word")
    rows = words.select(
        "number",
        found=word.list.first(),
        label=word.list.first().cast(pl.Float64, strict=False),
        n_entries=word.list.len() - 1,
    )
    tokens = words.select(
        row=pl.int_range(pl.len(), dtype=pl.UInt32),
        position=pl.int_ranges(0, word.list.len() - 1, dtype=pl.UInt64),
        token=word.list.slice(1),
    ).explode("position", "token")
    return rows, tokens


def _bad_lines(rows: pl.DataFrame, entries: pl.DataFrame, *, expected: str) -> list[pl.DataFrame]:
    label = rows.filter(pl.col("label").is_null()).with_columns(expected=pl.lit("a label"))
    token = entries.filter(pl.any_horizontal(pl.col("key", "feature", "value").is_null()))
    numbers = rows["number"].gather(token["row"])
    return [label, token.select(number=numbers, found="token", expected=pl.lit(expected))]


def _plan_libsvm(log: SpooledLog, source: Path) -> tuple[pl.Expr, list[ColumnPlan], str]:
    """Key of the entries, columns, and the choice in a sentence."""
    lengths = sorted({length for rows in log.rows() for length in rows["n_entries"].unique()})
    positions = summarise_keys(log, source) if lengths[0] == lengths[-1] <= MAX_COLUMNS else None
    if positions is not None and not _are_disjoint(log, positions):
        positions = None
    keeps_values = positions is not None and _keeps_values(positions)
    indices = None if keeps_values else _numeric_indices(log)
    if indices is not None:
        numeric = [ColumnPlan(f"x{index}", index, FieldKind.NUMERIC) for index in indices]
        return (
            pl.col("feature"),
            numeric,
            f"{len(numeric)} indices with values other than 1: each is a numeric column x<index>, "
            "null where a row has no entry.",
        )
    if positions is not None:
        by_position = plan_columns(positions, [f"f{position + 1}" for position in positions["key"]])
        return (
            pl.col("key"),
            by_position,
            f"Every row has {lengths[0]} entries and no index occurs at two positions, so positions are "
            f"fields: {describe_columns(positions, by_position)}",
        )
    why = (
        f"rows have {lengths[0]} to {lengths[-1]} entries"
        if lengths[0] < lengths[-1]
        else "indices occur at several positions"
    )
    dropped = "" if all(_has_only_ones(entries) for entries in log.entries()) else "; values are dropped"
    return (
        pl.lit(0),
        [ColumnPlan("features", 0, FieldKind.MULTIVALUED)],
        f"The log has no fields ({why}): indices are one multi-valued column, features{dropped}.",
    )


def _are_disjoint(log: SpooledLog, positions: pl.DataFrame) -> bool:
    """Whether no index occurs at two positions."""
    spans = positions.sort("first")
    if (spans["first"].slice(1) > spans["last"].head(-1)).all():
        return True
    # Interleaved positions need the set of all indices in memory. Most logs without fields give themselves
    # away in the first block.
    paths = [entries for _, entries in log.blocks]
    return not any(_is_any_index_shared(some) for some in (paths[:1], paths))


def _is_any_index_shared(paths: list[Path]) -> bool:
    by_index = pl.scan_ipc(paths).group_by("feature").agg(shared=pl.col("key").min() != pl.col("key").max())
    shared = by_index.select(pl.col("shared").any()).collect(engine="streaming")
    return bool(shared.item())


def _keeps_values(positions: pl.DataFrame) -> bool:
    """Whether columns by position lose no value, and positions are more than the columns of a matrix."""
    is_single = positions["first"] == positions["last"]
    is_plain = positions["only_ones"]
    return bool((is_single | is_plain).all() and (is_plain.all() or not is_single.all()))


def _numeric_indices(log: SpooledLog) -> list[int] | None:
    """Sort the indices; None if they are too many for columns, or have no value other than 1."""
    indices: set[int] = set()
    only_ones = True
    for entries in log.entries():
        new = entries["feature"].unique()
        if new.len() > MAX_COLUMNS or len(indices.union(new)) > MAX_COLUMNS:
            return None
        indices.update(new)
        only_ones = only_ones and _has_only_ones(entries)
    return None if only_ones else sorted(indices)


def _has_only_ones(entries: pl.DataFrame) -> bool:
    return bool((entries["value"] == 1).all())


def summarise_keys(log: SpooledLog, source: Path) -> pl.DataFrame:
    """Summarise the entries of each key, over the whole log.

    Parameters
    ----------
    log : SpooledLog
        The log.
    source : Path
        The file it was parsed from, for the message.

    Returns
    -------
    DataFrame
        A row for each ``key``, in order of appearance: ``several`` (some row has several entries),
        ``first`` and ``last`` (least and greatest feature), ``only_ones`` (no value other than 1).

    Raises
    ------
    UnreadableFileError
        If there are more than 5000 keys.
    """
    summary: pl.DataFrame | None = None
    for entries in log.entries():
        block = entries.group_by("key", maintain_order=True).agg(
            several=(pl.col("row").diff() == 0).any(),  # rows ascend
            first=pl.col("feature").min(),
            last=pl.col("feature").max(),
            only_ones=(pl.col("value") == 1).all(),
        )
        both = block if summary is None else pl.concat([summary, block])
        summary = both.group_by("key", maintain_order=True).agg(
            pl.col("several").any(), pl.col("first").min(), pl.col("last").max(), pl.col("only_ones").all()
        )
        if summary.height > MAX_COLUMNS:
            raise UnreadableFileError(
                f"file '{source}' has more than {MAX_COLUMNS} fields",
                "Check its format; a log with that many fields is read faster from Parquet.",
            )
    assert summary is not None, "a spooled log has entries"
    return summary


def plan_columns(keys: pl.DataFrame, names: Sequence[str]) -> list[ColumnPlan]:
    """Columns that hold the entries of some keys.

    Parameters
    ----------
    keys : DataFrame
        See :func:`summarise_keys`.
    names : sequence of str
        The name of each key's column.

    Returns
    -------
    list of ColumnPlan
        Multi-valued where a row has several entries; else numeric where one feature has values other than 1;
        else categorical.
    """
    is_numeric = (pl.col("first") == pl.col("last")) & ~pl.col("only_ones")
    kind = (
        pl.when("several")
        .then(pl.lit(FieldKind.MULTIVALUED.value))
        .when(is_numeric)
        .then(pl.lit(FieldKind.NUMERIC.value))
        .otherwise(pl.lit(FieldKind.CATEGORICAL.value))
    )
    return [
        ColumnPlan(name, key, FieldKind(kind))
        for name, (key, kind) in zip(names, keys.select("key", kind).iter_rows(), strict=True)
    ]


def describe_columns(keys: pl.DataFrame, columns: Sequence[ColumnPlan]) -> str:
    """Say how many columns there are of each kind, and which lost their values.

    Parameters
    ----------
    keys : DataFrame
        See :func:`summarise_keys`.
    columns : sequence of ColumnPlan
        The column of each key.

    Returns
    -------
    str
        End of a sentence, with its full stop.
    """
    counts = [(kind, sum(column.kind == kind for column in columns)) for kind in FieldKind]
    text = ", ".join(f"{count} {kind}" for kind, count in counts if count)
    losing = [
        column.name
        for column, only_ones in zip(columns, keys["only_ones"], strict=True)
        if not only_ones and column.kind is not FieldKind.NUMERIC
    ]
    if losing:
        more = f" and {len(losing) - 5} more" if len(losing) > 5 else ""
        text += f"; values other than 1 are dropped in {', '.join(losing[:5])}{more}"
    return f"{text}."


def write_log(
    log: SpooledLog,
    target: Path,
    columns: Sequence[ColumnPlan],
    *,
    sentence: str,
    key: pl.Expr | None = None,
    row_columns: Sequence[str] = (),
) -> Conversion:
    """Write the label and the columns of a spooled log as Parquet.

    Parameters
    ----------
    log : SpooledLog
        The log.
    target : Path
        The file to write; it is removed again if writing fails.
    columns : sequence of ColumnPlan
        The columns.
    sentence : str
        How they were chosen.
    key : Expr, optional
        What of an entry tells columns apart; its ``key`` if not given.
    row_columns : sequence of str
        Columns of the rows to write behind the label.

    Returns
    -------
    Conversion
        What was written.
    """
    batch_size = max(1, MAX_CELLS // len(columns))
    schema: dict[str, pl.DataType] = {"label": pl.Int8()}
    schema |= dict.fromkeys(row_columns, pl.Float64())
    schema |= {column.name: _DTYPES[column.kind] for column in columns}

    def batches(*_: object) -> Iterator[pl.DataFrame]:
        label = (pl.col("label") == 1).cast(pl.Int8)
        for rows, entries in zip(log.rows(), log.entries(), strict=True):
            keyed = entries.select("row", "value", "feature", key=pl.col("key") if key is None else key)
            for start in range(0, rows.height, batch_size):
                batch = rows.slice(start, batch_size).select(label, *row_columns)
                yield batch.hstack(_lay_out(_slice_rows(keyed, start, batch.height), columns, batch.height))

    try:
        register_io_source(batches, schema=pl.Schema(schema)).sink_parquet(
            target, row_group_size=min(batch_size, ROW_GROUP_ROWS)
        )
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Conversion(log.n_rows, tuple(schema), sentence)


def _slice_rows(entries: pl.DataFrame, start: int, n_rows: int) -> pl.DataFrame:
    begin, end = np.searchsorted(entries["row"].to_numpy(), [start, start + n_rows]).tolist()
    return entries.slice(begin, end - begin).with_columns(pl.col("row") - start)


def _lay_out(entries: pl.DataFrame, columns: Sequence[ColumnPlan], n_rows: int) -> list[pl.Series]:
    """Cells of rows 0 to n_rows - 1, a series for each column."""
    numeric = [column for column in columns if column.kind is FieldKind.NUMERIC]
    cells = dict(_numeric_cells(entries, numeric, n_rows)) if numeric else {}
    if len(numeric) < len(columns):
        groups = entries.with_columns(pl.col("feature").cast(pl.String)).partition_by("key", as_dict=True)
        rows = pl.select(row=pl.int_range(n_rows, dtype=pl.UInt32))
        for column in columns:
            if column.kind is not FieldKind.NUMERIC:
                cells[column.name] = _feature_cells(groups.get((column.key,)), column, rows)
    return [cells[column.name] for column in columns]


def _numeric_cells(
    entries: pl.DataFrame, columns: Sequence[ColumnPlan], n_rows: int
) -> Iterator[tuple[str, pl.Series]]:
    keys = pl.Series("key", [column.key for column in columns], dtype=entries.schema["key"])
    codes = pl.DataFrame([keys]).with_row_index("code")
    found = entries.join(codes, on="key")
    at = found["code"].to_numpy(), found["row"].to_numpy()
    values = np.full((len(columns), n_rows), np.nan)
    values[at] = 0.0
    np.add.at(values, at, found["value"].to_numpy())  # a plain assignment would keep one of repeated entries
    for column, cells in zip(columns, values, strict=True):
        yield column.name, pl.Series(column.name, cells, nan_to_null=True)


def _feature_cells(group: pl.DataFrame | None, column: ColumnPlan, rows: pl.DataFrame) -> pl.Series:
    if group is None:
        return pl.Series(column.name, [None], dtype=_DTYPES[column.kind]).new_from_index(0, rows.height)
    if column.kind is FieldKind.MULTIVALUED:
        group = group.group_by("row", maintain_order=True).agg("feature")
    if group.height < rows.height:
        group = rows.join(group, on="row", how="left", maintain_order="left")
    return group["feature"].rename(column.name)
