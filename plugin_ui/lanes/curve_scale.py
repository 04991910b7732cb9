"""Which energies a lane shows: as the curves need it, until a hand zooms."""

from __future__ import annotations

import numpy as np

from plugin_ui.lanes.curve_track import DB, CurveTrack

LIMITS_DB = (-120.0, 40.0)
_SEEN_DB = (-105.0, 15.0)  # before there are curves
_FITTED_DB, _AROUND_DB = 24.0, 12.0
_LEAST_DB = 6.0  # shown at least
_ZOOM_PER_NOTCH = 1.2


class EnergyScale:
    """The lowest and the highest energy in sight, in dB."""

    def __init__(self) -> None:
        self.low_db, self.high_db = _SEEN_DB
        self._zoomed = False  # by hand

    def fit(self, track: CurveTrack) -> None:
        """As many dB as the energy needs, with room for a hand."""
        if not self._zoomed:
            low, high = np.percentile(track.energy, (2, 100)) * DB
            middle, half = (low + high) / 2, max(_FITTED_DB, high - low) / 2 + _AROUND_DB
            self._show(middle - half, middle + half)

    def zoom(self, notches: float, db: float) -> None:
        """By the wheel; an energy stays where it is."""
        scale = _ZOOM_PER_NOTCH**-notches
        low, high = db + (self.low_db - db) * scale, db + (self.high_db - db) * scale
        if high - low >= _LEAST_DB:
            self._zoomed = True
            self._show(low, high)

    def _show(self, low_db: float, high_db: float) -> None:
        self.low_db, self.high_db = max(low_db, LIMITS_DB[0]), min(high_db, LIMITS_DB[1])
