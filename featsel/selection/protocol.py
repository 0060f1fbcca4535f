"""How are methods compared that order fields? By the first k fields of each, for several k.

A method is asked for one order of all fields; models are trained on its first k. What a method leaves out
stands behind what it keeps, so that all of them end at the same model, the one that reads every field.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from featsel.core.errors import ConfigError
from featsel.selection.candidates import Candidates
from featsel.selection.field_information import field_information
from featsel.selection.order import FeatureOrder, order_by_field
from featsel.stats import usable_information

WHOLE = "all"
"""Stands for the number of all fields in a grid."""


def field_grid(text: str | None, n_fields: int) -> tuple[int, ...]:
    """Numbers of first fields that models are trained on.

    Parameters
    ----------
    text : str or None
        Numbers, percentages of the fields, or ``all``, separated by commas. Where absent: 1, 2, 4 and so on,
        and all fields.
    n_fields : int
        Fields of the log.

    Returns
    -------
    tuple of int
        Ascending, each once.

    Raises
    ------
    ConfigError
        A part is none of these, or asks for more fields than there are.

    Examples
    --------
    >>> field_grid(None, 6), field_grid("3,50%,all", 20)
    ((1, 2, 4, 6), (3, 10, 20))
    """
    if text is None:
        return (*(1 << power for power in range((n_fields - 1).bit_length())), n_fields)
    return tuple(sorted({_size(part.strip(), n_fields) for part in text.split(",")}))


def complete_order(order: FeatureOrder, n_fields: int, *, seed: int) -> NDArray[np.int64]:
    """All fields, best first.

    Parameters
    ----------
    order : FeatureOrder
        What a method says.
    n_fields : int
        Fields of the log.
    seed : int
        Of the order of fields that the method does not tell apart.

    Returns
    -------
    ndarray of int64, shape (n_fields,)
        Fields that the method keeps, in its order; then the others by its score, those without one last. By
        chance among themselves: their place in the log would look like knowledge.
    """
    rest = np.setdiff1d(np.arange(n_fields), order.fields)
    scores = order.field_scores[rest]
    chance = np.random.default_rng(seed).permutation(rest.size)
    behind = rest[np.lexsort((chance, -np.where(np.isnan(scores), -np.inf, scores)))]
    return np.concatenate([order.fields, behind]).astype(np.int64)


def usable_order(candidates: Candidates, *, seed: int) -> FeatureOrder:  # noqa: ARG001 - as all methods
    """Order fields as ``featsel rank --score usable`` does.

    Parameters
    ----------
    candidates : Candidates
        The fields.
    seed : int
        Nothing is random here.

    Returns
    -------
    FeatureOrder
        By the log-loss gain of each field's own click-rate table on rows that it was not made from; on
        training rows alone, with the fields' features as their values. Fields that show no more information
        than chance explains are no part of it.
    """
    information = field_information(candidates)
    scores = np.array([usable_information(table).nats for table in information.tables])
    order = order_by_field(candidates, scores)
    return replace(order, fields=order.fields[information.is_informative[order.fields]])


def _size(part: str, n_fields: int) -> int:
    if part == WHOLE:
        return n_fields
    number = part.removesuffix("%")
    try:
        asked = float(number)
    except ValueError:
        asked = -1.0
    is_share = number != part
    if not asked > 0 or not (is_share or asked == int(asked)):
        raise ConfigError(
            f"--k {part!r} is no number of fields", "Write something like 1,2,5,10%,50%,all, with commas."
        )
    size = max(1, round(asked / 100 * n_fields)) if is_share else int(asked)
    if size > n_fields or (is_share and asked > 100):
        raise ConfigError(
            f"--k {part} asks for {size:,} of {n_fields:,} fields",
            f"Ask for {n_fields:,} at most, or write all.",
        )
    return size
