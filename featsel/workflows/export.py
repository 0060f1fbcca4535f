"""What does ``featsel export`` do?"""

from __future__ import annotations

from pathlib import Path

from featsel.artifacts.atomic import check_target, write_text
from featsel.artifacts.feature_configs import read_features
from featsel.core.errors import ConfigError, did_you_mean
from featsel.exports.targets import TARGETS
from featsel.workflows.reporter import Reporter


def export(features: Path, target: str, out: Path, reporter: Reporter) -> tuple[Path, ...]:
    """Write what another library reads of a feature config.

    Parameters
    ----------
    features : Path
        The feature config.
    target : str
        A key of ``TARGETS``.
    out : Path
        The file, or the folder if it is one or if the library reads several files.
    reporter : Reporter
        Told what was written, and warned of what the library cannot express.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    ConfigError
        There is no such target, the config is wrong, or the library could not read it right.
    """
    if target not in TARGETS:
        raise ConfigError(
            f"target {target!r} is not known", did_you_mean(target, [*TARGETS, "onnx"], what="Known are")
        )
    config, values = read_features(features)
    made = TARGETS[target](config, values, features.stem)
    paths = _paths(out, list(made.files))
    for path, text in zip(paths, made.files.values(), strict=True):
        write_text(path, text)
    for note in made.notes:
        reporter.warn(note)
    reporter.note(f"wrote {', '.join(map(str, paths))}")
    return paths


def _paths(out: Path, names: list[str]) -> tuple[Path, ...]:
    if len(names) == 1 and not out.is_dir():
        check_target(out)
        return (out,)
    if out.exists() and not out.is_dir():
        raise ConfigError(f"output {str(out)!r} is a file", "Name a folder for the files of this target.")
    if not out.exists():
        check_target(out)
    paths = tuple(out / name for name in names)
    for folder in {path.parent for path in paths}:
        folder.mkdir(parents=True, exist_ok=True)
    return paths
