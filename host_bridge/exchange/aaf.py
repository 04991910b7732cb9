"""AAF as Avid, Pro Tools and Resolve take it: sound to the sample and embedded; read and written.

Sound tracks are mono there, so a stereo stem stands on two, named L and R. Picture is referred to,
never embedded. Every medium points on to a tape with timecode, from which its own time is read.
Source: AAF Object Specification 1.1; retiming as SpeedRatio, the length shown by that of the
source.
"""

from __future__ import annotations

import contextlib
import wave
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Iterator, NamedTuple, Optional

from host_bridge.errors import CuelockError
from host_bridge.exchange.cut import Cut, Lane, Medium, Shot, nearest
from host_bridge.exchange.files import (
    address_of,
    name_of,
    read_bytes,
    unreadable,
    url_of,
    whole,
)
from host_bridge.timecode import FrameIndex, Rate
from host_bridge.timeline import SAMPLE_RATE, Marker

_SPEED_CONTROL = "9d2ea890-0968-11d3-8a38-0050040ef7d2", "OperationDef_VideoSpeedControl"
_SPEED_RATIO = "72559a80-24d7-11d3-8a50-0050040ef7d2", "ParameterDef_SpeedRatio"
_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")  # of a compound file
_MAPS = ("PARAM_SPEED_MAP_U", "PARAM_SPEED_OFFSET_MAP_U", "PARAM_OFFSET_MAP_U")
_SIDES = ("", " L", " R")
_DEEPEST = 16  # nests within nests; a mob may refer to itself
_DAY = 24 * 3600
_BLOCK = 1 << 16
_DENOMINATOR = 1000


# --- read


def read(path: Path, rate: Optional[Rate]) -> Cut:
    """The first composition of a file. rate: instead of what it says.

    Transitions are cuts where they say; nested compositions are followed.
    Raises CuelockError request.path, request.rate.
    """
    if read_bytes(path)[: len(_MAGIC)] != _MAGIC:
        raise unreadable(path, "it is no AAF file")
    try:
        with _classes("file").AAFFile(str(path), "r") as file:
            composition = next(iter(file.content.toplevel()), None)
            if composition is None:
                composition = next(iter(file.content.compositionmobs()), None)
            if composition is None:
                raise unreadable(path, "it holds no composition")
            return _cut(composition, path, rate)
    except CuelockError:
        raise
    # The library has bare exceptions for what it does not expect in a file.
    except Exception as error:
        raise unreadable(path, str(error) or type(error).__name__) from error


def _cut(composition: Any, path: Path, rate: Optional[Rate]) -> Cut:
    slots = list(composition.slots)
    pictures = [slot for slot in slots if _kind(slot) == "picture"]
    counted, first = rate, 0
    for slot in slots:
        code = _timecode(slot)
        if code is not None:
            own = _rate(slot)
            counted = counted or Rate.of(own, drop=bool(code.drop))
            first = code.start
            break
    if counted is None:
        counted = Rate.of(_rate(pictures[0])) if pictures else Rate(24)
    return Cut(
        name=composition.name or path.stem,
        rate=counted,
        first=first,
        pictures=tuple(_lane(slot) for slot in pictures),
        sounds=tuple(_lane(slot) for slot in slots if _kind(slot) == "sound"),
        markers=tuple(marker for slot in slots for marker in _markers(slot, counted)),
    )


def _classes(module: str = "components") -> Any:
    """Classes of the library, whose types say less than they seem to."""
    return import_module(f"aaf2.{module}")


def _kind(slot: Any) -> str:
    return (slot.media_kind or "").lower() if hasattr(slot, "edit_rate") else ""


def _rate(slot: Any) -> Fraction:
    return Fraction(slot.edit_rate.numerator, slot.edit_rate.denominator)


def _timecode(slot: Any) -> Any:
    """The timecode of a slot that has one, in a sequence or bare."""
    segment = slot.segment
    if isinstance(segment, _classes().Sequence) and len(segment.components):
        segment = next(iter(segment.components))
    return segment if isinstance(segment, _classes().Timecode) else None


def _lane(slot: Any) -> Lane:
    shots = tuple(_shown(slot.segment, _rate(slot), 0))
    return Lane(slot.name or f"{_kind(slot)} {slot.slot_id}", shots)


