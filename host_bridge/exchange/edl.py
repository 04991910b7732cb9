"""CMX3600 edit decision lists: read, and written with sound.

What the format holds: one track of picture, four channels of sound, whole frames, labels. A clip's
file is told in a comment (SOURCE FILE), its name in another; sound is placed on the nearest frame
and the time reference in the file itself stays the exact truth. A stereo stem fills two channels.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from host_bridge.errors import CuelockError
from host_bridge.exchange.cut import Cut, Lane, Medium, Shot, nearest, rows, simplest
from host_bridge.exchange.files import (
    bad_line,
    name_of,
    no_length,
    overlap,
    read_bytes,
    unreadable,
    whole,
)
from host_bridge.timecode import FrameIndex, Rate, frame_of_label, label_of_frame
from host_bridge.timeline import Marker

CHANNELS = 4
_CLIP_NAME = re.compile(r"\*\s*(FROM|TO) CLIP NAME:\s*(.*\S)", re.IGNORECASE)
_SOURCE_FILE = re.compile(r"\*\s*(?:SOURCE FILE|MEDIA FILE):\s*(.*\S)", re.IGNORECASE)
_LOCATOR = re.compile(r"\*\s*LOC:\s*(\S+)\s+\S+\s*(.*)", re.IGNORECASE)
_KEY = re.compile(r"(.*?)\s*\[([^][]+)\]$")
# V, V1, AA/V and B (both) are the first track of picture; V2 lies over it, as keys (K) do.
_PICTURE = re.compile(r"(?:^|/)V(\d*)$|^B$")
_SOUND = re.compile(r"A(\d*)(?:/|$)")
_BOTH = ("AA", "AA/V")
_EVENTS = 999
# Speeds in an M2 line have one decimal, at least: 29.97 is written 029.9 or 030.0.
_SPEED_STEP = Fraction(1, 10)


class _Event(NamedTuple):
    """An event line: frames [start, stop) of the timeline, from where in which source.

    picture: number of the track of picture, None for none; sounds: channels of sound.
    blends: a dissolve or wipe into the source, not a cut.
    """

    line: int
    number: str
    reel: str
    blends: bool
    picture: Optional[int]
    sounds: tuple[int, ...]
    source: int
    source_stop: int
    start: int
    stop: int
    name: str = ""
    file: str = ""
    speed: Optional[Fraction] = None  # frames a second, as M2 says it


# --- read


def read(path: Path, rate: Optional[Rate]) -> Cut:
    """A list at a rate, which it does not tell itself.

    Labels are counted as the last FCM line says, with ";" drop-frame at any time. The timeline
    begins with its earliest event.
    Raises CuelockError request.rate without a rate, request.path for what cannot be read,
    request.range when events of a track overlap or end before they begin.
    """
    if rate is None:
        raise CuelockError(
            "request.rate",
            f"{path.name} does not say at which rate its timecode runs.",
            hint='Name it with --rate, for example --rate 23.976 or --rate "29.97 DF".',
        )
    text = read_bytes(path).decode("utf-8-sig", "surrogateescape")  # old encodings stay apart
    events, locators = _parsed(text, rate, path)
    if not events:
        raise unreadable(path, "it has no events")
    events = _after_midnight(events, rate)
    first = min(event.start for event in events)
    title = next((line[6:].strip() for line in text.splitlines() if line[:6] == "TITLE:"), "")
    return Cut(
        name=title or path.stem,
        rate=rate,
        first=first,
        pictures=_lanes(events, first, rate, path, sound=False),
        sounds=_lanes(events, first, rate, path, sound=True),
        markers=tuple(_marker(label, said, first, rate) for label, said in locators),
    )


def _parsed(text: str, rate: Rate, path: Path) -> tuple[list[_Event], list[tuple[int, str]]]:
    """Every event, with what the lines after it say about it, and locators by label frame."""
    counting, events, locators = rate, list[_Event](), list[tuple[int, str]]()
    for line, said in enumerate(text.splitlines(), 1):
        words, remark = said.split(), said.strip()
        if words and words[0].upper() == "FCM:":
            counting = _counting(rate, drop="NON" not in said.upper())
        elif words and words[0].isdigit():
            events.append(_event(words, counting, path, line))
        elif words and words[0] == "M2":
            _slow(events, words, path, line)
        elif name := _CLIP_NAME.match(remark):
            _told(events, name.group(1).upper() == "TO", name=name.group(2))
        elif file := _SOURCE_FILE.match(remark):
            _told(events, events[-1].blends if events else False, file=file.group(1))
        elif locator := _LOCATOR.match(remark):
            locators.append((_label(locator.group(1), counting, path, line), locator.group(2)))
    return events, locators


def _event(words: list[str], counting: Rate, path: Path, line: int) -> _Event:
    if len(words) < 8:
        raise bad_line(path, line, "An event has a reel, a track, a kind of cut and four times.")
    number, reel, channel, kind = words[:4]
    source, source_stop, start, stop = (_label(word, counting, path, line) for word in words[-4:])
    shown = kind[0] in "CDW" and reel != "BL"
    picture = _PICTURE.search(channel)
    sounds = (1, 2) if channel in _BOTH else (1,) if channel == "B" else _channels(channel)
    return _Event(
        line=line,
        number=number,
        reel=reel,
        blends=kind[0] in "DW",
        picture=int(picture.group(1) or 1) if picture and shown else None,
        sounds=sounds if shown else (),
        source=source,
        source_stop=source_stop,
        start=start,
        stop=stop,
    )


def _channels(channel: str) -> tuple[int, ...]:
    found = _SOUND.match(channel)
    return (int(found.group(1) or 1),) if found else ()


def _slow(events: list[_Event], words: list[str], path: Path, line: int) -> None:
    """Take in an M2 line: the speed of the last event's reel in frames a second."""
    try:
        reel, speed = words[1], Fraction(words[2])
    except (IndexError, ValueError) as error:
        raise bad_line(path, line, "M2 is followed by a reel and a speed.") from error
    for place in _latest(events):
        if events[place].reel == reel:
            events[place] = events[place]._replace(speed=speed)


