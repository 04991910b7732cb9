"""Stems onto a timeline: planned first, put there as one step, read back.

All or nothing: a stem that cannot be placed keeps the others from being placed, and says why.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Optional, Sequence

from msgspec.structs import replace

from host_bridge.errors import CuelockError
from host_bridge.protocol import RangeReport, RenderReply, SpotReply
from host_bridge.timecode import (
    FrameIndex,
    Rate,
    SampleIndex,
    frame_of_label,
    sample_of_frame,
)
from host_bridge.timeline import (
    SAMPLE_RATE,
    Host,
    MarkedRange,
    Marker,
    PlacedClip,
    Placement,
    Stem,
    Track,
)

#: Tracks that cuelock adds begin with this, where a host lets them be named.
OURS = "cuelock"
_STEM_NAME = re.compile(r".+_\d\d-\d\d-\d\d-\d{2,3}_(?P<take>[0-9a-f]{10})\.wav", re.IGNORECASE)


def take_of(path: str) -> Optional[str]:
    """The take a stem's file belongs to, by its name; None for any other file.

    >>> take_of("/out/scene-4.mov_rain_01-00-02-00_8c1f00d2aa.wav")
    '8c1f00d2aa'
    """
    found = _STEM_NAME.fullmatch(PurePath(path.replace("\\", "/")).name)
    return found.group("take") if found else None


def known_take(clip: PlacedClip) -> Optional[str]:
    """The take a clip shows a stem of: as its host keeps it, else by the name of file or clip."""
    return clip.take or take_of(clip.path) or take_of(clip.name)


def takes_under(marked: MarkedRange, tracks: Sequence[Track]) -> tuple[str, ...]:
    """Takes of the stems that sound within the marks, by how much of the range each covers.

    What "regenerate what is under my marks" asks for: the first is meant.
    """
    rate = marked.exact_rate
    begin, end = (sample_of_frame(f, rate, SAMPLE_RATE) for f in (marked.start, marked.stop))
    covered: dict[str, int] = {}
    for clip in (clip for track in tracks for clip in track.clips):
        take, common = known_take(clip), min(end, clip.stop) - max(begin, clip.start)
        if take is not None and common > 0:
            covered[take] = covered.get(take, 0) + common
    return tuple(sorted(covered, key=lambda take: -covered[take]))


def stems_of(reply: RenderReply, marked: MarkedRange, variation: int = 0) -> tuple[Stem, ...]:
    """A take's stems where they belong on the timeline whose labels it bears.

    Raises CuelockError request.rate for a take that counts otherwise than the timeline does.
    """
    rate = common_rate(reply.range, marked)
    return tuple(
        Stem(
            path=stem.path,
            take=reply.take,
            layer=stem.layer,
            start=sample_of_frame(on_timeline(stem.start_timecode, marked), rate, SAMPLE_RATE),
            samples=stem.samples,
            channels=stem.channels,
        )
        for stem in reply.stems
        if stem.variation == variation
    )


def common_rate(span: RangeReport, marked: MarkedRange) -> Rate:
    """The rate of a take's range and of the timeline. Raises CuelockError request.rate."""
    # A take's labels are written with a semicolon where they drop.
    rate = Rate.parse(f"{span.rate} DF" if ";" in span.range_in else span.rate)
    if rate != marked.exact_rate:
        raise CuelockError(
            "request.rate",
            f"The take was made at {rate}, the timeline runs at {marked.exact_rate}.",
            hint="Render it anew for this timeline.",
        )
    return rate


def on_timeline(label: str, marked: MarkedRange) -> FrameIndex:
    """The frame with this label that is nearest to the marks.

    A timeline may pass midnight, and handles may begin before its first frame.
    """
    rate, half = marked.exact_rate, marked.exact_rate.frames_per_day // 2
    from_in = frame_of_label(label, rate) - marked.first - marked.start
    return FrameIndex(marked.start + (from_in + half) % rate.frames_per_day - half)


