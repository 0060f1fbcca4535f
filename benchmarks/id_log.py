"""Write a log of ids, of which every other row has a new one: ``python id_log.py ROWS OUT.parquet``.

One column holds them as text, one as integers, one as floats, beside a label that knows nothing of them.
"""

from __future__ import annotations

import sys
from functools import partial

import numpy as np
import polars as pl

BLOCK_ROWS = 1 << 20
VALUES_PER_ROW = 0.627
"""So many ids are drawn from, evenly: half as many distinct ones as rows come up."""


def main() -> None:
    """Write the log."""
    n_rows, path = int(sys.argv[1]), sys.argv[2]
    blocks = [
        pl.defer(partial(_block, start, n_rows), schema=_block(0, 1).schema)
        for start in range(0, n_rows, BLOCK_ROWS)
    ]
    pl.concat(blocks).sink_parquet(path, row_group_size=BLOCK_ROWS)


def _block(start: int, n_rows: int) -> pl.DataFrame:
    rng = np.random.default_rng([n_rows, start])
    size = min(BLOCK_ROWS, n_rows - start)
    ids = rng.integers(0, max(1, int(n_rows * VALUES_PER_ROW)), size)
    scattered = ids * 2_654_435_761 % (1 << 36)
    return pl.DataFrame(
        {
            "label": (rng.random(size) < 0.1).astype(np.int8),
            "text": "u" + pl.Series(scattered).cast(pl.String),
            "integer": scattered,
            "float": ids * 1.1 + 0.3,
        }
    )


if __name__ == "__main__":
    main()
