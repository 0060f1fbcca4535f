"""Which fields of a planted log are true, and which of them are strong?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from featsel.core.errors import ConfigError

TRUTH_SCHEMA = "featsel.truth/1"
"""Version of the truth that ``featsel synth`` writes."""

TRUTH_SUFFIX = ".truth.json"
"""What its name ends in, beside that of the log."""


@dataclass(frozen=True)
class Truth:
    """True fields of a log.

    Parameters
    ----------
    path : Path
        The file that says so.
    fields : tuple of str
        The informative ones, by planted information; then the fields of pairs that matter only together,
        those that drift, and copies. Noise is absent, and so are leaks: no honest choice holds them.
    """

    path: Path
    fields: tuple[str, ...]


def find_truth(asked: Path | None, paths: Sequence[str], fields: Sequence[str]) -> Truth | None:
    """Read the truth of a planted log.

    Parameters
    ----------
    asked : Path, optional
        The file; else the one beside the log.
    paths : sequence of str
        The log.
    fields : sequence of str
        Its fields.

    Returns
    -------
    Truth, optional
        None where nobody asked for one and none lies beside the log.

    Raises
    ------
    ConfigError
        The file is no truth, or of a log with other fields.
    """
    path = asked or _beside(paths)
    if path is None:
        return None
    document = _read(path)
    known = set(document.get("fields", {}))
    if not known.intersection(fields):
        raise ConfigError(
            f"truth {str(path)!r} is of another log: it knows none of the fields",
            "Name that of this log with --truth, or move the file away.",
        )
    pairs = [name for pair in document["interactions"] for name in pair]
    true = (*document["informative"], *pairs, *document["drift"], *document["copies"])
    return Truth(path, tuple(name for name in dict.fromkeys(true) if name in set(fields)))


def _beside(paths: Sequence[str]) -> Path | None:
    if len(paths) != 1:
        return None
    log = Path(paths[0])
    stems = (log.name.rpartition(".")[0], log.name.partition(".")[0])
    beside = (log.with_name(f"{stem}{TRUTH_SUFFIX}") for stem in stems if stem)
    return next((path for path in beside if path.is_file()), None)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"truth {str(path)!r} cannot be read: {error}", "Name another file.") from error
    # cast: the keys of a JSON object are text
    truth = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    if truth.get("schema") != TRUTH_SCHEMA:
        raise ConfigError(
            f"truth {str(path)!r} is no {TRUTH_SCHEMA} document",
            "Name the .truth.json that 'featsel synth' wrote beside the log.",
        )
    return truth
