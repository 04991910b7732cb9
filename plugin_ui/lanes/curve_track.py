"""Mel-QCD curves as the panel sees them: read from the engine's files, with levels of detail."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from host_bridge.errors import CuelockError
from host_bridge.timecode import Rate, frame_of_label
from plugin_ui.lanes.pyramid import Levels, levels_of, patched
from plugin_ui.lanes.timeline import CURVE_RATE, Timeline

VERSION = 1  # of the files
DB = 20 / np.log(10)  # of a nat
CODES = 81
_LEAST_RISE = 6 / DB  # nats within _RISING frames make an onset
_RISING, _APART = 3, 10  # curve frames


class _Mel(msgspec.Struct, frozen=True):
    """What is needed of the mel spectrogram's description."""

    floor: float


@dataclass(frozen=True, kw_only=True, eq=False)
class CurveTrack:
    """Curves of 100 frames a second from the timecode `start` (at timecode_rate) on.

    energy float32 [T], spread float32 [T]: nats; codes uint8 [T, 2]: upper and lower half;
    floor: the energy of silence; delivered float32 [T]: the energy of the stem that was made, None
    before there is one.
    """

    energy: np.ndarray
    spread: np.ndarray
    codes: np.ndarray
    floor: float
    start: str
    timecode_rate: str
    delivered: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.energy)

    @cached_property
    def energy_levels(self) -> Levels:
        return levels_of(self.energy)

    @cached_property
    def spread_levels(self) -> Levels:
        return levels_of(self.spread)

    def with_part(
        self, start: int, energy: np.ndarray, spread: np.ndarray, codes: np.ndarray
    ) -> CurveTrack:
        """The same curves with others from a frame on, whose levels of detail alone are new."""
        part = slice(start, start + len(energy))
        new = replace(
            self, energy=self.energy.copy(), spread=self.spread.copy(), codes=self.codes.copy()
        )
        new.energy[part], new.spread[part], new.codes[part] = energy, spread, codes
        # Where a cached property keeps its value.
        vars(new)["energy_levels"] = patched(self.energy_levels, start, energy)
        vars(new)["spread_levels"] = patched(self.spread_levels, start, spread)
        return new

    def begin(self, timeline: Timeline) -> int:
        """The timeline's frame with which the curves start (before zero with handles)."""
        return _frame_of(self.start, self.timecode_rate, timeline)

    @cached_property
    def made(self) -> CurveTrack | None:
        """What was delivered of these curves: the energy alone is measured."""
        return None if self.delivered is None else replace(self, energy=self.delivered)

    @cached_property
    def onsets(self) -> np.ndarray:
        """Curve frames of attacks: the steepest place where energy rises by 6 dB in 30 ms."""
        if len(self) <= _RISING:
            return np.zeros(0, np.intp)
        windows = np.lib.stride_tricks.sliding_window_view
        rise = self.energy[_RISING:] - windows(self.energy[:-1], _RISING).min(axis=1)
        around = np.pad(rise, _APART // 2, constant_values=-np.inf)
        highest = windows(around, _APART + 1).max(axis=1)
        steepest = 1 + windows(np.diff(self.energy), _RISING).argmax(axis=1)
        peaks = np.flatnonzero((rise >= _LEAST_RISE) & (rise == highest))
        found: list[int] = []
        for frame in (peaks + steepest[peaks]).tolist():
            if not found or frame - found[-1] >= _APART:
                found.append(frame)
        return np.array(found, np.intp)


@lru_cache(maxsize=256)
def _frame_of(label: str, rate: str, timeline: Timeline) -> int:
    """A label of some rate as a frame of the timeline, the nearer way round midnight."""
    own = Rate.parse(rate)
    seconds = frame_of_label(label, own) / own.exact
    frame = round(seconds * timeline.rate.exact) - timeline.origin
    day = timeline.rate.frames_per_day
    return (frame + day // 2) % day - day // 2


def read_curves(path: Path) -> CurveTrack:
    """Curves of an npz that the engine wrote.

    Raises CuelockError request.curve, naming what is wrong with the file.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            fields = {name: stored[name] for name in stored}
        if int(fields["version"]) > VERSION:
            raise _refused(path, "it was written by a newer cuelock")
        delivered = fields.get("delivered")
        track = CurveTrack(
            energy=np.asarray(fields["energy"], np.float32),
            spread=np.asarray(fields["spread"], np.float32),
            codes=np.asarray(fields["codes"], np.uint8),
            floor=float(np.log(msgspec.json.decode(str(fields["mel"]), type=_Mel).floor)),
            start=str(fields["start"]),
            timecode_rate=str(fields["timecode_rate"]),
            delivered=None if delivered is None else np.asarray(delivered, np.float32),
        )
        frame_of_label(track.start, Rate.parse(track.timecode_rate))
    except KeyError as error:
        raise _refused(path, f"{error.args[0]} is missing") from error
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, msgspec.DecodeError) as error:
        raise _refused(path, str(error).splitlines()[0]) from error
    wrong = _wrong_with(track, fields)
    if wrong:
        raise _refused(path, wrong)
    return track


def _wrong_with(track: CurveTrack, fields: dict[str, Any]) -> str:
    T = len(track.energy) if track.energy.ndim == 1 else 0
    if not T:
        return "it holds no frames"
    if track.spread.shape != (T,) or track.codes.shape != (T, 2):
        return "energy, spread and codes do not belong together"
    if track.delivered is not None and track.delivered.shape != (T,):
        return "what was delivered does not belong to the curves"
    if not (np.isfinite(track.energy).all() and np.isfinite(track.spread).all()):
        return "energy or spread has values that are no numbers"
    codes = fields["codes"]
    if codes.min() < 0 or codes.max() >= CODES or (track.spread < 0).any():
        return "spread is below zero or a code is not in 0..80"
    if int(fields.get("rate", CURVE_RATE)) != CURVE_RATE:
        return f"it has not {CURVE_RATE} frames a second"
    return ""


def _refused(path: Path, why: str) -> CuelockError:
    return CuelockError(
        "request.curve",
        f"{path.name} cannot be used as curves: {why}.",
        hint="Make a file with `cuelock curves MEDIA --to FILE.npz` and edit that.",
    )
