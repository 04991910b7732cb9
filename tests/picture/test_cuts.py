"""Cuts lie on the frame where a new shot begins; movement and flashes of light are none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from media_factory import Movie, write_movie

from engine.picture.cuts import SHORTEST_SHOT_FRAMES, CutFinder, cuts
from media.clip import open_clip
from media.decode import pictures

HEIGHT, WIDTH = 36, 64
PALETTE = np.array(
    [[200, 60, 40], [40, 170, 60], [50, 60, 200], [220, 210, 60], [20, 20, 25], [230, 230, 235]]
)


def shot(colour: int, frames: int, seed: int) -> Iterator[np.ndarray]:
    """A textured picture that pans by two pixels a frame: uint8 [36, 64, 3] each."""
    random = np.random.default_rng(seed)
    coarse = random.integers(-25, 25, (HEIGHT // 4, 3 * WIDTH // 4, 3))
    texture = coarse.repeat(4, axis=0).repeat(4, axis=1)
    for i in range(frames):
        view = np.roll(texture, -2 * i, axis=1)[:, :WIDTH]
        yield np.clip(PALETTE[colour] + view, 0, 255).astype(np.uint8)


def sequence(lengths: list[int], first_colour: int = 0) -> Iterator[np.ndarray]:
    for n, frames in enumerate(lengths):
        yield from shot((first_colour + n) % len(PALETTE), frames, seed=n)


@settings(max_examples=25)
@given(
    st.lists(st.integers(SHORTEST_SHOT_FRAMES, 40), min_size=1, max_size=6),
    st.integers(0, len(PALETTE) - 1),
)
def test_every_cut_is_found_on_its_frame_and_nothing_else(lengths: list[int], colour: int) -> None:
    assert cuts(sequence(lengths, colour)) == list(accumulate(lengths[:-1]))


def test_the_last_picture_may_be_a_shot_of_its_own() -> None:
    assert cuts(sequence([20, 1])) == [20]


def test_one_picture_or_none_has_no_cut() -> None:
    assert cuts([]) == []
    assert cuts(shot(0, 1, seed=0)) == []


def test_cuts_become_known_while_pictures_come() -> None:
    finder = CutFinder()
    known = {i: found for i, rgb in enumerate(sequence([20, 20])) if (found := finder.add(rgb))}
    assert known == {22: [20]}
    assert finder.finish() == []


def test_cuts_of_a_coded_clip_lie_on_its_frames(tmp_path: Path) -> None:
    movie = Movie(group=250, codec_options={"crf": "28"})
    clip = open_clip(write_movie(tmp_path / "cut.mp4", sequence([33, 41, 12, 50]), movie))
    shown = pictures(clip, 0, clip.frames, rate=clip.rate, size=(WIDTH, HEIGHT))
    assert cuts(rgb for _, rgb in shown) == [33, 74, 86]
