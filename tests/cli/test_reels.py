"""A reel is rendered clip by clip by the real engine, placed back, killed half way and resumed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TypeVar

import aaf2
import msgspec
import numpy as np
import opentimelineio as otio
import pytest
import soundfile
from ardour_bench import EXPORT, ArdourBench, looked
from command_runs import Cuelock
from media_factory import Movie, write_numbered
from mlt_bench import Kdenlive24Bench, ShotcutBench, opened
from opentimelineio.opentime import RationalTime, TimeRange
from real_stems import Case, heard_at
from wavinfo import WavInfoReader

from host_bridge.client import ask, connect
from host_bridge.mlt.document import Document, Item, text_of
from host_bridge.protocol import JobsReply, Most, ReelReply
from host_bridge.timecode import (
    Rate,
    SampleIndex,
    frame_of_label,
    label_of_frame,
    sample_of_frame,
)
from host_bridge.timeline import Stem

QUICK = ("--layer", "wood is hit", "--steps", "1")


def reel(folder: Path, rate: Rate, start: str, *shots: tuple[Path, int, int, float]) -> Path:
    """An OTIO by the library itself. Shots: file (of this rate), first frame, frames, speed."""
    real = float(rate.exact)

    def times(first: int, frames: int) -> TimeRange:
        return TimeRange(RationalTime(first, real), RationalTime(frames, real))

    track = otio.schema.Track(kind=otio.schema.TrackKind.Video)
    for file, first, frames, speed in shots:
        clip = otio.schema.Clip(
            name=file.stem,
            media_reference=otio.schema.ExternalReference(file.as_uri()),
            source_range=times(first, frames),
        )
        if speed != 1:
            clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=speed))
        track.append(clip)
    timeline = otio.schema.Timeline(name="Reel", tracks=[track])
    timeline.metadata["cuelock"] = {"rate": str(rate)}
    timeline.global_start_time = RationalTime(frame_of_label(start, rate), real)
    path = folder / "reel.otio"
    otio.adapters.write_to_file(timeline, str(path))
    return path


def movie(folder: Path, rate: Rate, name: str = "a.mp4", timecode: str | None = None) -> Path:
    return write_numbered(folder / name, 90, Movie(rate=rate.exact, timecode=timecode))


@pytest.mark.parametrize(
    ("rate", "start"),
    [
        ("23.976", "23:59:58:00"),
        ("25", "00:00:00:00"),
        ("29.97 DF", "23:59:58:00"),
        ("59.94", "01:00:00:00"),
    ],
)
def test_every_clip_of_a_timeline_has_stems_at_its_place(
    resident: Path, cuelock: Cuelock, tmp_path: Path, rate: str, start: str
) -> None:
    counted = Rate.parse(rate)
    file = movie(tmp_path, counted)
    timeline = reel(tmp_path, counted, start, (file, 30, 50, 1), (file, 5, 16, 0.5))
    ran = cuelock(
        "render-reel", str(timeline), *QUICK, "--handles", "2", "--place", "otio",
        "--place", "fcp7", "--place", "aaf", "--to", str(tmp_path / "out"), "--json",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    reply = msgspec.json.decode(ran.out, type=ReelReply)
    assert (reply.missing, reply.rate) == ((), str(counted))
    first = frame_of_label(start, counted)
    for clip, begin, frames in zip(reply.clips, (0, 50), (50, 16), strict=True):
        assert clip.take.range.range_in == label_of_frame(first + begin, counted)
        assert clip.take.range.frames == frames
        (stem,) = clip.take.stems
        day = sample_of_frame(counted.frames_per_day, counted, 48_000)
        reference = sample_of_frame(first + begin - 2, counted, 48_000) % day
        assert WavInfoReader(stem.path).bext.time_reference == reference
    # The retimed clip was looked at in a picture made for it, the other in its own file.
    assert [Path(clip.picture).parent.name for clip in reply.clips] == [tmp_path.name, "pictures"]
    placed = {Path(path).suffix: path for path in reply.placed}
    at = [sample_of_frame(frame, counted, 48_000) for frame in (0, 48)]
    assert starts_in_otio(placed[".otio"]) == at
    assert starts_in_aaf(placed[".aaf"]) == at
    assert starts_in_fcp7(placed[".xml"]) == [0, 48]
    assert (tmp_path / "out" / "reel_cuelock.json").is_file()


def starts_in_otio(path: str) -> list[int]:
    timeline = otio.adapters.read_from_file(path)
    clips = [clip for track in timeline.audio_tracks() for clip in track.find_clips()]
    return [int(clip.range_in_parent().start_time.rescaled_to(48_000).value) for clip in clips]


def starts_in_fcp7(path: str) -> list[int]:
    """In frames: the format has nothing finer."""
    timeline = otio.adapters.read_from_file(path, "fcp_xml")
    sounds = [clip for track in timeline.audio_tracks() for clip in track.find_clips()]
    return [int(clip.range_in_parent().start_time.value) for clip in sounds]


def starts_in_aaf(path: str) -> list[int]:
    starts: list[int] = []
    with aaf2.open(path, "r") as file:
        (composition,) = file.content.toplevel()
        for slot in composition.slots:
            if slot.media_kind == "Sound":
                found = slot.segment.positions()
                starts += [
                    at for _, at, part in found if isinstance(part, aaf2.components.SourceClip)
                ]
    return starts


def test_a_killed_reel_goes_on_and_makes_no_clip_twice(
    resident: Path, cuelock: Cuelock, tmp_path: Path
) -> None:
    rate = Rate.parse("25")
    files = [movie(tmp_path, rate, name) for name in ("a.mp4", "b.mp4")]
    # Six clips, in an order in which those of one file do not follow each other.
    shots = [(files[n % 2], 3 * n, 26, 1.0) for n in range(6)]
    timeline = reel(tmp_path, rate, "01:00:00:00", *shots)
    places = [word for form in ("otio", "fcp7", "aaf") for word in ("--place", form)]
    to = ["--to", str(tmp_path / "out"), "--json"]
    words = ["render-reel", str(timeline), *QUICK, *places, *to]
    before = {job.job for job in ask("job.list", Most(most=500), JobsReply).jobs}  # others' tests

    def done() -> list[str]:
        jobs = ask("job.list", Most(most=500), JobsReply).jobs
        return [job.job for job in jobs if job.job not in before and job.state == "done"]

    killed = subprocess.Popen(
        [sys.executable, "-m", "engine.cli", *words], stdout=subprocess.DEVNULL, env=os.environ
    )
    with connect() as engine:
        while len(done()) < 2:
            engine.next_event(0.5)
            assert killed.poll() is None, "it was faster than the look at it"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    made = set(done())
    ran = cuelock(*words)
    assert ran.status == 0, ran.err
    reply = msgspec.json.decode(ran.out, type=ReelReply)
    assert [clip.take.range.range_in for clip in reply.clips] == [
        label_of_frame(90_000 + 26 * n, rate) for n in range(6)
    ]
    assert len(done()) == 6
    assert made <= set(done())
    assert len({clip.take.take for clip in reply.clips}) == 6
    frames = [26 * n for n in range(6)]
    placed = {Path(path).suffix: path for path in reply.placed}
    assert starts_in_otio(placed[".otio"]) == [frame * 1920 for frame in frames]
    assert starts_in_aaf(placed[".aaf"]) == [frame * 1920 for frame in frames]
    assert starts_in_fcp7(placed[".xml"]) == frames
    # Once more: nothing is rendered, what was lost is delivered again.
    lost = Path(reply.clips[3].take.stems[0].path)
    lost.unlink()
    again = msgspec.json.decode(cuelock(*words).out, type=ReelReply)
    assert again == reply
    assert len(done()) == 6
    assert soundfile.info(str(lost)).frames == 26 * 1920


AnyBench = TypeVar("AnyBench", ArdourBench, ShotcutBench, Kdenlive24Bench)
#: Where labels drop within the reel: behind its 60th frame comes 00:01:00;02.
DROPS = Case("30000/1001 DF", "00:00:58:00")
SIX = [(20 * n, 20) for n in range(6)]


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reel of six clips of twenty frames; what is made of it lies beside it."""
    folder = tmp_path_factory.mktemp("six")
    file = movie(folder, DROPS.exact)
    return reel(folder, DROPS.exact, DROPS.start, *((file, 3 * n, 20, 1.0) for n in range(6)))


