"""A table in memory is ranked like a log that has no name."""

import polars as pl
import pytest

from featsel.api import reporting
from featsel.engines.local import Resources
from featsel.ranking.scores import Score
from featsel.workflows.frames import rank_frame
from featsel.workflows.rank import RankOptions
from featsel.workflows.ranked_log import Analysis
from featsel.workflows.request import LogRequest

FRAME = pl.DataFrame({"site": ["a", "b", "b", None] * 9, "click": [0, 1, 1, 0, 1, 0] * 6})


@pytest.mark.parametrize("frame", [FRAME, FRAME.lazy()], ids=["frame", "lazy"])
def test_questions_get_the_codes_of_a_table_and_nothing_of_it_is_kept(frame, tmp_path):
    seen = []

    def ask(ranked):
        seen.append(ranked.codes().of_rows("site").codes.tolist())
        return Analysis()

    options = RankOptions(Score.USABLE, 32, 1, cache=tmp_path / "cache", questions=(ask,))
    with reporting() as reporter:
        result = rank_frame(frame, LogRequest(()), options, Resources(1, 10**9), reporter)
    assert len({*seen[0][:4]}) == 3
    assert seen == [[seen[0][0], 0, 0, seen[0][3]] * 9]
    assert not (tmp_path / "cache").exists()
    assert result.document["input"] == {"paths": (), "rows": 36, "columns": 2, "fingerprint": None}
