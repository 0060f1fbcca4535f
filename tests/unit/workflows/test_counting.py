from __future__ import annotations

from pathlib import Path

import pytest

from featsel.core.engine import Cluster
from featsel.core.errors import ConfigError
from featsel.workflows.counting import workers_for
from featsel.workflows.request import LogRequest, open_request


class Silent:
    def note(self, text: str) -> None:
        pass


def test_a_log_that_only_this_machine_can_read_is_not_sent_to_a_cluster(tmp_path: Path) -> None:
    path = tmp_path / "log.libsvm"
    path.write_text("1 1:1 2:1\n0 2:1\n")
    with open_request(LogRequest((str(path),), format="libsvm"), Silent()) as log:
        with pytest.raises(ConfigError, match="libsvm' is copied to this machine to be read") as found:
            workers_for(log, Cluster("head:6379", 2, 1 << 30), Silent())
        assert workers_for(log, None, Silent()) is None
    assert "featsel convert" in str(found.value.hint)