def bench_of(kind: type[AnyBench], folder: Path) -> AnyBench:
    """A project as long as the reel, with a clip of the user's."""
    silence = folder / "silence.wav"
    soundfile.write(silence, np.zeros(200_000), 48_000)
    return kind(folder, DROPS, movie(folder, DROPS.exact), silence)


def resource_of(item: Item) -> Path | None:
    return None if item.service is None else Path(text_of(item.service, "resource"))


def placed_into(project: Path, six: Path, cuelock: Cuelock) -> list[tuple[Path, SampleIndex]]:
    """Have the reel made and placed into a project, twice: stems, and the samples they begin at."""
    words = ["render-reel", str(six), *QUICK, "--into", str(project), "--to", str(six.parent)]
    ran = cuelock(*words, "--json")
    assert ran.status == 0, ran.err
    reply = msgspec.json.decode(ran.out, type=ReelReply)
    assert (reply.missing, reply.placed[-1]) == ((), str(project))
    once = project.read_bytes()
    assert msgspec.json.decode(cuelock(*words, "--json").out, type=ReelReply) == reply
    assert project.read_bytes() == once
    starts = [sample_of_frame(frame, DROPS.exact, 48_000) for frame, _ in SIX]
    return list(zip((Path(clip.take.stems[0].path) for clip in reply.clips), starts, strict=True))


