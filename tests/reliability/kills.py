"""Does a command that is killed at any moment leave a file that nobody can read, or a cache that misleads?

For example::

    python tests/reliability/kills.py --kills 200

Every command is first run to its end. Then it is started again and again, and killed (``kill -9``) after a
random part of its time. After each kill all outputs must be absent, or whole and what the finished command
wrote; and the command, run once more with the same cache, must end well, write the very same, and remove what
the killed one could not.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from targets import OUT, featsel_command, make_files

TIMES = re.compile(r'"([a-z_]+_s|[a-z_]*rows_per[a-z_]*|peak_bytes)": ?[-+.0-9enul]+')
"""What differs from run to run, as documents have it."""

ROWS = "20000"
"""Of the log: enough for a command to be in the middle of something."""

TRAIN = ("--model", "fm", "--epochs", "2", "--threads", "1", "-q")

COMMANDS = {
    "rank": ("rank", "big.parquet", "-o", f"{OUT}/r.json", "--html", f"{OUT}/r.html", "-q"),
    "check": (
        *("check", "big.parquet", "--fail-on", "never", "-o", f"{OUT}/c.json", "-o", f"{OUT}/c.xml"),
        *("--save-profile", f"{OUT}/p.json", "-q"),
    ),
    "convert": ("convert", "big.parquet", f"{OUT}/big.csv.gz", "-q"),
    "synth": ("synth", f"{OUT}/s.parquet", "--rows", ROWS, "-q"),
    "select": (
        *("select", "big.parquet", "--budget", "20%", "-o", f"{OUT}/f.yaml", "--html", f"{OUT}/f.html"),
        *TRAIN,
    ),
    "train": ("train", "f.yaml", "big.parquet", "-o", f"{OUT}/m", *TRAIN),
    "predict": ("predict", "model", "big.parquet", "-o", f"{OUT}/s.parquet", "-q"),
    "export": ("export", "f.yaml", "--to", "fuxictr", "-o", f"{OUT}/fux", "-q"),
    "bench": (
        *(
            "bench",
            "big.parquet",
            "--method",
            "information",
            "--seeds",
            "2",
            "--k",
            "2,all",
            "--rows",
            "2000",
        ),
        *("-o", f"{OUT}/b.json", *TRAIN),
    ),
}
"""All that write; a name and what is run."""


@dataclass(frozen=True)
class Finished:
    """What a command writes when nobody kills it, and how long it takes."""

    files: dict[str, str]
    seconds: float


def main() -> int:
    """Kill every command in turn; 1 if a kill leaves anything wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="other moments (%(default)s)")
    parser.add_argument("--only", nargs="*", choices=COMMANDS, help="these commands alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="featsel-kills-") as name:
        folder = Path(name) / "work"
        make_files(folder)
        _run(folder, ("synth", "big.parquet", "--rows", ROWS, "--fields", "12", "-q"))
        _run(folder, ("select", "big.parquet", "--method", "all", "--dim", "4", "-o", "f.yaml", "-q"))
        _run(folder, ("train", "f.yaml", "big.parquet", "-o", "model", *TRAIN))
        names = options.only or list(COMMANDS)
        finished = {each: _finish(folder, each) for each in names}
        faults: Counter[str] = Counter()
        killed: Counter[str] = Counter()
        dice = random.Random(options.seed)
        for index in range(options.kills):
            each = names[index % len(names)]
            was_killed, fault = _kill(folder, each, finished[each], dice)
            killed[each] += was_killed
            if fault is not None:
                faults[each] += 1
                print(f"--- kill {index} of {each}\n{fault}\n", flush=True)
            sys.stderr.write(f"\r{index + 1} kills ")
    print(
        f"{options.kills} kills, {killed.total()} of them before the end: "
        + ", ".join(f"{each} {killed[each]}" for each in names)
        + f"; {faults.total()} left anything wrong"
    )
    return int(bool(faults))


def _finish(folder: Path, name: str) -> Finished:
    """Run a command to its end, with an empty cache; the second time counts: less is compiled."""
    seconds = 0.0
    for _ in range(2):
        _empty(folder)
        started = time.monotonic()
        _run(folder, COMMANDS[name])
        seconds = time.monotonic() - started
    return Finished(_written(folder), seconds)


def _kill(folder: Path, name: str, finished: Finished, dice: random.Random) -> tuple[bool, str | None]:
    """Kill a command at a random moment: whether it still ran, and what was wrong afterwards."""
    _empty(folder)
    process = subprocess.Popen(
        featsel_command(COMMANDS[name]),
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(dice.uniform(0.0, 1.0) * finished.seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    was_killed = process.wait() == -signal.SIGKILL
    for file, content in _written(folder, visible=True).items():
        if file not in finished.files:
            # a training keeps what it needs to go on; the command below must be able to replace it
            if name != "train":
                return was_killed, f"{file} is no output"
        elif content != finished.files[file] and name != "train":
            return was_killed, f"{file} is not what the command writes"
    # a training replaces no folder unasked: it goes on, or begins where there is nothing to go on from
    resumes = name == "train" and (folder / OUT / "m").exists()
    again = subprocess.run(
        featsel_command((*COMMANDS[name], *(("--resume",) if resumes else ()))),
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    if again.returncode:
        return was_killed, f"the same command ends with {again.returncode} afterwards:\n{again.stderr}"
    written = _written(folder)
    differing = {
        file for file in {*written, *finished.files} if written.get(file) != finished.files.get(file)
    }
    differing -= {f"{OUT}/m/checkpoint.safetensors", f"{OUT}/m/history.csv"}  # they say how long it took
    if differing:
        return was_killed, f"the same command then writes something else: {sorted(differing)}"
    left = [str(path) for path in (folder / "tmp").glob("featsel-*/*")]
    if left:
        return was_killed, f"temporary files stay even after it: {left}"
    return was_killed, None


def _run(folder: Path, arguments: tuple[str, ...]) -> None:
    subprocess.run(
        featsel_command(arguments), cwd=folder, env=_environment(folder), check=True, capture_output=True
    )


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "FEATSEL_CACHE": str(folder / "cache"), "TMPDIR": str(folder / "tmp")}


def _empty(folder: Path) -> None:
    """Nothing written yet, and no cache."""
    for name in (OUT, "cache", "tmp"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()


def _written(folder: Path, *, visible: bool = False) -> dict[str, str]:
    """Digest of each output, times aside; hidden files are what a killed process could not remove."""
    found = {}
    for path in sorted((folder / OUT).rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not (visible and any(part.startswith(".") for part in inside.parts)):
            found[str(inside)] = _digest(path)
    return found


def _digest(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".json":
        json.loads(content)
    if path.suffix in {".json", ".html", ".xml"}:
        content = _without_times(content.decode()).encode()
    return hashlib.sha256(content).hexdigest()


def _without_times(text: str) -> str:
    return re.sub(r"\b\d+(\.\d+)? m?s\b", "", TIMES.sub("", text))


if __name__ == "__main__":
    sys.exit(main())
