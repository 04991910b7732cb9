"""MLT on the bench: projects laid out as Shotcut and Kdenlive save them, opened by MLT."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from bench import USERS_CLIP, USERS_TRACK, ended
from media_factory import read_number
from real_stems import Case

from host_bridge.mlt import MltProject
from host_bridge.placing import OURS
from host_bridge.projectfile import Told
from host_bridge.timeline import Host

_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<!-- saved on a Tuesday -->
<mlt LC_NUMERIC="C" version="7.12.0" title="Scene 4" root="{root}">
 <profile description="p" width="128" height="64" progressive="1" sample_aspect_num="1"
  sample_aspect_den="1" display_aspect_num="2" display_aspect_den="1" frame_rate_num="{num}"
  frame_rate_den="{den}" colorspace="709"/>
"""
_MEDIA = """
 <producer id="black" in="0" out="{last}">
  <property name="length">{frames}</property><property name="resource">black</property>
  <property name="mlt_service">color</property><property name="set.test_audio">0</property>
 </producer>
 <producer id="film" in="0" out="{last}">
  <property name="length">{frames}</property><property name="resource">{clip}</property>
  <property name="mlt_service">avformat-novalidate</property>
  <property name="audio_index">-1</property><property name="kdenlive:id">2</property>
 </producer>
 <producer id="talk" in="0" out="{last}">
  <property name="length">{frames}</property><property name="resource">{sound}</property>
  <property name="mlt_service">avformat-novalidate</property>
  <property name="video_index">-1</property><property name="kdenlive:id">3</property>
 </producer>
"""
_MIX = """
  <transition id="mix{n}"><property name="a_track">0</property>
   <property name="b_track">{n}</property>
   <property name="mlt_service">mix</property><property name="always_active">1</property>
   <property name="sum">1</property></transition>"""
_SHOTCUT = (
    """
 <playlist id="main_bin"><property name="xml_retain">1</property></playlist>
 <playlist id="background"><entry producer="black" in="0" out="{last}"/></playlist>
 <playlist id="playlist0"><property name="shotcut:video">1</property>
  <property name="shotcut:name">V1</property><entry producer="film" in="0" out="{last}"/></playlist>
 <playlist id="playlist1"><property name="shotcut:audio">1</property>
  <property name="shotcut:name">{track}</property>{users}</playlist>
 <tractor id="tractor0" title="Shotcut version 22.12" in="0" out="{last}">
  <property name="shotcut">1</property><property name="shotcut:projectAudioChannels">2</property>
  <properties name="shotcut:markers"><properties name="0"><property name="text">Marker 1</property>
   <property name="start">{mark_in}</property><property name="end">{mark_out}</property>
   <property name="color">#008000</property></properties></properties>
  <track producer="background"/><track producer="playlist0"/>
  <track producer="playlist1" hide="video"/>"""
    + _MIX.format(n=2)
    + """
 </tractor>
</mlt>"""
)
_KDENLIVE_TRACKS = """
 <playlist id="playlist0"><property name="kdenlive:audio_track">1</property>{users}</playlist>
 <playlist id="playlist1"><property name="kdenlive:audio_track">1</property></playlist>
 <tractor id="tractor0"><property name="kdenlive:audio_track">1</property>
  <property name="kdenlive:track_name">{track}</property>
  <track hide="video" producer="playlist0"/><track hide="video" producer="playlist1"/></tractor>
 <playlist id="playlist2"><entry producer="film" in="0" out="{last}"/></playlist>
 <playlist id="playlist3"/>
 <tractor id="tractor1"><property name="kdenlive:trackheight">69</property>
  <track hide="audio" producer="playlist2"/><track hide="audio" producer="playlist3"/></tractor>
"""
_KDENLIVE_BIN = """
 <playlist id="main_bin"><property name="kdenlive:docproperties.version">{version}</property>
  {document}<property name="xml_retain">1</property>
  <entry producer="film" in="0" out="{last}"/><entry producer="talk" in="0" out="{last}"/>
 </playlist>
"""
_KDENLIVE_MAIN = (
    """
 <tractor id="{id}" in="0" out="{last}">{sequence}
  <track producer="black"/>
  <track producer="tractor0"/><track producer="tractor1"/>"""
    + _MIX.format(n=1)
    + "\n </tractor>\n"
)
_ZONE = '<property name="kdenlive:{where}properties.zonein">{mark_in}</property>' \
        '<property name="kdenlive:{where}properties.zoneout">{mark_out}</property>'  # fmt: skip
