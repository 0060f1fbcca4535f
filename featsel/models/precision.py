"""In which precision does a head compute?"""

from __future__ import annotations

import torch
from torch import Tensor


def in_autocast_dtype(values: Tensor) -> Tensor:
    """Cast once what several matrix products read, as autocast would for each of them.

    Parameters
    ----------
    values : tensor of float32
        Of any shape.

    Returns
    -------
    tensor
        The same values in autocast's type; unchanged outside of autocast.
    """
    device = values.device.type
    if not torch.is_autocast_enabled(device):
        return values
    return values.to(torch.get_autocast_dtype(device))
