"""Trees find the fields that predict held-out rows."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from featsel.selection.gbdt import gbdt_order


def test_informative_fields_come_first(planted) -> None:
    order = gbdt_order(planted, seed=0)

    names = [planted.config.fields[index].name for index in order.fields]
    # of two copies, one takes the credit
    assert names[0] in {"strong", "copy"}
    assert set(names[:3]) - {"strong", "copy"} == {"tags", "weak"}
    assert order.field_scores[0] < 0.1 * order.field_scores[2]
    assert order.field_scores[1] == 0.0


def test_an_identifier_does_not_shine_by_its_own_labels(new_candidates) -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(4000) < 0.3).astype(int)
    weak = np.where(rng.random(4000) < 0.3, labels, rng.integers(0, 2, 4000)) + 1
    columns = {"id": np.arange(1, 4001), "pairs": np.arange(4000) // 2 + 1, "weak": weak}

    order = gbdt_order(new_candidates(columns, labels, n_valid=1000), seed=0)

    assert order.fields[0] == 2
    assert order.field_scores[0] < 0.1 * order.field_scores[2]


def test_threads_do_not_change_the_scores(planted) -> None:
    with threadpool_limits(limits=1):
        alone = gbdt_order(planted, seed=0)
    with threadpool_limits(limits=2):
        together = gbdt_order(planted, seed=0)

    np.testing.assert_array_equal(alone.field_scores, together.field_scores)
