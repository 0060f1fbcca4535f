"""Install the tools that featsel is compared with, each group in an environment of its own.

Run once before the other benchmarks: ``python benchmarks/peers.py``, or name the environments that are
wanted. They end up in ``.bench-venvs``.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / ".bench-venvs"

PACKAGES = {
    # OutRank 0.97.5 fails in its first batch with xxhash 4, which no longer hashes str
    "outrank": ("outrank==0.97.5", "xxhash<4", "pandas<3"),
    "out_of_core": ("duckdb", "polars>=2,<3"),
    "peers": ("pandas", "pyarrow", "scikit-learn", "polars>=2,<3"),
    # FuxiCTR 2.3.10 reads CSV with an argument that polars 2 no longer knows
    "training": (
        *("fuxictr==2.3.10", "deepctr-torch==0.3.0", "torch>=2.5", "polars<2", "pandas", "pyarrow"),
        *("scikit-learn", "duckdb", "tensorflow-metadata", "pytest"),
    ),
}


def peer_program(environment: str, name: str) -> Path:
    """Program of one of the environments; it may not exist."""
    return FOLDER / environment / "bin" / name


def main() -> None:
    """Create what is missing and install into it."""
    for environment in sys.argv[1:] or PACKAGES:
        packages = PACKAGES[environment]
        if not peer_program(environment, "python").exists():
            venv.create(FOLDER / environment, with_pip=True)
        subprocess.run(
            [peer_program(environment, "python"), "-m", "pip", "install", "--quiet", *packages], check=True
        )
        sys.stdout.write(f"{environment}: {', '.join(packages)}\n")


if __name__ == "__main__":
    main()
