from __future__ import annotations

import sys

import pytest
import torch

from featsel.core.errors import ConfigError
from featsel.training.devices import (
    Device,
    Precision,
    autocast,
    choose_device,
    choose_precision,
    keep_freed_memory,
)

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)


@pytest.mark.parametrize("device", [Device.AUTO, Device.CPU])
def test_without_a_gpu_the_device_is_the_cpu(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    assert choose_device(device) == CPU


@pytest.mark.parametrize("device", [Device.AUTO, Device.CUDA])
def test_a_gpu_is_taken_by_its_number(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    assert choose_device(device, local_rank=3) == torch.device("cuda", 3)


def test_a_gpu_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(ConfigError, match=r"--device cuda, but torch .* finds no GPU") as error:
        choose_device(Device.CUDA)

    assert error.value.hint is not None
    assert "--device cpu" in error.value.hint


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.BF16])
def test_a_precision_that_was_asked_for_is_taken(precision: Precision) -> None:
    assert choose_precision(precision, CPU) is precision


@pytest.mark.parametrize(
    ("has_avx512", "has_amx", "precision"),
    [
        (False, False, Precision.FP32),
        (True, False, Precision.BF16),
        (False, True, Precision.BF16),
    ],
)
def test_a_cpu_multiplies_bfloat16_where_it_has_instructions_for_it(
    has_avx512: bool, has_amx: bool, precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_avx512, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: has_amx, raising=False)

    assert choose_precision(Precision.AUTO, CPU) is precision


def test_an_older_torch_that_cannot_tell_multiplies_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported", raising=False)

    assert choose_precision(Precision.AUTO, CPU) is Precision.FP32


@pytest.mark.parametrize(("is_supported", "precision"), [(True, Precision.BF16), (False, Precision.FP32)])
def test_a_gpu_multiplies_bfloat16_where_it_can(
    is_supported: bool, precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: is_supported)

    assert choose_precision(Precision.AUTO, GPU) is precision


@pytest.mark.parametrize(
    ("precision", "dtype"), [(Precision.FP32, torch.float32), (Precision.BF16, torch.bfloat16)]
)
def test_products_have_the_precision(precision: Precision, dtype: torch.dtype) -> None:
    with autocast(CPU, precision):
        product = torch.ones(2, 2) @ torch.ones(2, 2)

    assert product.dtype is dtype


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_only_the_c_library_of_linux_is_told_to_keep_memory(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)

    assert not keep_freed_memory()


@pytest.mark.parametrize("has_option", [True, False])
def test_memory_is_kept_where_the_c_library_can(has_option: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {}

    class Library:
        if has_option:

            @staticmethod
            def mallopt(option: int, value: int) -> int:
                told[option] = value
                return 1

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("ctypes.CDLL", lambda _: Library)

    assert keep_freed_memory() is has_option
    assert bool(told) is has_option
