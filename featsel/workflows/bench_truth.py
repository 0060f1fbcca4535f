"""Which fields of a planted log are true, and which of them are strong?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featsel.artifacts.saved_documents import check_shape, read_document
from featsel.core.errors import ConfigError, DataError

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
    MissingFileError
        There is no such file.
    DataError
        It is no truth.
    ConfigError
        It is the truth of a log with other fields.
    """
    path = asked or _beside(paths)
    if path is None:
        return None
    document = _read(path)
    if not set(document["fields"]).intersection(fields):
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
    hint = "Name the .truth.json that 'featsel synth' wrote beside the log, or move the file away."
    title = f"truth {str(path)!r}"
    saved = read_document(path, what="truth", hint=hint)
    if saved.schema != TRUTH_SCHEMA:
        raise DataError(f"{title} has schema {saved.schema!r}, not {TRUTH_SCHEMA!r}", hint)
    check_shape(title, saved, "truth", hint=hint)
    return saved.document
