"""Do FuxiCTR, DeepCTR-Torch, DuckDB and TensorFlow Metadata read what ``featsel export`` writes for them?

Runs ``tests/integration/test_exports.py`` in the environment that has them. Run ``python benchmarks/peers.py
training`` first; TorchRec and Merlin are tested where ``--python`` names a Python that has them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

from peers import peer_program

PROJECT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run the tests and leave with their exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", type=Path, default=peer_program("training", "python"))
    python = parser.parse_args().python
    tests = PROJECT / "tests" / "integration" / "test_exports.py"
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", tests]
    ended = subprocess.run(command, cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)}, check=False)
    raise SystemExit(ended.returncode)


if __name__ == "__main__":
    main()
