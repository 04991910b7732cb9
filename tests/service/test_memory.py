"""When memory does not suffice: half the window, once; then a sentence that helps."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from engine.generate.networks import Denoiser
from engine.service.jobs import do
from engine.service.take import Alone
from engine.stems.names import safe_name
from host_bridge.errors import CuelockError
from host_bridge.protocol import Layer, RenderRequest, TakeRecord

BOUNCE = Path(__file__).parents[1] / "media" / "bounce.mp4"


def rendered(to: Path) -> TakeRecord:
    asked = RenderRequest(
        clip=str(BOUNCE), layers=(Layer(name="knock", prompt="wood", seed=1),), to=str(to),
        steps=1,
    )  # fmt: skip
    return do("render", msgspec.Raw(msgspec.msgpack.encode(asked)), (), Alone())


class Small:
    """A denoiser that can take no more than so many columns at once."""

    def __init__(self, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.widths: list[int] = []
        forward = Denoiser.forward

        def limited(network: Denoiser, noisy: torch.Tensor, *rest: Any) -> torch.Tensor:
            self.widths.append(noisy.shape[-1])
            if noisy.shape[-1] > columns:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ...")
            return forward(network, noisy, *rest)

        monkeypatch.setattr(Denoiser, "forward", limited)


def test_half_the_window_is_tried_when_the_whole_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Small(125, monkeypatch)
    take = rendered(tmp_path / "out")
    assert take.reply.stems[0].samples == 8 * 48_000
    assert small.widths[0] == 200
    assert max(small.widths[1:]) <= 125


def test_when_half_does_not_fit_either_it_says_what_would_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Small(20, monkeypatch)
    with pytest.raises(CuelockError) as caught:
        rendered(tmp_path / "out")
    assert caught.value.code == "gpu.oom"
    assert "parts" in caught.value.hint
    assert not (tmp_path / "out").exists()
    monkeypatch.undo()
    assert rendered(tmp_path / "out").reply.stems


def test_another_defect_is_not_taken_for_lack_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(Denoiser, "forward", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        rendered(tmp_path / "out")


def test_what_a_killed_process_left_beside_the_stems_goes_with_the_next_job(
    tmp_path: Path,
) -> None:
    host = safe_name(platform.node())
    dead, alive, foreign = (
        tmp_path / name
        for name in (f".cuelock-{host}-99999999-abc", f".cuelock-{host}-{os.getpid()}-abc",
                     ".cuelock-elsewhere-99999999-abc")
    )  # fmt: skip
    for folder in (dead, alive, foreign):
        folder.mkdir()
        (folder / "half.f32").write_bytes(b"half")
    rendered(tmp_path)
    assert [folder.exists() for folder in (dead, alive, foreign)] == [False, True, True]
