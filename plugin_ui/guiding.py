"""Between the guide's dock, who records, and the desk that keeps the tries and lets them lead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtMultimedia import QMediaDevices

from plugin_ui.desk import Desk
from plugin_ui.docks.guide import GuideDock
from plugin_ui.guide.microphone import Microphone, microphones
from plugin_ui.guide.recorder import Recorder
from plugin_ui.session import Try
from plugin_ui.settings import Preferences
from plugin_ui.sound.mixer import Mixer
from plugin_ui.sound.strips import Strip
from plugin_ui.stage import Stage
from plugin_ui.transport.playhead import Transport


class Guiding(QObject):
    """Records guides for the region, or the whole clip.

    failed(CuelockError): nothing came of it, and why.
    """

    failed = pyqtSignal(object)

    def __init__(
        self, desk: Desk, dock: GuideDock, stage: Stage, mixer: Mixer, transport: Transport,
        preferences: Preferences,
    ) -> None:  # fmt: skip
        super().__init__(desk)
        self._desk, self._dock, self._stage = desk, dock, stage
        self._transport, self._preferences = transport, preferences
        self._microphone = Microphone(self)
        self.recorder = Recorder(
            transport, mixer.clock, self._microphone, stage.hear_besides, mixer.follow, self
        )
        self._measuring = False
        self._devices = QMediaDevices(self)
        self._devices.audioInputsChanged.connect(self._show_microphones)
        self._microphone.level.connect(dock.show_level)
        self._microphone.failed.connect(lambda: dock.listen.setChecked(False))
        self.recorder.changed.connect(self._show_busy)
        self.recorder.made.connect(self._keep)
        self.recorder.measured.connect(self._measured)
        self.recorder.failed.connect(self.failed)
        dock.record_wanted.connect(self._record)
        dock.measure_wanted.connect(self._measure)
        dock.listen_wanted.connect(self._listen)
        dock.heard.connect(self._hear)
        dock.used.connect(desk.guide)
        dock.dropped.connect(self._drop)
        desk.opened.connect(self._open)
        self._show_microphones()

    def deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        return {"record": self._record}

    def end(self) -> None:
        """The window closes."""
        self.recorder.abandon()

    def _open(self) -> None:
        assert self._desk.here is not None
        self.recorder.abandon()
        self._dock.open(self._desk.here.timeline)
        self._dock.show_tries(self._desk.session.tries)

    def _record(self) -> None:
        here, settings = self._desk.here, self._preferences.settings
        if self.recorder.busy:
            self.recorder.stop()
        elif here is not None:
            self._dock.listen.setChecked(False)
            self._measuring = False
            self.recorder.latency = settings.latencies.get(settings.microphone, 0)
            self.recorder.record(
                self._desk.work.region or here.whole,
                settings.microphone,
                pre_roll=round(settings.pre_roll * here.timeline.fps),
                beeps=settings.count_in,
            )

    def _measure(self) -> None:
        if self.recorder.busy:
            self.recorder.abandon()
            return
        self._dock.listen.setChecked(False)
        self._measuring = True
        self.recorder.latency = 0
        self.recorder.calibrate(self._preferences.settings.microphone)

    def _measured(self, samples: int) -> None:
        settings = self._preferences.settings
        latencies = settings.latencies | {settings.microphone: samples}
        self._preferences.change(latencies=latencies)

    def _listen(self, on: bool) -> None:
        if self.recorder.busy:
            return
        if on:
            self._microphone.open(self._preferences.settings.microphone)
        else:
            self._microphone.close()
            self._dock.show_level(-120.0)

    def _keep(self, tried: Try) -> None:
        self._desk.keep_tries((*self._desk.session.tries, tried))
        self._dock.show_tries(self._desk.session.tries)

    def _drop(self, tried: Try) -> None:
        left = tuple(one for one in self._desk.session.tries if one != tried)
        self._desk.keep_tries(left)
        self._dock.show_tries(left)
        self._stage.hear_besides(())

    def _hear(self, tried: Try) -> None:
        """A try alone, with its picture."""
        here = self._desk.here
        if here is None or self.recorder.busy:
            return
        start = here.timeline.sample(tried.region.start, 0)
        strip = Strip(name="guide", origin=Path(tried.path), start_sample=start, solo=True)
        self._transport.stop()  # and with it the try that is heard
        self._stage.hear_besides((strip,))
        self._transport.go(tried.region.start)
        self._transport.play()
        self._transport.speed_changed.connect(self._heard)

    def _heard(self, speed: float) -> None:
        if not speed:
            self._transport.speed_changed.disconnect(self._heard)
            self._stage.hear_besides(())

    def _show_busy(self) -> None:
        busy, measuring = self.recorder.busy, self._measuring
        self._dock.show_busy(recording=busy and not measuring, measuring=busy and measuring)

    def _show_microphones(self) -> None:
        self._dock.show_microphones(tuple(one.description() for one in microphones()))
