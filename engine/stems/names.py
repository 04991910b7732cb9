"""File names that every file system takes."""

from __future__ import annotations

import re
import unicodedata

_MOST_BYTES = 120
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\s]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)


def stem_name(clip: str, layer: str, timecode: str, take: str) -> str:
    """`{clip}_{layer}_{in-timecode}_{take}.wav`, at most 120 bytes of UTF-8.

    Long names lose the end of the clip's and the layer's part, never timecode or take.

    >>> stem_name("scene 4.mov", "footsteps on gravel", "01:00:02:00", "8c1f")
    'scene-4.mov_footsteps-on-gravel_01-00-02-00_8c1f.wav'
    """
    tail = f"_{safe_name(timecode)}_{safe_name(take)}.wav"
    half = (_MOST_BYTES - len(tail.encode()) - 1) // 2
    name = f"{_cut(safe_name(clip), half)}_{_cut(safe_name(layer), half)}{tail}"
    return f"_{name}" if _RESERVED.match(name) else name


def safe_name(text: str) -> str:
    """A part of a file name: no signs that some file system refuses."""
    plain = unicodedata.normalize("NFC", text.replace(";", "-"))
    return _FORBIDDEN.sub("-", plain).strip("-. ") or "untitled"


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore").rstrip("-. ")
