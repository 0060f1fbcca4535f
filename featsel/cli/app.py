"""Which commands are there, and which exit code has an error?

0 done, 1 a check found something, 2 wrong request, 3 wrong data, 70 a bug in featsel, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import re
import sys
import time
import traceback
import warnings
from typing import Annotated

import typer
from typer.exceptions import TyperException

from featsel import __version__
from featsel.cli import bench, check, convert, export, features, predict, rank, report, select, synth, train
from featsel.cli.interrupts import heed_interrupts
from featsel.core.errors import FeatselError
from featsel.core.processes import is_first_process

USAGE = 2
BUG = 70
INTERRUPTED = 130

TELLING_S = 1.0
"""torchrun ends all processes once one has ended: one that leaves it to another to tell waits for that."""

app = typer.Typer(
    name="featsel",
    help="Rank, select and train on the fields of click-through-rate logs.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command("rank", epilog=rank.EXAMPLES)(rank.rank)
app.command("check", epilog=check.EXAMPLES)(check.check)
app.command("select", epilog=select.EXAMPLES)(select.select)
app.command("train", epilog=train.EXAMPLES)(train.train)
app.command("predict", epilog=predict.EXAMPLES)(predict.predict)
app.command("bench", epilog=bench.EXAMPLES)(bench.bench)
app.command("report", epilog=report.EXAMPLES)(report.report)
app.command("export", epilog=export.EXAMPLES)(export.export)
app.command("convert", epilog=convert.EXAMPLES)(convert.convert)
app.command("synth", epilog=synth.EXAMPLES)(synth.synth)
app.add_typer(features.app)


def main() -> None:
    """Run the command line and leave with its exit code."""
    # imports make objects by the hundred thousand, and none of them is garbage
    gc.disable()
    # libraries warn of what no user of a command can change
    warnings.simplefilter("ignore")
    # the threads of a matrix product wait for each other by spinning; on a machine that others use, too, they
    # must not do so for long, or a training takes twice the time (docs/experiments.md)
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    heed_interrupts()
    code = run(sys.argv[1:])
    if "ray" in sys.modules:
        from featsel.engines.ray_cluster import leave_cluster  # noqa: PLC0415 - only where it is in use

        with contextlib.suppress(KeyboardInterrupt):
            leave_cluster()
    if code == INTERRUPTED:
        sys.exit(code)  # what was interrupted while it began may be cleaned up only now
    with contextlib.suppress(OSError):  # run() has told what was wrong with the output
        sys.stdout.flush()
    sys.stderr.flush()
    # taking the interpreter and its modules apart would cost .4 CPU seconds more than ending here
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : list of str
        What stands after ``featsel``.

    Returns
    -------
    int
        The exit code.
    """
    try:
        arguments = arguments or ["--help"]
        code = app(arguments, prog_name="featsel", standalone_mode=False)
        sys.stdout.flush()
    except FeatselError as error:
        return _fail(arguments, error, error.code, error.message, error.hint, error.exit_code)
    except TyperException as error:
        return _fail(arguments, error, "usage", error.format_message(), _usage_hint(arguments), USAGE)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        # the reader of a pipe has seen enough; the interpreter must not complain when it flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _fail_unexpectedly(arguments, error)
    if code == INTERRUPTED and is_first_process():  # typer turns the signal into this code
        sys.stderr.write("\nfeatsel: interrupted\n")
    return code if isinstance(code, int) else 0


def _show_version(*, value: bool) -> None:
    if value:
        sys.stdout.write(f"featsel {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Rank, select and train on the fields of click-through-rate logs."""


def _fail(
    arguments: list[str], error: Exception, code: str, message: str, hint: str | None, exit_code: int
) -> int:
    if _is_told_elsewhere(error):
        with contextlib.suppress(KeyboardInterrupt):  # it is how torchrun ends the others
            time.sleep(TELLING_S)
        return exit_code
    if any(re.fullmatch(r"--verbose|-[a-z]*v[a-z]*", argument) for argument in arguments):
        traceback.print_exception(error)
    message = message.strip()
    sys.stderr.write(f"featsel: error: {message}\n")
    if hint:
        sys.stderr.write(f"featsel: hint: {hint}\n")
    if "--json" in arguments:
        with contextlib.suppress(OSError):  # what is wrong may be the output itself
            sys.stdout.write(json.dumps({"error": {"code": code, "message": message, "hint": hint}}) + "\n")
    return exit_code


def _is_told_elsewhere(error: Exception) -> bool:
    """Whether another process of the same run tells of an error; of one that all have, the first does."""
    if isinstance(error, FeatselError) and error.is_told_elsewhere is not None:
        return error.is_told_elsewhere
    return isinstance(error, FeatselError | TyperException) and not is_first_process()


def _fail_unexpectedly(arguments: list[str], error: Exception) -> int:
    """Tell what a machine could not give from what is a bug."""
    number = error.errno if isinstance(error, OSError) else None
    if number in {errno.ENOSPC, errno.EFBIG}:
        message = f"the output is full: {os.strerror(number)}"
        return _fail(arguments, error, "output", message, None, USAGE)
    if number == errno.ENAMETOOLONG:
        return _fail(arguments, error, "output", "the name of a file is too long", "Shorten it.", USAGE)
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        hint = "Lower --dim, --table-rows or --batch-size, or use a larger machine."
        return _fail(arguments, error, "memory", "there is not enough memory for this", hint, USAGE)
    message = f"a bug in featsel: {type(error).__name__}: {error}"
    return _fail(arguments, error, "bug", message, "Run again with --verbose and report what it prints.", BUG)


def _usage_hint(arguments: list[str]) -> str:
    commands = {command.name for command in app.registered_commands} | {"config"}
    named = next((argument for argument in arguments if argument in commands), "")
    return f"See 'featsel {named + ' ' if named else ''}--help'."
