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


class LatentDenoiserShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of a U-Net of Stable Diffusion 1's layout and its ControlNet.

    All levels but the last attend to words [*, words]; heads: of every attention; hint: widths of
    the convolutions that bring a hint of 8 channels to the first level.
    """

    channels: int = 4
    widths: tuple[int, ...] = (320, 640, 1280, 1280)
    layers: int = 2
    heads: int = 8
    words: int = 768
    hint: tuple[int, ...] = (16, 32, 64, 128, 256)


class AutoencoderShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of a KL autoencoder of mel images.

    scale: what its latents are multiplied by; low, high: the log-mels (nats) that are black and
    white; peak: what recordings were levelled to before they became images.
    """

    channels: int = 4
    widths: tuple[int, ...] = (128, 256, 512, 512)
    layers: int = 2
    scale: float = 0.18215
    low: float = -11.512925  # ln 1e-5
    high: float = 5.298317  # ln 200
    peak: float = 0.95


class ClipTextShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of CLIP's text encoder; the paper's is that of ViT-L/14."""

    vocabulary: int = 49408
    width: int = 768
    layers: int = 12
    places: int = 77


class ClipImageShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of CLIP's image encoder; point: width of the vectors it gives."""

    width: int = 1024
    layers: int = 24
    patch: int = 14
    side: int = 224
    point: int = 768


class InversionShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of the adapter that turns an image vector [width] into pseudo-words [words, width]."""

    width: int = 768
    words: int = 32


class HifiGanShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes of a HiFi-GAN generator, by its own names: the rates' product is the mel's hop."""

    upsample_rates: tuple[int, ...]
    upsample_kernel_sizes: tuple[int, ...]
    upsample_initial_channel: int
    resblock_kernel_sizes: tuple[int, ...]
    resblock_dilation_sizes: tuple[tuple[int, ...], ...]