def _told(events: list[_Event], blends: bool, **told: str) -> None:
    """What is said of the last event: of its cut (FROM), or of what it blends into (TO)."""
    for place in _latest(events):
        if events[place].blends == blends:
            events[place] = events[place]._replace(**told)


def _latest(events: list[_Event]) -> Iterator[int]:
    """Places of the lines of the last event: two for a dissolve."""
    for place in reversed(range(len(events))):
        if events[place].number != events[-1].number:
            return
        yield place


def _after_midnight(events: list[_Event], rate: Rate) -> list[_Event]:
    """Events counted on over midnight: a label half a day before the first one lies behind it."""
    day, earliest = rate.frames_per_day, events[0].start

    def on(frame: int) -> int:
        return frame + day if frame < earliest - day // 2 else frame

    return [
        event._replace(
            start=on(event.start),
            stop=on(event.stop),
            source_stop=event.source_stop
            + (day if event.source_stop < event.source - day // 2 else 0),
        )
        for event in events
    ]


def _lanes(
    events: list[_Event], first: int, rate: Rate, path: Path, *, sound: bool
) -> tuple[Lane, ...]:
    def places(event: _Event) -> tuple[int, ...]:
        return event.sounds if sound else () if event.picture is None else (event.picture,)

    for event in events:
        if event.stop < event.start:
            raise no_length(path, event.line)
    lanes: list[Lane] = []
    for number in sorted({place for event in events for place in places(event)}):
        on_it = [one for one in events if number in places(one) and one.start < one.stop]
        on_it.sort(key=lambda event: event.start)
        for event, later in zip(on_it, on_it[1:]):
            if later.start < event.stop and not sound:
                raise overlap(path, event.line, later.line, label_of_frame(later.start, rate))
        name = f"{'A' if sound else 'V'}{number}"
        lanes += [Lane(name, row) for row in rows(_shot(one, first, rate) for one in on_it)]
    return tuple(lanes)


def _shot(event: _Event, first: int, rate: Rate) -> Shot:
    name = event.name or name_of(event.file) or event.reel
    return Shot(
        medium=Medium(event.file or event.name or event.reel),
        start=(event.start - first) / rate.exact,
        stop=(event.stop - first) / rate.exact,
        source=event.source / rate.exact,
        speed=_speed(event, rate),
        name=name,
    )


def _speed(event: _Event, rate: Rate) -> Fraction:
    """The simplest speed that explains how much of the source is seen, and what M2 says.

    M2 has few digits, and the source's length is whole frames: each leaves some room.
    """
    frames, seen = event.stop - event.start, event.source_stop - event.source
    if event.speed is None or abs(event.speed - rate.exact) < _SPEED_STEP:
        return Fraction(seen, frames)
    said, room, half = event.speed / rate.exact, _SPEED_STEP / 2 / rate.exact, Fraction(1, 2)
    low, high = said - room, said + room
    both = max(low, (seen - half) / frames), min(high, (seen + half) / frames)
    return simplest(*both) if both[0] <= both[1] else simplest(low, high)


def _marker(frame: int, said: str, first: int, rate: Rate) -> Marker:
    named = _KEY.fullmatch(said.strip())
    name, key = named.groups() if named else (said.strip(), f"{label_of_frame(frame, rate)}")
    on = frame + rate.frames_per_day if frame < first - rate.frames_per_day // 2 else frame
    return Marker(frame=FrameIndex(on - first), name=name, key=key)


def _label(text: str, counting: Rate, path: Path, line: int) -> int:
    drop = counting.drop or ";" in text
    try:
        return frame_of_label(text, _counting(counting, drop=drop))
    except CuelockError as error:
        raise bad_line(path, line, f"{error.message} {error.hint}") from error


def _counting(rate: Rate, *, drop: bool) -> Rate:
    """The rate with labels that drop, or not; where none can, as it is."""
    return Rate.of(rate.exact, drop=drop and rate.numerator % 30_000 == 0)


# --- written


def write(cut: Cut, path: Path) -> None:
    """Raises CuelockError host.refused for what four channels or 999 events cannot hold."""
    channels = sum(lane.channels for lane in cut.sounds)
    placed = [("V", shot) for shot in cut.seen]
    if channels > CHANNELS:
        raise _too_much(path, f"{channels} channels of sound, an EDL has {CHANNELS}")
    numbers = iter(("A", "A2", "A3", "A4"))
    for lane in cut.sounds:
        for _ in range(lane.channels):
            channel = next(numbers)
            placed += [(channel, shot) for shot in lane.shots]
    placed = [(channel, shot) for channel, shot in placed if _frames(shot, cut.rate)]
    placed.sort(key=lambda one: (one[1].start, one[0]))
    if len(placed) > _EVENTS:
        raise _too_much(path, f"{len(placed)} events, an EDL has {_EVENTS}")
    drop = "DROP FRAME" if cut.rate.drop else "NON-DROP FRAME"
    lines = [f"TITLE: {_one_line(cut.name)}", f"FCM: {drop}", ""]
    for number, (channel, shot) in enumerate(placed, 1):
        lines += [*_lines(number, channel, shot, cut), ""]
    lines += [_locator(marker, cut) for marker in cut.markers]
    with whole(path) as part:
        text = "\n".join(lines) + "\n"
        part.write_bytes(text.encode("utf-8", "surrogateescape"))


def _lines(number: int, channel: str, shot: Shot, cut: Cut) -> Iterator[str]:
    rate, speed = cut.rate, shot.speed if shot.speed is not None else Fraction(1)
    start, frames, source = cut.frame(shot.start), _frames(shot, rate), cut.frame(shot.source)
    source_stop = source + nearest(frames * abs(speed))
    times = (source, source_stop, cut.first + start, cut.first + start + frames)
    labels = " ".join(label_of_frame(frame, rate) for frame in times)
    yield f"{number:03d}  AX       {channel:<5} C        {labels}"
    if speed != 1:
        said = float(speed * rate.exact)
        yield f"M2   AX       {said:05.1f}                {label_of_frame(source, rate)}"
    yield f"* FROM CLIP NAME: {_one_line(shot.name or name_of(shot.medium.address))}"
    yield f"* SOURCE FILE: {_one_line(shot.medium.address)}"


def _frames(shot: Shot, rate: Rate) -> int:
    return nearest(shot.stop * rate.exact) - nearest(shot.start * rate.exact)


def _locator(marker: Marker, cut: Cut) -> str:
    label = label_of_frame(cut.first + marker.frame, cut.rate)
    return f"* LOC: {label} BLUE    {_one_line(marker.name)} [{_one_line(marker.key)}]"


def _one_line(text: str) -> str:
    return text.replace("\n", " ").strip()


# --- what a person is told


def _too_much(path: Path, what: str) -> CuelockError:
    return CuelockError(
        "host.refused",
        f"{path.name} would need {what}.",
        hint="Take another format, for example AAF or OTIO, or place fewer layers.",
    )
