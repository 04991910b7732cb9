"""A clip on its way to another machine: of a long one only what the range needs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from engine.service.span import span_of
from host_bridge.protocol import RenderRequest
from media.excerpt import archived


def excerpt(request: RenderRequest) -> AbstractContextManager[Path | None]:
    """An archive to send in place of the request's clip, which gives the same stems.

    None where only the whole clip would do. Raises CuelockError media.* and request.*, as the
    render itself would.
    """
    span = span_of(request)
    frames = span.picture
    return archived(span.clip, span.seconds(frames.start), span.seconds(frames.stop))
