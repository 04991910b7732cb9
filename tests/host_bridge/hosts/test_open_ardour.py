"""The editor actions of Ardour, in the real Ardour's Lua with a real session and the real engine.

Ardour without windows has no Editor and no dialogs: those are stand-ins. What Editor:do_embed would
add to the list of regions is in the session before.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ardour_bench import EXPORT, ArdourBench, in_ardour
from bench import USERS_TRACK
from msgspec.structs import replace
from real_stems import Case
from resident_engine import request
from scripted_bench import Sounding

from host_bridge.ardour import ArdourSession
from host_bridge.client import run
from host_bridge.projectfile import Told
from host_bridge.protocol import RenderReply
from host_bridge.relay import exchange_folder, lua
from host_bridge.relay.scripts import texts
from host_bridge.timecode import sample_of_frame

BOUNCE = Path(__file__).parents[2] / "media" / "bounce.mp4"
CASE = Case("30", "01:00:00:00")
START = sample_of_frame(CASE.marks[0], CASE.exact, 48_000)
SOUND, TEXTURE, EVENTS, _ = texts("ardour")
pytestmark = pytest.mark.skipif(
    shutil.which(EXPORT) is None, reason="Ardour is not installed: tests/system-libraries does it"
)
_WINDOWS = """
Session = load_session({folder}, "scene")
Editing = {{ ImportDistinctFiles = 1, ImportAsRegion = 2 }}
Editor = {{
  get_selection = function()
    return {{ time = {{ start_sample = function() return {start} end,
      end_sample = function() return {stop} end }} }}
  end,
  do_embed = function(_, files, disposition, mode, at, plugin, track)
    assert(disposition == Editing.ImportDistinctFiles and mode == Editing.ImportAsRegion)
    for file in files:iter() do print("EMBED\t" .. file) end
    assert(at:samples() == 0)
  end,
}}
LuaDialog = {{ MessageType = {{}}, ButtonType = {{}} }}
LuaDialog.Dialog = function()
  return {{ run = function() return {{ texts = "wood is hit" }} end }}
end
LuaDialog.ProgressWindow = function()
  return {{ canceled = function() return {cancelled} end, progress = function() end,
    done = function() end }}
end
LuaDialog.Message = function(_, text) return {{ run = function() print("SAID\t" .. text) end }} end
function ardour(head) assert(head.type == "EditorAction") end
local function act(text)
  assert(load(text))()
  factory()()
end
local function shown()
  for route in Session:get_tracks():iter() do
    for region in route:to_track():playlist():region_list():iter() do
      print(string.format("REGION\t%s\t%d\t%d\t%s", route:name(), region:position():samples(),
        region:length():samples(), region:source(0):to_filesource():path()))
    end
  end
  print("END")
