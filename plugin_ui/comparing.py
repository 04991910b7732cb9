"""A and B: what is heard, and what was heard before it, at the same moment and as loud."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtCore import QObject, pyqtSignal

from plugin_ui.desk import Desk
from plugin_ui.session import Work


class Comparing(QObject):
    """Remembers what was heard before: a take, and the variations of its layers.

    changed(): `offsets` tells others.
    """

    changed = pyqtSignal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._before: tuple[str | None, dict[str, int]] = None, {}
        self._matched = False

    def deeds(self) -> dict[str, Callable[[], object]]:
        """What each action does."""
        return {"compare": self._compare, "match": self._match}

    def heard(self, before: Work) -> None:
        """Something else than before is heard from now on."""
        self._before = before.take, before.variations

    def offsets(self) -> dict[str, float]:
        """By how many dB each layer is turned down, so that A and B are as loud: the louder one.

        Only listening is changed; files and the mix in the session are not.
        """
        if not self._matched:
            return {}
        now = self._loudness(self._desk.work.take, self._desk.work.variations)
        before = self._loudness(*self._before)
        return {
            layer: min(0.0, before[layer] - lufs) for layer, lufs in now.items() if layer in before
        }

    def _loudness(self, take: str | None, variations: Mapping[str, int]) -> dict[str, float]:
        """Integrated, in LUFS, of each layer that is not silent."""
        stems = (one.stem for one in self._desk.sounding_of(take, variations))
        return {
            stem.layer: lufs for stem in stems if (lufs := stem.measures.loudness_lufs) is not None
        }

    def _compare(self) -> None:
        """What was heard before this; and back. Nothing else changes."""
        take, variations = self._before
        if take is not None:
            self._desk.hear(take, variations)

    def _match(self) -> None:
        self._matched = not self._matched
        self.changed.emit()
