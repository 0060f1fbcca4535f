"""Does what the feature config chose stay within limits that a user set?"""

from __future__ import annotations

from collections.abc import Iterator

from featsel.quality.comparison import Comparison
from featsel.quality.rule import Measurement


def table_size(comparison: Comparison) -> Iterator[Measurement]:
    """Bytes of the embedding table of the feature config."""
    assert comparison.chosen is not None
    size = comparison.chosen.table_bytes
    yield Measurement(float(size), f"the embedding table has {size:,} bytes")


def counts(comparison: Comparison) -> Iterator[Measurement]:
    """Fields and features of the feature config."""
    assert comparison.chosen is not None
    n_fields, n_features = len(comparison.chosen.fields), comparison.chosen.n_features
    yield Measurement(float(n_features), f"{n_features:,} features are chosen", "features")
    yield Measurement(float(n_fields), f"{n_fields:,} fields are chosen", "fields")
