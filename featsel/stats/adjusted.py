"""Which share of what is left to explain does a field explain?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

RESOLUTION = 1e-12
"""Below this share of the label entropy nothing is left to explain but rounding."""


def relative_information(
    mutual_information: ArrayLike, expected: ArrayLike, label_entropy: ArrayLike
) -> FloatArray:
    """Corrected mutual information over the label entropy that chance does not explain already.

    This is the adjusted mutual information, normalised by the label.

    Parameters
    ----------
    mutual_information, expected, label_entropy : array_like of float, shapes that broadcast
        Plug-in mutual information, its expectation under independence and the entropy of the label, nats.

    Returns
    -------
    ndarray of float64
        1 for a field that determines the label, 0 on average for noise, and 0 for a row identifier, which
        leaves nothing to explain.

    References
    ----------
    Vinh, Epps & Bailey, "Information theoretic measures for clusterings comparison", JMLR 11, 2010.

    Examples
    --------
    >>> relative_information([0.5, 0.25, 0.5], [0.0, 0.25, 0.5], [0.5, 0.5, 0.5])
    array([1., 0., 0.])
    """
    observed, chance, entropy = (
        np.asarray(nats, np.float64) for nats in (mutual_information, expected, label_entropy)
    )
    corrected, left = np.broadcast_arrays(observed - chance, entropy - chance)
    share: FloatArray = np.zeros(left.shape)
    np.divide(corrected, left, out=share, where=left > RESOLUTION * entropy)
    return share
