"""Sizes of predictors: numbers that travel with their weights in the bundle."""

from __future__ import annotations

import msgspec


class SyncV2XShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of the paper's predictor over picture features [*, features], 25 a second.

    low, high: the log-mels (nats) its energy calls zero and one. energy_offset: nats on top of
    what it says; 0.702 for the weights released with the paper, whose targets were measured with
    n_fft 1024 where everything else has 2048.
    """

    features: int = 768
    width: int = 512
    heads: int = 8
    head_width: int = 64
    layers: int = 6
    low: float = -11.512925  # ln 1e-5
    high: float = 5.298317  # ln 200
    energy_offset: float = 0.0
