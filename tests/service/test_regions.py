"""Regions: what is locked stands still, what lies outside stays, what is new lies inside."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
import torch
from finished_takes import FRAMES, given_of, made, refused, sound

from engine.generate.project import energy_error_db
from engine.melqcd.curves import curves_of_sound
from engine.melqcd.files import read_curves
from engine.service.comp import comp
from engine.service.regenerate import regenerate
from engine.service.span import span_of
from engine.service.take import Alone
from engine.stems.splice import FADE_SAMPLES
from engine.takes.history import Given
from host_bridge.protocol import (
    CompPiece,
    CompRequest,
    GainEdit,
    Layer,
    NudgeEdit,
    PointsEdit,
    RegenerateRequest,
    SmoothEdit,
    StretchEdit,
)

# From one frame to the whole take, at its edges and between.
REGIONS = [(0, 1), (40, 41), (95, 96), (10, 12), (0, 20), (77, 96), (30, 55), (3, 90), (1, 95),
           (0, 96)]  # fmt: skip


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Given:
    return made(tmp_path_factory.mktemp("take"))


def again(take: Given, to: Path, region: tuple[int, int], **changes: object) -> Given:
    asked = RegenerateRequest(
        take=take.record.take, region_in=f"{region[0]}f", region_out=f"{region[1]}f", to=str(to),
        steps=2,
    )  # fmt: skip
    return given_of(regenerate(msgspec.structs.replace(asked, **changes), (take,)))


@pytest.mark.parametrize("rate", ["23.976", "25", "29.97DF", "59.94"])
def test_a_locked_region_keeps_its_energy_and_everything_else_its_samples(
    rate: str, tmp_path: Path
) -> None:
    first = made(tmp_path / "a", rate=rate, start_timecode="00:59:58:00", range_in="00:59:58:00",
                 range_out=None)  # fmt: skip
    before = sound(first)
    span = span_of(first.record.request)
    for region in REGIONS:
        later = again(first, tmp_path / "b", region, prompt="glass breaks", seed=5)
        after, stem = sound(later), later.record.reply.stems[0]
        assert len(after) == len(before)
        start, stop = (span.sample(frame) for frame in region)
        changed = np.flatnonzero(after != before)
        assert changed.size
        assert start <= changed.min() <= changed.max() < stop
        assert stem.region is not None
        assert stem.region.energy_error_db <= 0.5
        assert stem.region.energy_within >= 0.95


def test_the_energy_that_is_measured_is_the_delivered_one(take: Given, tmp_path: Path) -> None:
    later = again(take, tmp_path, (30, 60), prompt="rain falls")
    stem = later.record.reply.stems[0]
    heard, _ = soundfile.read(stem.path, dtype="float32")
    spec = read_curves(Path(later.record.reply.curves[0])).curves.spec
    region = slice(100, 200)
    wanted = read_curves(Path(take.record.reply.curves[0])).curves.energy[region]
    got = curves_of_sound(torch.from_numpy(heard), spec).energy[region]
    error, within = energy_error_db(torch.from_numpy(wanted), torch.from_numpy(got))
    assert error <= 0.5
    assert within >= 0.95
    assert stem.region is not None
    assert stem.region.energy_error_db == pytest.approx(error, abs=0.02)


def test_new_sound_reaches_the_middle_of_the_region(take: Given, tmp_path: Path) -> None:
    before, after = (sound(one) for one in (take, again(take, tmp_path, (30, 60), seed=3)))
    inside = slice(30 * 1600 + FADE_SAMPLES, 60 * 1600 - FADE_SAMPLES)
    assert (before[inside] != after[inside]).mean() > 0.9


class Listening(Alone):
    """Keeps what is heard of a job, by its first sample."""

    def __init__(self) -> None:
        self.sounds: dict[int, np.ndarray] = {}

    def heard(self, layer: str, variation: int, start: int, sound: np.ndarray) -> None:
        self.sounds[start] = sound


@pytest.mark.parametrize("region", [(0, 30), (30, 60), (60, FRAMES)])
def test_what_is_heard_of_a_region_is_already_in_time(
    take: Given, tmp_path: Path, region: tuple[int, int]
) -> None:
    asked = RegenerateRequest(
        take=take.record.take, region_in=f"{region[0]}f", region_out=f"{region[1]}f", seed=9,
        to=str(tmp_path), steps=2,
    )  # fmt: skip
    listening = Listening()
    later = given_of(regenerate(asked, (take,), listening))
    at = region[0] * 1600
    for start, heard in sorted(listening.sounds.items()):
        assert start == at
        at += len(heard)
    assert at == region[1] * 1600
    curves = read_curves(Path(later.record.reply.curves[0])).curves
    heard = torch.from_numpy(
        np.concatenate([listening.sounds[n] for n in sorted(listening.sounds)])
    )
    inside = slice(5, 95)  # frames of 10 ms that see nothing beyond the region
    wanted = torch.from_numpy(curves.energy[region[0] * 10 // 3 :])[inside]
    got = torch.from_numpy(curves_of_sound(heard, curves.spec).energy)[inside]
    error, _ = energy_error_db(wanted, got)
    assert error <= 0.5


def test_the_same_region_again_is_the_same_take_and_another_seed_is_not(
    take: Given, tmp_path: Path
) -> None:
    one, same, other = (
        again(take, tmp_path / name, (20, 40), seed=seed)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert one.record.take == same.record.take != other.record.take
    assert one.record.reply.stems[0].sha256 == same.record.reply.stems[0].sha256
    assert one.record.reply.stems[0].sha256 != other.record.reply.stems[0].sha256


def test_a_region_of_a_region_builds_on_the_new_words(take: Given, tmp_path: Path) -> None:
    second = again(take, tmp_path, (20, 60), prompt="glass breaks")
    third = again(second, tmp_path, (30, 40), seed=8)
    assert third.record.layers[0].prompt == "glass breaks"
    assert third.record.reply.parent == second.record.take
    before, after = sound(second), sound(third)
    changed = np.flatnonzero(before != after)
    assert 30 * 1600 <= changed.min() <= changed.max() < 40 * 1600


def test_layers_that_are_not_named_are_carried_byte_by_byte(tmp_path: Path) -> None:
    layers = (Layer(name="knock", prompt="wood is hit", seed=1),
              Layer(name="rain", prompt="rain falls", seed=2, behaviour="ambience"))  # fmt: skip
    first = made(tmp_path / "a", layers=layers)
    later = again(first, tmp_path / "b", (10, 30), layers=("rain",))
    before, after = (one.record.reply.stems for one in (first, later))
    assert [stem.layer for stem in after] == ["knock", "rain"]
    assert after[0].sha256 == before[0].sha256
    assert after[1].sha256 != before[1].sha256
    assert Path(after[0].path).read_bytes() == Path(before[0].path).read_bytes()
    assert refused(lambda: again(first, tmp_path / "c", (1, 2), layers=("wind",))) == (
        "request.layer"
    )


def energy(take: Given) -> np.ndarray:
    return read_curves(Path(take.record.reply.curves[0])).curves.energy


def test_a_nudge_moves_the_curves_of_the_region_alone(take: Given, tmp_path: Path) -> None:
    later = again(take, tmp_path, (30, 90), lock=(), edits=(NudgeEdit(frames=3),))
    before, after = energy(take), energy(later)
    np.testing.assert_array_equal(after[:100], before[:100])
    np.testing.assert_array_equal(after[300:], before[300:])
    np.testing.assert_array_equal(after[110:300], before[100:290])


def test_gain_points_stretch_and_smoothing_are_applied_in_order(
    take: Given, tmp_path: Path
) -> None:
    before = energy(take)
    louder = again(take, tmp_path / "a", (0, 60), lock=(), edits=(GainEdit(db=6.0),))
    np.testing.assert_allclose(energy(louder)[:200] - before[:200], 6.0 / 8.686, atol=1e-3)
    drawn = again(take, tmp_path / "b", (30, 60), lock=(),
                  edits=(PointsEdit(points=(("1.2s", -60.0), ("1.5s", -40.0))),))  # fmt: skip
    assert energy(drawn)[120] * 8.686 == pytest.approx(-60, abs=0.5)
    assert energy(drawn)[150] * 8.686 == pytest.approx(-40, abs=0.5)
    np.testing.assert_array_equal(energy(drawn)[100:120], before[100:120])
    slow = again(take, tmp_path / "c", (0, 60), lock=(), edits=(StretchEdit(factor=2.0),))
    np.testing.assert_array_equal(energy(slow)[:200:2], before[:100])
    smooth = again(take, tmp_path / "d", (0, 60), lock=(), edits=(SmoothEdit(milliseconds=80),))
    assert np.abs(np.diff(energy(smooth)[:200], 2)).mean() < np.abs(np.diff(before[:200], 2)).mean()


def test_a_guide_gives_what_is_not_locked(take: Given, tmp_path: Path) -> None:
    guide = tmp_path / "taps.wav"
    taps = np.zeros(96_000, np.float32)
    taps[24_000:24_480] = np.random.default_rng(0).uniform(-0.5, 0.5, 480)
    soundfile.write(guide, taps, 48_000)
    later = again(take, tmp_path / "a", (30, 90), lock=("semantic",), guide=str(guide))
    assert abs(int(energy(later)[100:300].argmax()) - 50) <= 2
    codes = [read_curves(Path(one.record.reply.curves[0])).curves.codes for one in (take, later)]
    np.testing.assert_array_equal(codes[0], codes[1])


@pytest.mark.parametrize(
    ("region", "changes", "code"),
    [
        ((90, 97), {}, "request.range"),
        ((5, 5), {}, "request.range"),
        ((5, 9), {"edits": (GainEdit(db=3.0),)}, "request.option"),
        ((5, 9), {"lock": (), "edits": (StretchEdit(factor=0.0),)}, "request.option"),
        ((5, 9), {"lock": (), "edits": (SmoothEdit(milliseconds=-1),)}, "request.option"),
        ((5, 9), {"lock": (), "edits": (PointsEdit(points=()),)}, "request.curve"),
        ((5, 9), {"lock": (), "curves": "a.npz", "guide": "b.wav"}, "request.option"),
        ((5, 9), {"variation": 3}, None),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_left(
    take: Given, tmp_path: Path, region: tuple[int, int], changes: dict, code: str | None
) -> None:
    to = tmp_path / "out"
    if code is None:  # a take with one stem a layer has no other to choose from
        again(take, to, region, **changes)
        return
    assert refused(lambda: again(take, to, region, **changes)) == code
    assert not to.exists()


def test_variations_are_ranked_and_each_can_be_built_upon(take: Given, tmp_path: Path) -> None:
    later = again(take, tmp_path, (30, 60), variations=3)
    stems = later.record.reply.stems
    assert sorted(stem.variation for stem in stems) == [0, 1, 2]
    assert [stem.rank for stem in stems] == [1, 2, 3]
    assert len({stem.sha256 for stem in stems}) == 3
    chosen = next(n for n, stem in enumerate(stems) if stem.variation == 2)
    built = again(later, tmp_path, (70, 80), heard={stems[0].layer: 2})
    np.testing.assert_array_equal(sound(built)[:100_000], sound(later, chosen)[:100_000])
    assert refused(lambda: again(later, tmp_path, (70, 80), variation=3)) == "request.option"


def test_a_comp_takes_each_region_from_its_take(take: Given, tmp_path: Path) -> None:
    other = again(take, tmp_path, (0, FRAMES), prompt="glass breaks", seed=4)
    pieces = (
        CompPiece(take=other.record.take, region_in="10f", region_out="30f"),
        CompPiece(take=other.record.take, region_in="60f", region_out="61f"),
    )
    asked = CompRequest(take=take.record.take, pieces=pieces, to=str(tmp_path))
    made = given_of(comp(asked, (take, other, other)))
    base, source, got = sound(take), sound(other), sound(made)
    inside = np.zeros(len(base), bool)
    for start, stop in ((10, 30), (60, 61)):
        inside[start * 1600 : stop * 1600] = True
        middle = slice(start * 1600 + FADE_SAMPLES, stop * 1600 - FADE_SAMPLES)
        np.testing.assert_array_equal(got[middle], source[middle])
    np.testing.assert_array_equal(got[~inside], base[~inside])
    assert made.record.reply.parent == take.record.take
    assert made.record.change is not None
    longer = CompPiece(take=other.record.take, region_in="10f", region_out="200f")
    assert (
        refused(lambda: comp(msgspec.structs.replace(asked, pieces=(longer,)), (take, other)))
        == "request.range"
    )
