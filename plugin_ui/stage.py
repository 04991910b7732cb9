"""What sounds: the desk's stems on the lanes and in the mixer, and jobs heard while they render."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import numpy as np
from msgspec.structs import replace
from PyQt6.QtCore import QEvent, QObject, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from host_bridge.errors import CuelockError
from host_bridge.protocol import CurveEdit, HeardSound, RenderRequest
from host_bridge.timecode import FrameIndex, FrameRange
from plugin_ui.comparing import Comparing
from plugin_ui.desk import Desk
from plugin_ui.history import History
from plugin_ui.lanes.batch_lane import BatchLane
from plugin_ui.lanes.curve_lane import CurveLane
from plugin_ui.lanes.sound_lane import SoundLane
from plugin_ui.lanes.stack import Lanes
from plugin_ui.session import Strip, Work
from plugin_ui.sound import strips as mix
from plugin_ui.sound.mixer import Mixer
from plugin_ui.sound.strips import Heard, Origin
from plugin_ui.sounding import Opened, Sounding
from plugin_ui.take_lanes import TakeLanes

ORIGINAL = ""  # the clip's own sound among the strips: no layer is called so
_RATE = 48_000


class StripButtons(QWidget):
    """Mute and solo of one sound, at the head of its lane."""

    def __init__(self, history: History, name: str, told: str) -> None:
        super().__init__()
        self._history, self._name = history, name
        self.mute, self.solo = QToolButton(self), QToolButton(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for button, sign, words in (
            (self.mute, "M", self.tr("Mute {name}")),
            (self.solo, "S", self.tr("Solo {name}")),
        ):
            button.setText(sign)
            button.setCheckable(True)
            button.setToolTip(words.format(name=told))
            button.setAccessibleName(words.format(name=told))
            button.clicked.connect(self._clicked)
            row.addWidget(button)
        row.addStretch()

    def show_strip(self, strip: Strip) -> None:
        """As it is heard."""
        self.mute.setChecked(strip.mute)
        self.solo.setChecked(strip.solo)

    def _clicked(self) -> None:
        strips = self._history.work.strips
        strip = replace(
            strips.get(self._name, Strip()),
            mute=self.mute.isChecked(), solo=self.solo.isChecked(),
        )  # fmt: skip
        self._history.edit(self.tr("Mix"), strips=strips | {self._name: strip})


class Stage(QObject):
    """Shows the work on the lanes, a sound lane a layer and the chosen layer's curves; plays it.

    The clip's own sound is a lane and a strip like the others, under the name that its strip has
    in the work.

    went_to(Queued): as in BatchLane.
    """

    went_to = pyqtSignal(object)

    def __init__(
        self, desk: Desk, lanes: Lanes, mixer: Mixer, comparing: Comparing, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._desk, self._lanes, self._mixer = desk, lanes, mixer
        self._comparing = comparing
        self.take_lanes = TakeLanes(desk, lanes)
        self.sounds: dict[str, SoundLane] = {}
        self.curves = CurveLane(self.tr("Curves"), lanes.axis, lanes.selection)
        lanes.add(self.curves)
        self.curves.edited.connect(self._edited)
        self.curves.refused.connect(self._refused)
        self._shown: dict[str, str] = {}  # layer -> its stem's path
        self._curves_shown: tuple[str, ...] = ()
        self._buttons: dict[str, StripButtons] = {}
        self._growing: dict[str, tuple[Heard, int]] = {}  # layer -> what is heard, from a sample on
        self.batch: BatchLane | None = None
        self._besides: tuple[mix.Strip, ...] = ()
        desk.batch.changed.connect(self._show_batch)
        desk.link.heard.connect(self._heard)
        desk.jobs_changed.connect(self._settle)
        comparing.changed.connect(lambda: self.show_work(desk.work))

    def open(self, here: Opened) -> None:
        """Another clip: nothing of the one before."""
        for name in list(self.sounds):
            self._remove(name)
        self._growing.clear()
        if here.clip.has_sound:
            self._lane(ORIGINAL).show_clip(here.clip)

    def hear_besides(self, strips: tuple[mix.Strip, ...]) -> None:
        """Sounds that belong to no layer, beside all others; none to end that."""
        self._besides = strips
        self.show_work(self._desk.work)

    def _show_batch(self) -> None:
        """A lane of its own while there is a batch."""
        wanted = bool(self._desk.batch.queue)
        if wanted and self.batch is None:
            self.batch = BatchLane(self._desk.batch, self._lanes.axis, self._lanes.selection)
            self.batch.went_to.connect(self.went_to)
            self._lanes.add(self.batch)
        elif self.batch is not None and not wanted:
            self._lanes.remove(self.batch)
            self.batch = None
        self.show_work(self._desk.work)

    def show_work(self, work: Work) -> None:
        """The layers as they sound now."""
        sounding = {one.layer.name: one for one in self._desk.sounding()}
        rendered = [name for name in self._growing if name not in work.removed]
        names = dict.fromkeys((*(layer.name for layer in work.layers), *rendered))
        for name in [name for name in self.sounds if name not in (*names, ORIGINAL)]:
            self._remove(name)
        for name in names:
            self._show_stem(name, self._lane(name), sounding.get(name))
        self.take_lanes.show_work()
        self._play(work, sounding)
        for name, lane in self.sounds.items():
            head = self._lanes.head(lane).name
            font = head.font()
            font.setBold(name == work.layer)
            head.setFont(font)
        self._lanes.head(self.curves).set_state(work.layer)
        self._show_curves(work, sounding.get(work.layer))

    def _play(self, work: Work, sounding: dict[str, Sounding]) -> None:
        """Into the mixer: stems, what is heard of jobs in their place, the clip's own sound; and
        what the batch made elsewhere, as its layers are heard here.
        """
        here, strips, offsets = self._desk.here, list[mix.Strip](), self._comparing.offsets()
        if here is None:
            return
        for name in self.sounds:
            strip, origin, start = work.strips.get(name, Strip()), None, 0
            if name == ORIGINAL:
                origin = here.clip
            elif name in self._growing:
                origin, start = self._growing[name]
            elif name in sounding:
                origin = Path(sounding[name].stem.path)
                start = here.timeline.sample(sounding[name].start, 0)
            if origin is not None:
                strips.append(_mixed(name, strip, origin, start, offsets.get(name, 0.0)))
        for name, buttons in self._buttons.items():
            buttons.show_strip(work.strips.get(name, Strip()))
        beside = [
            _mixed(
                one.layer.name, work.strips.get(one.layer.name, Strip()),
                Path(one.stem.path), here.timeline.sample(one.start, 0),
            )
            for one in self._desk.beside()
        ]  # fmt: skip
        alone = any(strip.solo for strip in (*strips, *beside))
        besides = [dataclasses.replace(one, solo=one.solo or alone) for one in self._besides]
        every = [*strips, *beside, *besides]
        self._mixer.set_strips(every)
        for strip, gain in zip(strips, mix.gains(every), strict=False):
            offset = offsets.get(strip.name, 0.0)
            self._show_strip(self.sounds[strip.name], strip, offset, heard=gain > 0)

    def _lane(self, name: str) -> SoundLane:
        if name not in self.sounds:
            told = name or self.tr("original sound")
            self.sounds[name] = lane = SoundLane(told, self._lanes.axis, self._lanes.selection)
            head = self._lanes.add(lane)
            buttons = StripButtons(self._desk.history, name, told)
            if name != ORIGINAL:
                head.buttons.addWidget(self.take_lanes.button(name, lane))
            head.buttons.addWidget(buttons)
            self._buttons[name] = buttons
            lane.installEventFilter(self)
        return self.sounds[name]

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:
        """Who presses on a layer's lane works on that layer, unless edits of another one wait."""
        if a1 is not None and a1.type() == QEvent.Type.MouseButtonPress:
            names = [name for name, lane in self.sounds.items() if lane is a0 and name != ORIGINAL]
            if names and not self._desk.work.edits:
                self._desk.history.look(layer=names[0])
        return super().eventFilter(a0, a1)

    def _remove(self, name: str) -> None:
        self.take_lanes.fold(name)
        self._lanes.remove(self.sounds.pop(name))
        del self._buttons[name]
        self._shown.pop(name, None)

    def _show_stem(self, name: str, lane: SoundLane, sounding: Sounding | None) -> None:
        path = sounding.stem.path if sounding is not None else ""
        if name in self._growing or self._shown.get(name) == path:
            return
        self._shown[name] = path
        if sounding is None:
            lane.clear()
        else:
            lane.show_file(Path(path), begin=sounding.start)

    def _show_strip(self, lane: SoundLane, strip: mix.Strip, offset: float, *, heard: bool) -> None:
        lane.set_heard(heard=heard)
        words = [self.tr("muted")] if strip.mute else []
        words += [self.tr("solo")] if strip.solo else []
        words += [f"{strip.gain_db:+.1f} dB"] if strip.gain_db else []
        words += [self.tr("matched")] if offset else []
        words += [self.tr("renders")] if isinstance(strip.origin, Heard) else []
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
        self.curves.show_locks(frozenset(work.locks if sounding is not None else ()))

    def _predicted(self, sounding: Sounding) -> str:
        """The curves of the first take of the line: as they were before any hand."""
        take = self._desk.take()
        while take is not None and (parent := take.record.reply.parent):
            take = self._desk.takes.get(parent)
        if take is None:
            return ""
        reply = take.record.reply
        curves = [
            self._desk.file_of(take, path)
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
        """A piece of a job's sound: seen at once, and of a new layer heard at once."""
        job, here = self._desk.jobs.get(sound.job), self._desk.here
        away = sound.layer in self._desk.work.removed
        if job is None or here is None or sound.variation or away:
            return
        heard = Heard(sound.job, sound.layer)
        self._mixer.hear(heard, sound.start, sound.pcm)
        if job.kind == "render" and self._growing.get(sound.layer, (None,))[0] != heard:
            request = msgspec.msgpack.decode(job.params, type=RenderRequest)
            start, stop = (here.frame(at or "") for at in (request.range_in, request.range_out))
            length = here.timeline.sample(stop, start)
            self._lane(sound.layer).expect(length, _RATE, begin=start)
            self._growing[sound.layer] = heard, here.timeline.sample(start, 0)
            self.show_work(self._desk.work)
        if sound.layer in self.sounds:
            lane = self.sounds[sound.layer]
            lane.put(sound.start, np.frombuffer(sound.pcm, "<i2").astype(np.float32) / 2**15)

    def _settle(self) -> None:
        """Layers whose jobs are at their end are seen and heard from their stems again."""
        ended = [
            name for name, (heard, _) in self._growing.items() if heard.job not in self._desk.jobs
        ]
        for name in ended:
            del self._growing[name]
            self._shown.pop(name, None)
        if ended:
            self.show_work(self._desk.work)


def _mixed(
    name: str, strip: Strip, origin: Origin, start_sample: int, offset_db: float = 0.0
) -> mix.Strip:
    return mix.Strip(
        name=name, origin=origin, start_sample=start_sample,
        gain_db=strip.gain_db + offset_db, mute=strip.mute, solo=strip.solo,
    )  # fmt: skip