@pytest.mark.skipif(shutil.which(EXPORT) is None, reason="Ardour is not installed")
def test_a_reel_stands_in_ardour_at_its_very_samples(
    resident: Path, cuelock: Cuelock, six: Path, tmp_path: Path
) -> None:
    bench = bench_of(ArdourBench, tmp_path)
    before = bench.users_own()
    stems = placed_into(bench.path, six, cuelock)
    assert bench.users_own() == before
    shown = [row.split("\t")[1:6] for row in looked(bench.folder) if "REGION\tcuelock" in row]
    assert shown == [
        ["cuelock 1", "wood is hit", str(start), str(soundfile.info(str(file)).frames), "0"]
        for file, start in stems
    ]


@pytest.mark.skipif(shutil.which("melt") is None, reason="MLT is not installed")
@pytest.mark.parametrize("kind", [ShotcutBench, Kdenlive24Bench])
def test_a_reel_stands_in_mlt_at_its_very_frames_and_is_heard_there(
    resident: Path, cuelock: Cuelock, six: Path, tmp_path: Path, kind: type[ShotcutBench]
) -> None:
    bench = bench_of(kind, tmp_path)
    before = bench.users_own()
    stems = placed_into(bench.path, six, cuelock)
    assert bench.users_own() == before
    document = Document(opened(bench.path))
    lists = [list(document.items(one)) for one in document.root.iter("playlist")]
    (ours,) = [items for items in lists if {resource_of(one) for one in items} == {*dict(stems)}]
    assert [(item.start, item.frames) for item in ours] == SIX
    # Its clips follow each other, and so the stems are one sound.
    sounds = [soundfile.read(file)[0] for file, _ in stems]
    assert [len(sound) for sound in sounds] == [32_032] * 6
    whole = Stem(path=str(tmp_path / "whole.wav"), take="", layer="", start=stems[0][1], samples=0)
    soundfile.write(whole.path, np.concatenate(sounds), 48_000, "PCM_24")
    assert heard_at(bench.exported(), whole, bench.drift(DROPS)) == whole.start


def test_a_project_that_cannot_take_a_reel_is_told_before_anything_is_made(
    cuelock: Cuelock, six: Path, tmp_path: Path
) -> None:
    slower = ShotcutBench(tmp_path, Case("25", "00:00:58:00"), tmp_path / "a.mp4", tmp_path)
    for project, code, told in (
        (tmp_path / "scene.prproj", "request.path", "no project that stems of a reel"),
        (tmp_path / "gone.ardour", "media.missing", "no file"),
        (slower.path, "request.rate", "scene.mlt runs at 25, the timeline at 30000/1001 DF"),
    ):
        ran = cuelock("render-reel", str(six), "--into", str(project), "--json")
        assert (ran.status, ran.json["error"]["code"]) == (2, code)
        assert told in ran.json["error"]["message"]


