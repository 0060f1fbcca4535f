"""How is a feature config shown like the selection that wrote it?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from featsel.core.feature_config import FeatureConfig


def config_document(config: FeatureConfig) -> Mapping[str, Any]:
    """Feature config in the shape of the document of the selection that wrote it.

    Parameters
    ----------
    config : FeatureConfig
        What was read.

    Returns
    -------
    mapping
        For :func:`featsel.report.selection_page.selection_article`, without what only the selection knew.
    """
    return {
        "featsel": config.featsel,
        "input": {
            "paths": list(config.data.paths),
            "rows": config.data.rows,
            "fingerprint": config.data.fingerprint,
        },
        "options": {
            "label": config.label.name,
            "embedding": {"scheme": config.embedding.scheme.value},
            "rest": config.rest.value,
        },
        "selection": dataclasses.asdict(config.selection),
        "fields": [dataclasses.asdict(field) for field in config.fields],
        "dropped": [dataclasses.asdict(field) for field in config.dropped],
        "evidence": None,
    }
