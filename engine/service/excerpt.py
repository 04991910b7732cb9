"""A clip on its way to another machine: of a long one only what the range needs."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from engine.service.span import span_of
from engine.takes.sparse import pack, unpack
from host_bridge.protocol import RenderRequest
from media.excerpt import extents, is_faithful


@contextmanager
def excerpt(request: RenderRequest) -> Generator[Path | None]:
    """An archive to send in place of the request's clip, which gives the same stems.

    None where only the whole clip would do. Raises CuelockError media.* and request.*, as the
    render itself would.
    """
    span = span_of(request)
    clip, frames = span.clip, span.picture
    first, last = span.seconds(frames.start), span.seconds(frames.stop)
    needed = extents(clip, first, last)
    with tempfile.TemporaryDirectory(prefix="cuelock-") as folder:
        archive, copy = Path(folder) / "clip.tar", Path(folder) / clip.path.name
        if needed is not None:
            pack(clip.path, needed, archive)
            unpack(archive, copy)
        faithful = needed is not None and is_faithful(clip, copy, first, last)
        copy.unlink(missing_ok=True)
        yield archive if faithful else None
