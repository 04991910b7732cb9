"""Motion is measured where it is, as fast as it is, and cuts are not motion."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import torch
from media_factory import Movie, write_numbered

from engine.picture.appearance import FEATURES, SIDE, Backbone
from engine.picture.features import (
    CHANGE,
    CHANNELS,
    GRID,
    MotionMeter,
    Watch,
    measure,
    picture_features,
    unmeasured,
)
from media.clip import open_clip
from media.decode import Picture

RNG = np.random.default_rng(0)
GROUND = cv2.GaussianBlur(RNG.integers(0, 255, (SIDE, 400), dtype=np.uint8), (0, 0), 2)


def picture(patch_at: tuple[int, int] | None, camera: int = 0) -> np.ndarray:
    """A textured ground seen from `camera` pixels on, with a bright patch on it."""
    gray = GROUND[:, 50 + camera : 50 + camera + SIDE].copy()
    if patch_at is not None:
        x, y = patch_at
        gray[y : y + 40, x : x + 40] = GROUND[:40, :40] // 2 + 120
    return np.repeat(gray[..., None], 3, axis=2)


def uncompressed(cells: np.ndarray) -> np.ndarray:
    return np.sign(cells) * np.expm1(np.abs(cells))


def test_a_moving_patch_is_seen_in_its_cells_with_its_speed() -> None:
    meter = MotionMeter(Fraction(25))
    meter.add(picture((150, 150)))
    cells = uncompressed(meter.add(picture((156, 150))))
    speed = cells[2]
    row, column = np.unravel_index(speed.argmax(), GRID)
    assert (row, column) in {(4, 6), (4, 7), (4, 8)}
    wanted = 6 / SIDE * 25  # picture widths a second
    assert 0.5 * wanted < cells[0][row, column] < 1.5 * wanted
    assert speed[:3, :5].max() < 0.1 * speed.max()


def test_the_cameras_own_movement_is_taken_out() -> None:
    meter = MotionMeter(Fraction(25))
    meter.add(picture(None, camera=0))
    panned = uncompressed(meter.add(picture(None, camera=6)))
    assert np.median(panned[2]) < 0.25 * 6 / SIDE * 25


def test_a_camera_that_draws_nearer_moves_nothing() -> None:
    def nearer(times: float) -> np.ndarray:
        turn = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), 0.0, times)
        return cv2.warpAffine(picture(None), turn, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT)

    meter = MotionMeter(Fraction(25))
    meter.add(nearer(1.0))
    speed = uncompressed(meter.add(nearer(1.03)))[2]
    # The corners move by 3 % of half the picture.
    assert speed.mean() < 0.2 * 0.015 * 25


def test_what_is_thrown_back_changes_its_movement_when_it_strikes() -> None:
    meter = MotionMeter(Fraction(25))
    places = [(60, 100 + 6 * n) for n in range(6)] + [(60, 124 - 6 * n) for n in range(5)]
    motion = np.array([uncompressed(meter.add(picture(place))) for place in places])
    change, push = motion[2:, CHANGE].max(axis=(1, 2)), motion[2:, -1].max(axis=(1, 2))
    # The sixth picture is the lowest; from it to the seventh the patch goes up.
    assert change.argmax() == push.argmax() == 4
    assert change[4] > 3 * np.delete(change, 4).max()


def test_the_rate_turns_pictures_into_seconds() -> None:
    def speed(rate: int) -> float:
        meter = MotionMeter(Fraction(rate))
        meter.add(picture((150, 150)))
        return float(uncompressed(meter.add(picture((156, 150))))[2].max())

    assert speed(50) / speed(25) == np.float32(2.0)


def test_a_cut_is_a_flag_and_no_motion() -> None:
    first = [picture((100 + n, 100)) for n in range(20)]
    second = [255 - picture((60, 40 + n)) // 2 for n in range(20)]
    watched = [Picture(n, rgb) for n, rgb in enumerate(first + second)]
    torch.manual_seed(0)
    found = unmeasured(Fraction(25), 300, 40, FEATURES)
    measure(watched, found, Backbone().eval())
    assert found.cuts == [320]
    assert found.motion.shape == (40, CHANNELS, *GRID)
    assert np.abs(found.motion[20]).max() == 0
    assert np.abs(found.motion[21, :CHANGE]).max() > 0
    assert np.abs(found.motion[21, CHANGE:]).max() == 0
    assert np.abs(found.motion[22, CHANGE:]).max() > 0
    assert found.appearance.shape == (2, FEATURES)


def test_a_watch_stays_a_little_ahead_of_what_is_asked_for(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "long.mp4", 700, Movie(rate=Fraction(25)))
    clip, backbone = open_clip(path), Backbone().eval()
    watch = Watch(clip, 0, 700, Fraction(25), backbone)
    watch.upto(40)
    # Meanwhile another one looks at everything: who does not wait for anybody is through by then.
    picture_features(clip, 0, 700, Fraction(25), backbone)
    assert watch.known == 40 + 4 * 25
    watch.close()
    assert not watch.complete
