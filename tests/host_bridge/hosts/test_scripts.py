"""The scripts that hosts run, in hosts' own Lua, with the real command and the real engine."""

from __future__ import annotations

import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from lua_hosts import lua54, luajit, to_lua, wrapped
from media_factory import read_number
from reaper_bench import ReaperBench, asked
from reaper_fake import FakeReaper
from resolve_bench import ResolveBench
from resolve_fake import FakeItem, FakeMedia, FakeResolve, FakeTrack

from engine.cli import main
from host_bridge import resolve as resolve_room
from host_bridge.errors import CuelockError
from host_bridge.reaper.host import ReaperHost
from host_bridge.relay import SCRIPT, exchange_folder
from host_bridge.relay.scripts import check, entries, install
from host_bridge.resolve.host import ResolveHost
from media.clip import open_clip
from media.decode import pictures

BOUNCE = Path(__file__).parents[2] / "media" / "bounce.mp4"
ROOM = Path(resolve_room.__file__).parents[1]
COMMAND = f'"{sys.executable}" -m engine.cli'
KNOCK = {"do": "render", "texts": ["wood is hit"], "seed": 1, "steps": 2}


def settings(want: dict[str, Any]) -> dict[str, Any]:
    return {
        "relay": str(SCRIPT), "folder": str(exchange_folder()), "command": COMMAND, "want": want,
    }  # fmt: skip


class ResolveRun:
    """A Resolve with the clip on its timeline, and its menu of scripts."""

    def __init__(self, clip: Path) -> None:
        self.fake = FakeResolve()
        self.bench = ResolveBench(self.fake, ResolveHost(self.fake))
        self.bench.timeline("24", "01:00:00:00")
        self.bench.picture(clip, 0, 96, media_start=0)
        self.bench.mark(24, 48)
        self.said: list[str] = []
        self.lua = luajit()
        shown = self.lua.globals()
        shown.bmd = self.lua.table(wait=time.sleep)
        shown.app = self.lua.table(GetResolve=self._resolve)
        shown.print = self.said.append

    def _resolve(self, app: Any) -> Any:
        return wrapped(self.lua, self.fake)

    def start(self, text: str) -> None:
        self.lua.execute(text)

    def run(self, want: dict[str, Any]) -> str:
        """The last sentence that is shown."""
        script = self.lua.execute((ROOM / "resolve" / "cuelock.lua").read_text())
        script(to_lua(self.lua, settings(want)))
        return self.said[-1]