_PLAYER = Path(__file__).with_name("mlt_player.py")
_UUID = "{7ac0b3a5-5d2f-4b0f-9d27-6b4d93cbd2f6}"


class _MltBench:
    """A project file and melt."""

    suffix = ".mlt"
    lock_mark = ("shotcut:name", "shotcut:lock")

    def __init__(self, folder: Path, case: Case, clip: Path, sound: Path) -> None:
        self.path = folder / f"scene{self.suffix}"
        self._sound = sound
        (start, stop), last = case.marks, 4 * case.exact.nominal - 1
        first, end = USERS_CLIP
        words = {
            "root": folder, "num": case.exact.numerator, "den": case.exact.denominator,
            "last": last, "frames": last + 1, "clip": clip, "sound": sound, "track": USERS_TRACK,
            "mark_in": start, "mark_out": stop,
            "users": f'<blank length="{first}"/>' * bool(first)
            + f'<entry producer="talk" in="0" out="{end - first - 1}"/>',
        }  # fmt: skip
        self.path.write_text(self.layout(words))
        self.host: Host = MltProject(self.path, Told(start_timecode=case.label))

    def layout(self, words: dict[str, Any]) -> str:
        return (_HEAD + _MEDIA + _SHOTCUT).format(**words)

    def exported(self) -> np.ndarray:
        """Played by MLT; the user's clip is silence here, so that the stem stands alone."""
        return played(self.path)[:, 0]

    @staticmethod
    def drift(case: Case) -> int:
        """MLT counts a clip's samples from the clip's first frame, the timeline's from its own:
        where a frame is no whole number of samples, they differ by one at times."""
        return 0 if 48_000 % case.exact.exact == 0 else 1

    @staticmethod
    def late(case: Case) -> int:
        return 0

    def users_own(self) -> Any:
        root = opened(self.path)
        lists = [one for one in root.iter("playlist") if self._is_users(one)]
        marks = [one.text for one in self.keeps_marks(root).iter("property") if _is_mark(one)]
        standing = [
            [(one.tag, one.attrib) for one in playlist if one.tag in ("entry", "blank")]
            for playlist in lists
        ]
        assert standing
        assert len(marks) == 2
        return standing, marks

    def keeps_marks(self, root: ElementTree.Element) -> ElementTree.Element:
        return root

    def _is_users(self, playlist: ElementTree.Element) -> bool:
        return any(entry.get("producer") in ("film", "talk") for entry in playlist.iter("entry"))

    def sound(self, text: str) -> str:
        return ended(["hosts", "mlt", str(self.path), "--text", text])

    def events(self) -> list[int]:
        assert ended(["hosts", "mlt", str(self.path), "--events"]) == ""
        return sorted(
            int(one["start"]) for one in self._markers() if one["text"].startswith(f"{OURS} ")
        )

    def _markers(self) -> list[dict[str, str]]:
        found = opened(self.path).iterfind(".//properties[@name='shotcut:markers']/properties")
        return [{one.get("name", ""): one.text or "" for one in marker} for marker in found]

    def lock(self) -> None:
        name, mark = self.lock_mark
        text = self.path.read_text()
        named = f'<property name="{name}">{USERS_TRACK}</property>'
        assert named in text
        self.path.write_text(text.replace(named, f'{named}<property name="{mark}">1</property>'))

    def unmark(self) -> None:
        text = self.path.read_text()
        for name in ("end", "zoneout"):
            text = text.replace(f'{name}">', f'{name}-none">')
        self.path.write_text(text)


