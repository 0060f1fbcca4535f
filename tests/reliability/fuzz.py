"""Does any damaged file make featsel crash, hang, or leave something half-written?

For example::

    python tests/reliability/fuzz.py --cases 10000

Each case damages one file in its own way and gives it to a command that reads it. A case fails when the
command ends with an exit code of a bug, prints a traceback, says nothing, does not end, takes the process
with it, or leaves anything behind after an error. Where native code of a library prints that it panicked
before featsel says what is wrong, the case is counted. ``--only NUMBER`` runs one case again and keeps its
folder.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import queue
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from damage import damaged_bytes, damaged_document
from targets import Target, choose, make_files

DEADLINE_S = 120.0
"""Of a case; the slowest take two seconds of a quiet core."""

MEMORY_BYTES = 8 << 30
"""Of data of a process: a file that claims to hold more must not make it try."""

DONE, FOUND, WRONG_REQUEST, WRONG_DATA = range(4)


def main() -> int:
    """Run the cases; 1 if one fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=10_000, help="how many (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="number of the first one (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="other damage (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (%(default)s)")
    parser.add_argument("--only", type=int, help="run this case alone, in sight")
    parser.add_argument("--files", nargs="*", help="the cases of these files alone, such as model/model.json")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker is not None:
        _work(options.worker, options.seed)
        return 0
    with tempfile.TemporaryDirectory(prefix="featsel-fuzz-") as name:
        good = Path(name) / "good"
        make_files(good)
        if options.only is not None:
            return _show(good, options.only, options.seed)
        return _report(_run_all(good, options), options.cases)


