"""The mix against soundfile and plain sums: every strip on its sample, at its level."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from media_factory import Movie, write_movie

from host_bridge.errors import CuelockError
from media.clip import open_clip
from media.sound import sound
from plugin_ui.sound.meters import PERIOD, Meter
from plugin_ui.sound.scene import Scene, joined
from plugin_ui.sound.sources import Sources
from plugin_ui.sound.strips import Heard, Strip, rendered
from plugin_ui.transport.motion import SAMPLE_RATE, Motion, Wrap

LENGTH = 5000


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Stems of noise, 24 bit at 48 kHz, mono and stereo."""
    folder = tmp_path_factory.mktemp("stems")
    noise = np.random.default_rng(1)
    shapes = {"steps": (LENGTH,), "doors": (LENGTH,), "room": (LENGTH, 2)}
    for name, shape in shapes.items():
        samples = noise.uniform(-0.5, 0.5, shape)
        soundfile.write(folder / f"{name}.wav", samples, SAMPLE_RATE, subtype="PCM_24")
    return {name: folder / f"{name}.wav" for name in shapes}


def truth(strip: Strip, start: int, stop: int) -> np.ndarray:
    """The strip's file read whole and laid on the clip's time: float64 [stop - start, 2]."""
    assert isinstance(strip.origin, Path)
    samples, _ = soundfile.read(strip.origin, always_2d=True)
    line = np.zeros((20_000, 2))
    line[strip.start_sample : strip.start_sample + len(samples)] = samples
    return line[start:stop] * 10 ** (strip.gain_db / 20)


def strips_of(files: dict[str, Path]) -> list[Strip]:
    return [
        Strip(name="steps", origin=files["steps"], start_sample=1000, gain_db=-6),
        Strip(name="doors", origin=files["doors"], start_sample=2001),
        Strip(name="room", origin=files["room"], gain_db=3),
    ]


@settings(max_examples=40)
@given(start=st.integers(0, 9000), length=st.integers(1, 3000))
def test_a_mix_is_the_sum_of_its_strips_on_their_samples(
    files: dict[str, Path], start: int, length: int
) -> None:
    strips, stop = strips_of(files), start + length
    mixed = rendered(strips, Sources().read, start, stop).sum(axis=0)
    expected = sum(truth(strip, start, stop) for strip in strips)
    np.testing.assert_allclose(mixed, expected, atol=2e-6)


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        ({"doors": {"mute": True}}, {"steps", "room"}),
        ({"doors": {"solo": True}}, {"doors"}),
        ({"doors": {"solo": True}, "room": {"solo": True}}, {"doors", "room"}),
        ({"doors": {"solo": True, "mute": True}}, set()),
    ],
)
def test_muted_strips_are_silent_and_soloed_ones_are_alone(
    files: dict[str, Path], change: dict[str, dict[str, bool]], heard: set[str]
) -> None:
    strips = [replace(strip, **change.get(strip.name, {})) for strip in strips_of(files)]
    blocks = rendered(strips, Sources().read, 2500, 3500)
    assert {strip.name for strip, block in zip(strips, blocks, strict=True) if block.any()} == heard


@settings(max_examples=40)
@given(
    cuts=st.lists(st.integers(1, 700), min_size=1, max_size=12),
    begin=st.integers(0, 3000),
    length=st.integers(1, 2000),
    origin=st.integers(0, 6000),
    speed=st.sampled_from([1, 2]),
)
def test_however_it_is_cut_into_blocks_what_plays_is_the_motion_sample_by_sample(
    files: dict[str, Path], cuts: list[int], begin: int, length: int, origin: int, speed: int
) -> None:
    """The loop's seam falls anywhere; each sample is the one where the motion is then."""
    motion = Motion(origin, 50, speed, Wrap(begin, begin + max(speed, length - length % speed)))
    strips, sources = tuple(strips_of(files)), Sources()
    scene, reading, blocks = Scene(strips, motion), 0, []
    for count in cuts:
        blocks.append(scene.at(reading, count, sources.read).sum(axis=0))
        reading += count
    line = sum(truth(strip, 0, 20_000) for strip in strips)
    assert isinstance(line, np.ndarray)
    expected = np.zeros((reading, 2))
    for k in range(50, reading):
        position = motion.at(k)
        expected[k] = line[position : position + speed].mean(axis=0)
    np.testing.assert_allclose(np.concatenate(blocks), expected, atol=2e-6)


def test_backward_play_is_the_sound_backward(files: dict[str, Path]) -> None:
    strips = tuple(strips_of(files))
    played = Scene(strips, Motion(3999, 0, -1)).at(0, 1000, Sources().read)
    forward = rendered(strips, Sources().read, 3000, 4000)
    np.testing.assert_array_equal(played, forward[:, ::-1])


@pytest.mark.parametrize("speed", [4, 8, -4])
def test_a_fast_shuttle_is_silent(files: dict[str, Path], speed: int) -> None:
    scene = Scene(tuple(strips_of(files)), Motion(3000, 0, speed))
    assert not scene.at(0, 500, Sources().read).any()


@given(st.integers(1, 600), st.integers(1, 480))
def test_a_seam_begins_with_the_old_and_ends_with_the_new(length: int, fade: int) -> None:
    old, new = np.zeros((length, 2), np.float32), np.ones((length, 2), np.float32)
    mixed = joined(old, new, fade)
    assert np.all(np.diff(mixed[:, 0]) <= 1 / fade + 1e-6)
    assert np.all(mixed[fade - 1 :] == 1)
    np.testing.assert_allclose(joined(new, new, fade), new)


