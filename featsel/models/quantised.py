"""How is a trained table stored in one byte a number?

Rows that learnt alike form a block: those of a field, of the quotients, or all rows of a table that fields
share. A column of a block has a scale, and each number of it becomes the nearest of 255 multiples of that
scale. A column of its own is what lets first-order weights, which are larger, stand beside embeddings; a
scale for each row costs four more bytes a row and is no closer in AUC.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from featsel.core.feature_config import TableDtype
from featsel.models.model import CTRModel

LARGEST_CODE = 127
"""Codes are symmetric around 0, so that a number and its negative are stored alike; −128 is not used."""


def quantise(matrix: Tensor, starts: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Codes of numbers, and the scale of each column of each block.

    Parameters
    ----------
    matrix : tensor of float32, shape (n_rows, width)
        Rows of a table.
    starts : sequence of int
        First row of each block, ascending from 0; no block is empty.

    Returns
    -------
    codes : tensor of int8, shape (n_rows, width)
        From −127 to 127.
    scales : tensor of float32, shape (n_blocks, width)
        Largest magnitude over 127; NaN where a number is.

    Examples
    --------
    >>> codes, scales = quantise(torch.tensor([[1.27, 0.0], [-0.5, 0.0]]), [0])
    >>> codes.tolist(), round(scales[0, 0].item(), 6)
    ([[127, 0], [-50, 0]], 0.01)
    """
    sizes = _sizes(starts, matrix.shape[0])
    largest = [block.abs().amax(0) for block in torch.split_with_sizes(matrix, sizes)]
    scales = torch.stack(largest) / LARGEST_CODE  # (blocks, width)
    # in double: a scale below the smallest normal float32 would make codes beyond the last one
    of_rows = scales.double().repeat_interleave(torch.tensor(sizes, device=matrix.device), 0)
    codes = (matrix.double() / of_rows).round().nan_to_num(0.0).clamp(-LARGEST_CODE, LARGEST_CODE)
    return codes.to(torch.int8), scales


def dequantise(codes: Tensor, scales: Tensor, starts: Sequence[int]) -> Tensor:
    """Numbers that codes stand for.

    Parameters
    ----------
    codes, scales, starts
        As of :func:`quantise`.

    Returns
    -------
    tensor of float32, shape (n_rows, width)
        No further than half a scale from what was quantised.
    """
    sizes = torch.tensor(_sizes(starts, codes.shape[0]), device=codes.device)
    return codes.float() * scales.repeat_interleave(sizes, 0)


def round_table(model: CTRModel, dtype: TableDtype) -> None:
    """Give a trained table the numbers that its file will hold.

    Parameters
    ----------
    model : CTRModel
        Changed in place.
    dtype : TableDtype
        How its numbers will be stored; nothing happens for ``float32``.
    """
    if dtype is TableDtype.FLOAT32:
        return
    with torch.no_grad():
        for matrix, starts in zip(model.matrices, model.table.blocks, strict=True):
            matrix.copy_(dequantise(*quantise(matrix, starts), starts))


def _sizes(starts: Sequence[int], n_rows: int) -> list[int]:
    return [end - start for start, end in zip(starts, (*starts[1:], n_rows), strict=True)]