def test_a_reel_that_a_project_has_no_room_for_is_told_and_the_project_stays(
    resident: Path, cuelock: Cuelock, tmp_path: Path
) -> None:
    bench = bench_of(ShotcutBench, tmp_path)
    file = movie(tmp_path, DROPS.exact)
    timeline = reel(tmp_path, DROPS.exact, DROPS.start, (file, 10, 20, 1), (file, 40, 20, 1))
    before = bench.path.read_bytes()
    ran = cuelock(
        "render-reel", str(timeline), *QUICK, "--handles", "2", "--into", str(bench.path),
        "--to", str(tmp_path / "out"), "--json",
    )  # fmt: skip
    assert ran.status == 5, ran.err
    reply = msgspec.json.decode(ran.out, type=ReelReply)
    assert [Path(path).suffix for path in reply.placed] == [".otio"]
    first, other = reply.missing
    assert first.startswith("scene.mlt: a_wood-is-hit_00-00-58-00_")
    assert "begins before the timeline" in first
    assert "Another stem could not be placed" in other
    assert bench.path.read_bytes() == before


def test_what_is_missing_is_told_by_the_exit_status_too_and_the_rest_is_made(
    resident: Path, cuelock: Cuelock, tmp_path: Path
) -> None:
    rate = Rate.parse("25")
    file = movie(tmp_path, rate)
    timeline = reel(
        tmp_path, rate, "01:00:00:00",
        (tmp_path / "gone.mov", 0, 20, 1), (file, 10, 26, 1), (file, 80, 40, 1),
    )  # fmt: skip
    words = ["render-reel", str(timeline), *QUICK, "--to", str(tmp_path / "out")]
    ran = cuelock(*words, "--json")
    assert ran.status == 5, ran.err
    reply = msgspec.json.decode(ran.out, type=ReelReply)
    assert [clip.take.range.range_in for clip in reply.clips] == ["01:00:00:20"]
    gone, beyond = reply.missing
    assert "gone.mov" in gone
    assert beyond.startswith("01:00:01:21: ")
    assert Path(reply.placed[0]).is_file()
    # For people, and once what was missing is there: what is wrong no more is no longer said.
    spoken = cuelock(*words)
    assert (spoken.status, spoken.out) == (5, b"")
    assert "2 not done." in spoken.err
    movie(tmp_path, rate, "gone.mov")
    reel(tmp_path, rate, "01:00:00:00", (tmp_path / "gone.mov", 0, 20, 1), (file, 10, 26, 1))
    assert cuelock(*words).status == 0


def test_a_timeline_as_one_range_is_one_take(
    resident: Path, cuelock: Cuelock, tmp_path: Path
) -> None:
    rate = Rate.parse("25")
    file = movie(tmp_path, rate)
    timeline = reel(tmp_path, rate, "01:00:00:00", (file, 10, 15, 1), (file, 60, 15, 1))
    ran = cuelock(
        "render-reel", str(timeline), *QUICK, "--whole", "--to", str(tmp_path / "out"), "--json"
    )
    (clip,) = msgspec.json.decode(ran.out, type=ReelReply).clips
    assert (clip.take.range.range_in, clip.take.range.frames) == ("01:00:00:00", 30)


def test_a_movies_own_timecode_is_what_an_edl_counts_in(
    resident: Path, cuelock: Cuelock, tmp_path: Path
) -> None:
    movie(tmp_path, Rate.parse("25"), "a.mov", timecode="10:00:00:00")
    (tmp_path / "reel.edl").write_text(
        "TITLE: reel\nFCM: NON-DROP FRAME\n\n"
        "001  A        V     C        10:00:01:00 10:00:02:01 01:00:00:00 01:00:01:01\n"
        "* FROM CLIP NAME: a.mov\n"
    )
    words = ["render-reel", str(tmp_path / "reel.edl"), *QUICK, "--to", str(tmp_path / "out")]
    refused = cuelock(*words, "--json")
    assert (refused.status, refused.json["error"]["code"]) == (2, "request.rate")
    ran = cuelock(*words, "--rate", "25", "--place", "edl", "--json")
    assert ran.status == 0, ran.err
    reply = msgspec.json.decode(ran.out, type=ReelReply)
    assert (reply.clips[0].take.range.range_in, reply.clips[0].take.range.frames) == (
        "01:00:00:00",
        26,
    )
    assert Path(reply.placed[0]).name == "reel_cuelock.edl"


def test_an_unknown_format_is_refused_before_anything_is_made(
    cuelock: Cuelock, tmp_path: Path
) -> None:
    ran = cuelock("render-reel", str(tmp_path / "a.otio"), "--place", "avi", "--json")
    assert (ran.status, ran.json["error"]["code"]) == (2, "request.option")
