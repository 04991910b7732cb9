"""The truth clip: a ball bounces on a floor, and the frames of its contacts are known.

python -m engine.train.bounce tests/media
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import av
import cv2
import numpy as np

RATE = 30
SECONDS = 8
SIZE = (480, 270)
_FLOOR, _RADIUS = 236.0, 17.0
_GRAVITY = 900.0  # pixels a second squared
_KEEPS = 0.74  # share of the speed left after a contact
_HEIGHT = 190.0
_SUPER = 8  # sub-pictures averaged: motion blur of a 180 degree shutter


def flight() -> tuple[list[float], list[tuple[float, float, float]]]:
    """Contacts in seconds, and arcs (start, take-off speed, end) in between; two drops."""
    contacts: list[float] = []
    arcs: list[tuple[float, float, float]] = []
    t = 0.35
    while t < SECONDS:
        fall = float(np.sqrt(2 * _HEIGHT / _GRAVITY))
        speed = _GRAVITY * fall
        arcs.append((t - fall, speed, t + fall))
        t += fall
        while speed > 140 and t < SECONDS:
            contacts.append(t)
            speed *= _KEEPS
            arcs.append((t, speed, t + 2 * speed / _GRAVITY))
            t += 2 * speed / _GRAVITY
        t += 0.6
    return [contact for contact in contacts if contact < SECONDS], arcs


def height(t: float, arcs: list[tuple[float, float, float]]) -> float:
    """Pixels above the floor; a ball waiting for its drop hangs at the top."""
    current = [arc for arc in arcs if arc[0] <= t]
    if not current:
        return _HEIGHT
    begin, speed, end = current[-1]
    since = max(t - begin, speed / _GRAVITY if t < 0.35 else 0.0)
    return max(0.0, speed * since - _GRAVITY * since**2 / 2) if t < end else 0.0


def write(folder: Path) -> None:
    """Write bounce.mp4 and bounce.json."""
    contacts, arcs = flight()
    wide, high = SIZE
    rng = np.random.default_rng(3)
    ground = cv2.GaussianBlur(rng.normal(150, 40, (high, wide)).astype(np.float32), (0, 0), 3) + 10
    ground[int(_FLOOR) :] -= 60
    with av.open(str(folder / "bounce.mp4"), "w") as target:
        stream = target.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = wide, high, "yuv420p"
        stream.options = {"crf": "24", "preset": "veryslow"}
        for number in range(SECONDS * RATE):
            picture = np.zeros((high, wide), np.float32)
            for sub in range(_SUPER):
                t = (number + 0.5 * (sub + 0.5) / _SUPER) / RATE
                y = _FLOOR - _RADIUS - height(t, arcs)
                exposed = ground.copy()
                x = 120 + 28 * t
                shadow = (int(x), int(_FLOOR + 8))
                cv2.ellipse(exposed, shadow, (16, 4), 0, 0, 360, 60.0, -1)
                centre = (round(x * 16), round(y * 16))
                cv2.circle(exposed, centre, int(_RADIUS * 16), 235.0, -1, cv2.LINE_AA, 4)
                picture += exposed / _SUPER
            gray = np.clip(picture, 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.repeat(gray[..., None], 3, 2), format="rgb24")
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    known = {"rate": RATE, "seconds": contacts, "frames": [int(t * RATE) for t in contacts]}
    (folder / "bounce.json").write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