class ShotcutBench(_MltBench):
    """A Shotcut project."""


class _KdenliveBench(_MltBench):
    suffix = ".kdenlive"
    lock_mark = ("kdenlive:track_name", "kdenlive:locked_track")

    def _markers(self) -> list[dict[str, str]]:
        (text,) = (
            one.text or ""
            for one in self.keeps_marks(opened(self.path)).iter("property")
            if one.get("name", "").endswith("properties.guides")
        )
        return [{"start": one["pos"], "text": one["comment"]} for one in json.loads(text)]


class Kdenlive22Bench(_KdenliveBench):
    """A project of Kdenlive 22.12: one sequence, zone and guides in the bin."""

    def layout(self, words: dict[str, Any]) -> str:
        document = _ZONE.format(where="doc", **words)
        parts = _HEAD + _MEDIA + _KDENLIVE_BIN + _KDENLIVE_TRACKS + _KDENLIVE_MAIN + "</mlt>"
        return parts.format(version="1.04", document=document, id="tractor2", sequence="", **words)

    def keeps_marks(self, root: ElementTree.Element) -> ElementTree.Element:
        """MLT passes over the bin, where they lie."""
        return ElementTree.parse(self.path).getroot()


class Kdenlive24Bench(_KdenliveBench):
    """A project of Kdenlive since 23.04: sequences with ids inside a project tractor."""

    def layout(self, words: dict[str, Any]) -> str:
        active = f'<property name="kdenlive:docproperties.activetimeline">{_UUID}</property>'
        sequence = f'<property name="kdenlive:uuid">{_UUID}</property>' \
                   '<property name="kdenlive:clipname">Sequence 1</property>' \
                   + _ZONE.format(where="sequence", **words)  # fmt: skip
        whole = '<tractor id="tractor9" in="0" out="{last}">' \
                '<property name="kdenlive:projectTractor">1</property>' \
                '<track producer="{id}" in="0" out="{last}"/></tractor></mlt>'  # fmt: skip
        head = (_HEAD + _MEDIA + _KDENLIVE_TRACKS + _KDENLIVE_MAIN).format(
            id=_UUID, sequence=sequence, **words
        )
        listed = _KDENLIVE_BIN.format(version="1.1", document=active, **words)
        listed = listed.replace("<entry", f'<entry producer="{_UUID}" in="0" out="0"/><entry', 1)
        return head + listed + whole.format(id=_UUID, **words)


def _is_mark(element: ElementTree.Element) -> bool:
    return element.get("name", "").endswith(("zonein", "zoneout", "start", "end"))


def played(project: Path) -> np.ndarray:
    """What MLT plays of a project, [samples, 2]."""
    sound = np.frombuffer(_of_mlt("sound", project).read_bytes(), "<i2")
    return sound.reshape(-1, 2) / 2**15


def filmed(project: Path) -> np.ndarray:
    """The pictures of a project as MLT plays them: uint8 [frames, 64, 128, 3]."""
    data = np.frombuffer(_of_mlt("pictures", project).read_bytes(), np.uint8)
    return data.reshape(-1, 64, 128, 3)


def pictured(project: Path) -> list[int | None]:
    """The number that each picture of a project shows, as MLT plays it; None where it is blank."""
    return [read_number(one) if one.min() < one.max() else None for one in filmed(project)]


def opened(project: Path) -> ElementTree.Element:
    """The project as MLT understands it."""
    return ElementTree.parse(_of_mlt("opened", project)).getroot()


def _of_mlt(what: str, project: Path) -> Path:
    made = project.with_suffix(f".{what}")
    made.unlink(missing_ok=True)
    words = [sys.executable, _PLAYER, what, project, made]
    # Without it MLT writes a project that was read from a file as that file's name.
    deep = {**os.environ, "MLT_XML_DEEP": "1"}
    subprocess.run(words, check=True, capture_output=True, timeout=60, env=deep)
    return made