def _run_all(good: Path, options: argparse.Namespace) -> dict[int, str]:
    """What every case did: its exit code, or what was wrong."""
    numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in _numbers(options):
        numbers.put(number)
    found: dict[int, str] = {}
    threads = [
        threading.Thread(target=_drive, args=(good, numbers, options.seed, found))
        for _ in range(options.jobs)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(5)
        sys.stderr.write(f"\r{len(found):,} cases ")
    return found


def _numbers(options: argparse.Namespace) -> Iterator[int]:
    """Numbers of the cases."""
    wanted = (
        number
        for number in itertools.count(options.first)
        if not options.files or choose(number, _dice(number, options.seed))[0].path in options.files
    )
    return itertools.islice(wanted, options.cases)


def _drive(good: Path, numbers: queue.SimpleQueue[int], seed: int, found: dict[int, str]) -> None:
    """Give cases to a worker; a worker that dies or hangs is replaced."""
    worker: subprocess.Popen[str] | None = None
    while True:
        try:
            number = numbers.get_nowait()
        except queue.Empty:
            break
        if worker is None:
            run = [sys.executable, __file__, "--worker", str(good), "--seed", str(seed)]
            worker = subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert worker.stdin is not None
        assert worker.stdout is not None
        timer = threading.Timer(DEADLINE_S, worker.kill)
        timer.start()
        with contextlib.suppress(BrokenPipeError):
            worker.stdin.write(f"{number}\n")
            worker.stdin.flush()
        answer = worker.stdout.readline().rstrip("\n")
        timer.cancel()
        if not answer:
            code = worker.wait()
            worker = None
            answer = "! no end" if code == -9 else f"! the process ended with status {code}"
        found[number] = answer.replace("\\n", "\n")
    if worker is not None:
        worker.communicate("")


def _work(good: Path, seed: int) -> None:
    """Run the cases whose numbers come in, and say what they did, a line each."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w")
    with tempfile.TemporaryDirectory(prefix="featsel-fuzz-") as name:
        os.environ["FEATSEL_CACHE"] = str(Path(name) / "cache")
        for line in sys.stdin:
            number = int(line)
            folder = Path(name) / "case"
            _prepare(good, folder, number, seed)
            answer = _run_case(folder, number, seed)
            answers.write(answer.replace("\n", "\\n") + "\n")
            answers.flush()
            shutil.rmtree(folder)


def _dice(number: int, seed: int) -> random.Random:
    return random.Random(f"{seed} {number}")


def _prepare(good: Path, folder: Path, number: int, seed: int) -> None:
    """A folder with all files, one of them damaged."""
    shutil.copytree(good, folder)
    dice = _dice(number, seed)
    target, _ = choose(number, dice)
    _damage(folder / target.path, target, dice)
    (folder / "tmp").mkdir()


def _damage(path: Path, target: Target, dice: random.Random) -> None:
    content = path.read_bytes()
    if target.is_document and dice.random() < 2 / 3:
        is_yaml = path.suffix == ".yaml"
        path.write_bytes(damaged_document(content.decode(), dice, is_yaml=is_yaml).encode("utf-8", "replace"))
    else:
        path.write_bytes(damaged_bytes(content, dice))


def _run_case(folder: Path, number: int, seed: int) -> str:
    """Exit code of the command, or what was wrong, after an exclamation mark."""
    from featsel.cli.app import run

    target, command = choose(number, _dice(number, seed))
    before = _files(folder)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder / "tmp")
    title = f"{target.path}: featsel {' '.join(command)}"
    with _printed(folder) as printed, contextlib.chdir(folder):
        try:
            code = run([*command])
        except BaseException:  # whatever it is, it should not have come so far
            return f"! {title}\n{traceback.format_exc()}"
    text = printed.read_text(encoding="utf-8", errors="replace")
    printed.unlink()
    left = sorted(set(_files(folder)) - set(before))
    fault = _fault(code, text, left)
    if fault is not None:
        return f"! {title}\nexit code {code}: {fault}\n{text[-3000:]}"
    return f"{code} after a panic" if "panicked" in text else f"{code}"


def _fault(code: int, text: str, left: list[str]) -> str | None:  # noqa: PLR0911 - one for each fault
    """What is wrong with the end of a command; None where nothing is."""
    if code not in {DONE, FOUND, WRONG_REQUEST, WRONG_DATA}:
        return "an exit code that stands for a bug"
    if "Traceback" in text or ("panicked" in text and code != WRONG_DATA):
        return "a traceback"
    if any(name.startswith("tmp/") for name in left):
        return f"temporary files are left: {left}"
    if any(Path(name).name.startswith(".") for name in left):
        return f"hidden files are left: {left}"
    if code in {WRONG_REQUEST, WRONG_DATA}:
        if left:
            return f"an error, and files: {left}"
        if "featsel: error: " not in text:
            return "no message"
    return None


def _files(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


@contextlib.contextmanager
def _printed(folder: Path) -> Iterator[Path]:
    """Everything that is printed, by native code too, goes to a file beside the folder."""
    path = folder.with_name("printed")
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with path.open("wb") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    try:
        yield path
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        for descriptor in kept:
            os.close(descriptor)


def _show(good: Path, number: int, seed: int) -> int:
    """Run one case where it can be looked at."""
    folder = Path(tempfile.mkdtemp(prefix=f"featsel-case-{number}-")) / "case"
    _prepare(good, folder, number, seed)
    answer = _run_case(folder, number, seed)
    print(f"{folder}\n{answer}")
    return int(answer.startswith("!"))


def _report(found: dict[int, str], n_cases: int) -> int:
    """Print what was found; 1 if anything was wrong."""
    failed = {number: answer for number, answer in sorted(found.items()) if answer.startswith("!")}
    for number, answer in failed.items():
        print(f"--- case {number}\n{answer}\n")
    codes = Counter(answer if answer[0] != "!" else "a fault" for answer in found.values())
    print(
        f"{len(found):,} cases: "
        + ", ".join(f"{count:,} ended with {code}" for code, count in sorted(codes.items()))
    )
    return int(bool(failed) or len(found) != n_cases)


if __name__ == "__main__":
    sys.exit(main())
