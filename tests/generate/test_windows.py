"""Windows cover a range once, share what they say, and prefer the picture's cuts."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.generate.windows import CONTEXT, WINDOW, blend, plan

ranges = st.integers(1, 4000)
cut_lists = st.lists(st.integers(0, 4000), max_size=40).map(sorted)


@given(ranges, cut_lists)
def test_windows_tile_the_range_when_their_context_is_taken_off(
    columns: int, cuts: list[int]
) -> None:
    windows = plan(columns, cuts)
    fresh = [column for w in windows for column in range(w.start + w.context, w.stop)]
    assert fresh == list(range(columns))
    assert all(0 < w.stop - w.start <= WINDOW for w in windows)
    assert [w.context for w in windows] == [0] + [CONTEXT] * (len(windows) - 1)


@given(st.integers(WINDOW + 1, 4000), cut_lists)
def test_a_join_lies_on_a_cut_where_one_is_in_reach(columns: int, cuts: list[int]) -> None:
    for window in plan(columns, cuts)[:-1]:
        reach = [c for c in cuts if window.start + WINDOW // 2 < c <= window.start + WINDOW]
        assert window.stop == max(reach, default=window.start + WINDOW)


def test_a_blend_turns_from_what_was_into_what_is() -> None:
    joined = blend(torch.ones(2, 10), torch.zeros(2, 4))
    assert (joined[:, :4].diff(dim=1) > 0).all()
    assert (joined[:, 4:] == 1).all()
    assert ((joined[:, :4] > 0) & (joined[:, :4] < 1)).all()
    assert torch.equal(blend(torch.ones(2, 5), torch.zeros(2, 0)), torch.ones(2, 5))
