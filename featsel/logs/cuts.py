"""Where is a log cut into a given number of shards?

Between rows where the format can be entered there, else between files. A cut depends on the log and on the
number of shards alone, so that every process finds the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from featsel.logs.sources import is_url
from featsel.logs.tables import LineTable, PartOfFiles, ScannedTable, Table

SNAP_SHARE = 0.02
"""A cut this near to the end of a file, in shards, moves there: a shard then reads fewer files, and is hardly
larger than others."""


@dataclass(frozen=True)
class Piece:
    """Neighbouring rows of a table.

    Parameters
    ----------
    table : Table
        The rows.
    files : tuple of int
        First file that they stand in, and the one after the last; (0, 0) where files do not tell.
    rows : tuple of int, optional
        Which rows of those files, first and one after the last; None where all.
    """

    table: Table
    files: tuple[int, int] = (0, 0)
    rows: tuple[int, int] | None = None


def cut_table(table: Table, n_pieces: int, *, first: int | None = None) -> list[Piece]:
    """Cut the rows of a table into neighbouring pieces of about the same size.

    Parameters
    ----------
    table : Table
        All rows.
    n_pieces : int
        How many pieces.
    first : int, optional
        Only so many rows are cut; text, which does not tell its rows, is cut whole.

    Returns
    -------
    list of Piece
        In the order of the rows; at least one, and fewer than asked for where rows or text files are fewer.
    """
    if isinstance(table, LineTable):
        sizes = [0 if is_url(path) else Path(path).stat().st_size for path in table.paths]
        return [_piece_of_text(table, *files) for files in itertools.pairwise(_file_bounds(sizes, n_pieces))]
    assert isinstance(table, ScannedTable), "tables are text, or scanned"
    if table.scan is None:
        n_rows = table.count_rows()
        bounds = _row_bounds([n_rows], n_pieces, first=first)
        return [
            Piece(replace(table, frame=table.frame.slice(start, stop - start)), (0, 0), (start, stop))
            for start, stop in itertools.pairwise(bounds)
        ]
    counts = [PartOfFiles(table.scan([file]), table.dtypes).count_rows() for file in table.files]
    ends = np.cumsum(counts)
    pieces: list[Piece] = []
    for start, stop in itertools.pairwise(_row_bounds(counts, n_pieces, first=first)):
        files = int(np.searchsorted(ends, start, side="right")), int(np.searchsorted(ends, stop)) + 1
        before = int(ends[files[0]]) - counts[files[0]]
        part = PartOfFiles(table.scan(_anywhere(table.files[slice(*files)])), table.dtypes)
        rows = start - before, stop - before
        if rows == (0, sum(counts[slice(*files)])):
            pieces.append(Piece(part, files))
        else:
            sliced = replace(part, frame=part.frame.slice(rows[0], stop - start))
            pieces.append(Piece(sliced, files, rows))
    return pieces


def _piece_of_text(table: LineTable, start: int, stop: int) -> Piece:
    paths, partitions = _anywhere(table.paths[start:stop]), table.partitions[start:stop]
    return Piece(replace(table, paths=paths, partitions=partitions), (start, stop))


def _anywhere(paths: Sequence[str]) -> tuple[str, ...]:
    """Paths that mean the same for a process that works in another folder."""
    return tuple(path if is_url(path) else str(Path(path).resolve()) for path in paths)


def _row_bounds(counts: Sequence[int], n_pieces: int, *, first: int | None) -> list[int]:
    """Rows at which pieces begin, and at last the number of rows; ``counts`` are those of the files."""
    ends = np.concatenate([[0], np.cumsum(counts)])
    n_rows = int(ends[-1]) if first is None else min(int(ends[-1]), first)
    reach = SNAP_SHARE * n_rows / n_pieces
    bounds: list[int] = []
    for index in range(n_pieces + 1):
        bound = n_rows * index // n_pieces
        nearest = int(ends[np.abs(ends - bound).argmin()])
        is_near = abs(nearest - bound) <= reach and 0 < index < n_pieces and nearest < n_rows
        bounds.append(nearest if is_near else bound)
    return sorted(set(bounds)) if n_rows else [0, 0]


def _file_bounds(sizes: Sequence[int], n_pieces: int) -> list[int]:
    """Files at which pieces of about the same size begin, and at last the number of files."""
    n_files = len(sizes)
    n_pieces = min(n_pieces, n_files)
    ends = np.concatenate([[0], np.cumsum(sizes)])
    bounds = [0]
    for index in range(1, n_pieces):
        nearest = int(np.abs(ends - ends[-1] * index / n_pieces).argmin())
        # each piece has a file at least
        bounds.append(min(max(nearest, bounds[-1] + 1), n_files - (n_pieces - index)))
    return [*bounds, n_files]
