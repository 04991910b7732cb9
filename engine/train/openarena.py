"""Picture and sound of a free game in lock-step: bots play OpenArena, a spectator follows them.

A match is recorded as a demo, in which every frame lasts as long whatever the machine does, and
replayed into a file picture by picture. The engine must not mix sound ahead (s_mixahead,
s_mixPreStep): with its defaults the sound leads by 80 to 160 ms, so by one picture, which
`SOUND_LATE` takes out.

Debian: apt-get install --no-install-recommends openarena xvfb xauth libgl1-mesa-dri. The game's
data are GPL-2.0-or-later; nothing of it is kept but motion, curves and onsets.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np

from host_bridge.errors import CuelockError

View = Literal["first", "third"]
RATE = 30  # pictures a second
SOUND_LATE = 1  # pictures that the sound comes too early
BOTS = ("Gargoyle", "Grism", "Kyonshi", "Sarge", "Major", "Angelyss", "Liz", "Merman", "Skelebot")
_ENGINE = "/usr/lib/ioquake3/ioquake3"
_DATA = "/usr/lib/openarena"
_TICK = 33  # milliseconds a frame of the match
_ALWAYS = {
    "com_basegame": "baseoa", "fs_basepath": _DATA, "com_homepath": ".openarena",
    "com_legacyprotocol": 71, "com_protocol": 71, "cl_motd": 0, "net_enabled": 0, "r_mode": -1,
    "r_fullscreen": 0, "cl_renderer": "opengl1", "s_useOpenAL": 0, "s_sdlSpeed": 44_100,
    "s_mixahead": 0.02, "s_mixPreStep": 0.01, "s_musicvolume": 0,
}  # fmt: skip


@contextmanager
def matches(game_map: str, seconds: int, seed: int) -> Generator[Path]:
    """A home of the game in which a match of so many seconds lies as a demo.

    Raises CuelockError engine.dependency when the game is not installed or records nothing.
    """
    with tempfile.TemporaryDirectory() as home:
        base = Path(home) / ".openarena" / "baseoa"
        base.mkdir(parents=True)
        rng = np.random.default_rng(seed)
        fighters = rng.choice(BOTS, int(rng.integers(3, 7)), replace=False)
        waits = 2 * seconds * 1000 // _TICK  # the console counts two a frame
        (base / "match.cfg").write_text(
            "set bot_enable 1; set sv_pure 0; set g_gametype 0; set timelimit 0; set fraglimit 0\n"
            f"set com_maxfps 0; devmap {game_map}\n"
        )
        (base / "go.cfg").write_text(
            f"set fixedtime {_TICK}\n"
            + "".join(f"addbot {name} {int(rng.integers(2, 6))}\n" for name in fighters)
            + f"wait 60; team spectator; wait 120; follownext; wait 30; record match; "
            f"wait {waits}; stoprecord; quit\n"
        )
        _run(
            Path(home),
            (64, 48),
            2 * seconds + 600,
            "+exec",
            "match.cfg",
            "+wait",
            "30",
            "+exec",
            "go.cfg",
        )
        if not any(base.glob("demos/match.dm_*")):
            raise _failed("recorded nothing", Path(home))
        yield Path(home)


def replayed(home: Path, view: View) -> Path:
    """The match as an AVI of pictures at RATE and 16-bit sound."""
    base = home / ".openarena" / "baseoa"
    for old in base.glob("videos/*.avi"):
        old.unlink()
    more = {
        "cl_aviFrameRate": RATE, "cl_aviMotionJpeg": 1, "cg_draw2D": 0, "con_notifytime": -1,
        "cg_thirdPerson": int(view == "third"), "cg_thirdPersonRange": 90, "cg_drawGun": 1,
        "nextdemo": "quit",
    }  # fmt: skip
    _run(home, (256, 144), 7200, *_set(more), "+demo", "match", "+wait", "5", "+video", "match")
    made = sorted(base.glob("videos/*.avi"))
    if not made:
        raise _failed("replayed nothing", home)
    return made[0]


def _run(home: Path, size: tuple[int, int], patience: float, *words: str) -> None:
    screen = {"r_customwidth": size[0], "r_customheight": size[1]}
    command = [
        "xvfb-run",
        "-a",
        "-s",
        "-screen 0 640x480x24",
        _ENGINE,
        *_set(_ALWAYS | screen),
        *words,
    ]
    environment = os.environ | {
        "HOME": str(home), "SDL_AUDIODRIVER": "dummy", "LP_NUM_THREADS": "1",
    }  # fmt: skip
    try:
        with (home / "log").open("w") as log:
            subprocess.run(command, env=environment, stdout=log, stderr=log, timeout=patience)
    except FileNotFoundError as error:
        raise CuelockError(
            "engine.dependency", "OpenArena or xvfb is not installed.",
            hint="apt-get install openarena xvfb xauth libgl1-mesa-dri",
        ) from error  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise _failed(f"took longer than {patience:.0f} s", home) from error


def _set(values: Mapping[str, object]) -> list[str]:
    return [word for name, value in values.items() for word in ("+set", name, str(value))]


def _failed(what: str, home: Path) -> CuelockError:
    last = (home / "log").read_text(errors="replace").splitlines()[-1:]
    return CuelockError(
        "engine.dependency", f"OpenArena {what}: {' '.join(last)}",
        hint="Play the map once by hand to see what is missing.",
    )  # fmt: skip
