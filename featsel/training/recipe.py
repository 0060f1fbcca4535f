"""Which settings does a training have that nobody chose?

They depend on the log: what suits ten thousand rows and ten fields ruins a million rows and forty. The rules
were found on four real and three planted logs, see docs/experiments.md.
"""

from __future__ import annotations

EPOCHS = 20
"""Passes over the training rows, at most."""

RATE = 1e-3
"""Learning rate."""

PATIENCE = 3
"""Evaluations without a better model after which a training ends."""

PLATEAU = 0.5
"""Share that learning rates fall to after one of them."""

L2_OF_ROW = 15.0
"""L2 of an embedding, for each time that a row reads it; a step divides it by the rows of a batch."""

MOST_L2 = 0.03
"""In small batches: there it is what keeps the embeddings of small logs from being learnt by heart."""


def usual_batch_size(n_rows: int) -> int:
    """Rows of a step that give about 128 steps an epoch: a power of two from 128 to 4096.

    Parameters
    ----------
    n_rows : int
        Training rows.

    Returns
    -------
    int
        Logs of half a million rows and more get 4096, the batch of the published benchmarks.
    """
    return min(4096, max(128, 1 << (n_rows // 128).bit_length() >> 1))


def usual_table_l2(batch_size: int) -> float:
    """L2 of the embeddings that a batch touches.

    A touched embedding is pulled once a batch, however large the batch is, while the gradient of one row
    falls with its size: the same L2 would pull a rare value 32 times as hard in batches of 4096 as in those
    of 128.

    Parameters
    ----------
    batch_size : int
        Rows of a step.

    Returns
    -------
    float
        Times the weights is added to their gradient.
    """
    return min(MOST_L2, L2_OF_ROW / batch_size)
