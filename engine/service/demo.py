"""The demo: what the shipped clip is rendered with."""

from __future__ import annotations

from pathlib import Path

from host_bridge.protocol import Layer, RenderRequest
from media import EXAMPLE


def demo_request(to: Path) -> RenderRequest:
    """Two stems for the shipped clip: a growl and a wind under it."""
    layers = (
        Layer(name="creature", prompt="a fantasy creature growls", seed=7),
        Layer(name="wind", prompt="wind blows", seed=8, behaviour="ambience", gain_db=-12.0),
    )
    return RenderRequest(clip=str(EXAMPLE), layers=layers, to=str(to))