def _shown(segment: Any, rate: Fraction, depth: int) -> list[Shot]:
    """What a segment shows, counted from its own first moment."""
    if depth > _DEEPEST:
        return []
    if isinstance(segment, _classes().Sequence):
        return _in_sequence(segment, rate, depth)
    if isinstance(segment, _classes().SourceClip):
        return _of_clip(segment, rate, depth)
    if isinstance(segment, _classes().OperationGroup):
        inputs = list(segment.segments)
        inside = _shown(inputs[0], rate, depth + 1) if inputs else []
        speed = _speed(segment)
        length = segment.length / rate
        parts = [shot.at_speed(speed).within(Fraction(0), length) for shot in inside]
        if speed is None or speed <= 0:  # one picture stands, or they run backwards
            parts = [
                shot._replace(start=Fraction(0), stop=length, speed=speed) for shot in inside[:1]
            ]
        return [part for part in parts if part.start < part.stop]
    if isinstance(segment, _classes().Selector):
        return _shown(segment["Selected"].value, rate, depth + 1)
    if isinstance(segment, _classes().EssenceGroup):
        return _shown(next(iter(segment["Choices"].value)), rate, depth + 1)
    if isinstance(segment, _classes().NestedScope):
        return _shown(list(segment.slots)[-1].segment, rate, depth + 1)
    return []


def _in_sequence(sequence: Any, rate: Fraction, depth: int) -> list[Shot]:
    at = cut = 0
    shown: list[Shot] = []
    for part in sequence.components:
        if isinstance(part, _classes().Transition):
            at -= part.length
            cut = at + part.cutpoint
            kept = (shot.within(shot.start, cut / rate) for shot in shown)
            shown = [shot for shot in kept if shot.start < shot.stop]
            continue
        stop = at + part.length
        for shot in _shown(part, rate, depth + 1):
            inside = shot.moved(at / rate).within(max(at, cut) / rate, stop / rate)
            shown += [inside] if inside.start < inside.stop else []
        at = stop
    return shown


class _Source(NamedTuple):
    """Where a reference leads: a medium and its own time there, told by the mobs behind it."""

    medium: Medium
    source: Fraction


def _of_clip(clip: Any, rate: Fraction, depth: int) -> list[Shot]:
    mob, start, length = clip.mob, clip.start / rate, clip.length / rate
    if mob is None or length <= 0:
        return []
    if isinstance(mob, _classes("mobs").CompositionMob):
        slot = mob.slot_at(clip.slot_id)
        inside = _shown(slot.segment, _rate(slot), depth + 1)
        parts = (shot.moved(-start).within(Fraction(0), length) for shot in inside)
        return [part for part in parts if part.start < part.stop]
    found = _followed(mob, clip.slot_id, start)
    return [Shot(found.medium, Fraction(0), length, found.source, name=mob.name or "")]


def _followed(mob: Any, slot_id: int, at: Fraction) -> _Source:
    """A moment of a mob's slot as a moment of the medium behind it."""
    name, slot = mob.name or "", mob.slot_at(slot_id)
    rate = _rate(slot) if _kind(slot) == "picture" else None
    length = slot.length / _rate(slot)
    address, origin, passed = "", Fraction(0), False
    for _ in range(_DEEPEST):
        descriptor = mob["EssenceDescription"].value if "EssenceDescription" in mob else None
        if descriptor is not None:
            address = address or _located(descriptor)
            passed = True
        step = _first_clip(mob.slot_at(slot_id).segment)
        code = next((c for c in map(_timecode, mob.slots) if c is not None), None)
        if code is not None:
            origin += code.start / _rate(next(s for s in mob.slots if _timecode(s) is not None))
        if step is None or step.mob is None:
            break
        moved = step.start / _rate(mob.slot_at(slot_id))
        if passed:
            origin += moved  # behind the file: where on its tape it begins
        else:
            at += moved
        mob, slot_id = step.mob, step.slot_id
    medium = Medium(address or name, rate=rate, origin=origin, length=length or None)
    return _Source(medium, origin + at)


def _first_clip(segment: Any) -> Any:
    if isinstance(segment, _classes().Sequence):
        return next((c for c in segment.components if isinstance(c, _classes().SourceClip)), None)
    if isinstance(segment, _classes().EssenceGroup):
        return next(iter(segment["Choices"].value), None)
    return segment if isinstance(segment, _classes().SourceClip) else None


def _located(descriptor: Any) -> str:
    locators = descriptor["Locator"].value if "Locator" in descriptor else None
    for locator in locators or ():
        if "URLString" in locator:
            return address_of(locator["URLString"].value)
    return ""


def _speed(group: Any) -> Optional[Fraction]:
    """The speed of an effect: 1 for one that leaves time alone, None for a curve."""
    told = {one.name: one for one in group.parameters or ()}
    ratio = next((p for name, p in told.items() if name.endswith("SpeedRatio")), None)
    if any(name in told for name in _MAPS):
        return None
    if ratio is None:
        return Fraction(1)
    value = Fraction(ratio.value.numerator, ratio.value.denominator or 1)
    # A ratio of 0, or in Avid's own effect one as long as the clip: one picture stands for all.
    still = value == group.length and "Motion" in (group.operation.name or "")
    return Fraction(0) if still or not value else 1 / value


