"""Spans: a clip is looked at once, and again as soon as its file is another."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from finished_takes import BOUNCE, refused

from engine.service.span import span_of
from host_bridge.protocol import Layer, RenderRequest
from media import EXAMPLE


def test_a_clip_is_looked_at_again_only_when_its_file_is_another(tmp_path: Path) -> None:
    clip = Path(shutil.copy2(BOUNCE, tmp_path / "clip.mp4"))
    asked = RenderRequest(clip=str(clip), layers=(Layer(name="a", prompt="", seed=0),), to="")
    first = span_of(asked).clip
    assert span_of(asked).clip is first
    shutil.copy2(EXAMPLE, clip)
    other = span_of(asked).clip
    assert (other.frames, other.width) != (first.frames, first.width)
    os.utime(clip, ns=(0, 0))
    assert span_of(asked).clip is not other
    clip.unlink()
    assert refused(lambda: span_of(asked)) == "media.missing"
