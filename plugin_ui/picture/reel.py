"""A clip held open, its pictures brought one by one.

Decoding goes from a key picture on. Who jumps to a frame gets it by the shortest way, which leaves
pictures out; who goes back gets the whole group, so that the next steps back cost nothing. What was
decoded stays on the shelf, and while nobody asks for anything the neighbours are fetched.
"""

from __future__ import annotations

from collections.abc import Iterator

from av.video.frame import VideoFrame

from host_bridge.errors import CuelockError
from media.clip import Clip
from media.container import open_container
from media.decode import Coded, Decoder
from plugin_ui.picture.shelf import Shelf

#: What is this near ahead is reached by decoding on, not by seeking.
_REACH = 12
#: A step back that is no longer than this is one of many.
_BACK = 48
#: So many pictures are fetched on each side of the playhead, first where it is going.
_NEIGHBOURS = 8
_ROOM_BYTES = 256_000_000


class Reel:
    """The pictures of one clip, for one thread.

    Raises CuelockError when it is made: what open_container raises.
    """

    def __init__(self, clip: Clip, room_bytes: int = _ROOM_BYTES) -> None:
        self.clip = clip
        self._container = open_container(clip.path)
        self._decoder = Decoder(clip)
        self._shelf = Shelf(room_bytes)
        self._run: Iterator[Coded] | None = None
        self._next = self._aim = 0
        self._at, self._step = 0, 1

    def close(self) -> None:
        self._run = None
        self._container.close()

    def look_at(self, frame: int, expected: tuple[int, ...] = ()) -> None:
        """Move the playhead: pictures near it stay, and those from where it may jump to."""
        if frame != self._at:
            self._step, self._at = frame - self._at, frame
        self._shelf.near = (frame, *expected)

    def picture(self, frame: int) -> VideoFrame | None:
        """The picture of a frame, if it is there already."""
        return self._shelf.get(frame)

    def ahead(self) -> int | None:
        """The next frame worth fetching while the playhead goes on; None: all are there."""
        return next(self._missing(self._at, 1 if self._step > 0 else -1), None)

    def beside(self) -> int | None:
        """The next frame worth fetching while it stands: behind it, or where it may jump to."""
        missing = list(self._missing(self._at, -1 if self._step > 0 else 1))
        for frame in self._shelf.near[1:]:
            missing += self._missing(frame, 1)
        return self._next if self._next in missing else next(iter(missing), None)

    def _missing(self, near: int, side: int) -> Iterator[int]:
        count = min(_NEIGHBOURS, self._shelf.capacity // (2 * len(self._shelf.near)) - 1)
        frames = range(near, near + side * (count + 1), side)
        return (f for f in frames if 0 <= f < self.clip.frames and f not in self._shelf)

    def advance(self, frame: int) -> None:
        """Decode one picture more on the way to a frame that is not there.

        Raises CuelockError media.truncated where the data ends before it.
        """
        if self._run is None or not self._next <= frame < max(self._aim + 1, self._next + _REACH):
            self._run, self._next = self._run_to(frame)
            self._aim = frame
        try:
            coded = next(self._run)
        except CuelockError:
            self._run = None
            raise
        self._shelf.put(coded.index, coded.picture)
        self._next = coded.index + 1

    def _run_to(self, frame: int) -> tuple[Iterator[Coded], int]:
        """Pictures up to a frame and on, and the first of them: itself, or its key picture."""
        rate, first = self.clip.rate, frame
        if frame < self._at or -_BACK <= self._step < 0:
            first = self._decoder.key_frame(self._container, frame, rate=rate)
        return self._decoder.coded(self._container, first, self.clip.frames, rate=rate), first
