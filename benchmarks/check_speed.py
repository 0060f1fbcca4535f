"""What does ``featsel check`` cost beside other tools that look at data, and what do they find?

Two days of a click log are made, of 21 columns that do not change but for the rows: see
``check_peers/snapshots.py``. Every tool does what its documentation recommends, on both days where it can
compare, in a fresh process and an environment of its own, which the first run installs; all take turns, and
ratios are medians over the turns. CPU time counts user and system time of a process and all that it starts::

    python benchmarks/check_speed.py
    python benchmarks/check_speed.py --rows 100000 --turns 3 --peers gx,pandera,pointblank
    python benchmarks/check_speed.py --scale 1000000 3000000 10000000
    python benchmarks/check_speed.py --startup

``--scale`` measures featsel alone on a log of 40 columns, which takes about 150 MB of disk for each million
rows and is deleted at the end. ``--startup`` measures how long the first line takes.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import peers
from measure import Cost, machine, markdown_table, measure, median_cost, script

SCRIPTS = Path(__file__).with_name("check_peers")
LOG_FOLDER = Path(tempfile.gettempdir()) / "featsel-benchmarks"
FEATSEL = "featsel"
PROFILE = ".profile.json"

QUIET = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "DEEPCHECKS_DISABLE_LATEST": "true",
    "MPLBACKEND": "agg",
}
"""Nobody waits for a server that counts runs."""

DECODE = """
import sys, polars as pl
for name in pl.read_parquet_schema(sys.argv[1]):
    pl.read_parquet(sys.argv[1], columns=[name])
