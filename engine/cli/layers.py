"""Layers from the words of a command line."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

import presets
from host_bridge.protocol import Layer

PICTURE = "picture"  # the name of a layer without words: what the picture says


def layers_of(
    texts: Sequence[str],
    names: Sequence[str],
    *,
    seed: int,
    negative: str | None,
    strictness: float | None,
    focus: str | None,
) -> tuple[Layer, ...]:
    """The texts' layers, then the presets', each in the order given; the picture's when none is.

    Layer i gets seed + i. negative, strictness and focus, where given, hold for every layer
    and replace what a preset says.
    Raises CuelockError request.preset.
    """
    drafts = [_of_text(text) for text in texts] + [presets.load(name).layer() for name in names]
    given = {"negative": negative, "strictness": strictness, "focus": focus}
    chosen = {key: value for key, value in given.items() if value is not None}
    return tuple(
        replace(layer, seed=seed + index, **chosen)
        for index, layer in enumerate(drafts or [_of_text("")])
    )


def _of_text(text: str) -> Layer:
    prompt = text.strip()
    return Layer(name=prompt or PICTURE, prompt=prompt, seed=0)
