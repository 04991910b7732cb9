"""Windows cover a range once, share what they say, and prefer the picture's cuts."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from engine.generate.windows import Window, plan

WINDOW, CONTEXT = 250, 25

ranges = st.integers(1, 4000)
cut_lists = st.lists(st.integers(0, 4000), max_size=40).map(sorted)


def planned(columns: int, cuts: Callable[[int], list[int]]) -> list[Window]:
    return list(plan(columns, cuts, most=WINDOW, context=CONTEXT))


@given(ranges, cut_lists)
def test_windows_tile_the_range_when_their_context_is_taken_off(
    columns: int, cuts: list[int]
) -> None:
    windows = planned(columns, lambda _column: cuts)
    fresh = [column for w in windows for column in range(w.start + w.context, w.stop)]
    assert fresh == list(range(columns))
    assert all(0 < w.stop - w.start <= WINDOW for w in windows)
    assert [w.context for w in windows] == [0] + [CONTEXT] * (len(windows) - 1)


@given(st.integers(WINDOW + 1, 4000), cut_lists)
def test_a_join_lies_on_a_cut_where_one_is_in_reach(columns: int, cuts: list[int]) -> None:
    first, *others = planned(columns, lambda _column: cuts)
    for window, most in [(first, WINDOW // 2)] + [(one, WINDOW) for one in others[:-1]]:
        reach = [c for c in cuts if window.start + most // 2 < c <= window.start + most]
        assert window.stop == max(reach, default=window.start + most)


@given(st.integers(WINDOW + 1, 4000), cut_lists)
def test_no_window_looks_at_cuts_further_than_its_own_end(columns: int, cuts: list[int]) -> None:
    asked: list[int] = []

    def known(column: int) -> list[int]:
        asked.append(column)
        return [cut for cut in cuts if cut < column + 1]

    for window in plan(columns, known, most=WINDOW, context=CONTEXT):
        assert max(asked, default=0) <= window.start + WINDOW
    assert planned(columns, lambda _column: cuts) == planned(columns, known)
