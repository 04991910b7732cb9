"""A clip held open, its pictures brought one by one: forward without seeking, backward by groups.

Decoding goes from a key picture on. All that had to be decoded for a frame stays on the shelf, so
stepping back through a long group costs nothing until its key picture; the group before is fetched
ahead of time, while nobody asks for anything.
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
_REACH = 24
#: So many pictures are fetched ahead of the playhead, in the direction it last went.
_AHEAD = 8
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
        self._step = 1

    def close(self) -> None:
        self._run = None
        self._container.close()

    def look_at(self, frame: int) -> None:
        """Move the playhead: pictures near it stay, and fetching ahead follows its direction."""
        if frame != self._shelf.near:
            self._step = 1 if frame > self._shelf.near else -1
        self._shelf.near = frame

    def picture(self, frame: int) -> VideoFrame | None:
        """The picture of a frame, if it is there already."""
        return self._shelf.get(frame)

    def wanted_ahead(self) -> int | None:
        """The next frame worth fetching while nobody asks for one; None: all are there."""
        near, last = self._shelf.near, self.clip.frames - 1
        count = min(_AHEAD, self._shelf.capacity // 2 - 1)
        ahead = range(near, near + (count + 1) * self._step, self._step)
        return next((f for f in ahead if 0 <= f <= last and f not in self._shelf), None)

    def advance(self, frame: int) -> None:
        """Decode one picture more on the way to a frame that is not there.

        Raises CuelockError media.truncated where the data ends before it.
        """
        if self._run is None or not self._next <= frame < max(self._aim + 1, self._next + _REACH):
            self._run = self._decoder.coded(
                self._container, frame, self.clip.frames, rate=self.clip.rate
            )
            self._next = self._aim = frame
        try:
            coded = next(self._run)
        except CuelockError:
            self._run = None
            raise
        self._shelf.put(coded.index, coded.picture)
        self._next = coded.index + 1
