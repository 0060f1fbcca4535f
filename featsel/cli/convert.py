"""The command ``featsel convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from featsel.cli import options
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
    include: options.Include = None,
    exclude: options.Exclude = None,
    multivalued: options.Multivalued = None,
    input_format: options.InputFormat = None,
    columns: options.Columns = None,
    no_header: options.NoHeader = False,
    separator: options.Separator = None,
    null_values: options.NullValues = None,
    rows: options.Rows = None,
    sample: options.Sample = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    config: options.Config = None,  # noqa: ARG001 - its callback does the work
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Change the format of a log, in bounded memory.

    Text becomes numbers where every value of a column is one; codes with leading zeros stay text.
    """
    options.use_threads(threads)
    # polars is loaded from here on
    from featsel.workflows import convert as workflow  # noqa: PLC0415
    from featsel.workflows.request import LogRequest  # noqa: PLC0415

    request = LogRequest(
        paths=(source,),
        format=options.known_format(input_format),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        multivalued=tuple(multivalued or ()),
        text=options.text_options(columns, separator, null_values, has_header=not no_header),
        rows=rows,
        sample=sample,
        seed=seed,
    )
    with TerminalReporter(quiet=quiet, verbose=verbose) as reporter:
        workflow.convert(request, out, reporter)
