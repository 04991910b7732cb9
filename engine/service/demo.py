"""The demo: the shipped clip rendered with the embedded bundle."""

from __future__ import annotations

from pathlib import Path

from engine.service.render import Progress, render
from host_bridge.protocol import Layer, RenderReply, RenderRequest

CLIP = Path(__file__).parent / "clips" / "big-buck-bunny.mp4"


def demo(to: Path, progress: Progress = lambda _stage, _done: None) -> RenderReply:
    """Two stems for the shipped clip: a yawn and a wind under it."""
    layers = (
        Layer(name="creature", prompt="a fantasy creature growls", seed=7),
        Layer(name="wind", prompt="wind blows", seed=8, behaviour="ambience", gain_db=-12.0),
    )
    return render(RenderRequest(clip=str(CLIP), layers=layers, to=str(to)), progress)
