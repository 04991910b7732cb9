"""The picture on screen is the frame's own, whichever way one came to it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from media_factory import Movie, numbered, read_number, write_movie, write_numbered
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from host_bridge.errors import CuelockError
from media.clip import Clip, open_clip
from media.decode import pictures
from plugin_ui.picture import PictureView
from plugin_ui.picture.reel import Reel

FRAMES = 120
OPEN_GROUPS = {"x264-params": "scenecut=0:keyint=30:bframes=3:open-gop=1"}
MOVIES = {
    "film.mp4": Movie(rate=Fraction(24_000, 1001), group=100),
    "open.ts": Movie(group=30, codec_options=OPEN_GROUPS),
    "phone.mov": Movie(group=48, turn=270),
}


@pytest.fixture(scope="module", params=MOVIES)
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = tmp_path_factory.mktemp("movies") / request.param
    return open_clip(write_numbered(path, FRAMES, MOVIES[request.param]))


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[PictureView]:
    view = PictureView()
    qtbot.addWidget(view)
    view.resize(320, 240)
    with qtbot.waitExposed(view):
        view.show()
    yield view
    view.leave()


def on_screen(view: PictureView) -> np.ndarray:
    """What the widget shows: uint8 [h, w, 3]."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    bits = image.constBits()
    assert bits is not None
    rows = np.frombuffer(bits.asarray(image.sizeInBytes()), np.uint8)
    rows = rows.reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def picture_of(view: PictureView) -> np.ndarray:
    """The picture without what is black beside it."""
    seen = on_screen(view)
    lit = seen.max(axis=-1) > 12
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    return seen[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def go(qtbot: QtBot, view: PictureView, frame: int) -> None:
    with qtbot.waitSignal(view.shown, timeout=20_000, check_params_cb=lambda f: f == frame):
        view.show_frame(frame)


JUMPS = (57, 3, 119, 118, 60, 61, 0)
WAYS = {
    "forward": range(1, 40),
    "back over key pictures": range(FRAMES - 1, 40, -1),
    "by eights": range(8, FRAMES, 8),
    "here and there": JUMPS,
}


@pytest.mark.parametrize("way", WAYS)
def test_whichever_way_one_goes_the_frame_on_screen_is_the_one_asked_for(
    qtbot: QtBot, view: PictureView, clip: Clip, way: str
) -> None:
    with qtbot.waitSignal(view.shown, timeout=20_000):
        view.show_clip(clip)
    for frame in WAYS[way]:
        go(qtbot, view, frame)
        assert read_number(picture_of(view)) == frame


def test_what_is_on_screen_is_what_exact_decoding_gives_to_the_pixel(
    qtbot: QtBot, view: PictureView, clip: Clip
) -> None:
    with qtbot.waitSignal(view.shown, timeout=20_000):
        view.show_clip(clip)
    go(qtbot, view, 71)
    seen = picture_of(view)
    size = seen.shape[1], seen.shape[0]
    (wanted,) = pictures(clip, 71, 72, rate=clip.rate, size=size)
    np.testing.assert_array_equal(seen, wanted.rgb)


def test_another_clip_begins_with_its_first_frame(
    qtbot: QtBot, view: PictureView, clip: Clip, tmp_path: Path
) -> None:
    other = open_clip(write_movie(tmp_path / "b.mp4", [numbered(i) for i in range(500, 510)]))
    for shown, number in ((clip, 0), (other, 500), (other, 500), (clip, 0)):
        with qtbot.waitSignal(view.shown, timeout=20_000):
            view.show_clip(shown)
        assert read_number(picture_of(view)) == number


def test_scrubbing_ends_on_the_last_frame_asked_for(
    qtbot: QtBot, view: PictureView, clip: Clip
) -> None:
    view.show_clip(clip)
    with qtbot.waitSignal(view.shown, timeout=20_000, check_params_cb=lambda f: f == 33):
        for frame in (*range(0, FRAMES, 3), 90, 33):
            view.show_frame(frame)
    assert read_number(picture_of(view)) == 33


def test_a_picture_grows_with_the_widget_and_stays_the_frames_own(
    qtbot: QtBot, view: PictureView, clip: Clip
) -> None:
    view.show_clip(clip)
    go(qtbot, view, 20)
    view.resize(500, 400)
    wanted = clip.width / clip.height
    qtbot.waitUntil(lambda: picture_of(view).shape[1] >= min(499, int(400 * wanted) - 1))
    height, width = picture_of(view).shape[:2]
    assert abs(width / height - wanted) < 0.02
    assert read_number(picture_of(view)) == 20


def reel_at(reel: Reel, frame: int, expected: tuple[int, ...] = ()) -> list[int]:
    """Go there as the thread does; which frames are there then."""
    reel.look_at(frame, expected)
    while reel.picture(frame) is None:
        reel.advance(frame)
    while (wanted := reel.ahead()) is not None or (wanted := reel.beside()) is not None:
        reel.advance(wanted)
    return [f for f in range(FRAMES) if reel.picture(f) is not None]


@pytest.fixture(scope="module")
def long_group(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    return open_clip(write_numbered(path, FRAMES, Movie(group=100)))


PICTURE_BYTES = 128 * 64 * 3 // 2


def test_no_more_is_kept_than_the_memory_set_aside_holds(long_group: Clip) -> None:
    reel = Reel(long_group, room_bytes=20 * PICTURE_BYTES)
    for frame in (90, 50, 110):
        kept = reel_at(reel, frame)
        assert frame in kept
        assert len(kept) <= 20
    reel.close()


def test_where_the_playhead_may_jump_to_stays_ready(long_group: Clip) -> None:
    reel = Reel(long_group, room_bytes=40 * PICTURE_BYTES)
    assert {10, 14, 80, 84} <= set(reel_at(reel, 80, expected=(10,)))
    for frame in range(81, 110):
        kept = set(reel_at(reel, frame, expected=(10,)))
        assert {frame, 10, 14} <= kept
        assert len(kept) <= 40
    reel.close()


def test_with_room_for_hardly_a_picture_the_wanted_one_is_there(long_group: Clip) -> None:
    reel = Reel(long_group, room_bytes=1)
    assert reel_at(reel, 70) == [70]
    assert reel_at(reel, 3) == [3]
    reel.close()


def test_a_loop_goes_round_with_each_frame_its_own(
    qtbot: QtBot, view: PictureView, clip: Clip
) -> None:
    view.show_clip(clip)
    view.expect(20)
    for frame in (*range(55, 60), *range(20, 60), *range(20, 25)):
        go(qtbot, view, frame)
        assert read_number(picture_of(view)) == frame


def test_a_clip_that_is_gone_is_told_in_place(
    qtbot: QtBot, view: PictureView, tmp_path: Path
) -> None:
    clip = open_clip(write_movie(tmp_path / "gone.mp4", [numbered(i) for i in range(3)]))
    clip.path.unlink()
    with qtbot.waitSignal(view.failed) as failed:
        view.show_clip(clip)
    assert failed.args is not None
    (error,) = failed.args
    assert isinstance(error, CuelockError)
    assert error.code == "media.missing"
    assert on_screen(view).max() > 100


def test_without_a_clip_it_says_so(view: PictureView) -> None:
    assert on_screen(view).max() > 100
    assert view.accessibleName()
