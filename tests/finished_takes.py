"""What tests of regions, comps and recuts share: small takes made in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from engine.service.render import render
from engine.takes.history import Given
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer, RenderRequest, TakeRecord

BOUNCE = Path(__file__).parent / "media" / "bounce.mp4"
FRAMES = 96


def given_of(record: TakeRecord) -> Given:
    """A take as the history lends it."""
    reply = record.reply
    paths = [stem.path for stem in reply.stems] + list(reply.curves)
    return Given(record=record, files={Path(path).name: path for path in paths})


def made(folder: Path, **changes: object) -> Given:
    """Some frames of the bouncing ball, rendered with few steps."""
    layers = (Layer(name="knock", prompt="wood is hit", seed=1),)
    asked = RenderRequest(
        clip=str(BOUNCE), layers=layers, to=str(folder), steps=2, range_out=f"{FRAMES}f"
    )
    return given_of(render(msgspec.structs.replace(asked, **changes)))


def sound(take: Given, number: int = 0) -> np.ndarray:
    """A stem's samples, as whole numbers."""
    samples, _ = soundfile.read(take.record.reply.stems[number].path, dtype="int32")
    return samples


def refused(act: Callable[[], object]) -> str:
    """The code of the error that it raises."""
    with pytest.raises(CuelockError) as caught:
        act()
    return caught.value.code
