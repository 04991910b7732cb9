"""What sounds: the desk's stems on the lanes and in the mixer, and jobs heard while they render."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from PyQt6.QtCore import QObject

from host_bridge.errors import CuelockError
from host_bridge.protocol import CurveEdit, HeardSound, RenderRequest
from host_bridge.timecode import FrameIndex, FrameRange
from plugin_ui.desk import Desk, Opened, Sounding
from plugin_ui.lanes.curve_lane import CurveLane
from plugin_ui.lanes.sound_lane import SoundLane
from plugin_ui.lanes.stack import Lanes
from plugin_ui.session import Strip, Work

_RATE = 48_000


class Stage(QObject):
    """Shows the work on the lanes, a sound lane a layer and the chosen layer's curves."""

    def __init__(self, desk: Desk, lanes: Lanes, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._lanes = desk, lanes
        self.sounds: dict[str, SoundLane] = {}
        self.curves = CurveLane(self.tr("Curves"), lanes.axis, lanes.selection)
        lanes.add(self.curves)
        self.curves.edited.connect(self._edited)
        self.curves.refused.connect(self._refused)
        self._shown: dict[str, str] = {}  # layer -> its stem's path
        self._curves_shown: tuple[str, ...] = ()
        self._growing: set[tuple[str, str]] = set()  # jobs and layers that are heard
        desk.link.heard.connect(self._heard)

    def open(self, _here: Opened) -> None:
        """Another clip: nothing of the one before."""
        for name in list(self.sounds):
            self._remove(name)
        self._growing.clear()

    def show_work(self, work: Work) -> None:
        """The layers as they sound now."""
        sounding = {one.layer.name: one for one in self._desk.sounding()}
        names = [layer.name for layer in work.layers]
        for name in [name for name in self.sounds if name not in names]:
            self._remove(name)
        solo = any(strip.solo for strip in work.strips.values())
        for name in names:
            lane = self._lane(name)
            self._show_stem(name, lane, sounding.get(name))
            self._show_strip(name, lane, work.strips.get(name, Strip()), solo=solo)
        self._show_curves(work, sounding.get(work.layer))

    def _lane(self, name: str) -> SoundLane:
        if name not in self.sounds:
            self.sounds[name] = SoundLane(name, self._lanes.axis, self._lanes.selection)
            self._lanes.add(self.sounds[name])
        return self.sounds[name]

    def _remove(self, name: str) -> None:
        self._lanes.remove(self.sounds.pop(name))
        self._shown.pop(name, None)

    def _show_stem(self, name: str, lane: SoundLane, sounding: Sounding | None) -> None:
        path = sounding.stem.path if sounding is not None else ""
        if self._shown.get(name, "") == path:
            return
        self._shown[name] = path
        if sounding is None:
            lane.clear()
        else:
            lane.show_file(Path(path), begin=sounding.start)

    def _show_strip(self, name: str, lane: SoundLane, strip: Strip, *, solo: bool) -> None:
        heard = not strip.mute and (strip.solo or not solo)
        lane.set_heard(heard=heard)
        words = [self.tr("muted")] if strip.mute else []
        words += [self.tr("solo")] if strip.solo else []
        words += [f"{strip.gain_db:+.1f} dB"] if strip.gain_db else []
        self._lanes.head(lane).set_state(", ".join(words))

    def _show_curves(self, work: Work, sounding: Sounding | None) -> None:
        files = (self._predicted(sounding), sounding.curves) if sounding is not None else ()
        if files != self._curves_shown:
            self._curves_shown = files
            for kind in ("predicted", "wanted", "delivered"):
                self.curves.show_curves(kind, None)
            for kind, path in zip(("predicted", "wanted"), files, strict=False):
                if path:
                    self.curves.show_file(kind, Path(path))
        region = work.region
        shown = FrameRange(FrameIndex(region.start), FrameIndex(region.stop)) if region else None
        self.curves.show_edits(work.edits, shown)
        self.curves.show_locks(frozenset(work.locks))

    def _predicted(self, sounding: Sounding) -> str:
        """The curves of the first take of the line: as they were before any hand."""
        take = self._desk.take()
        while take is not None and (parent := take.record.reply.parent):
            take = self._desk.takes.get(parent)
        if take is None:
            return ""
        reply = take.record.reply
        curves = [
            path
            for stem, path in zip(reply.stems, reply.curves, strict=True)
            if stem.layer == sounding.layer.name and stem.rank == 1
        ]
        return curves[0] if curves and curves[0] != sounding.curves else ""

    # --- the hand on the curve

    def _edited(self, edit: CurveEdit, replaces: bool) -> None:
        self._desk.add_edit(edit, replaces=replaces)

    def _refused(self, _curve: str) -> None:
        self._desk.said.emit(
            CuelockError(
                "request.option",
                self.tr("The energy is locked."),
                hint=self.tr("Unlock it in the Region dock to draw when and how loud it sounds."),
            )
        )

    # --- heard while it renders

    def _heard(self, sound: HeardSound) -> None:
        job = self._desk.jobs.get(sound.job)
        if job is None or sound.variation:
            return
        lane = self._lane(sound.layer)
        if (sound.job, sound.layer) not in self._growing:
            self._growing.add((sound.job, sound.layer))
            if job.kind == "render":
                request = msgspec.msgpack.decode(job.params, type=RenderRequest)
                self._expect(lane, request)
        lane.put(sound.start, np.frombuffer(sound.pcm, "<i2").astype(np.float32) / 2**15)

    def _expect(self, lane: SoundLane, request: RenderRequest) -> None:
        here = self._desk.here
        assert here is not None
        start, stop = (here.frame(at or "0f") for at in (request.range_in, request.range_out))
        lane.expect(here.timeline.sample(stop, start), _RATE, begin=start)
