"""A project as MLT's own library plays or understands it; run as a process of its own.

    mlt_player.py sound PROJECT OUT    16 bits, 48 kHz, two channels, interleaved, without a header
    mlt_player.py pictures PROJECT OUT every picture, 8 bits, red, green, blue, without a header
    mlt_player.py opened PROJECT OUT   the project as XML, with what its application keeps in it

Frames are asked for one after the other, by one thread. melt 7.12, which has a thread that asks and
one that plays, waits for itself at times, for ever.
"""

from __future__ import annotations

import sys
from ctypes import CDLL, byref, c_char_p, c_double, c_float, c_int, c_int64, c_void_p, string_at
from ctypes.util import find_library
from pathlib import Path

_RATE, _CHANNELS, _S16 = 48_000, 2, 1
_RGB, _SIZE = 1, (128, 64)  # as the pictures of the tests are


def main(what: str, project: str, out: str) -> None:
    mlt = _library()
    mlt.mlt_factory_init(None)
    profile = mlt.mlt_profile_init(None)
    producer = mlt.mlt_factory_producer(profile, b"xml", project.encode())
    if not producer:
        sys.exit(f"MLT cannot open {project}")
    if what in _HEARD_OR_SEEN:
        with Path(out).open("wb") as file:
            for number in range(mlt.mlt_producer_get_playtime(producer)):
                frame = c_void_p()
                mlt.mlt_producer_seek(producer, number)
                if mlt.mlt_service_get_frame(producer, byref(frame), 0):
                    sys.exit(f"MLT has no frame {number}")
                file.write(_HEARD_OR_SEEN[what](mlt, producer, frame, number))
                mlt.mlt_frame_close(frame)
    else:
        consumer = mlt.mlt_factory_consumer(profile, b"xml", out.encode())
        mlt.mlt_properties_set_int(consumer, b"no_meta", 1)
        application = b"kdenlive" if project.endswith(".kdenlive") else b"shotcut"
        mlt.mlt_properties_set(consumer, b"store", application)
        mlt.mlt_consumer_connect(consumer, producer)
        mlt.mlt_consumer_start(consumer)
        mlt.mlt_consumer_close(consumer)


def _sound(mlt: CDLL, producer: int, frame: c_void_p, number: int) -> bytes:
    """What sounds in a frame, as every consumer of MLT asks for it."""
    sound = c_void_p()
    fps = mlt.mlt_producer_get_fps(producer)
    wanted = mlt.mlt_audio_calculate_frame_samples(fps, _RATE, number)
    form, rate, channels, samples = (c_int(n) for n in (_S16, _RATE, _CHANNELS, wanted))
    asked = [byref(one) for one in (sound, form, rate, channels, samples)]
    mlt.mlt_frame_get_audio(frame, *asked)
    got = (form.value, rate.value, channels.value, samples.value)
    if got != (_S16, _RATE, _CHANNELS, wanted):
        sys.exit(f"MLT gave {got} for frame {number}")
    return string_at(sound, wanted * _CHANNELS * 2)


def _picture(mlt: CDLL, producer: int, frame: c_void_p, number: int) -> bytes:
    picture = c_void_p()
    form, width, height = (c_int(n) for n in (_RGB, *_SIZE))
    asked = [byref(one) for one in (picture, form, width, height)]
    mlt.mlt_frame_get_image(frame, *asked, 0)
    got = (form.value, width.value, height.value)
    if got != (_RGB, *_SIZE):
        sys.exit(f"MLT gave {got} for frame {number}")
    return string_at(picture, width.value * height.value * 3)


_HEARD_OR_SEEN = {"sound": _sound, "pictures": _picture}


def _library() -> CDLL:
    mlt = CDLL(find_library("mlt-7"))
    mlt.mlt_producer_get_fps.restype = c_double
    for name in ("mlt_profile_init", "mlt_factory_producer", "mlt_factory_consumer"):
        getattr(mlt, name).restype = c_void_p
    anything = {
        "mlt_factory_init": [c_char_p],
        "mlt_profile_init": [c_char_p],
        "mlt_factory_producer": [c_void_p, c_char_p, c_char_p],
        "mlt_factory_consumer": [c_void_p, c_char_p, c_char_p],
        "mlt_producer_get_playtime": [c_void_p],
        "mlt_producer_get_fps": [c_void_p],
        "mlt_producer_seek": [c_void_p, c_int],
        "mlt_service_get_frame": [c_void_p, c_void_p, c_int],
        "mlt_audio_calculate_frame_samples": [c_float, c_int, c_int64],
        "mlt_frame_get_audio": [c_void_p] * 6,
        "mlt_frame_get_image": [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_int],
        "mlt_frame_close": [c_void_p],
        "mlt_properties_set": [c_void_p, c_char_p, c_char_p],
        "mlt_properties_set_int": [c_void_p, c_char_p, c_int],
        "mlt_consumer_connect": [c_void_p, c_void_p],
        "mlt_consumer_start": [c_void_p],
        "mlt_consumer_close": [c_void_p],
    }
    for name, kinds in anything.items():
        getattr(mlt, name).argtypes = kinds
    return mlt


if __name__ == "__main__":
    main(*sys.argv[1:])