"""

VERSIONS = """
import sys, importlib.metadata
print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in sys.argv[1:]))
"""

HEAVY_MODULES = ("torch", "sklearn", "scipy", "pandas", "matplotlib")
"""What ``featsel check`` has no use for."""


@dataclass(frozen=True)
class Peer:
    """A tool, what to install for it, and how to call it.

    Parameters
    ----------
    label : str
        What it is called in the table.
    environment : str
        Name of its environment.
    packages : tuple of str
        The newest that starts.
    argument : str, optional
        Last argument of its script.
    pinned : str
        Why the packages are not simply the newest.
    """

    label: str
    environment: str
    packages: tuple[str, ...]
    argument: str | None = None
    pinned: str = ""


OWN = {
    FEATSEL: Peer("featsel check, two days", "", ()),
    "featsel-profile": Peer("featsel check, one day and a saved profile", "", (), PROFILE),
}
EVIDENTLY = (
    ("evidently", "pandas<3", "pyarrow"),
    "Evidently 0.7.23 does not start with pandas 3, which has no infer_dtype_from_object",
)
DEEPCHECKS = (
    ("deepchecks", "scikit-learn<1.8", "numpy<2", "pandas<3", "pyarrow<24", "anywidget"),
    "deepchecks 0.19.1 does not start with scikit-learn 1.8 (no scorer max_error) nor with numpy 2 "
    "(no np.Inf); numpy 1 wants pandas below 3 and pyarrow below 24; a page needs anywidget beside plotly 6",
)
PEERS: Mapping[str, Peer] = {
    "pandera": Peer("pandera, schema", "pandera", ("pandera[pandas]", "pandas", "pyarrow")),
    "pointblank": Peer("pointblank, 44 steps", "pointblank", ("pointblank[pl]", "polars")),
    "gx": Peer("Great Expectations, 63 expectations", "gx", ("great-expectations", "pandas", "pyarrow")),
    "ydata": Peer(
        "ydata-profiling, minimal, one day",
        "ydata",
        ("fg-data-profiling", "pandas", "pyarrow"),
        pinned="ydata-profiling is called fg-data-profiling now, and asks for pandas below 3 itself",
    ),
    "deepchecks-integrity": Peer(
        "deepchecks, data_integrity, one day", "deepchecks", DEEPCHECKS[0], "integrity", DEEPCHECKS[1]
    ),
    "deepchecks-validation": Peer(
        "deepchecks, train_test_validation", "deepchecks", DEEPCHECKS[0], "validation", DEEPCHECKS[1]
    ),
    "evidently-summary": Peer(
        "Evidently, DataSummaryPreset", "evidently", EVIDENTLY[0], "summary", EVIDENTLY[1]
    ),
    "evidently-drift": Peer("Evidently, DataDriftPreset", "evidently", EVIDENTLY[0], "drift", EVIDENTLY[1]),
}
"""A name, or what stands before its hyphen, chooses among them."""

NESTED = {"ad_id = campaign", "ad_id = advertiser", "advertiser = campaign"}
"""Pairs of which one column determines the other: to call them alike is not wrong."""


@dataclass(frozen=True)
class Run:
    """What one run cost, and what the tool said; nothing if it did not end."""

    cost: Cost
    answer: Mapping[str, object] | None


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of each day (%(default)s)")
    parser.add_argument("--turns", type=int, default=1, help="turns of all tools (%(default)s)")
    parser.add_argument("--peers", default=",".join(PEERS), help="with commas (all: %(default)s)")
    parser.add_argument(
        "--limit", type=int, default=600, help="CPU seconds that a tool may take (%(default)s)"
    )
    parser.add_argument("--folder", type=Path, default=LOG_FOLDER, help="where logs are kept (%(default)s)")
    parser.add_argument("--environments", type=Path, default=peers.FOLDER, help="where tools are installed")
    parser.add_argument(
        "--scale", type=int, nargs="*", metavar="ROWS", help="featsel alone, by rows, instead"
    )
    parser.add_argument("--startup", action="store_true", help="time to the first line instead")
    options = parser.parse_args()
    print(f"{machine()}\n", flush=True)
    if options.scale is not None:
        scale(options.scale or [1_000_000, 3_000_000, 10_000_000], options.folder)
    elif options.startup:
        startup(options.folder, max(options.turns, 5))
    else:
        side_by_side(options)


def side_by_side(options: argparse.Namespace) -> None:
    """All tools on two days."""
    wanted = options.peers.split(",")
    chosen = {name: peer for name, peer in PEERS.items() if {name, name.split("-")[0]} & {*wanted}}
    for peer in chosen.values():
        install(peer, options.environments)
    chosen = {**OWN, **chosen}
    reference, current = days(options.folder, options.rows)
    # compiles the kernels, too, which are kept from then on
    profile = reference.with_suffix(PROFILE)
    made = measure([*_check_command(reference), "--save-profile", profile, "--fail-on", "never"])
    if made.status or not profile.exists():
        raise SystemExit(f"no profile of the reference day: status {made.status}")
    turns: list[dict[str, Run]] = []
    for turn in range(options.turns):
        runs = {}
        for name, peer in chosen.items():
            runs[name] = run(name, peer, (reference, current), options)
            print(f"turn {turn}: {name} {runs[name].cost}", file=sys.stderr, flush=True)
        turns.append(runs)
    print(f"{options.rows:,} rows × 21 columns, two days; median of {options.turns} turns\n")
    rows = [_row(peer, [turn[name] for turn in turns], turns, options) for name, peer in chosen.items()]
    header = ["tool", "version", "CPU s", "÷ featsel", "peak MB", "looked at", "constant"]
    print(markdown_table([*header, "country = code", "leaks", "drift"], rows))
    print("\nNo column gives the label away and none drifts. '–': not asked or not answered.")
    for peer in {peer.environment: peer for peer in chosen.values()}.values():
        name = peer.environment or FEATSEL
        print(f"- {name}: {'; '.join(filter(None, [versions(peer, options), peer.pinned]))}.")


def days(folder: Path, n_rows: int) -> tuple[Path, Path]:
    """The reference day and the next day, generated if they are missing."""
    place = folder / f"days-{n_rows}"
    if not (place / "a.parquet").exists():
        command = [sys.executable, SCRIPTS / "snapshots.py", place, n_rows]
        subprocess.run([str(part) for part in command], check=True)
    return place / "b.parquet", place / "a.parquet"


def install(peer: Peer, folder: Path) -> None:
    """Make the environment of a tool if it is missing."""
    python = folder / peer.environment / "bin" / "python"
    if not python.exists():
        venv.create(folder / peer.environment, with_pip=True)
        command = [python, "-m", "pip", "install", "--quiet", *peer.packages]
        if subprocess.run(command, check=False).returncode:
            shutil.rmtree(folder / peer.environment)
            raise SystemExit(f"{peer.label}: could not be installed")


def run(name: str, peer: Peer, pair: tuple[Path, Path], options: argparse.Namespace) -> Run:
    """Run a tool once."""
    place = pair[0].parent
    said, output = place / f"{name}.json", place / f"{name}.txt"
    said.unlink(missing_ok=True)
    if name in OWN:
        reference = pair[0].with_suffix(peer.argument) if peer.argument else pair[0]
        command = _check_command(pair[1], reference, "-o", said)
    else:
        python = options.environments / peer.environment / "bin" / "python"
        command = [python, SCRIPTS / f"{peer.environment}_peer.py", *pair, said]
        command += [peer.argument] if peer.argument else []
    # the limit of a process: measure() counts wall time alone, which a busy machine stretches
    limited = ["/bin/sh", "-c", f'ulimit -t {options.limit}; exec "$@"', "limited", *command]
    cost = measure(limited, environment=QUIET, output=output, timeout_s=10 * options.limit)
    if not said.exists():
        return Run(cost, None)
    answer = json.loads(said.read_text(encoding="utf-8"))
    return Run(cost, _own_answer(answer) if name in OWN else answer)


def scale(sizes: Sequence[int], folder: Path) -> None:
    """Featsel alone on one day of 40 columns, beside reading the file."""
    rows = []
    folder.mkdir(parents=True, exist_ok=True)
    for n_rows in sizes:
        with TemporaryDirectory(dir=folder) as place:
            log = Path(place) / "wide.parquet"
            made = measure([sys.executable, SCRIPTS / "snapshots.py", log, str(n_rows), "--wide"])
            if made.status:
                raise SystemExit(f"the log could not be made: status {made.status}")
            decode = measure([sys.executable, "-c", DECODE, log])
            check = measure(_check_command(log))
            shape, size = f"{n_rows:,} × 40", f"{log.stat().st_size / 1e6:,.0f}"
        cells = [_seconds(check.cpu_s), _seconds(check.wall_s), _seconds(decode.cpu_s)]
        cells += [_ratio(check.cpu_s / decode.cpu_s), _megabytes(check), _megabytes(decode)]
        rows.append([shape, size, *cells, "" if check.status == 0 else f"status {check.status}"])
        print(f"{shape}: made {made}, decode {decode}, check {check}", file=sys.stderr, flush=True)
    header = ["rows × columns", "file MB", "check CPU s", "check wall s", "decode CPU s", "check ÷ decode"]
    print(markdown_table([*header, "check peak MB", "decode peak MB", "note"], rows))


def startup(folder: Path, n_turns: int) -> None:
    """How long the first line takes on a thousand rows, and what is imported for it."""
    reference, current = days(folder, 1000)
    commands: dict[str, list[str | Path]] = {
        "featsel check": _check_command(current)[:-1],
        "featsel check --reference": _check_command(current, reference)[:-1],
        "python -c 'import polars'": [sys.executable, "-c", "import polars; print(polars.__version__)"],
    }
    for command in commands.values():
        first_line(command)  # byte code, compiled kernels and the file cache
    turns = [{name: first_line(command) for name, command in commands.items()} for _ in range(n_turns)]
    rows = []
    for name, command in commands.items():
        seconds = statistics.median(turn[name] for turn in turns)
        cpu = statistics.median(measure(command).cpu_s for _ in range(n_turns))
        rows.append([name, f"{1000 * seconds:.0f}", f"{1000 * cpu:.0f}"])
    print(f"Log of 1,000 rows, median of {n_turns} turns\n")
    print(markdown_table(["command", "first line, wall ms", "CPU ms"], rows))
    command = [sys.executable, "-X", "importtime", *_check_command(current, reference)]
    traced = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    lines = [line.rsplit("|", 1)[-1].strip() for line in traced.stderr.splitlines() if "|" in line]
    heavy = [name for name in HEAVY_MODULES if name in lines]
    print(f"\nImported of {', '.join(HEAVY_MODULES)}: {', '.join(heavy) or 'none'}.")


def first_line(command: Sequence[str | Path]) -> float:
    """Seconds until a command prints its first line, on whichever of its two outputs."""
    started = time.perf_counter()
    with subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        if process.stdout is None or not process.stdout.readline():
            raise SystemExit(f"{command[0]} printed nothing")
        seconds = time.perf_counter() - started
        process.stdout.read()
    return seconds


def _check_command(log: Path, reference: Path | None = None, *more: str | Path) -> list[str | Path]:
    against = [] if reference is None else ["--reference", reference]
    return [script("featsel"), "check", log, *against, "--label", "label", "--time", "ts", *more, "--quiet"]


def _own_answer(document: Mapping[str, object]) -> dict[str, object]:
    """What featsel found, in the form that the peers answer in."""
    checks: list[dict] = document["checks"]  # type: ignore[assignment]
    failed = [check for check in checks if check["status"] == "fail"]
    grave = [check for check in failed if check["severity"] != "info"]

    def fields(found: Sequence[dict], *codes: str) -> list[str]:
        return sorted(
            {check["field"] for check in found if check["code"].startswith(codes) and check["field"]}
        )

    return {
        "n_checks": sum(check["status"] != "skipped" for check in checks),
        "constant": fields(failed, "FS102"),
        "same": [
            " = ".join(sorted(each["evidence"]["fields"])) for each in failed if each["code"] == "FS203"
        ],
        "leak": fields(grave, "FS301", "FS302"),
        "drift": fields(grave, "FS105", "FS4"),
    }


def _row(
    peer: Peer, runs: Sequence[Run], turns: Sequence[dict[str, Run]], options: argparse.Namespace
) -> list[str]:
    cost = median_cost([each.cost for each in runs])
    ratio = statistics.median(
        each.cost.cpu_s / turn[FEATSEL].cost.cpu_s for each, turn in zip(runs, turns, strict=True)
    )
    version = versions(peer, options).split(",")[0].split(" ")[1]
    answer = runs[-1].answer
    if answer is None:
        # the kernel counts ticks for the limit, which is not what it reports in the end
        is_late = cost.status in {-signal.SIGXCPU, -signal.SIGKILL} and cost.cpu_s > 0.9 * options.limit
        why = f"did not end in {options.limit} CPU s" if is_late else f"ended with status {cost.status}"
        least = "> " if is_late else ""
        cells = [f"{least}{cost.cpu_s:.0f}", f"{least}{_ratio(ratio)}", _megabytes(cost), why]
        return [peer.label, version, *cells, *["–"] * 4]
    cells = [_seconds(cost.cpu_s), _ratio(ratio), _megabytes(cost), f"{answer['n_checks']}"]
    asked: list[tuple[str, Callable[[Sequence[str]], str]]] = [
        ("constant", lambda found: _hits(found, "version")),
        ("same", lambda found: _hits(found, "country = country_code")),
        ("leak", lambda found: f"{len(found)} false" if found else "none"),
        ("drift", lambda found: f"{len(found)} false" if found else "none"),
    ]
    for question, told in asked:
        found = answer[question]
        cells.append("–" if found is None else told(found))  # type: ignore[arg-type]
    return [peer.label, version, *cells]


def _hits(found: Sequence[str], truth: str) -> str:
    n_false = len({*found} - {truth, "unnamed"} - NESTED)
    hit = "found" if truth in found else "counted" if "unnamed" in found else "missed"
    return f"{hit}, {n_false} false" if n_false else hit


def versions(peer: Peer, options: argparse.Namespace) -> str:
    """What a tool ran with, itself first."""
    python = options.environments / peer.environment / "bin" / "python" if peer.packages else sys.executable
    names = [re.split(r"[\[<>=]", package)[0] for package in peer.packages or ("featsel", "polars", "numpy")]
    command = [str(python), "-c", VERSIONS, *names]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds < 100 else f"{seconds:,.0f}"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def _megabytes(cost: Cost) -> str:
    return f"{cost.peak_bytes / 1e6:,.0f}"


if __name__ == "__main__":
    main()
