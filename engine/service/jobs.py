"""Kinds of jobs: what each builds upon, and the function that does it."""

from __future__ import annotations

import msgspec

from engine.service.comp import comp
from engine.service.regenerate import regenerate
from engine.service.render import render
from engine.service.take import Follow
from engine.takes.history import Given
from host_bridge.protocol import (
    CompRequest,
    JobKind,
    RegenerateRequest,
    RenderRequest,
    TakeRecord,
)


def do(kind: JobKind, params: msgspec.Raw, given: tuple[Given, ...], follow: Follow) -> TakeRecord:
    """Do a job. Raises CuelockError."""
    decode = msgspec.msgpack.decode
    match kind:
        case "render":
            return render(decode(params, type=RenderRequest), follow)
        case "regenerate":
            return regenerate(decode(params, type=RegenerateRequest), given, follow)
        case "comp":
            return comp(decode(params, type=CompRequest), given, follow)
