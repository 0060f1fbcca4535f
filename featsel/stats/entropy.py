"""How much does a table of counts say about the label, and how much could it?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from featsel.core.counts import ContingencyTable
from featsel.stats.deviance import deviance

FloatArray = NDArray[np.float64]


def label_entropy(table: ContingencyTable) -> float:
    """Entropy of the label, the most that any field can tell.

    Parameters
    ----------
    table : ContingencyTable
        Joint counts of a field and the label.

    Returns
    -------
    float
        Nats, from 0 to the logarithm of the number of labels. Zero for an empty table.

    Examples
    --------
    >>> import numpy as np
    >>> table = ContingencyTable(np.array([[1, 1], [2, 2]]), np.array([1, 1]))
    >>> round(label_entropy(table), 6)
    0.693147
    """
    label_totals = table.label_totals
    return _entropy(label_totals, np.ones_like(label_totals))


def field_entropy(table: ContingencyTable) -> float:
    """Entropy of the field, of its distribution over values.

    Parameters
    ----------
    table : ContingencyTable
        Joint counts of a field and the label.

    Returns
    -------
    float
        Nats, from 0 to the logarithm of the number of values. Zero for an empty table.

    Examples
    --------
    >>> import numpy as np
    >>> table = ContingencyTable(np.array([[1, 1]]), np.array([4]))
    >>> round(field_entropy(table), 6)
    1.386294
    """
    sizes: FloatArray = table.counts.sum(axis=1).astype(np.float64)
    return _entropy(sizes, table.multiplicity.astype(np.float64))


def mutual_information(table: ContingencyTable) -> float:
    """Plug-in estimate of the mutual information of a field and the label.

    It is the mean over rows of the divergence of the label distribution within a value from the overall
    one, summed from terms that are never negative: no digits are lost on weak fields. The estimate is
    biased upwards by cardinality (Miller 1955, "Note on the bias of information estimates"); subtract
    :func:`featsel.stats.expected_mutual_information`.

    Parameters
    ----------
    table : ContingencyTable
        Joint counts of a field and any number of labels.

    Returns
    -------
    float
        Nats per row, never negative. Zero for an empty table.

    Examples
    --------
    >>> import numpy as np
    >>> table = ContingencyTable(np.array([[5, 0], [0, 5]]), np.array([1, 1]))
    >>> round(mutual_information(table), 6)
    0.693147
    """
    label_totals = table.label_totals
    total = label_totals.sum()
    if total == 0:
        return 0.0
    present = table.multiplicity > 0
    counts, multiplicity = table.counts[present], table.multiplicity[present]
    sizes: FloatArray = counts.sum(axis=1).astype(np.float64)
    # one label at a time: the temporaries stay as small as a column
    per_label = [
        np.dot(multiplicity, deviance(column.astype(np.float64), sizes * (label_total / total)))
        for column, label_total in zip(counts.T, label_totals, strict=True)
    ]
    return float(sum(per_label) / total)


def _entropy(counts: FloatArray, multiplicity: FloatArray) -> float:
    multiplicity, counts = multiplicity[counts > 0], counts[counts > 0]
    total = float(np.dot(multiplicity, counts))
    if total == 0:
        return 0.0
    return float(np.dot(multiplicity * counts, np.log(total / counts)) / total)
