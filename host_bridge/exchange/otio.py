"""OpenTimelineIO: read, and written with every time as exact as it was.

Its times are floats with a rate, so they are counted in whole frames or samples. What it has no
word for (drop-frame, channels of a track, locks on older schemas) stands in metadata "cuelock".
"""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable, Optional

from host_bridge.exchange.cut import Cut, Lane, Medium, Shot, flattened, nearest
from host_bridge.exchange.files import address_of, name_of, read_bytes, unreadable, url_of, whole
from host_bridge.timecode import RATES, FrameIndex, Rate
from host_bridge.timeline import SAMPLE_RATE, Marker

if TYPE_CHECKING:
    import opentimelineio as otio

_NEAR = Fraction(1, 2000)
_OURS = "cuelock"
#: Speeds are floats there; the exact one is the nearest of few digits.
_DENOMINATOR = 1000


# --- read


def read(path: Path, rate: Optional[Rate]) -> Cut:
    """A timeline at a rate; None: its own. Transitions are cuts, nests are followed.

    Raises CuelockError request.path, request.rate.
    """
    import opentimelineio as otio

    timeline = _timeline(path)
    try:
        counted = rate or _rate(timeline)
        return Cut(
            name=timeline.name or path.stem,
            rate=counted,
            first=_first(timeline.global_start_time, counted),
            pictures=tuple(_lane(track) for track in timeline.video_tracks() if track.enabled),
            sounds=tuple(_lane(track) for track in timeline.audio_tracks()),
            markers=tuple(_marker(marker, counted) for marker in timeline.tracks.markers),
        )
    # A rate of 0 or a time that is no number is read without complaint.
    except (otio.exceptions.OTIOError, ValueError, ArithmeticError) as error:
        raise unreadable(path, str(error)) from error


def _timeline(path: Path) -> otio.schema.Timeline:
    import opentimelineio as otio

    try:
        read = otio.core.deserialize_json_from_string(read_bytes(path).decode("utf-8-sig"))
    # A key the schema needs and the file lacks is told as a KeyError.
    except (otio.exceptions.OTIOError, ValueError, KeyError) as error:
        raise unreadable(path, str(error)) from error
    if not isinstance(read, otio.schema.Timeline):
        raise unreadable(path, "it holds no single timeline")
    return read


def _rate(timeline: otio.schema.Timeline) -> Rate:
    """What we wrote, else that of the start, else that of the first clip."""
    told = _told(timeline).get("rate")
    if isinstance(told, str):
        return Rate.parse(told)
    times = [timeline.global_start_time] if timeline.global_start_time else []
    times += [clip.trimmed_range().duration for clip in timeline.find_clips()]
    return Rate.of(_exact(times[0])) if times else Rate(24)


def _first(start: Optional[otio.opentime.RationalTime], rate: Rate) -> int:
    """The frame of a timeline's start: a label, though some write 23.976 as 24 there."""
    if start is None:
        return 0
    nominal = math.ceil(_exact(start)) == rate.nominal
    return nearest(Fraction(start.value) if nominal else _seconds(start) * rate.exact)


def _lane(track: otio.schema.Track) -> Lane:
    told = _told(track)
    return Lane(
        name=track.name,
        shots=tuple(_shown(track)),
        locked=told.get("locked") is True,
        channels=2 if told.get("channels") == 2 else 1,
    )


def _shown(item: otio.core.Item) -> list[Shot]:
    """What an item shows, counted from its own first moment; gaps and generators show nothing."""
    import opentimelineio as otio

    if not item.enabled:
        return []
    trimmed = item.trimmed_range()
    start, length = _seconds(trimmed.start_time), _seconds(trimmed.duration)
    speed = _speed(item)
    if isinstance(item, otio.schema.Clip):
        medium = _medium(item)
        shot = Shot(medium, Fraction(0), length, start, speed, item.name)
        return [shot] if medium.address and length > 0 else []
    if isinstance(item, otio.schema.Track):
        inside = _in_track(item)
    elif isinstance(item, otio.schema.Stack):
        inside = list(flattened(_nested(item)))
    else:
        return []
    moved = [shot.moved(-start).at_speed(speed) for shot in inside]
    cut = [shot.within(Fraction(0), length) for shot in moved]
    return [shot for shot in cut if shot.start < shot.stop]


def _in_track(track: otio.schema.Track) -> list[Shot]:
    """What a track shows, counted from the first moment of its first child."""
    import opentimelineio as otio

    at = Fraction(0)
    shown: list[Shot] = []
    for child in track:
        if isinstance(child, otio.core.Item):  # a transition is none: it is a cut
            shown += [shot.moved(at) for shot in _shown(child)]
            at += _seconds(child.trimmed_range().duration)
    return shown


def _nested(stack: otio.schema.Stack) -> Iterable[Lane]:
    """The tracks of picture in a nest, or what else lies in it."""
    import opentimelineio as otio

    for child in stack:
        sound = isinstance(child, otio.schema.Track) and child.kind != otio.schema.TrackKind.Video
        if isinstance(child, otio.core.Item) and not sound:
            yield Lane(child.name, tuple(_shown(child)))