class ReaperRun:
    """A REAPER with the clip on its timeline, calling what was deferred until nothing is."""

    def __init__(self, clip: Path) -> None:
        self.fake = FakeReaper()
        self.bench = ReaperBench(self.fake, ReaperHost(lambda calls: asked(self.fake, calls)))
        self.bench.timeline("24", "01:00:00:00")
        self.bench.picture(clip, 0, 96, media_start=0)
        self.bench.mark(24, 48)
        self.said: list[str] = []
        self.answer: tuple[bool, str] = (True, "wood is hit")
        self.started: list[subprocess.Popen[bytes]] = []
        self._deferred: list[Any] = []
        self.lua = lua54()
        table = {
            name: self._function(name) for name in dir(FakeReaper) if name[0].isupper()
        } | {
            "defer": self._deferred.append,
            "ShowConsoleMsg": self._shown,
            "ExecProcess": self._started,
            "GetUserInputs": self._asked,
        }  # fmt: skip
        self.lua.globals().reaper = self.lua.table_from(table)

    def start(self, text: str) -> None:
        self.lua.execute(text)
        self._turn()

    def run(self, want: dict[str, Any]) -> str:
        script = self.lua.execute((ROOM / "reaper" / "cuelock.lua").read_text())
        script(to_lua(self.lua, settings(want)))
        self._turn()
        return self.said[-1] if self.said else ""

    def _turn(self) -> None:
        idle = threading.Event()
        while self._deferred:
            self._deferred.pop(0)()
            idle.wait(0.01)
        for process in self.started:
            process.wait(60)

    def _started(self, line: str, wait: int) -> None:
        assert wait == -2, "REAPER is not held up"
        self.started.append(subprocess.Popen(shlex.split(line)))

    def _shown(self, text: str) -> None:
        assert text.endswith("\n")
        self.said.append(text.rstrip("\n"))

    def _asked(self, title: str, count: int, captions: str, given: str) -> tuple[bool, str]:
        assert len(captions.split(",")[:count]) == 1
        return self.answer

    def _function(self, name: str) -> Callable[..., Any]:
        return lambda *args: self.fake.call(name, *args)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A copy: stems are put beside the picture."""
    path = tmp_path / "scene.mp4"
    path.write_bytes(BOUNCE.read_bytes())
    return path


@pytest.fixture(params=[ResolveRun, ReaperRun])
def host(request: pytest.FixtureRequest, clip: Path) -> Any:
    return request.param(clip)


def test_a_stem_is_made_placed_and_made_anew(host: Any, clip: Path, resident: Path) -> None:
    assert host.run(dict(KNOCK)).endswith("is placed on cuelock 1.")
    (sounding,) = host.bench.sounding()
    assert (sounding.track, sounding.start) == ("cuelock 1", 24 * 2000)
    assert (clip.parent / "cuelock" / sounding.file).is_file()
    assert host.run({"do": "regenerate", "seed": 5, "steps": 2}).endswith("placed on cuelock 2.")
    assert len(host.bench.sounding()) == 2
    assert not list(exchange_folder().iterdir())


def test_what_no_file_shows_is_rendered_by_resolve_and_made_anew_along_that_picture(
    clip: Path, resident: Path
) -> None:
    host = ResolveRun(clip)
    host.bench.fake.tracks["video"].append(
        FakeTrack(
            "Video 2", items=[FakeItem(Fraction(86_400), Fraction(86_500), FakeMedia("", 24))]
        )
    )
    assert host.run(dict(KNOCK)).endswith("is placed on cuelock 1.")
    assert "rendering the picture …" in host.said
    (sounding,) = host.bench.sounding()
    assert (sounding.start, sounding.stop) == (24 * 2000, 48 * 2000)
    assert (clip.parent / "cuelock" / sounding.file).is_file()
    (movie,) = (clip.parent / "cuelock" / "pictures").iterdir()
    seen = open_clip(movie)
    shown = pictures(seen, 0, seen.frames, rate=seen.rate, size=(128, 64))
    assert [read_number(rgb) for _, rgb in shown] == list(range(24, 48))
    assert host.run({"do": "regenerate", "seed": 5, "steps": 2}).endswith("placed on cuelock 2.")


def test_a_picture_that_resolve_stops_rendering_is_a_sentence_and_nothing_moves(
    clip: Path, own_home: Path
) -> None:
    host = ResolveRun(clip)
    project = host.bench.resolve.project
    assert project is not None
    project.ends = {"JobStatus": "Cancelled"}
    over = FakeItem(Fraction(86_400), Fraction(86_500), FakeMedia("", 24))
    host.bench.fake.tracks["video"].append(FakeTrack("Video 2", items=[over]))
    assert host.run(dict(KNOCK)).startswith("Rendering was stopped in Resolve.")
    assert (host.bench.sounding(), list(clip.parent.glob("cuelock"))) == ([], [])


def test_events_become_markers(clip: Path, own_home: Path) -> None:
    host = ResolveRun(clip)
    host.bench.mark(48, 96)  # the ball bounces three times in these two seconds
    assert host.run({"do": "markers"}).endswith("events are marked.")
    assert all(48 <= frame < 96 for frame, _ in host.bench.markers())
    assert host.bench.markers()


def test_an_engine_that_is_away_is_a_sentence_and_nothing_moves(
    host: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUELOCK_ENGINE", str(tmp_path / "nothing.json"))
    before = (host.bench.sounding(), host.bench.undo_steps())
    host.run(dict(KNOCK))
    assert str(tmp_path / "nothing.json") in host.said[-1]
    assert (host.bench.sounding(), host.bench.undo_steps()) == before


def test_a_busy_engine_is_a_sentence_and_nothing_moves(host: Any, busy: Path) -> None:
    before = (host.bench.sounding(), host.bench.undo_steps())
    host.run(dict(KNOCK))
    assert host.said[-1].startswith("The queue is full.")
    assert (host.bench.sounding(), host.bench.undo_steps()) == before


def test_reaper_asks_what_to_hear_and_a_cancelled_question_starts_nothing(clip: Path) -> None:
    host = ReaperRun(clip)
    host.answer = (False, "")
    assert host.run({"do": "render"}) == ""
    assert host.started == []


# the entries of the menus


@pytest.fixture
def users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("APPDATA", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("host", "system", "folder"),
    [
        ("resolve", "linux", ".local/share/DaVinciResolve/Fusion/Scripts/Utility"),
        ("resolve", "darwin", "Library/Application Support/Blackmagic Design/DaVinci Resolve/"
         "Fusion/Scripts/Utility"),
        ("resolve", "win32", "AppData/Roaming/Blackmagic Design/DaVinci Resolve/Support/"
         "Fusion/Scripts/Utility"),
        ("reaper", "linux", ".config/REAPER/Scripts/cuelock"),
        ("reaper", "darwin", "Library/Application Support/REAPER/Scripts/cuelock"),
        ("reaper", "win32", "AppData/Roaming/REAPER/Scripts/cuelock"),
    ],
)  # fmt: skip
def test_entries_lie_where_the_host_looks(
    users_home: Path, host: Any, system: str, folder: str
) -> None:
    assert {entry.path.parent for entry in entries(host, system)} == {users_home / folder}


@pytest.mark.parametrize(
    ("host", "system", "own", "menu"),
    [
        ("blender", "linux", ".config/blender/3.4", "scripts/addons"),
        ("blender", "darwin", "Library/Application Support/Blender/5.0", "scripts/addons"),
        ("blender", "win32", "AppData/Roaming/Blender Foundation/Blender/4.2", "scripts/addons"),
        ("ardour", "linux", ".config/ardour7", "scripts"),
        ("ardour", "darwin", "Library/Preferences/Ardour8", "scripts"),
        ("ardour", "win32", "AppData/Local/Ardour8", "scripts"),
    ],
)
def test_entries_lie_in_the_folder_of_each_version_that_was_started(
    users_home: Path, host: Any, system: str, own: str, menu: str
) -> None:
    (users_home / own).mkdir(parents=True)
    assert {entry.path.parent for entry in entries(host, system)} == {users_home / own / menu}


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("resolve", ".local/share/DaVinciResolve"),
        ("reaper", ".config/REAPER"),
        ("ardour", ".config/ardour7"),
        ("blender", ".config/blender/3.4"),
    ],
)
def test_the_check_says_what_is_wrong_until_what_it_advises_is_done(
    users_home: Path, host: Any, own: str
) -> None:
    assert check(host).state == "warn"
    (users_home / own).mkdir(parents=True)
    missing = check(host)
    assert missing.state == "fail"
    name, *words = missing.remedy.split("`")[1].split()
    assert name == "cuelock"
    assert main(words) == 0
    assert check(host).state == "ok"
    entries(host)[0].path.write_text("-- of an older cuelock")
    assert check(host).state == "fail"


def test_every_version_of_a_host_that_was_started_gets_the_entries(users_home: Path) -> None:
    with pytest.raises(CuelockError) as never:
        install("blender")
    assert never.value.code == "host.missing"
    assert check("blender").state == "warn"
    versions = [users_home / ".config" / "blender" / one for one in ("3.4", "5.0")]
    for version in versions:
        version.mkdir(parents=True)
    assert check("blender").state == "fail"
    assert install("blender") == tuple(
        one / "scripts" / "addons" / "cuelock.py" for one in versions
    )
    assert check("blender").state == "ok"


def test_an_installed_entry_runs(users_home: Path, clip: Path, own_home: Path) -> None:
    """Without marks on the timeline: the sentence comes from the far end."""
    (entry, *_) = entries("resolve")
    host = ResolveRun(clip)
    host.bench.fake.marks = {}
    host.start(entry.text)
    assert host.said[-1].startswith("No range is marked on the timeline.")
    reaper = ReaperRun(clip)
    reaper.fake.selection = (0.0, 0.0)
    reaper.start(entries("reaper")[0].text)
    assert reaper.said[-1].startswith("No time is selected.")
