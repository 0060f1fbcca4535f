"""How do arrays get into a file, and back, without pickle?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featsel.artifacts.atomic import replacing
from featsel.core.errors import UnreadableFileError


def write_tensors(
    path: Path, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any] | None = None
) -> None:
    """Write a safetensors file in one move.

    Parameters
    ----------
    path : Path
        The file.
    tensors : mapping of str to ndarray
        What it holds.
    facts : mapping, optional
        A JSON document, kept in the file's header under ``facts``.
    """
    safetensors: Any = import_module("safetensors.numpy")  # comes with the extra 'train', and without types

    metadata = {} if facts is None else {"facts": json.dumps(facts, allow_nan=False)}
    with replacing(path) as temporary:
        contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
        # zero-dimensional arrays become ones of one element above
        shaped = {name: each.reshape(tensors[name].shape) for name, each in contiguous.items()}
        safetensors.save_file(shaped, temporary, metadata=metadata)
        # which some versions of safetensors keep from everybody else
        like = temporary.with_name("like")
        like.touch()
        temporary.chmod(like.stat().st_mode)


def read_tensors(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read a safetensors file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    tensors : dict of str to ndarray
        What it holds.
    facts : dict
        See :func:`write_tensors`; empty where none were kept.

    Raises
    ------
    UnreadableFileError
        The file is missing, cut short or none of featsel's.
    """
    safetensors: Any = import_module("safetensors")  # comes with the extra 'train', and without types

    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata: dict[str, str] = file.metadata() or {}
            facts: dict[str, Any] = json.loads(metadata.get("facts", "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118 - no mapping
    except (OSError, safetensors.SafetensorError, ValueError, RecursionError) as error:
        raise UnreadableFileError(
            f"file {str(path)!r} cannot be read as safetensors: {error}",
            "Is it whole, and written by featsel?",
        ) from error