def _markers(slot: Any, rate: Rate) -> Iterator[Marker]:
    if not isinstance(slot, _classes("mobslots").EventMobSlot):
        return
    own = Fraction(slot.edit_rate.numerator, slot.edit_rate.denominator)
    for event in getattr(slot.segment, "components", (slot.segment,)):
        if "Position" not in event or "Comment" not in event:
            continue
        name, _, key = (event["Comment"].value or "").partition("\n")
        frame = nearest(event["Position"].value / own * rate.exact)
        yield Marker(frame=FrameIndex(frame), name=name, key=key or name)


# --- written


def write(cut: Cut, path: Path) -> None:
    """A composition with the sound's files inside.

    Raises CuelockError media.missing for a sound that is not there, host.refused for one that
    AAF cannot hold.
    """
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="cuelock-")))
        part = stack.enter_context(whole(path))
        with _classes("file").AAFFile(str(part), "w") as file:
            _Writer(file, cut, scratch).write()


class _Writer:
    def __init__(self, file: Any, cut: Cut, scratch: Path) -> None:
        self._file = file
        self._cut = cut
        self._scratch = scratch
        self._masters: dict[tuple[Medium, int], tuple[Any, int]] = {}
        self._tracks = {"picture": 0, "sound": 0}
        self._retiming = False  # whether the file has its definition
        self._composition = file.create.CompositionMob(cut.name)
        self._composition.usage = "Usage_TopLevel"
        file.content.mobs.append(self._composition)

    def write(self) -> None:
        cut, rate = self._cut, self._cut.rate
        slot = self._composition.create_timeline_slot(_aaf(rate.exact))
        slot.name = "TC"
        slot.segment = self._code(rate, cut.first, max(1, -(-cut.stop * rate.exact // 1)))
        for lane in cut.pictures:
            self._lane(lane, lane.name, rate.exact, 0)
        for lane in cut.sounds:
            for channel in range(1, lane.channels + 1):
                name = lane.name + (_SIDES[channel] if lane.channels == 2 else "")
                self._lane(lane, name, Fraction(SAMPLE_RATE), channel)
        if cut.markers:
            self._marks()

    def _lane(self, lane: Lane, name: str, rate: Fraction, channel: int) -> None:
        """A track: of picture, or (channel from 1) of sound."""
        kind = "sound" if channel else "picture"
        slot = self._composition.create_empty_sequence_slot(_aaf(rate), media_kind=kind)
        slot.name = name
        self._tracks[kind] += 1
        slot["PhysicalTrackNumber"].value = self._tracks[kind]
        parts, at = slot.segment.components, 0
        for shot in lane.shots:
            start, stop = nearest(shot.start * rate), nearest(shot.stop * rate)
            if start >= stop:
                continue
            if at < start:
                parts.append(self._file.create.Filler(kind, start - at))
            clip = self._sound(shot, channel) if channel else self._picture(shot)
            clip.length = stop - start
            parts.append(self._retimed(clip, shot.speed) if shot.speed not in (None, 1) else clip)
            at = stop
        slot.segment.length = at

    def _sound(self, shot: Shot, channel: int) -> Any:
        medium = shot.medium
        if (medium, channel) not in self._masters:
            path = _sound_file(Path(medium.address), channel, medium.channels, self._scratch)
            origin = nearest((medium.origin or Fraction(0)) * SAMPLE_RATE)
            master = self._master(name_of(medium.address))
            try:
                slot = master.import_audio_essence(
                    str(path),
                    SAMPLE_RATE,
                    tape=self._tape(medium, "sound", Fraction(SAMPLE_RATE), origin),
                )
            except (wave.Error, EOFError, OSError) as error:
                raise CuelockError(
                    "host.refused",
                    f"{name_of(medium.address)} cannot be put into an AAF: {error}.",
                    hint="Take another format, or stems of less than 4 GB.",
                ) from error
            self._locate(slot.segment.mob.descriptor, medium)
            self._masters[medium, channel] = master, slot.slot_id
        return self._clip(shot, self._masters[medium, channel], Fraction(SAMPLE_RATE), "sound")

    def _picture(self, shot: Shot) -> Any:
        medium = shot.medium
        rate = medium.rate or self._cut.rate.exact
        if (medium, 0) not in self._masters:
            origin = nearest((medium.origin or Fraction(0)) * rate)
            shown = shot.source - (medium.origin or Fraction(0)) + shot.stop - shot.start
            length = nearest((medium.length or shown) * rate)
            told = self._file.create.SourceMob(name_of(medium.address))
            told.descriptor = self._file.create.ImportDescriptor()
            self._locate(told.descriptor, medium)
            self._file.content.mobs.append(told)
            inner = told.create_timeline_slot(_aaf(rate))
            inner.segment = self._tape(medium, "picture", rate, origin)
            inner.segment.length = length
            master = self._master(name_of(medium.address))
            slot = master.create_timeline_slot(_aaf(rate))
            slot.segment = told.create_source_clip(inner.slot_id, 0, length, media_kind="picture")
            self._masters[medium, 0] = master, slot.slot_id
        return self._clip(shot, self._masters[medium, 0], self._cut.rate.exact, "picture")

    def _clip(self, shot: Shot, source: tuple[Any, int], rate: Fraction, kind: str) -> Any:
        """A reference; its start is counted at the rate of the track it stands on."""
        master, slot_id = source
        start = nearest((shot.source - (shot.medium.origin or Fraction(0))) * rate)
        return self._file.create.SourceClip(start, 0, master.mob_id, slot_id, kind)

    def _retimed(self, clip: Any, speed: Fraction) -> Any:
        create, dictionary = self._file.create, self._file.dictionary
        if not self._retiming:
            self._retiming = True
            ratio = create.ParameterDef(*_SPEED_RATIO, "", "Rational")
            dictionary.register_def(ratio)
            made = create.OperationDef(*_SPEED_CONTROL, "")
            made.media_kind, made.number_inputs = "picture", 1
            made["IsTimeWarp"].value = True
            dictionary.register_def(made)
            made.parameters.append(ratio)
        group = create.OperationGroup(_SPEED_CONTROL[1], clip.length, "picture")
        value = 1 / speed if speed else Fraction(0)
        group["Parameters"].append(create.ConstantValue(_SPEED_RATIO[1], _aaf(value)))
        clip.length = -(-clip.length * abs(speed) // 1) or 1
        group.segments.append(clip)
        return group

    def _master(self, name: str) -> Any:
        master = self._file.create.MasterMob(name)
        self._file.content.mobs.append(master)
        return master

    def _tape(self, medium: Medium, kind: str, rate: Fraction, start: int) -> Any:
        """A reference to a tape with timecode from midnight on, at a moment of it."""
        create, counted = self._file.create, self._cut.rate
        tape = create.SourceMob(name_of(medium.address))
        tape.descriptor = create.TapeDescriptor()
        self._file.content.mobs.append(tape)
        slot = tape.create_empty_slot(_aaf(rate), kind, 1)
        slot.segment.length = nearest(_DAY * rate)
        codes = tape.create_timeline_slot(_aaf(counted.exact))
        codes.segment = self._code(counted, 0, counted.frames_per_day)
        return tape.create_source_clip(1, start, media_kind=kind)

    def _code(self, rate: Rate, first: int, frames: int) -> Any:
        code = self._file.create.Timecode(rate.nominal, drop=rate.drop, length=frames)
        code.start = first
        return code

    def _locate(self, descriptor: Any, medium: Medium) -> None:
        locator = self._file.create.NetworkLocator()
        locator["URLString"].value = url_of(medium.address)
        descriptor["Locator"].append(locator)

    def _marks(self) -> None:
        create = self._file.create
        slot = create.EventMobSlot()
        slot["EditRate"].value = _aaf(self._cut.rate.exact)
        slot["PhysicalTrackNumber"].value = 1
        slot["SlotID"].value = 1 + max(s.slot_id for s in self._composition.slots)
        sequence = create.Sequence("DescriptiveMetadata")
        for marker in self._cut.markers:
            event = create.DescriptiveMarker()
            event["Position"].value = marker.frame
            event["Length"].value = 1
            event["Comment"].value = f"{marker.name}\n{marker.key}"
            event["DescribedSlots"].value = {1}  # that of the timecode
            sequence.components.append(event)
        slot.segment = sequence
        self._composition.slots.append(slot)


def _sound_file(path: Path, channel: int, channels: int, scratch: Path) -> Path:
    """The file itself where it is mono, else one channel of it."""
    if not path.is_file():
        raise CuelockError(
            "media.missing",
            f"The sound {path} is not there, and an AAF holds its sounds.",
            hint="Put it back, or take another format.",
        )
    if channels == 1:
        return path
    one = scratch / f"{path.stem}{_SIDES[channel]}.wav"
    with wave.open(str(path), "rb") as whole_, wave.open(str(one), "wb") as mono:
        width = whole_.getsampwidth()
        mono.setnchannels(1)
        mono.setsampwidth(width)
        mono.setframerate(whole_.getframerate())
        while block := whole_.readframes(_BLOCK):
            out = bytearray(len(block) // channels)
            for byte in range(width):
                out[byte::width] = block[(channel - 1) * width + byte :: channels * width]
            mono.writeframes(bytes(out))
    return one


def _aaf(value: Fraction) -> Any:
    return _classes("rational").AAFRational(value)