def test_a_clips_own_sound_is_read_in_chunks_without_a_seam(tmp_path: Path) -> None:
    """A chord: noise is made up anew by an AAC decoder wherever it starts."""
    seconds = np.arange(6 * SAMPLE_RATE)[:, None] / SAMPLE_RATE
    chord = 0.1 * np.sin(2 * np.pi * np.array([220.0, 277.2, 329.6]) * seconds).sum(axis=1)
    pictures = [np.full((64, 64, 3), 99, np.uint8)] * 150
    clip = open_clip(write_movie(tmp_path / "clip.mov", pictures, Movie(sound=chord)))
    whole = sound(clip, sample_rate=SAMPLE_RATE)
    strip = Strip(name="original", origin=clip)
    start, stop = 4 * SAMPLE_RATE - 5000, 4 * SAMPLE_RATE + 5000
    (mixed,) = rendered([strip], Sources().read, start, stop)
    np.testing.assert_allclose(mixed[:, 0], whole[start:stop], atol=1e-4)
    np.testing.assert_array_equal(mixed[:, 0], mixed[:, 1])
    assert not rendered([strip], Sources().read, 10 * SAMPLE_RATE, 10 * SAMPLE_RATE + 9).any()


def test_a_file_at_another_rate_is_heard_at_its_pitch(tmp_path: Path) -> None:
    seconds = np.arange(44_100) / 44_100
    soundfile.write(tmp_path / "cd.wav", 0.5 * np.sin(2 * np.pi * 1000 * seconds), 44_100)
    strip = Strip(name="cd", origin=tmp_path / "cd.wav")
    (mixed,) = rendered([strip], Sources().read, 4800, 4800 + 24_000)
    spectrum = np.abs(np.fft.rfft(mixed[:, 0]))
    assert np.argmax(spectrum) == 500  # 1000 Hz in steps of 2 Hz


def test_a_running_jobs_sound_is_heard_as_far_as_it_has_come() -> None:
    sources, heard = Sources(), Heard("job", "steps")
    strip = Strip(name="steps", origin=heard, start_sample=100)
    first, second = np.full(50, 16_384, np.int16), np.full(50, -16_384, np.int16)
    sources.hear(heard, 50, second)
    (mixed,) = rendered([strip], sources.read, 0, 300)
    assert not mixed[:150].any()
    assert np.all(mixed[150:200] == -0.5)
    sources.hear(heard, 0, first)
    (mixed,) = rendered([strip], sources.read, 0, 300)
    assert np.all(mixed[100:150] == 0.5)
    assert np.all(mixed[150:200] == -0.5)
    assert not mixed[200:].any()


def test_sounds_of_jobs_are_forgotten_when_no_strip_plays_them_any_more() -> None:
    sources, pcm = Sources(), np.full(10, 16_384, np.int16)

    def is_there(heard: Heard) -> bool:
        return bool(sources.read(heard, 0, 10).any())

    played, early = Heard("played", "a"), [Heard(f"early {n}", "a") for n in range(50)]
    sources.hear(played, 0, pcm)
    sources.keep({played})
    for heard in early:
        sources.hear(heard, 0, pcm)
    assert [heard for heard in early if is_there(heard)] == early[-4:]
    assert is_there(played)
    sources.keep({early[-1]})
    assert not is_there(played)
    assert is_there(early[-1])


def test_a_file_that_is_cut_short_while_it_plays_is_told_and_silent(tmp_path: Path) -> None:
    path = tmp_path / "stem.flac"
    soundfile.write(path, np.random.default_rng(3).uniform(-1, 1, 300_000), SAMPLE_RATE)
    sources, strip = Sources(), Strip(name="stem", origin=path)
    assert rendered([strip], sources.read, 0, 100).any()
    os.truncate(path, 20_000)
    assert not rendered([strip], sources.read, 250_000, 250_100).any()
    (error,) = sources.unread()
    assert error.code == "media.unreadable"


def test_a_file_that_is_gone_is_silent_and_told_once(
    files: dict[str, Path], tmp_path: Path
) -> None:
    sources = Sources()
    gone = Strip(name="gone", origin=tmp_path / "gone.wav")
    for _ in range(3):
        blocks = rendered([gone, strips_of(files)[2]], sources.read, 0, 100)
    assert not blocks[0].any()
    assert blocks[1].any()
    (error,) = sources.unread()
    assert isinstance(error, CuelockError)
    assert error.code == "media.missing"
    assert sources.unread() == []


def test_meters_tell_the_level_of_a_known_tone() -> None:
    """A sine of amplitude 0.5: peak -6.02 dBFS, RMS 3.01 dB less; the sum of two is 6.02 more."""
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(PERIOD) / SAMPLE_RATE).astype(np.float32)
    strips = np.zeros((3, PERIOD, 2), np.float32)
    strips[0] = strips[1] = tone[:, None]
    meter = Meter()
    assert meter.add(strips[:, :100], strips[:, :100].sum(axis=0)) is None
    levels = meter.add(strips, strips.sum(axis=0))
    assert levels is not None
    assert levels.strips[0].peak_db == pytest.approx((-6.02, -6.02), abs=0.01)
    assert levels.strips[0].mean_db == pytest.approx(-9.03, abs=0.1)
    assert levels.mix.mean_db == pytest.approx(-3.01, abs=0.1)
    assert levels.strips[2].mean_db == -120


@given(blocks=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2 * PERIOD)), max_size=12))
def test_meters_follow_strips_that_come_and_go_at_any_moment(blocks: list[tuple[int, int]]) -> None:
    meter, since = Meter(), 0
    for before, (strips, count) in pairwise([(-1, 0), *blocks]):
        since = count if strips != before[0] else since + count
        levels = meter.add(np.zeros((strips, count, 2)), np.zeros((count, 2)))
        assert (levels is None) == (since < PERIOD)
        if levels is not None:
            since = 0
            assert len(levels.strips) == strips
