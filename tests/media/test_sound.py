"""The sound of a file: every sample in its place, against a reader and a resampler not ours."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import example, given
from hypothesis import strategies as st
from media_factory import Movie, write_numbered

from host_bridge.errors import CuelockError
from media.clip import open_clip
from media.sound import sound

RATE = 48_000


def clicks(seconds: float = 4.0, rate: int = RATE) -> np.ndarray:
    """Soft noise with a click every half second from the first quarter on, in [-1, 1]."""
    samples = 0.01 * np.random.default_rng(1).standard_normal(int(seconds * rate))
    samples[rate // 4 :: rate // 2] = 0.9
    return samples


def onsets(samples: np.ndarray) -> list[int]:
    """Where clicks stand, each as its loudest sample."""
    loud = np.flatnonzero(np.abs(samples) > 0.3 * np.abs(samples).max())
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > 1000) + 1)
    return [int(group[np.argmax(np.abs(samples[group]))]) for group in groups]


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "clicks.wav"
    soundfile.write(path, clicks(), RATE, subtype="FLOAT")
    return path


def test_a_whole_file_is_read_as_another_reader_reads_it(wav: Path) -> None:
    ours, (theirs, _) = sound(wav, sample_rate=RATE), soundfile.read(wav, dtype="float32")
    assert ours.dtype == np.float32
    np.testing.assert_array_equal(ours, theirs)


@given(start=st.fractions(0, 3, max_denominator=1001), frames=st.integers(1, 90))
@example(start=Fraction(105, 256), frames=1)  # half a sample
def test_a_stretch_is_the_same_samples_as_in_the_whole(
    wav: Path, start: Fraction, frames: int
) -> None:
    duration = Fraction(frames * 1001, 24_000)
    whole, _ = soundfile.read(wav, dtype="float32")
    begin, length = floor(start * RATE + Fraction(1, 2)), round(duration * RATE)
    expected = np.zeros(length, np.float32)
    there = whole[begin : begin + length]
    expected[: len(there)] = there
    np.testing.assert_array_equal(sound(wav, start, duration, sample_rate=RATE), expected)


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = clicks(), 0.5 * np.random.default_rng(2).standard_normal(4 * RATE).clip(-1, 1)
    soundfile.write(tmp_path / "two.wav", np.stack([left, right], 1), RATE, subtype="FLOAT")
    mixed = sound(tmp_path / "two.wav", sample_rate=RATE)
    np.testing.assert_allclose(mixed, (left + right) / 2, atol=1e-6)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("source", [44_100, 48_000, 96_000])
def test_resampling_neither_shifts_nor_colours(tmp_path: Path, source: int, rate: int) -> None:
    samples = clicks(rate=source)
    soundfile.write(tmp_path / "in.wav", samples, source, subtype="FLOAT")
    ours = sound(tmp_path / "in.wav", sample_rate=rate)
    theirs = soxr.resample(samples, source, rate, quality="VHQ")
    assert abs(len(ours) - len(theirs)) <= 1
    length = min(len(ours), len(theirs))
    assert np.corrcoef(ours[:length], theirs[:length])[0, 1] > 0.98
    assert onsets(ours) == pytest.approx(onsets(theirs), abs=1)


@pytest.mark.parametrize(("name", "start"), [("a.mp4", 0), ("b.mkv", 0), ("late.mov", 10)])
def test_the_sound_of_a_clip_runs_with_its_picture(tmp_path: Path, name: str, start: int) -> None:
    """Time is counted from the first picture: where that comes later, the sound before is cut."""
    movie = Movie(sound=clicks(), start=Fraction(start, 25), b_frames=0)
    clip = open_clip(write_numbered(tmp_path / name, 80, movie))
    heard = sound(clip, Fraction(0), Fraction(3), sample_rate=RATE)
    assert len(heard) == 3 * RATE
    placed = (RATE // 4 + n * RATE // 2 - start * RATE // 25 for n in range(8))
    wanted = [at for at in placed if 0 <= at < 3 * RATE]
    a_millisecond = RATE // 1000  # how finely Matroska tells time
    assert onsets(heard) == pytest.approx(wanted, abs=a_millisecond)


def test_a_stretch_of_coded_sound_is_where_it_is_in_the_whole(tmp_path: Path) -> None:
    """A sweep: AAC codes noise as noise, which it draws anew each time."""
    t = np.arange(4 * RATE) / RATE
    sweep = 0.5 * np.sin(2 * np.pi * (200 * t + 300 * t**2))
    clip = open_clip(write_numbered(tmp_path / "coded.mp4", 100, Movie(sound=sweep)))
    whole = sound(clip, sample_rate=RATE)
    begin = Fraction(13, 10)
    part = sound(clip, begin, Fraction(2), sample_rate=RATE)
    at = int(begin * RATE)
    np.testing.assert_allclose(part, whole[at : at + 2 * RATE], atol=2e-3)


def test_where_the_sound_has_ended_there_is_silence(wav: Path) -> None:
    heard = sound(wav, Fraction(3), Fraction(5), sample_rate=RATE)
    assert len(heard) == 5 * RATE
    assert heard[:RATE].any()
    assert not heard[RATE:].any()


@pytest.mark.parametrize(
    ("start", "duration"), [(0, 0), (1, -1), (-1, 1), (7, 1), (7, None), (0, Fraction(1, 10**6))]
)
def test_a_stretch_without_length_or_outside_the_sound_is_refused(
    wav: Path, start: int, duration: int | None
) -> None:
    length = None if duration is None else Fraction(duration)
    with pytest.raises(CuelockError) as raised:
        sound(wav, Fraction(start), length, sample_rate=RATE)
    assert raised.value.code == "request.range"


def test_a_movie_without_sound_is_refused(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "mute.mp4", 5)
    for source in (path, open_clip(path)):
        with pytest.raises(CuelockError, match=r"mute\.mp4 has no sound") as raised:
            sound(source, sample_rate=RATE)
        assert raised.value.code == "media.no_sound"


def test_encrypted_sound_is_refused(tmp_path: Path) -> None:
    options = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "00112233445566778899aabbccddeeff",
        "encryption_kid": "ffeeddccbbaa99887766554433221100",
    }
    movie = Movie(sound=clicks(), container_options=options)
    with pytest.raises(CuelockError, match=r"locked\.mp4 is encrypted") as raised:
        sound(write_numbered(tmp_path / "locked.mp4", 50, movie), sample_rate=RATE)
    assert raised.value.code == "media.encrypted"
