"""What should a ranking of a planted log find?"""

from __future__ import annotations

import numpy as np

from featsel.synth.design import DAY, LABEL, PlantedField, PlantedLog, Role, Storage
from featsel.synth.values import value_names

SCHEMA = "featsel.truth/1"
"""Names the layout of the document."""

MAX_LISTED_FEATURES = 1_000
"""Values of a field that are written out, the most frequent first; thousands more would drown the rest."""


def truth(plan: PlantedLog) -> dict[str, object]:
    """Describe what was planted, ready for JSON.

    Parameters
    ----------
    plan : PlantedLog
        The design.

    Returns
    -------
    dict
        ``schema``, ``rows``, ``seed``, ``positive_rate``, ``label``, ``time``, ``days``, and

        - ``fields``: role, kind, cardinality, null share and planted information (nats) by name, in the
          order of the columns;
        - ``informative``, ``noise``, ``identifiers``, ``drift``: names, the strongest informative one first;
        - ``copies``: source and kind by name; ``leaks``: kind by name; ``interactions``: pairs of names;
        - ``informative_features``: by field, the ``count`` of values that have an effect, and those
          ``values`` as text, the most frequent first, but no more than ``listed_features``. Amounts have
          ``ranges`` instead, each from its lowest amount to its highest.

    Examples
    --------
    >>> from featsel.synth.plan import plan_log
    >>> truth(plan_log(n_rows=1_000, n_fields=4, n_noise=3))["informative"]
    ['c03']
    """
    informative = sorted(plan.with_role(Role.INFORMATIVE), key=lambda field: -field.information)
    copy_kinds = {Role.COPY: "one_to_one", Role.NESTED_COPY: "nested"}
    leak_kinds = {Role.LEAK_ECHO: "echo", Role.LEAK_NULLS: "nulls"}
    return {
        "schema": SCHEMA,
        "rows": plan.n_rows,
        "seed": plan.seed,
        "positive_rate": plan.positive_rate,
        "label": LABEL,
        "time": DAY,
        "days": plan.n_days,
        "fields": {
            field.name: {
                "role": field.role.value,
                "kind": field.kind.value,
                "cardinality": field.cardinality,
                "null_share": field.null_share,
                "information": round(field.information, 6),
            }
            for field in plan.fields
        },
        "informative": [field.name for field in informative],
        "noise": [field.name for field in plan.with_role(Role.NOISE)],
        "identifiers": [field.name for field in plan.with_role(Role.IDENTIFIER)],
        "copies": {
            field.name: {"source": field.source, "kind": copy_kinds[field.role]}
            for field in plan.with_role(*copy_kinds)
        },
        "interactions": [[pair.first, pair.second] for pair in plan.pairs],
        "drift": [field.name for field in plan.with_role(Role.DRIFT)],
        "leaks": {field.name: leak_kinds[field.role] for field in plan.with_role(*leak_kinds)},
        "listed_features": MAX_LISTED_FEATURES,
        "informative_features": {field.name: _features(field) for field in informative},
    }


def _features(field: PlantedField) -> dict[str, object]:
    assert field.effects is not None
    codes = np.flatnonzero(field.effects.any(axis=0))
    if field.storage is Storage.AMOUNT:
        # codes of amounts ascend with them, so a run of codes is a range
        runs = np.split(codes, np.flatnonzero(np.diff(codes) > 1) + 1)
        ranges = [value_names(field, run[[0, -1]]).to_list() for run in runs]
        return {"count": codes.size, "ranges": ranges}
    listed = value_names(field, codes[:MAX_LISTED_FEATURES])
    return {"count": codes.size, "values": [str(value) for value in listed]}
