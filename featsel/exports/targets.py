"""To which libraries can a feature config be exported?"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from featsel.core.feature_config import FeatureConfig
from featsel.exports.deepctr import to_deepctr
from featsel.exports.easyrec import to_easyrec
from featsel.exports.files import Export
from featsel.exports.fuxictr import to_fuxictr
from featsel.exports.merlin import to_merlin
from featsel.exports.sql import to_sql
from featsel.exports.torchrec import to_torchrec

TARGETS: dict[str, Callable[[FeatureConfig, pl.DataFrame, str], Export]] = {
    "fuxictr": to_fuxictr,
    "torchrec": to_torchrec,
    "easyrec": to_easyrec,
    "deepctr": to_deepctr,
    "merlin": to_merlin,
    "sql": to_sql,
}
"""Of a config, its values and the name of its file without extension, what the library reads."""
