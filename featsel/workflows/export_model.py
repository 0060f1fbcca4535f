"""What does ``featsel export --to onnx`` do?"""

# torch leaves parts of its interface without types
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from featsel.artifacts.atomic import check_target, replacing
from featsel.core.errors import ConfigError
from featsel.models.onnx_graph import onnx_graph
from featsel.workflows.model_folder import FEATURES, read_model
from featsel.workflows.reporter import Reporter

LARGEST_FILE = 1 << 30
"""Bytes of a table above which its numbers stand in a file beside the graph: ONNX files end at 2 GiB."""


def export_model(folder: Path, out: Path, reporter: Reporter) -> tuple[Path, ...]:
    """Write a trained model as ONNX.

    Parameters
    ----------
    folder : Path
        As ``featsel train`` wrote it.
    out : Path
        The file; ``model.onnx`` in it if it is a folder.
    reporter : Reporter
        Told what was written.

    Returns
    -------
    tuple of Path
        The file, and the one with its numbers where they are too large for it.

    Raises
    ------
    ConfigError, DataError
        Packages are missing, the folder holds no trained model, or the output cannot be written.
    """
    missing = [name for name in ("onnx", "onnxscript") if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"--to onnx needs {' and '.join(missing)}, which {'are' if len(missing) > 1 else 'is'} not "
            "installed",
            "Install it with: pip install 'featsel[onnx]'",
        )
    path = out / "model.onnx" if out.is_dir() else out
    check_target(path)
    if not folder.is_dir() and folder.exists():
        raise ConfigError(
            f"--to onnx exports a trained model, and {str(folder)!r} is a file",
            "Name the folder that 'featsel train -o' wrote.",
        )
    model, config, _ = read_model(folder)
    digest = hashlib.sha256((folder / FEATURES).read_bytes()).hexdigest()
    program = onnx_graph(model, config, checksum=f"sha256:{digest}")
    numbers = path.with_name(f"{path.name}.data")
    with replacing(path) as temporary:
        program.save(temporary, external_data=model.table_bytes > LARGEST_FILE)
        made = temporary.with_name(numbers.name)
        written = (path, numbers) if made.is_file() else (path,)
        if made.is_file():
            made.replace(numbers)  # before the graph, which is nothing without it
    reporter.note(f"wrote {', '.join(map(str, written))}")
    return written
