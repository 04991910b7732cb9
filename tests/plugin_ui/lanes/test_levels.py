"""Levels of detail: they are the plain extremes, however the sound came."""

from __future__ import annotations

import gc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from host_bridge.errors import CuelockError
from media import EXAMPLE
from media.clip import open_clip
from media.sound import sound
from plugin_ui.lanes.levels import BIN, FULL, LevelsMaker, SoundLevels
from plugin_ui.lanes.pyramid import FACTOR, extremes, levels_of
from plugin_ui.lanes.reading import CurvesReader, LevelsReader
from plugin_ui.lanes.spectrum import BANDS, height_of


def made(sound: np.ndarray, cuts: list[int], sample_rate: int = 8000) -> SoundLevels:
    """Levels of a sound that comes in blocks."""
    maker = LevelsMaker(len(sound), sample_rate)
    for start, stop in pairwise(
        [0, *sorted({c for c in cuts if c < len(sound)} - {0}), len(sound)]
    ):
        maker.put(start, sound[start:stop])
    return maker.levels


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, samples).astype(np.float32)


@settings(max_examples=40)
@given(st.integers(1, 40_000), st.lists(st.integers(1, 40_000), max_size=5), st.integers(0, 9))
def test_levels_are_the_plain_extremes_of_the_samples(
    samples: int, cuts: list[int], seed: int
) -> None:
    plain = noise(samples, seed)
    levels = made(plain, cuts)
    whole = np.round(plain * FULL).astype(int)
    for height, (low, high) in enumerate(levels.peaks):
        width = BIN * FACTOR**height
        parts = [whole[at : at + width] for at in range(0, samples, width)]
        assert low.tolist() == [part.min() for part in parts]
        assert high.tolist() == [part.max() for part in parts]
    assert levels.known == samples


@settings(max_examples=40)
@given(st.integers(1, 30_000), st.lists(st.integers(1, 30_000), max_size=5))
def test_the_spectrogram_does_not_depend_on_how_the_sound_came(
    samples: int, cuts: list[int]
) -> None:
    plain = noise(samples)
    for one, other in zip(made(plain, cuts).columns, made(plain, []).columns, strict=True):
        assert np.array_equal(one, other)


@settings(max_examples=60)
@given(st.integers(1, 6000), st.floats(0, 0.9), st.floats(0.001, 1), st.integers(1, 300))
def test_extremes_of_any_zoom_hold_every_value_where_it_is_or_right_after(
    values: int, start: float, share: float, pixels: int
) -> None:
    plain = noise(values)
    edges = np.linspace(start * values, (start + share * (1 - start)) * values, pixels + 1)
    low, high = extremes(levels_of(plain), edges)
    for pixel, (left, right) in enumerate(pairwise(edges)):
        here = plain[int(left) : max(int(left) + 1, int(np.floor(right)))]
        assert low[pixel : pixel + 2].min() <= here.min()
        assert high[pixel : pixel + 2].max() >= here.max()


def test_extremes_of_whole_stretches_are_exact() -> None:
    plain = noise(4096)
    low, high = extremes(levels_of(plain), np.arange(0, 4097, 64.0))
    assert np.array_equal(low, plain.reshape(-1, 64).min(axis=1))
    assert np.array_equal(high, plain.reshape(-1, 64).max(axis=1))


def test_a_tone_is_bright_in_its_band_alone() -> None:
    seconds = np.arange(48_000) / 48_000
    quiet, loud = (made(a * np.sin(2 * np.pi * 3000 * seconds), [], 48_000) for a in (0.01, 1.0))
    column = loud.columns[0][50].astype(int)
    band = int(np.argmax(column))
    assert band / BANDS == pytest.approx(height_of(3000, 48_000), abs=2 / BANDS)
    assert column[band] > 250
    assert column[band + 8 :].max() < 128
    fainter = column[band] - int(quiet.columns[0][50][band])
    assert fainter == pytest.approx(40 * 255 / 96, abs=6)  # 40 dB less


