"""The command ``featsel convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from featsel.cli import options as o
from featsel.cli.progress import TerminalReporter

EXAMPLES = """Examples:

featsel convert day.csv.gz day.parquet

featsel convert train.txt train.parquet --format criteo

featsel convert ratings.dat ratings.parquet --separator :: --no-header --columns user,item,rating,ts"""


def convert(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="File, glob, folder, URL, or - for standard input.")
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="File to write: .parquet, .arrow, .csv, .csv.gz, .tsv or .ndjson."
        ),
    ],
    include: o.Include = None,
    exclude: o.Exclude = None,
    multivalued: o.Multivalued = None,
    input_format: o.InputFormat = None,
    columns: o.Columns = None,
    no_header: o.NoHeader = False,
    separator: o.Separator = None,
    null_values: o.NullValues = None,
    rows: o.Rows = None,
    sample: o.Sample = None,
    seed: o.Seed = 0,
    threads: o.Threads = None,
    config: o.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Change the format of a log, in bounded memory.

    Text becomes numbers where every value of a column is one; codes with leading zeros stay text.
    """
    o.use_threads(threads)
    # polars is loaded from here on
    from featsel.workflows import convert as workflow  # noqa: PLC0415
    from featsel.workflows.request import LogRequest  # noqa: PLC0415

    request = LogRequest(
        paths=(source,),
        format=o.known_format(input_format),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        multivalued=tuple(multivalued or ()),
        text=o.text_options(columns, separator, null_values, has_header=not no_header),
        rows=rows,
        sample=sample,
        seed=seed,
    )
    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        workflow.convert(request, out, reporter)
