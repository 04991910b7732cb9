"""The line below: what was done, the level of the sound, how the engine is."""

from __future__ import annotations

from PyQt6.QtWidgets import QLabel, QStatusBar, QWidget

from plugin_ui.link import EngineState
from plugin_ui.meter import Meter

_TOLD_MS = 8000


class StatusLine(QStatusBar):
    """What is told passes; meter and engine stay."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.meter, self.engine = Meter(self), QLabel(self)
        self.engine.setAccessibleName(self.tr("Engine"))
        self.addPermanentWidget(self.meter)
        self.addPermanentWidget(self.engine)

    def tell(self, words: str) -> None:
        """Say something for a while."""
        self.showMessage(words, _TOLD_MS)

    def show_engine(self, state: EngineState) -> None:
        """Which one, starting, ready or busy, with its memory; or why it is away."""
        name = state.name or self.tr("this machine")
        if state.error is not None:
            words = state.error.message
        elif state.status is None:
            words = self.tr("Engine ({name}): starting").format(name=name)
        else:
            worker = {
                "none": self.tr("at rest"),
                "starting": self.tr("starting"),
                "idle": self.tr("ready"),
                "busy": self.tr("busy"),
                "degraded": self.tr("in trouble"),
            }[state.status.worker]
            memory = state.status.megabytes + state.status.worker_megabytes
            told = self.tr("Engine ({name}): {state}, {n} MB")
            words = told.format(name=name, state=worker, n=round(memory))
        self.engine.setText(words)
        self.engine.setToolTip(state.error.hint if state.error else "")
