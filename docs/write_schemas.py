"""Copy the published schemas of results into the package, which reads results by them."""

from pathlib import Path

DOCS = Path(__file__).resolve().parent
PACKAGE = DOCS.parent / "featsel" / "artifacts" / "schemas"

READ = ("bench", "check", "metrics", "ranking", "selection", "truth")
"""Documents that featsel reads back."""


def copies() -> dict[Path, str]:
    """Text of each file of the package."""
    return {
        PACKAGE / f"{name}.schema.json": (DOCS / "schemas" / f"{name}.schema.json").read_text(
            encoding="utf-8"
        )
        for name in READ
    }


if __name__ == "__main__":
    for path, text in copies().items():
        path.write_text(text, encoding="utf-8")
