"""What is heard of one sound: everything the measures compare, taken once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch

from engine.evaluate import odf, sync
from engine.generate.project import energy_of
from engine.melqcd import onsets
from engine.melqcd.spec import MelSpec
from engine.stems.tagger import Tagger

_DYNAMIC_DB = 60.0  # what lies further under the loudest frequency does not count as bandwidth
_SPECTRUM = 4096


class Embedder(Protocol):
    """Sound to a point: mono samples [n] at a rate -> [width]. name: how reports call it."""

    name: str

    def __call__(self, sound: np.ndarray, rate: int) -> np.ndarray: ...


class Heard(NamedTuple):
    """scores [521]: the tagger's logits; points: an embedding a name; energy [T]: the curve, nats;
    level [frames of 20 ms]: dB; flux [frames of 10 ms]; onsets: seconds, strict; function, peaks
    and thinned: the paper's onset function, its onsets, and the surest of them (samples at 22,050
    Hz); bandwidth_hz."""

    scores: np.ndarray
    points: dict[str, np.ndarray]
    energy: torch.Tensor
    level: np.ndarray
    flux: np.ndarray
    onsets: np.ndarray
    function: np.ndarray
    peaks: np.ndarray
    thinned: np.ndarray
    bandwidth_hz: float
    seconds: float


class Ears:
    """Listens with a tagger, whose embedding is one of the points, and with more embedders."""

    def __init__(self, tagger: Tagger, embedders: Sequence[Embedder], spec: MelSpec) -> None:
        self.tagger = tagger
        self.names = ("YAMNet", *(one.name for one in embedders))
        self._embedders = embedders
        self._spec = spec

    def hear(self, sound: np.ndarray) -> Heard:
        """sound: mono at the mel's sample rate."""
        import soxr

        rate = self._spec.sample_rate
        tags = self.tagger.hear(sound, rate)
        low = soxr.resample(sound, rate, onsets.RATE)
        middle = soxr.resample(sound, rate, odf.RATE)
        flux = onsets.flux(low)
        function = odf.onset_function(middle)
        peaks = odf.detected(function)
        points = {one.name: one(sound, rate) for one in self._embedders}
        return Heard(
            scores=tags.scores,
            points={"YAMNet": tags.embedding, **points},
            energy=energy_of(torch.from_numpy(sound), self._spec),
            level=sync.log_energy(low),
            flux=flux,
            onsets=onsets.onsets_of(flux),
            function=function,
            peaks=peaks,
            thinned=odf.thinned(peaks, middle),
            bandwidth_hz=bandwidth_hz(sound, rate),
            seconds=len(sound) / rate,
        )


def bandwidth_hz(sound: np.ndarray, rate: int) -> float:
    """Highest frequency whose mean power lies within 60 dB of the strongest one's."""
    from scipy.signal import welch

    hz, power = welch(sound, rate, nperseg=min(_SPECTRUM, len(sound)))
    if not power.any():
        return 0.0
    loud = power > power.max() * 10 ** (-_DYNAMIC_DB / 10)
    return float(hz[np.flatnonzero(loud)[-1]])
