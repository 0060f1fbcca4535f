"""Memory that a piece of work takes."""

import sys

import numpy as np
import pytest

from featsel.workflows import peak_memory
from featsel.workflows.peak_memory import PeakMemory


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_memory_that_was_given_back_counts():
    memory = PeakMemory()
    np.ones(8_000_000).sum()

    more = memory.more_bytes()

    # 64 MB, and whatever else this process takes or gives back meanwhile
    assert more is None or 32e6 < more < 300e6


def test_a_system_that_does_not_tell_is_no_error(monkeypatch, tmp_path):
    monkeypatch.setattr(peak_memory, "CLEAR", tmp_path / "missing" / "file")

    assert PeakMemory().more_bytes() is None
