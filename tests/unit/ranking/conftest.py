"""Entries of a ranking for tests that need no counts."""

import pytest

from featsel.core.schema import FieldKind
from featsel.ranking.scores import FieldScore, Ranking, Score, Verdict


@pytest.fixture
def make_ranking():
    def make(verdicts):
        fields = tuple(
            FieldScore(
                name, FieldKind.CATEGORICAL, rank, 0.5, 2, 1.0, *[0.1] * 8, Verdict(verdict), "", *[0.01] * 3
            )
            for rank, (name, verdict) in enumerate(verdicts.items(), start=1)
        )
        return Ranking(fields, Score.USABLE, 100, 0.5, 0.69)

    return make