def _speed(item: otio.core.Item) -> Optional[Fraction]:
    import opentimelineio as otio

    speed = Fraction(1)
    for effect in item.effects:
        if isinstance(effect, otio.schema.LinearTimeWarp):
            speed *= Fraction(effect.time_scalar).limit_denominator(_DENOMINATOR)
        elif isinstance(effect, otio.schema.TimeEffect):
            return None
    return speed


def _medium(clip: otio.schema.Clip) -> Medium:
    """What tells a clip's media from others; no address where nothing does."""
    import opentimelineio as otio

    reference = clip.media_reference
    if isinstance(reference, otio.schema.GeneratorReference):
        return Medium("")
    if not isinstance(reference, otio.schema.ExternalReference) or not reference.target_url:
        return Medium(clip.name)
    address, known = address_of(reference.target_url), reference.available_range
    channels = 2 if _told(reference).get("channels") == 2 else 1
    if known is None:
        return Medium(address, channels=channels)
    rate = _exact(known.start_time)
    return Medium(
        address,
        rate=rate if rate in RATES else None,  # sounds are counted in samples
        origin=_seconds(known.start_time),
        length=_seconds(known.duration),
        channels=channels,
    )


def _marker(marker: otio.schema.Marker, rate: Rate) -> Marker:
    key = _told(marker).get("key")
    frame = nearest(_seconds(marker.marked_range.start_time) * rate.exact)
    return Marker(frame=FrameIndex(frame), name=marker.name, key=key if key else marker.name)


def _told(thing: otio.core.SerializableObjectWithMetadata) -> dict[str, Any]:
    told: Any = thing.metadata.get(_OURS)
    return dict(told) if hasattr(told, "items") else {}


def _seconds(time: otio.opentime.RationalTime) -> Fraction:
    return Fraction(time.value) / _exact(time)


def _exact(time: otio.opentime.RationalTime) -> Fraction:
    """The rate of a time, which OTIO keeps as a float, as a fraction."""
    rate = Fraction(time.rate)
    near = min(RATES, key=lambda exact: abs(exact - rate))
    return near if abs(near - rate) < _NEAR * near else rate


# --- written


def write(cut: Cut, path: Path) -> None:
    """Picture in frames of the timeline's rate, sound in samples at 48 kHz."""
    import opentimelineio as otio

    timeline = otio.schema.Timeline(name=cut.name, metadata={_OURS: {"rate": str(cut.rate)}})
    timeline.global_start_time = _time(cut.seconds(cut.first), cut.rate.exact)
    for lane in cut.pictures:
        timeline.tracks.append(_track(lane, cut.rate.exact, otio.schema.TrackKind.Video))
    for lane in cut.sounds:
        timeline.tracks.append(_track(lane, Fraction(SAMPLE_RATE), otio.schema.TrackKind.Audio))
    for marker in cut.markers:
        at = _range(cut.seconds(marker.frame), 1 / cut.rate.exact, cut.rate.exact)
        told = {_OURS: {"key": marker.key}}
        timeline.tracks.markers.append(otio.schema.Marker(marker.name, at, metadata=told))
    with whole(path) as part:
        part.write_text(otio.adapters.write_to_string(timeline, "otio_json"), encoding="utf-8")


def _track(lane: Lane, rate: Fraction, kind: str) -> otio.schema.Track:
    import opentimelineio as otio

    told = {"channels": lane.channels, "locked": lane.locked}
    track = otio.schema.Track(name=lane.name, kind=kind, metadata={_OURS: told})
    at = Fraction(0)
    for shot in lane.shots:
        if nearest(shot.start * rate) > nearest(at * rate):
            track.append(
                otio.schema.Gap(source_range=_range(Fraction(0), shot.start - at, rate, at))
            )
        track.append(_clip(shot, rate))
        at = shot.stop
    return track


def _clip(shot: Shot, rate: Fraction) -> otio.schema.Clip:
    import opentimelineio as otio

    medium, speed = shot.medium, shot.speed
    reference = otio.schema.ExternalReference(url_of(medium.address))
    reference.metadata[_OURS] = {"channels": medium.channels}
    if medium.origin is not None and medium.length is not None:
        reference.available_range = _range(medium.origin, medium.length, medium.rate or rate)
    shown = _range(Fraction(0), shot.stop - shot.start, rate, shot.start)
    source = otio.opentime.TimeRange(_time(shot.source, medium.rate or rate), shown.duration)
    clip = otio.schema.Clip(shot.name or name_of(medium.address), reference, source)
    if speed == 0:
        clip.effects.append(otio.schema.FreezeFrame())
    elif speed is not None and speed != 1:
        clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(speed)))
    return clip


def _time(seconds: Fraction, rate: Fraction) -> otio.opentime.RationalTime:
    import opentimelineio as otio

    return otio.opentime.RationalTime(nearest(seconds * rate), float(rate))


def _range(
    start: Fraction, length: Fraction, rate: Fraction, at: Fraction = Fraction(0)
) -> otio.opentime.TimeRange:
    """A range; its length is counted between whole steps of the rate, from `at` on."""
    import opentimelineio as otio

    steps = nearest((at + length) * rate) - nearest(at * rate)
    return otio.opentime.TimeRange(
        _time(start, rate), otio.opentime.RationalTime(steps, float(rate))
    )
