"""Sound as it might have been recorded: at another speed, in another room.

Speed is what a tape does, pitch and length together, by soxr. Rooms are shoeboxes of random size
and reverberation, their responses made by pyroomacoustics' image sources (Allen and Berkley, "Image
method", 1979). A response begins with the direct sound at full scale, so that no attack moves and a
dry sound stays in it as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import msgspec
import numpy as np
import soxr

_RATE = 48_000
_SMALLEST, _LARGEST = np.array([2.5, 2.5, 2.2]), np.array([12.0, 9.0, 5.0])  # metres
_REVERBERATION = (0.15, 0.8)  # seconds, RT60
_WALL = 0.5  # metres that source and microphone keep from walls
_ORDER = 12  # reflections at most; what comes later is far below


class Augmentation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much: semitones of speed at most, both ways; in_room: the share that sounds in a room.

    rooms: how many there are.
    """

    semitones: float = 0.0
    in_room: float = 0.0
    rooms: int = 32

    def __post_init__(self) -> None:
        if not (0 <= self.semitones <= 12 and 0 <= self.in_room <= 1 and self.rooms > 0):
            raise ValueError("semitones 0 to 12, in_room 0 to 1, rooms above 0")


class Augmenter:
    """Windows of sound, as if recorded elsewhere; without numbers, as they are."""

    def __init__(self, by: Augmentation) -> None:
        self._by = by
        self._rooms = rooms(by.rooms, np.random.default_rng(0)) if by.in_room else ()

    def window(
        self, recorded: Callable[[int], np.ndarray], samples: int, rng: np.random.Generator
    ) -> np.ndarray:
        """A window float32 [samples] at 48 kHz; recorded(n) gives n samples to make it of."""
        octaves = rng.uniform(-self._by.semitones, self._by.semitones) / 12
        if octaves:
            sound = at_speed(recorded(round(samples * 2.0**octaves)), 2.0**octaves)
            sound = np.pad(sound[:samples], (0, max(0, samples - len(sound))))
        else:
            sound = recorded(samples)
        if self._rooms and rng.random() < self._by.in_room:
            sound = in_room(sound, self._rooms[int(rng.integers(len(self._rooms)))])[:samples]
        return sound


def at_speed(sound: np.ndarray, speed: float) -> np.ndarray:
    """Played so many times as fast: speed 2 is an octave up and half as long."""
    return soxr.resample(sound, _RATE * speed, _RATE)


def in_room(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Sound with a room's answer; its tail is kept, its peak is the dry sound's."""
    from scipy.signal import fftconvolve

    wet = fftconvolve(sound, response).astype(np.float32)
    return wet * np.float32(np.abs(sound).max(initial=0) / max(np.abs(wet).max(initial=0), 1e-9))


def rooms(count: int, rng: np.random.Generator) -> Sequence[np.ndarray]:
    """Responses [samples] at 48 kHz of random rooms, the direct sound first, with value 1."""
    return [_response(rng) for _ in range(count)]


def _response(rng: np.random.Generator) -> np.ndarray:
    import pyroomacoustics

    size = rng.uniform(_SMALLEST, _LARGEST)
    wanted = rng.uniform(*_REVERBERATION)
    # A room can only be so dead: Sabine's formula has no answer for less.
    seconds = max(wanted, 0.17 * size.prod() / _surface(size))
    absorption, _ = pyroomacoustics.inverse_sabine(seconds, size)
    room = pyroomacoustics.ShoeBox(
        size, fs=_RATE, materials=pyroomacoustics.Material(absorption), max_order=_ORDER
    )
    room.add_source(rng.uniform(_WALL, size - _WALL))
    room.add_microphone(rng.uniform(_WALL, size - _WALL))
    room.compute_rir()
    ((response,),) = cast("list[list[np.ndarray]]", room.rir)
    direct = int(np.abs(response).argmax())
    response = response[direct:] / response[direct]
    return response.astype(np.float32)


def _surface(size: np.ndarray) -> float:
    x, y, z = size
    return float(2 * (x * y + y * z + z * x))