def test_of_many_channels_the_widest_is_seen() -> None:
    maker = LevelsMaker(640, 48_000)
    maker.put(0, np.stack((np.full(640, 0.25), np.full(640, -0.5)), axis=1))
    assert maker.levels.peaks[0][:, 3].tolist() == [round(-0.5 * FULL), round(0.25 * FULL)]


def test_sound_that_is_made_anew_takes_the_place_of_the_old() -> None:
    plain, new = noise(48_000), noise(6400, 1)
    maker = LevelsMaker(48_000, 48_000)
    maker.put(0, plain)
    maker.put(64 * 100, new)
    wanted = plain.copy()
    wanted[6400:12_800] = new
    assert np.array_equal(maker.levels.peaks[0], made(wanted, [], 48_000).peaks[0])


def test_a_file_is_read_off_the_gui_thread_block_by_block(qtbot: QtBot, tmp_path: Path) -> None:
    plain = noise(12 * 44_100).reshape(-1, 2)
    soundfile.write(tmp_path / "noise.wav", plain, 44_100, subtype="FLOAT")
    reader, seen = LevelsReader(), list[SoundLevels]()
    reader.grown.connect(seen.append)
    with qtbot.waitSignal(reader.finished):
        reader.read_file(tmp_path / "noise.wav")
    assert [levels.known for levels in seen] == [0, 220_500, 264_600]
    direct = LevelsMaker(len(plain), 44_100)
    direct.put(0, plain)
    assert np.array_equal(seen[-1].peaks[0], direct.levels.peaks[0])
    assert np.array_equal(seen[-1].columns[0], direct.levels.columns[0])


def test_a_movie_shows_its_own_sound(qtbot: QtBot) -> None:
    clip = open_clip(EXAMPLE)
    reader, seen = LevelsReader(), list[SoundLevels]()
    reader.grown.connect(seen.append)
    with qtbot.waitSignal(reader.finished):
        reader.read_clip(clip)
    heard = sound(clip, sample_rate=48_000)
    assert seen[-1].peaks[-1].max() == pytest.approx(heard.max() * FULL, abs=1)
    assert seen[-1].samples == round(clip.frames / clip.rate * 48_000)


def test_blocks_keep_their_order_however_fast_they_come(qtbot: QtBot) -> None:
    plain = noise(96_000)
    reader, seen = LevelsReader(), list[SoundLevels]()
    reader.grown.connect(seen.append)
    reader.expect(len(plain), 48_000)
    for at in range(0, len(plain), 4800):
        reader.put(at, plain[at : at + 4800])
    qtbot.waitUntil(lambda: bool(seen) and seen[-1].known == len(plain))
    assert [levels.known for levels in seen] == list(range(0, len(plain) + 1, 4800))
    assert np.array_equal(seen[-1].columns[0], made(plain, [], 48_000).columns[0])


def test_a_reader_that_was_stopped_tells_nothing_more(qtbot: QtBot) -> None:
    reader, seen = LevelsReader(), list[SoundLevels]()
    reader.grown.connect(seen.append)
    reader.stop()
    reader.expect(1000, 48_000)
    other = LevelsReader()
    with qtbot.waitSignal(other.grown):
        other.expect(1000, 48_000)
    assert not seen


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("gone.wav", None, "media.missing"), ("text.wav", b"no sound", "media.unreadable")],
)
def test_a_file_that_is_no_sound_is_told(
    qtbot: QtBot, tmp_path: Path, name: str, content: bytes | None, code: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    reader = LevelsReader()
    with qtbot.waitSignal(reader.failed) as told:
        reader.read_file(tmp_path / name)
    assert told.args is not None
    assert told.args[0].code == code


def test_a_reader_may_go_while_it_works(qtbot: QtBot, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "noise.wav", noise(480_000), 48_000)
    reader = LevelsReader()
    reader.read_file(tmp_path / "noise.wav")
    reader.stop()
    del reader
    gc.collect()
    after = CurvesReader()
    with qtbot.waitSignal(after.failed) as told:
        after.read_file("wanted", tmp_path / "none.npz")
    assert told.args is not None
    assert isinstance(told.args[0], CuelockError)
