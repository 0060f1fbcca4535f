"""Where does a model run, and how precisely does it multiply?"""

from __future__ import annotations

import ctypes
import sys
from enum import StrEnum

import torch

from featsel.core.errors import ConfigError


class Device(StrEnum):
    """What the user asks to run on."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class Precision(StrEnum):
    """How matrices are multiplied; weights, sums and the table are float32 in any case."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"


def choose_device(device: Device, *, local_rank: int = 0) -> torch.device:
    """Find the device.

    Parameters
    ----------
    device : Device
        ``auto`` takes a GPU where there is one.
    local_rank : int
        Which GPU, where several processes share a machine.

    Returns
    -------
    torch.device
        What tensors are made on.

    Raises
    ------
    ConfigError
        A GPU was asked for, and torch sees none.
    """
    has_gpu = torch.cuda.is_available()
    if device is Device.CUDA and not has_gpu:
        raise ConfigError(
            f"--device cuda, but torch {torch.__version__} finds no GPU",
            "Use --device cpu, or install a torch that was built for this machine's GPU.",
        )
    if device is Device.CPU or not has_gpu:
        return torch.device("cpu")
    return torch.device("cuda", local_rank)


def choose_precision(precision: Precision, device: torch.device) -> Precision:
    """Find the precision of matrix products.

    Parameters
    ----------
    precision : Precision
        ``auto`` takes bfloat16 where the device multiplies it faster than float32.
    device : torch.device
        Where they run.

    Returns
    -------
    Precision
        ``fp32`` or ``bf16``.
    """
    if precision is not Precision.AUTO:
        return precision
    if device.type == "cuda":
        is_fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        is_fast = any(_cpu_can(name) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return Precision.BF16 if is_fast else Precision.FP32


def _cpu_can(name: str) -> bool:
    # torch has no public name for either; older versions lack the first
    question = getattr(torch.cpu, name, None)
    return question is not None and bool(question())


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Context in which matrix products have a precision.

    Parameters
    ----------
    device : torch.device
        Where they run.
    precision : Precision
        ``fp32`` or ``bf16``.

    Returns
    -------
    torch.autocast
        The context.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision is Precision.BF16)


def keep_freed_memory() -> bool:
    """Let the process keep memory that it freed, for its next allocation.

    The GNU C library gives each large block back as soon as it is freed. A training step allocates the same
    blocks over and over, and the kernel would have to fill each with zeros again: a sixth of a step's time.

    Returns
    -------
    bool
        Whether this C library could be told.
    """
    if not sys.platform.startswith("linux"):
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return False
    trim_threshold, mmap_threshold = -1, -3  # malloc.h: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
    most = (1 << 31) - 1
    # 1 is success
    return bool(set_option(mmap_threshold, 1 << 30) == 1 and set_option(trim_threshold, most) == 1)
