"""Stems onto a timeline: planned first, put there as one step, read back.

All or nothing: a stem that cannot be placed keeps the others from being placed, and says why.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import Optional, Sequence

from msgspec.structs import replace

from host_bridge.errors import CuelockError
from host_bridge.protocol import RenderReply, SpotReply
from host_bridge.timecode import FrameIndex, SampleIndex, sample_of_frame, time_reference
from host_bridge.timeline import SAMPLE_RATE, Host, MarkedRange, Marker, Placement, Stem, Track

#: Tracks that cuelock adds begin with this; those of other names are the user's own.
OURS = "cuelock"
_STEM_NAME = re.compile(r".+_\d\d-\d\d-\d\d-\d{2,3}_(?P<take>[0-9a-f]{10})\.wav", re.IGNORECASE)


def take_of(path: str) -> Optional[str]:
    """The take a stem's file belongs to, by its name; None for any other file.

    >>> take_of("/out/scene-4.mov_rain_01-00-02-00_8c1f00d2aa.wav")
    '8c1f00d2aa'
    """
    found = _STEM_NAME.fullmatch(PurePath(path.replace("\\", "/")).name)
    return found.group("take") if found else None


def takes_under(marked: MarkedRange, tracks: Sequence[Track]) -> tuple[str, ...]:
    """Takes of the stems that sound within the marks, by how much of the range each covers.

    What "regenerate what is under my marks" asks for: the first is meant.
    """
    rate = marked.exact_rate
    begin, end = (sample_of_frame(f, rate, SAMPLE_RATE) for f in (marked.start, marked.stop))
    covered: dict[str, int] = {}
    for clip in (clip for track in tracks for clip in track.clips if clip.take):
        common = min(end, clip.stop) - max(begin, clip.start)
        if common > 0:
            covered[str(clip.take)] = covered.get(str(clip.take), 0) + common
    return tuple(sorted(covered, key=lambda take: -covered[take]))


def stems_of(reply: RenderReply, marked: MarkedRange, variation: int = 0) -> tuple[Stem, ...]:
    """A take's stems where they belong on the timeline whose range it was made for."""
    rate = marked.exact_rate
    first = time_reference(marked.first, rate, SAMPLE_RATE)
    day = sample_of_frame(rate.frames_per_day, rate, SAMPLE_RATE)
    return tuple(
        Stem(
            path=stem.path,
            take=reply.take,
            layer=stem.layer,
            # A timeline may pass midnight; handles may begin before its first frame.
            start=SampleIndex((stem.time_reference - first + day // 2) % day - day // 2),
            samples=stem.samples,
            channels=stem.channels,
        )
        for stem in reply.stems
        if stem.variation == variation
    )


def markers_of(reply: SpotReply, marked: MarkedRange) -> tuple[Marker, ...]:
    """Spotted events of the marked picture as markers of its timeline."""
    return tuple(
        Marker(
            frame=FrameIndex(marked.start + event.frame),
            name=f"{event.confidence:.0%}",
            key=f"{OURS}:{event.timecode}",
        )
        for event in reply.events
    )


def plan(
    tracks: Sequence[Track], stems: Sequence[Stem], onto: Optional[str] = None
) -> tuple[Placement, ...]:
    """What would happen to each stem; nothing is moved.

    A stem that stands where it belongs is "there". Else it goes to the first unlocked track of
    ours that has its channels and room, or to a new one; onto names a track of the user's that
    it must go to instead.
    """
    taken = [[(clip.start, clip.stop) for clip in track.clips] for track in tracks]
    known = list(tracks)
    made: list[Placement] = []
    for stem in stems:
        placement = _found(stem, tracks) or _placed(stem, known, taken, onto)
        if placement.state == "place":
            if placement.track == len(known):
                known.append(
                    Track(name=placement.track_name, channels=stem.channels, locked=False, clips=())
                )
                taken.append([])
            taken[placement.track].append((stem.start, SampleIndex(stem.start + stem.samples)))
        made.append(placement)
    return tuple(made)


def place(host: Host, stems: Sequence[Stem], onto: Optional[str] = None) -> tuple[Placement, ...]:
    """Plan, place as one step of undo, and read back what the host then shows.

    Returns each stem as "there", "placed" or "refused" with its reason; when one is refused by
    the plan, none is placed. Raises CuelockError media.missing before anything has moved.
    """
    for stem in stems:
        if not Path(stem.path).is_file():
            raise CuelockError(
                "media.missing",
                f"The stem {stem.path} is not there.",
                hint="Have it delivered again with `cuelock takes get`.",
            )
    planned = plan(host.tracks(), stems, onto)
    if any(one.state == "refused" for one in planned):
        return tuple(
            replace(one, state="refused", reason="Another stem could not be placed.")
            if one.state == "place"
            else one
            for one in planned
        )
    if any(one.state == "place" for one in planned):
        host.place(planned)
    shown = host.tracks()
    return tuple(_read_back(one, shown) if one.state == "place" else one for one in planned)


def _found(stem: Stem, tracks: Sequence[Track]) -> Optional[Placement]:
    """Where the stem stands already: its file, at its place."""
    for number, track in enumerate(tracks):
        for clip in track.clips:
            if clip.start == stem.start and PurePath(clip.path).name == PurePath(stem.path).name:
                return Placement(stem=stem, state="there", track=number, track_name=track.name)
    return None


def _placed(
    stem: Stem,
    tracks: Sequence[Track],
    taken: Sequence[Sequence[tuple[SampleIndex, SampleIndex]]],
    onto: Optional[str],
) -> Placement:
    def free(number: int) -> bool:
        end = stem.start + stem.samples
        return all(stop <= stem.start or end <= start for start, stop in taken[number])

    if onto is not None:
        return _onto(stem, tracks, free_at=[free(n) for n in range(len(tracks))], name=onto)
    if stem.start < 0:
        return Placement(
            stem=stem, state="refused", track=-1, track_name="",
            reason="It begins before the timeline does: mark a later in, or ask for no handles.",
        )  # fmt: skip
    for number, track in enumerate(tracks):
        ours = track.name.startswith(OURS) and not track.locked
        if ours and track.channels == stem.channels and free(number):
            return Placement(stem=stem, state="place", track=number, track_name=track.name)
    names = {track.name for track in tracks}
    name = next(name for n in range(1, len(tracks) + 2) if (name := f"{OURS} {n}") not in names)
    return Placement(stem=stem, state="place", track=len(tracks), track_name=name)


def _onto(stem: Stem, tracks: Sequence[Track], free_at: Sequence[bool], name: str) -> Placement:
    number = next((n for n, track in enumerate(tracks) if track.name == name), None)
    if number is None:
        return Placement(
            stem=stem, state="refused", track=-1, track_name=name,
            reason=f"There is no audio track named {name}.",
        )  # fmt: skip
    track, reason = tracks[number], ""
    if track.locked:
        reason = f"The track {name} is locked."
    elif track.channels != stem.channels:
        reason = f"The track {name} takes {track.channels} channels, the stem has {stem.channels}."
    elif not free_at[number]:
        reason = f"Something stands on the track {name} where the stem belongs."
    state = "refused" if reason else "place"
    return Placement(stem=stem, state=state, track=number, track_name=name, reason=reason)


def _read_back(planned: Placement, shown: Sequence[Track]) -> Placement:
    found = _found(planned.stem, shown)
    if found is None:
        return replace(
            planned, state="refused", reason="The host took the stem and does not show it."
        )
    return replace(found, state="placed")
