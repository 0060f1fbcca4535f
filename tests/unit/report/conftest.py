from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from featsel.core.schema import FieldKind
from featsel.ranking.scores import FieldScore, Ranking, Score, Verdict

FieldMaker = Callable[..., FieldScore]
RankingMaker = Callable[..., Ranking]

INFORMATIVE = FieldScore(
    name="site",
    kind=FieldKind.CATEGORICAL,
    rank=1,
    score=0.0125,
    cardinality=1234,
    coverage=0.75,
    mutual_information=0.0145,
    expected_mutual_information=0.002,
    corrected_mutual_information=0.0125,
    relative_information=0.024,
    z=98.7,
    p_value=1.5e-120,
    q_value=3e-120,
    usable_information=0.0117,
    verdict=Verdict.INFORMATIVE,
    reason="more than chance",
)


@pytest.fixture(scope="session")
def make_field() -> FieldMaker:
    def make(name: str = "site", **changes: object) -> FieldScore:
        return replace(INFORMATIVE, name=name, **changes)

    return make


@pytest.fixture(scope="session")
def make_ranking() -> RankingMaker:
    """Ranking of fields in order; plain names become informative fields of falling score."""

    def make(fields: Sequence[FieldScore | str], score: Score = Score.CORRECTED) -> Ranking:
        full = [
            replace(INFORMATIVE, name=one, score=0.0125 / place, corrected_mutual_information=0.0125 / place)
            if isinstance(one, str)
            else one
            for place, one in enumerate(fields, start=1)
        ]
        ranked = tuple(replace(one, rank=place) for place, one in enumerate(full, start=1))
        return Ranking(ranked, score, n_rows=10_000, positive_rate=0.218, label_entropy=0.5244)

    return make


@pytest.fixture(scope="session")
def mixed_ranking(make_field: FieldMaker, make_ranking: RankingMaker) -> Ranking:
    """Ranking with a field of every verdict, and with nulls, zeros and infinities where they can be."""
    return make_ranking(
        [
            make_field("dwell", verdict=Verdict.LEAK, score=0.39, corrected_mutual_information=0.39),
            make_field("site"),
            make_field("tags", kind=FieldKind.MULTIVALUED, score=0.004),
            make_field("full", kind=FieldKind.NUMERIC, coverage=1.0, score=0.001),
            make_field("row_id", verdict=Verdict.IDENTIFIER, score=0.0, z=0.0, cardinality=10_000),
            make_field(
                "one",
                verdict=Verdict.CONSTANT,
                score=0.0,
                cardinality=1,
                mutual_information=0.0,
                expected_mutual_information=0.0,
                corrected_mutual_information=0.0,
                z=float("nan"),
            ),
            make_field("dice", verdict=Verdict.NOISE, score=-0.0001, corrected_mutual_information=-0.0001),
        ]
    )