def shown_at(marked: MarkedRange, clip: str, start: Fraction, stop: Fraction) -> Optional[Fraction]:
    """Where a clip's first picture stands on a timeline, in seconds from the timeline's first.

    By the piece that shows most of the clip's seconds [start, stop) at its own speed; None where
    none shows any of them. Where only a later part of the clip is shown, it may be negative.
    """
    best, most, exact = None, Fraction(0), marked.exact_rate.exact
    for piece in marked.pieces:
        if Fraction(piece.speed) != 1 or not _same_file(piece.path, clip):
            continue
        media, at = piece.media_start / Rate.parse(piece.media_rate).exact, piece.start / exact
        common = min(stop, media + (piece.stop - piece.start) / exact) - max(start, media)
        if common > most:
            best, most = at - media, common
    return best


def _same_file(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:  # offline: by its path
        return PurePath(one) == PurePath(other)


def markers_of(reply: SpotReply, marked: MarkedRange) -> tuple[Marker, ...]:
    """Spotted events as markers of the timeline whose labels the picture was given."""
    return tuple(
        Marker(
            frame=on_timeline(event.timecode, marked),
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
    it must go to instead. Ours is a track that holds nothing but stems, or bears our name and
    holds nothing.
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


def agreed(
    tracks: Sequence[Track], stems: Sequence[Stem], onto: Optional[str] = None
) -> tuple[Placement, ...]:
    """The plan that a host may follow: all of it or, when one stem is refused, none.

    Raises CuelockError media.missing for a stem whose file is gone.
    """
    for stem in stems:
        if not Path(stem.path).is_file():
            raise CuelockError(
                "media.missing",
                f"The stem {stem.path} is not there.",
                hint="Have it delivered again with `cuelock takes get`.",
            )
    return together(plan(tracks, stems, onto))


def together(planned: tuple[Placement, ...]) -> tuple[Placement, ...]:
    """A plan, or what is left of it when one stem is refused: nothing is placed then."""
    if all(one.state != "refused" for one in planned):
        return planned
    return tuple(
        replace(one, state="refused", reason="Another stem could not be placed.")
        if one.state == "place"
        else one
        for one in planned
    )


def read_back(planned: Sequence[Placement], shown: Sequence[Track]) -> tuple[Placement, ...]:
    """What has become of a plan, by what the host shows now: "there", "placed" or "refused"."""
    return tuple(_shown(one, shown) if one.state == "place" else one for one in planned)


def place(host: Host, stems: Sequence[Stem], onto: Optional[str] = None) -> tuple[Placement, ...]:
    """Plan, place as one step of undo, and read back what the host then shows.

    Returns each stem as "there", "placed" or "refused" with its reason; when one is refused by
    the plan, none is placed. Raises CuelockError media.missing before anything has moved.
    """
    planned = agreed(host.tracks(), stems, onto)
    if any(one.state == "place" for one in planned):
        host.place(planned)
    return read_back(planned, host.tracks())


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
        usable = _is_ours(track) and not track.locked
        if usable and track.channels in (None, stem.channels) and free(number):
            return Placement(stem=stem, state="place", track=number, track_name=track.name)
    names = {track.name for track in tracks}
    name = next(name for n in range(1, len(tracks) + 2) if (name := f"{OURS} {n}") not in names)
    return Placement(stem=stem, state="place", track=len(tracks), track_name=name)


def _is_ours(track: Track) -> bool:
    """A name alone says little: an artist may call a track of theirs so."""
    if not track.clips:
        return track.name.startswith(OURS)
    return all(known_take(clip) for clip in track.clips)


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
    elif track.channels not in (None, stem.channels):
        reason = f"The track {name} takes {track.channels} channels, the stem has {stem.channels}."
    elif not free_at[number]:
        reason = f"Something stands on the track {name} where the stem belongs."
    state = "refused" if reason else "place"
    return Placement(stem=stem, state=state, track=number, track_name=name, reason=reason)


def _shown(planned: Placement, shown: Sequence[Track]) -> Placement:
    found = _found(planned.stem, shown)
    if found is None:
        return replace(
            planned,
            state="refused",
            reason="The host took the stem and does not show it: look whether its track is locked.",
        )
    return replace(found, state="placed")
