"""Decoded pictures where they are wanted, as many as the memory set aside for them holds."""

from __future__ import annotations

from av.video.frame import VideoFrame


class Shelf:
    """Pictures by frame, as the codec gave them; when it is full, the farthest from `near` goes.

    near: frames round which pictures are wanted. room_bytes: what all together may take.
    """

    def __init__(self, room_bytes: int) -> None:
        self.near: tuple[int, ...] = (0,)
        self._room_bytes = room_bytes
        self._taken_bytes = 0
        self._pictures: dict[int, VideoFrame] = {}

    @property
    def capacity(self) -> int:
        """How many pictures of the size seen have room."""
        picture = next(iter(self._pictures.values()), None)
        return self._room_bytes // _size(picture) if picture else 1

    def __contains__(self, frame: int) -> bool:
        return frame in self._pictures

    def get(self, frame: int) -> VideoFrame | None:
        return self._pictures.get(frame)

    def put(self, frame: int, picture: VideoFrame) -> None:
        if frame in self._pictures:
            return
        self._pictures[frame] = picture
        self._taken_bytes += _size(picture)
        while self._taken_bytes > self._room_bytes and len(self._pictures) > 1:
            farthest = max(self._pictures, key=self._distance)
            self._taken_bytes -= _size(self._pictures.pop(farthest))

    def _distance(self, frame: int) -> int:
        return min(abs(frame - near) for near in self.near)


def _size(picture: VideoFrame) -> int:
    return sum(plane.buffer_size for plane in picture.planes)
