"""MelSpec: the numbers that tie a mel-spectrogram to sound. They travel with the bundle."""

from __future__ import annotations

import math

import msgspec


class MelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """How sound becomes a log-mel picture: `ln(max(mel, floor))` of STFT magnitudes.

    Frame i is centred at (i + 1/2) hops; bands are Slaney's, area-normalised; level is absolute.
    windows: K of Mel-QCD, the number of band groups the curves are computed over.

    >>> SMALL.frames(48_000), SMALL.rate
    (100, 100)
    """

    sample_rate: int = 48_000
    hop: int = 480
    n_fft: int = 2048
    bands: int = 128
    low_hz: float = 20.0
    high_hz: float = 24_000.0
    floor: float = 1e-5
    windows: int = 8

    @property
    def rate(self) -> int:
        """Mel frames a second."""
        return self.sample_rate // self.hop

    @property
    def bands_per_window(self) -> int:
        return self.bands // self.windows

    @property
    def log_floor(self) -> float:
        """ln(floor): the value of silence."""
        return math.log(self.floor)

    def frames(self, samples: int) -> int:
        """Mel frames that cover so many samples (the last may be partly padding)."""
        return -(-samples // self.hop)


SMALL = MelSpec()
#: The paper's. What its images were levelled to is the codec's affair.
AUFFUSION = MelSpec(sample_rate=16_000, hop=160, bands=256, low_hz=0.0, high_hz=8000.0)
