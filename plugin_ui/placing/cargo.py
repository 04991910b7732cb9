"""What is to be placed, and where: the same plan before and after the stems have moved."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from host_bridge.errors import CuelockError
from host_bridge.placing import on_timeline, place, plan, shown_at, together
from host_bridge.timecode import SampleIndex, frame_of_sample, label_of_frame, sample_of_frame
from host_bridge.timeline import SAMPLE_RATE, MarkedRange, Placement, Stem
from plugin_ui.lanes.timeline import Timeline
from plugin_ui.placing.doors import Door
from plugin_ui.sounding import Opened, Sounding


class Cargo(NamedTuple):
    """A clip's stems, as they are heard."""

    clip: str
    timeline: Timeline
    stems: tuple[Sounding, ...]

    @classmethod
    def of(cls, here: Opened, sounding: Sequence[Sounding]) -> Cargo:
        return cls(str(here.clip.path), here.timeline, tuple(sounding))


class Plan(NamedTuple):
    """What would happen, or has happened.

    tracks: names of those that are there; shown: whether the timeline shows the clip, so that stems
    stand under it; else they stand by their timecode. folder: where the files go.
    """

    placements: tuple[Placement, ...]
    tracks: tuple[str, ...]
    seen: MarkedRange
    shown: bool
    folder: Path

    def label(self, placement: Placement) -> str:
        """Where a stem begins, as the timeline counts."""
        rate = self.seen.exact_rate
        frame = frame_of_sample(placement.stem.start, rate, SAMPLE_RATE)
        return label_of_frame(self.seen.first + frame, rate)


def planned(door: Door, path: Path, cargo: Cargo, onto: str | None) -> Plan:
    """Look at a host and say where each stem would go; nothing is moved, nothing written.

    Raises CuelockError host.*, media.missing, request.rate.
    """
    with door.enter(path) as reached:
        stems, shown = _stems(reached.seen, cargo)
        tracks = reached.host.tracks()
        plan_ = together(plan(tracks, stems, onto))
        names = tuple(track.name for track in tracks)
        return Plan(plan_, names, reached.seen, shown, _folder(cargo))


def placed(door: Door, path: Path, cargo: Cargo, onto: str | None) -> Plan:
    """Bring the files where the project finds them again, and place them as one step.

    Raises CuelockError as planned, and disk.readonly; then nothing has moved.
    """
    with door.enter(path) as reached:
        stems, shown = _stems(reached.seen, cargo)
        for stem, one in zip(stems, cargo.stems, strict=True):
            _bring(Path(one.stem.path), Path(stem.path))
        done = place(reached.host, stems, onto)
        names = tuple(track.name for track in reached.host.tracks())
        return Plan(done, names, reached.seen, shown, _folder(cargo))


def _folder(cargo: Cargo) -> Path:
    """Beside the picture, as every bridge has it."""
    return Path(cargo.clip).parent / "cuelock"


def _stems(seen: MarkedRange, cargo: Cargo) -> tuple[tuple[Stem, ...], bool]:
    """The stems on the host's timeline, and whether they stand under their clip."""
    timeline = cargo.timeline
    seconds = [Fraction(one.start) / timeline.rate.exact for one in cargo.stems]
    ends = [
        begin + Fraction(one.stem.samples, SAMPLE_RATE)
        for begin, one in zip(seconds, cargo.stems, strict=True)
    ]
    at = shown_at(seen, cargo.clip, min(seconds), max(ends))
    starts = (
        [round((at + begin) * SAMPLE_RATE) for begin in seconds]
        if at is not None
        else [_by_timecode(one, timeline, seen) for one in cargo.stems]
    )
    stems = tuple(
        Stem(
            path=str(_folder(cargo) / Path(one.stem.path).name), take=one.take,
            layer=one.layer.name, start=SampleIndex(start),
            samples=one.stem.samples, channels=one.stem.channels,
        )
        for one, start in zip(cargo.stems, starts, strict=True)
    )  # fmt: skip
    gone = [one.stem.path for one in cargo.stems if not Path(one.stem.path).is_file()]
    if gone:
        raise CuelockError(
            "media.missing",
            f"The stem {gone[0]} is not there.",
            hint="It is fetched from the history now: look again in a moment.",
        )
    return stems, at is not None


def _by_timecode(one: Sounding, timeline: Timeline, seen: MarkedRange) -> int:
    if timeline.rate != seen.exact_rate:
        raise CuelockError(
            "request.rate",
            f"The clip counts {timeline.rate} and is not on the timeline, which counts "
            f"{seen.exact_rate}.",
            hint="Put the clip on the timeline: the stems then go under it.",
        )
    frame = on_timeline(timeline.label(one.start), seen)
    return sample_of_frame(frame, seen.exact_rate, SAMPLE_RATE)


def _bring(path: Path, to: Path) -> None:
    """Raises CuelockError disk.readonly."""
    part = to.with_name(f"{to.name}.part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        if not to.exists() or not to.samefile(path):
            shutil.copyfile(path, part)
            part.replace(to)
    except OSError as error:
        raise CuelockError(
            "disk.readonly",
            f"The stems cannot be put into {to.parent}: {error.strerror}.",
            hint="Look at the folder's rights and at the space on the disk.",
        ) from error