end
"""


@pytest.fixture
def bench(tmp_path: Path, silence: Path) -> ArdourBench:
    clip = tmp_path / "scene.mp4"
    clip.write_bytes(BOUNCE.read_bytes())
    return ArdourBench(tmp_path, CASE, clip, silence)


def acted(
    bench: ArdourBench, then: str, start: int = 0, stop: int = 0, cancelled: str = "false"
) -> list[list[str]]:
    """What an Ardour with the session open says, line by line."""
    windows = _WINDOWS.format(
        folder=lua(str(bench.folder)), start=start, stop=stop, cancelled=cancelled
    )
    lines = in_ardour(f"{windows}\n{then}").splitlines()
    return [line.split("\t") for line in lines if line.split("\t")[0] in _SHOWN]


_SHOWN = ("SAID", "EMBED", "REGION", "END")


def sounding(rows: list[list[str]]) -> list[Sounding]:
    return [
        Sounding(track, int(start), int(start) + int(length), Path(path).name)
        for _, track, start, length, path in (row for row in rows if row[0] == "REGION")
    ]


def test_a_take_is_placed_in_the_open_session_as_one_step_of_undo(
    bench: ArdourBench, resident: Path
) -> None:
    assert bench.sound("wood is hit") == ""
    (clip,) = bench.host.tracks()[1].clips
    assert (clip.start, clip.take is not None) == (START, True)
    moved = bench.path.read_text().replace(f"@a{START * 5880}", "@a0")  # the user moved it
    bench.path.write_text(moved)
    text = texts("ardour")[SOUND].replace('"render"', f'"place",["take"]={lua(clip.take)}')
    rows = acted(bench, f'shown() act({lua(text)}) shown() Session:save_state("")')
    before, after = rows[: rows.index(["END"])], rows[rows.index(["END"]) + 1 :]
    name = Path(clip.path).name
    assert ["EMBED", clip.path] in after
    assert ["SAID", "wood is hit is placed on cuelock 1."] in after
    assert set(sounding(after)) - set(sounding(before)) == {
        Sounding("cuelock 1", START, clip.stop, name)
    }
    history = ElementTree.parse(bench.path.with_suffix(".history"))
    assert [one.get("name") for one in history.iter("UndoTransaction")] == [
        "cuelock: place 1 stems"
    ]
    assert [one.start for one in bench.host.tracks()[1].clips] == [0, START]
    assert not list(bench.folder.glob("cuelock-look*"))
    assert not list(exchange_folder().iterdir())


@pytest.mark.long
def test_events_of_the_selected_time_are_marked_once(bench: ArdourBench, own_home: Path) -> None:
    bench.unmark()
    seconds = 48_000
    act = f"act({lua(texts('ardour')[EVENTS])}) "
    rows = acted(bench, f'{act} {act} Session:save_state("")', start=seconds, stop=5 * seconds)
    said, again = (text for _, text in rows)
    assert said == again
    marked = ArdourSession(bench.path, Told()).event_starts()
    assert said == f"{len(marked)} events are marked."
    assert marked
    assert all(seconds <= start < 5 * seconds for start in marked)


def test_without_marks_a_sentence_is_shown_and_nothing_moves(
    bench: ArdourBench, own_home: Path
) -> None:
    bench.unmark()
    before = bench.users_own()
    rows = acted(bench, f"act({lua(texts('ardour')[TEXTURE])})")
    assert [row[1].partition(".")[0] for row in rows] == ["No range is marked in scene"]
    assert bench.users_own() == before


def test_a_busy_engine_is_a_sentence_and_nothing_moves(bench: ArdourBench, busy: Path) -> None:
    before = bench.users_own()
    ((_, said),) = acted(bench, f"act({lua(texts('ardour')[SOUND])})")
    assert said.startswith("The queue is full.")
    assert bench.users_own() == before


def test_an_engine_that_is_away_is_a_sentence_and_nothing_moves(
    bench: ArdourBench, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = own_home / "nothing.json"
    monkeypatch.setenv("CUELOCK_ENGINE", str(away))
    before = bench.users_own()
    ((_, said),) = acted(bench, f"act({lua(texts('ardour')[SOUND])})")
    assert str(away) in said
    assert bench.users_own() == before


FILM = r"<Videotimeline[^>]*/>"


@pytest.mark.parametrize(
    ("action", "what", "to", "sentence"),
    [
        (EVENTS, FILM, "", "There is no picture under the marks."),
        (SOUND, r"scene\.mp4", "gone.mp4", "gone.mp4"),
        pytest.param(EVENTS, r"scene\.mp4", "words.mp4", "words.mp4", marks=pytest.mark.long),
        (SOUND, '"timecode_30"', '"timecode_30drop"', "timecode rate, timecode_30drop"),
        pytest.param(
            SOUND,
            r'VideoOffset="0"',
            'VideoOffset="480000"',
            "no picture under the marks",
            marks=pytest.mark.long,
        ),
        (TEXTURE, FILM, "", "No stem of cuelock sounds under the marks."),
    ],
    ids=["no film", "film gone", "no movie", "rate", "film later", "no stem"],
)
def test_what_the_session_lacks_is_a_sentence_and_nothing_moves(
    bench: ArdourBench, resident: Path, action: str, what: str, to: str, sentence: str
) -> None:
    (bench.folder.parent / "words.mp4").write_text("no movie at all")
    bench.change(what, to)
    before = bench.users_own()
    ((_, said),) = acted(bench, f"act({lua(texts('ardour')[action])})")
    assert sentence in said
    assert bench.users_own() == before
    assert not list(bench.folder.glob("cuelock-look*"))


@pytest.mark.long
def test_a_take_of_another_rate_is_a_sentence_and_nothing_moves(
    bench: ArdourBench, resident: Path, tmp_path: Path
) -> None:
    asked = replace(request(tmp_path / "made", steps=1, out="12f"), rate="25")
    take = run("render", asked, RenderReply).take
    before = bench.users_own()
    text = texts("ardour")[SOUND].replace('"render"', f'"place",["take"]={lua(take)}')
    ((_, said),) = acted(bench, f"act({lua(text)})")
    assert "the timeline runs at 30" in said
    assert bench.users_own() == before


def test_a_stem_that_ardour_does_not_take_is_a_sentence_and_no_track_is_added(
    bench: ArdourBench, resident: Path
) -> None:
    """Editor:do_embed, a stand-in here, puts nothing into the list of regions."""
    before = bench.users_own()
    rows = acted(bench, f'act({lua(texts("ardour")[SOUND])}) Session:save_state("")')
    assert "Ardour did not take" in dict(row for row in rows if row[0] == "SAID")["SAID"]
    assert bench.users_own() == before
    assert [track.name for track in bench.host.tracks()] == [USERS_TRACK]


def test_an_action_that_is_given_up_ends_and_nothing_moves(
    bench: ArdourBench, own_home: Path
) -> None:
    before = bench.users_own()
    rows = acted(bench, f"act({lua(texts('ardour')[TEXTURE])})", cancelled="true")
    assert rows == [["SAID", "Cancelled."]]
    assert bench.users_own() == before
