"""Count the rows of each value by label, then the values of each pair of counts, as others would.

Runs in the environment of the peers: ``python distinct_values_peer.py WAY LOG.parquet COLUMN MEMORY FOLDER``;
prints the number of distinct values.
"""

from __future__ import annotations

import sys


def with_polars(path: str, column: str, _memory: str, _folder: str) -> int:
    """Streaming; it knows no limit of memory."""
    import polars as pl

    rows = pl.scan_parquet(path).select(column, label=pl.col("label").cast(pl.Int64))
    values = rows.group_by(column).agg(n=pl.len(), b=pl.col("label").sum())
    counts = values.group_by("n", "b").agg(values=pl.len()).collect(engine="streaming")
    return int(counts["values"].sum())


def with_duckdb(path: str, column: str, memory: str, folder: str) -> int:
    """Within the limit of memory, spilling into the folder."""
    import duckdb

    connection = duckdb.connect(config={"memory_limit": memory, "temp_directory": folder})
    values = f"select count(*) n, sum(label) b from read_parquet('{path}') group by \"{column}\""
    counts = f"select n, b, count(*) values from ({values}) group by n, b"
    return int(connection.execute(f"select sum(values) from ({counts})").fetchall()[0][0])


WAYS = {"polars": with_polars, "duckdb": with_duckdb}

if __name__ == "__main__":
    sys.stdout.write(f"{WAYS[sys.argv[1]](*sys.argv[2:])}\n")
