"""Sizes of the networks: numbers that travel with their weights in the bundle."""

from __future__ import annotations

import msgspec


class DenoiserShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of U-Net and ControlNet. The last level and the middle attend to the words."""

    channels: int = 64
    widths: tuple[int, ...] = (96, 128, 160)
    layers: int = 1


class VocoderShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Width and number of blocks of the vocoder."""

    width: int = 256
    depth: int = 6
