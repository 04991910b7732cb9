"""Working ahead changes when things are made, never what comes out."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.picture.ahead import ahead


@given(st.lists(st.integers()), st.integers(1, 5))
def test_items_come_in_order(items: list[int], most: int) -> None:
    assert list(ahead(items, most)) == items


def test_no_more_are_made_than_allowed() -> None:
    made: list[int] = []
    asked = threading.Event()

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number
            if number == 4:
                asked.set()

    out = ahead(items(), 2)
    assert next(out) == 0
    assert not asked.is_set()
    assert len(made) <= 5
    out.close()


def test_an_error_is_raised_where_it_belongs() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("the file ends here")

    out = ahead(items(), 3)
    assert next(out) == 1
    with pytest.raises(ValueError, match="ends here"):
        next(out)


def test_closing_stops_the_thread() -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 1

    out = ahead(endless(), 2)
    next(out)
    out.close()
    assert not any(thread.name == "ahead" for thread in threading.enumerate())
