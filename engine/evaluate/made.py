"""Sounds of the bundle under measurement, made in this process as a render makes them."""

from __future__ import annotations

import torch

from engine.bundles.load import Bundle
from engine.generate.sound import sounds
from engine.generate.windows import WINDOW_FRAMES
from engine.melqcd.curves import Curves, GrowingCurves
from host_bridge.protocol import Layer

STRICTNESS = Layer(name="default", prompt="", seed=0).strictness


def made(
    bundle: Bundle,
    prompt: str,
    curves: Curves,
    *,
    seed: int,
    window_frames: int = WINDOW_FRAMES,
    seen: torch.Tensor | None = None,
) -> torch.Tensor:
    """Sound [T * hop] of words and curves [T], with what a layer has by default.

    seen [1, TEXT_WIDTH]: what the picture shows, None where there is none.
    """
    mels = bundle.pipeline.mels(
        GrowingCurves([curves], len(curves), curves.spec),
        bundle.guide(prompt, "", seen),
        strictness=STRICTNESS,
        steps=bundle.manifest.steps,
        seed=seed,
        window_frames=window_frames,
    )
    energy = torch.from_numpy(curves.energy)
    return torch.cat(list(sounds(mels, energy, bundle.vocoder, seed=seed)))
