"""The sequencer's channels and strips, in the words of every version of Blender.

4.4 named `sequences` `strips`; after 5.0 a strip's ends are its handles.
"""

from __future__ import annotations

from typing import Any

MOST_CHANNELS = 128
#: Where a strip keeps the take it is a stem of, and how long its file really is.
TAKE, SAMPLES = "cuelock_take", "cuelock_samples"
_EARLIER = {
    "left_handle": "frame_final_start",
    "right_handle": "frame_final_end",
    "content_start": "frame_start",
    "content_duration": "frame_duration",
}


def strips_of(holder: Any) -> Any:
    """The strips of an editor, or within a strip that holds others."""
    return holder.strips if hasattr(holder, "strips") else holder.sequences


def frame(strip: Any, end: str) -> int:
    """Where a strip has one of its ends, by its newest name."""
    return int(getattr(strip, end if hasattr(strip, end) else _EARLIER[end]))


def channel_count(editor: Any) -> int:
    """Channels up to the last that holds a strip, is locked or bears a name somebody gave it."""
    used = [strip.channel for strip in strips_of(editor)]
    kept = [
        number
        for number in range(1, MOST_CHANNELS + 1)
        if editor.channels[number].lock or editor.channels[number].name != f"Channel {number}"
    ]
    return max((*used, *kept), default=0)
