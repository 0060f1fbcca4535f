from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featsel.core import patterns
from featsel.core.patterns import matches_any, name_matcher

TEXTS = st.text("ab*?[]!-", max_size=5)


@given(TEXTS, st.lists(TEXTS, max_size=5))
def test_a_name_is_meant_where_any_pattern_matches_it(name: str, wanted: list[str]) -> None:
    assert name_matcher(wanted)(name) == any(fnmatchcase(name, pattern) for pattern in wanted)


@given(TEXTS, st.lists(TEXTS, max_size=5))
def test_a_pattern_is_known_where_it_matches_any_name(pattern: str, names: list[str]) -> None:
    assert matches_any(pattern, frozenset(names)) == any(fnmatchcase(name, pattern) for name in names)


def test_plain_names_are_looked_up_and_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fields of a wide log, each named by its feature config, would be compared pair by pair."""
    compared: list[str] = []

    def never(_name: str, pattern: str) -> bool:
        compared.append(pattern)
        return False

    monkeypatch.setattr(patterns, "fnmatchcase", never)
    names = [f"c{place}" for place in range(100)]
    is_meant = name_matcher([*names, "d*"])

    assert all(map(is_meant, names))
    assert all(matches_any(name, frozenset(names)) for name in names)
    assert not compared
