"""A reel is rendered clip by clip by the real engine, placed back, killed half way and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import aaf2
import msgspec
import opentimelineio as otio
import pytest
import soundfile
from command_runs import Cuelock
from media_factory import Movie, write_numbered
from opentimelineio.opentime import RationalTime, TimeRange
from wavinfo import WavInfoReader

from host_bridge.client import ask, connect
from host_bridge.protocol import JobsReply, Most, ReelReply
from host_bridge.timecode import Rate, frame_of_label, label_of_frame, sample_of_frame

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
    fcp7 = otio.adapters.read_from_file(placed[".xml"], "fcp_xml")
    sounds = [clip for track in fcp7.audio_tracks() for clip in track.find_clips()]
    assert [clip.range_in_parent().start_time.value for clip in sounds] == [0, 48]
    assert (tmp_path / "out" / "reel_cuelock.json").is_file()


def starts_in_otio(path: str) -> list[int]:
    timeline = otio.adapters.read_from_file(path)
    clips = [clip for track in timeline.audio_tracks() for clip in track.find_clips()]
    return [int(clip.range_in_parent().start_time.rescaled_to(48_000).value) for clip in clips]


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
    # Twelve clips, in an order in which those of one file do not follow each other.
    shots = [(files[n % 2], 3 * n, 26, 1.0) for n in range(12)]
    timeline = reel(tmp_path, rate, "01:00:00:00", *shots)
    words = ["render-reel", str(timeline), *QUICK, "--to", str(tmp_path / "out"), "--json"]
    before = {job.job for job in ask("job.list", Most(most=500), JobsReply).jobs}  # others' tests

    def done() -> list[str]:
        jobs = ask("job.list", Most(most=500), JobsReply).jobs
        return [job.job for job in jobs if job.job not in before and job.state == "done"]

    killed = subprocess.Popen(
        [sys.executable, "-m", "engine.cli", *words], stdout=subprocess.DEVNULL, env=os.environ
    )
    with connect() as engine:
        while len(done()) < 4:
            engine.next_event(0.5)
            assert killed.poll() is None, "it was faster than the look at it"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    made = set(done())
    ran = cuelock(*words)
    assert ran.status == 0, ran.err
    reply = msgspec.json.decode(ran.out, type=ReelReply)
    assert [clip.take.range.range_in for clip in reply.clips] == [
        label_of_frame(90_000 + 26 * n, rate) for n in range(12)
    ]
    assert len(done()) == 12
    assert made <= set(done())
    assert len({clip.take.take for clip in reply.clips}) == 12
    # Once more: nothing is rendered, what was lost is delivered again.
    lost = Path(reply.clips[3].take.stems[0].path)
    lost.unlink()
    again = msgspec.json.decode(cuelock(*words).out, type=ReelReply)
    assert again == reply
    assert len(done()) == 12
    assert soundfile.info(str(lost)).frames == 26 * 1920


def test_what_is_missing_is_told_and_the_rest_is_made(
    resident: Path, cuelock: Cuelock, tmp_path: Path
) -> None:
    rate = Rate.parse("25")
    file = movie(tmp_path, rate)
    timeline = reel(
        tmp_path, rate, "01:00:00:00",
        (tmp_path / "gone.mov", 0, 20, 1), (file, 10, 26, 1), (file, 80, 40, 1),
    )  # fmt: skip
    ran = cuelock("render-reel", str(timeline), *QUICK, "--to", str(tmp_path / "out"), "--json")
    assert ran.status == 0, ran.err
    reply = msgspec.json.decode(ran.out, type=ReelReply)
    assert [clip.take.range.range_in for clip in reply.clips] == ["01:00:00:20"]
    gone, beyond = reply.missing
    assert "gone.mov" in gone
    assert beyond.startswith("01:00:01:21: ")


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
