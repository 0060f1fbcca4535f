"""Which fields does a saved ranking rule out?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from featsel.artifacts.rankings import read_ranking
from featsel.core.errors import ConfigError, DataError, MissingColumnError, listed
from featsel.core.feature_config import DroppedField
from featsel.ranking.scores import Verdict
from featsel.workflows.reporter import Reporter


def ruled_out(
    path: Path,
    names: Sequence[str],
    *,
    columns: Sequence[str],
    fingerprint: str,
    keeps_noise: bool,
    reporter: Reporter,
) -> Mapping[str, DroppedField]:
    """Find the fields that a ranking calls anything but informative.

    Parameters
    ----------
    path : Path
        The ranking, as ``featsel rank -o`` wrote it.
    names : sequence of str
        Fields to judge.
    columns : sequence of str
        Of the log.
    fingerprint : str
        Of the log.
    keeps_noise : bool
        Whether noise stays; constants, row identifiers and leaks never do.
    reporter : Reporter
        Told what goes, and if the ranking is of another log.

    Returns
    -------
    mapping of str to DroppedField
        By name, with the reason.

    Raises
    ------
    ConfigError, DataError
        The file is no ranking, is one of other fields, or leaves none.
    """
    ranking = read_ranking(path)
    judged = {field.name: field for field in ranking.fields}
    for name in judged:
        if name not in columns:
            raise MissingColumnError(name, available=columns)
    for field in ranking.fields:
        if field.verdict not in set(Verdict):
            raise DataError(
                f"ranking {str(path)!r} calls field {field.name!r} {field.verdict!r}, which is no verdict",
                f"The verdicts are {', '.join(Verdict)}.",
            )
    missing = [name for name in names if name not in judged]
    if missing:
        raise DataError(
            f"ranking {str(path)!r} lacks {listed(missing)} of the log",
            "Rank this log with the same --include and --exclude, or leave these fields out with --exclude.",
        )
    if ranking.fingerprint != fingerprint:
        reporter.warn(
            f"ranking {str(path)!r} is of another log: its fingerprint is {ranking.fingerprint}, that of "
            f"this log is {fingerprint}"
        )
    stays = {Verdict.INFORMATIVE, *([Verdict.NOISE] if keeps_noise else [])}
    dropped = {
        name: DroppedField(name, f"{judged[name].verdict} in {path.name}", judged[name].score)
        for name in names
        if judged[name].verdict not in stays
    }
    if len(dropped) == len(names):
        raise ConfigError(
            f"ranking {str(path)!r} leaves no field: it calls none informative",
            "Select without --ranking, or with --keep-noise.",
        )
    if dropped:
        told = listed([f"{name} ({judged[name].verdict})" for name in dropped])
        reporter.note(f"{path.name} rules out {told}")
    return dropped
