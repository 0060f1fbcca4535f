"""How much may a selection take up, and which features fit?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from featsel.core.byte_units import BYTE_UNITS
from featsel.core.errors import ConfigError
from featsel.core.feature_config import EmbeddingScheme, Rest
from featsel.core.table_size import NUMBER_BYTES, SCALE_BYTES
from featsel.selection.candidates import Candidates
from featsel.selection.order import FeatureOrder

UNITS: dict[str, tuple[str, int | Fraction]] = {
    "%": ("share", Fraction(1, 100)),
    "field": ("fields", 1),
    "fields": ("fields", 1),
    "feature": ("features", 1),
    "features": ("features", 1),
    "bytes": ("bytes", 1),
    **{unit.lower(): ("bytes", n_bytes) for unit, n_bytes in BYTE_UNITS.items()},
}
"""What a unit limits, and how much one of it is."""

MOST = 1 << 62
"""Whoever may have so many bytes may have all."""

EXAMPLE = "Write 20fields, 30%, 250000features, 64MB, or several of them with commas."


@dataclass(frozen=True)
class Budget:
    """What a selection may take up; a limit that was not set is None.

    Parameters
    ----------
    text : str
        As it was written.
    fields : int, optional
        Fields.
    share : float, optional
        Of all features of the log, from 0 to 1.
    features : int, optional
        Features, out-of-vocabulary ones aside.
    n_bytes : int, optional
        Of the embedding table, out-of-vocabulary embeddings included.
    """

    text: str
    fields: int | None = None
    share: float | None = None
    features: int | None = None
    n_bytes: int | None = None


def parse_budget(text: str) -> Budget:
    """Read a budget.

    Parameters
    ----------
    text : str
        Such as ``20fields``, ``30%``, ``250000features``, ``64MB`` or several of them with commas.

    Returns
    -------
    Budget
        With a limit for each part.

    Raises
    ------
    ConfigError
        A part is no limit, is none or less, or stands twice.

    Examples
    --------
    >>> parse_budget("20fields,64MB")
    Budget(text='20fields,64MB', fields=20, share=None, features=None, n_bytes=64000000)
    """
    limits: dict[str, Fraction] = {}
    for part in text.split(","):
        name, limit = _limit(text, part.strip())
        if name in limits:
            raise ConfigError(f"--budget {text!r} limits {name} twice", EXAMPLE)
        limits[name] = limit
    whole = {name: min(int(number), MOST) for name, number in limits.items()}
    fields, features, n_bytes = (whole.get(name) for name in ("fields", "features", "bytes"))
    share = limits.get("share")
    return Budget(text, fields, None if share is None else float(share), features, n_bytes)


def _limit(text: str, part: str) -> tuple[str, Fraction]:
    """What a part of a budget limits, and to how much."""
    match = re.fullmatch(r"([0-9_]*\.?[0-9]+)\s*(%|[A-Za-z]+)", part)
    name, factor = UNITS.get(match[2].lower(), ("", 0)) if match else ("", 0)
    if match is None or not name:
        raise ConfigError(f"--budget {text!r}: {part!r} is no budget", EXAMPLE)
    # no binary fraction: 2.002MB are 2,002,000 bytes
    limit = Fraction(f"0{match[1]}".replace("_", "")) * factor
    if limit <= 0 or (name in {"fields", "features"} and limit < 1):
        raise ConfigError(f"--budget {text!r}: {part!r} leaves nothing to choose", EXAMPLE)
    if name == "share" and limit > 1:
        raise ConfigError(f"--budget {text!r}: {part!r} is more than all features", EXAMPLE)
    return name, limit


def cut(order: FeatureOrder, candidates: Candidates, budget: Budget) -> NDArray[np.int64]:
    """Features of an order that a budget has room for.

    Fields are taken as the order has them, then features of these fields as the order has them, up to the
    first one that does not fit: what a larger budget of the same kinds buys contains what a smaller one buys.

    Parameters
    ----------
    order : FeatureOrder
        Best first.
    candidates : Candidates
        The features.
    budget : Budget
        The limits.

    Returns
    -------
    ndarray of int64
        Ids, best first.

    Raises
    ------
    ConfigError
        Not even one feature fits, or the size of the table does not depend on its features.
    """
    ids = order.ids
    config = candidates.config
    if budget.fields is not None:
        is_taken = np.zeros(candidates.layout.n_fields, np.bool_)
        is_taken[order.fields[: budget.fields]] = True
        ids = ids[is_taken[candidates.field_of_id[ids]]]
    n_all = int(np.count_nonzero(candidates.is_feature))
    limits = [limit for limit in (budget.features, _share_of(budget.share, n_all)) if limit is not None]
    if limits:
        ids = ids[: min(limits)]
    if budget.n_bytes is not None:
        if config.embedding.scheme is not EmbeddingScheme.FULL:
            raise ConfigError(
                f"--budget {budget.text!r}: a table of scheme {config.embedding.scheme} is as large as "
                "--table-rows says, whatever features it serves",
                "Give a budget of features or fields, or choose --embedding full.",
            )
        ids = ids[: int(np.searchsorted(_sizes(ids, candidates), budget.n_bytes, side="right"))]
    if ids.size == 0 and order.ids.size > 0:
        smallest = int(_sizes(order.ids[:1], candidates)[0])
        raise ConfigError(
            f"--budget {budget.text!r} has room for no feature of {n_all:,}",
            f"The smallest selection has one feature, which takes {smallest:,} bytes.",
        )
    return ids


def _share_of(share: float | None, n_all: int) -> int | None:
    # a share such as .3 is no binary fraction: 30 % of 10 must be 3
    return None if share is None else int(share * n_all + 1e-9)


def _sizes(ids: NDArray[np.int64], candidates: Candidates) -> NDArray[np.int64]:
    """Bytes of a table with the first feature, the first two, and so on."""
    fields = candidates.field_of_id[ids]
    dtype = candidates.config.embedding.dtype
    dims = np.array(candidates.layout.dims, np.int64)[fields]
    opens_field = np.zeros(ids.size, np.bool_)
    opens_field[np.unique(fields, return_index=True)[1]] = True
    n_rows = 1 + opens_field * (candidates.config.rest is Rest.OOV)
    return np.cumsum(dims * (n_rows * NUMBER_BYTES[dtype] + opens_field * SCALE_BYTES[dtype]))
