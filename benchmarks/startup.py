"""How long does ``featsel --help`` take, compared with the smallest program that typer can make?

They start in turns, and the median of the ratios is printed. The small program runs on the same Python and
typer; once as typer's documentation writes it, and once with help in plain text, which spares it rich.
Example: ``python benchmarks/startup.py --repeats 40``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Cost, machine, markdown_table, measure, script

BARE_PROGRAM = '''
import typer

app = typer.Typer(OPTIONS)


@app.command()
def hello(name: str) -> None:
    """Say hello."""
    typer.echo(f"Hello {name}")


app()
'''

TARGET = 1.5
"""The start of a bare program, and half of it for the options of a dozen commands."""


def main() -> None:
    """Measure both and print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=30, help="turns (%(default)s)")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        bare, plain = Path(folder) / "hello.py", Path(folder) / "plain.py"
        bare.write_text(BARE_PROGRAM.replace("OPTIONS", ""), encoding="utf-8")
        plain.write_text(BARE_PROGRAM.replace("OPTIONS", "rich_markup_mode=None"), encoding="utf-8")
        commands: dict[str, list[str | Path]] = {
            "typer hello --help": [sys.executable, bare, "--help"],
            "typer hello --help, plain text": [sys.executable, plain, "--help"],
            "featsel --help": [script("featsel"), "--help"],
            "featsel rank --help": [script("featsel"), "rank", "--help"],
            "python -c pass": [sys.executable, "-c", "pass"],
        }
        for command in commands.values():
            measure(command)  # byte code and file cache
        turns = [
            {name: measure(command) for name, command in commands.items()} for _ in range(options.repeats)
        ]
    base = "typer hello --help"
    rows = []
    for name in commands:
        costs = [turn[name] for turn in turns]
        bases = [turn[base] for turn in turns]
        if any(cost.status for cost in costs):
            raise SystemExit(f"{name} ended with status {costs[0].status}")
        cpu_ms, wall_ms = (1000 * statistics.median(values) for values in _times(costs))
        pairs = zip(_times(costs), _times(bases), strict=True)
        ratios = [statistics.median(a / b for a, b in zip(own, other, strict=True)) for own, other in pairs]
        rows.append([name, f"{cpu_ms:.0f}", f"{wall_ms:.0f}", *(f"{ratio:.2f}" for ratio in ratios)])
    print(f"{machine()}\n")
    print(markdown_table(["command", "CPU ms", "wall ms", "CPU ratio", "wall ratio"], rows))
    print(f"\nTarget: at most {TARGET} times the bare program.")


def _times(costs: list[Cost]) -> tuple[list[float], list[float]]:
    return [cost.cpu_s for cost in costs], [cost.wall_s for cost in costs]


if __name__ == "__main__":
    main()
