"""Kinds of jobs, and what is tried when memory does not suffice."""

from __future__ import annotations

import gc
import logging

import msgspec
import torch

from engine.bundles.load import load_bundle
from engine.generate.windows import WINDOW_FRAMES
from engine.service.comp import comp
from engine.service.recut import recut
from engine.service.regenerate import regenerate
from engine.service.render import render
from engine.service.take import Follow
from engine.service.wanted import watches
from engine.takes.history import Given
from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    CompRequest,
    JobKind,
    RecutRequest,
    RegenerateRequest,
    RenderRequest,
    TakeRecord,
)

log = logging.getLogger(__name__)


def do(kind: JobKind, params: msgspec.Raw, given: tuple[Given, ...], follow: Follow) -> TakeRecord:
    """Do a job; where memory does not suffice, once more with windows half as long.

    Raises CuelockError, gpu.oom when that does not help either.
    """
    try:
        return _done(kind, params, given, follow, WINDOW_FRAMES)
    except (MemoryError, RuntimeError) as error:
        if not _out_of_memory(error):
            raise
        log.warning("out of memory, once more with half the window: %s", error)
    unload()
    try:
        return _done(kind, params, given, follow, WINDOW_FRAMES // 2)
    except (MemoryError, RuntimeError) as error:
        if not _out_of_memory(error):
            raise
        raise CuelockError(
            "gpu.oom",
            "There was not enough memory for this range, not even for half of it at once.",
            hint="Close other programs, or render the range in parts.",
        ) from error


def unload() -> None:
    """Forget loaded bundles and measured pictures."""
    load_bundle.cache_clear()
    watches.forget()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _done(
    kind: JobKind, params: msgspec.Raw, given: tuple[Given, ...], follow: Follow, window: int
) -> TakeRecord:
    decode = msgspec.msgpack.decode
    match kind:
        case "render":
            return render(decode(params, type=RenderRequest), follow, window)
        case "regenerate":
            return regenerate(decode(params, type=RegenerateRequest), given, follow, window)
        case "comp":
            return comp(decode(params, type=CompRequest), given, follow)
        case "recut":
            return recut(decode(params, type=RecutRequest), given, follow, window)


def _out_of_memory(error: Exception) -> bool:
    """Torch on a CPU has no error of its own for it."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "allocate memory" in str(
        error
    )
