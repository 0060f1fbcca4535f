"""Reading ahead changes nothing but the time."""

import threading

import pytest

from featsel.core.read_ahead import read_ahead


def test_pieces_come_in_order_even_if_none_or_nested():
    assert list(read_ahead(read_ahead(iter([1, None, 3])))) == [1, None, 3]


def test_an_error_stands_where_its_piece_would():
    def pieces():
        yield 1
        raise ValueError("no more")

    ahead = read_ahead(pieces())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="no more"):
        next(ahead)


def test_only_one_piece_is_read_ahead():
    started = threading.Semaphore(0)

    def pieces():
        for number in range(10):
            started.release()
            yield number

    ahead = read_ahead(pieces())
    assert next(ahead) == 0
    assert started.acquire(timeout=5)
    assert started.acquire(timeout=5)
    assert not started.acquire(timeout=0.05)
