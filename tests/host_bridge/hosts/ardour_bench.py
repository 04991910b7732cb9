"""Ardour on the bench: sessions that Ardour itself made and saved, looked at and exported by it."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from bench import USERS_CLIP, USERS_TRACK, ended
from real_stems import Case

from host_bridge.ardour import ArdourSession
from host_bridge.placing import OURS, place
from host_bridge.projectfile import BEFORE, Told
from host_bridge.timecode import Rate, SampleIndex, frame_of_sample, sample_of_frame
from host_bridge.timeline import Host, Stem

_VERSION = next((n for n in (9, 8) if shutil.which(f"ardour{n}-export")), 7)
LUA, EXPORT = f"ardour{_VERSION}-lua", f"ardour{_VERSION}-export"
_FORMATS = {
    "24000/1001": "timecode_23976", "25": "timecode_25", "30000/1001 DF": "timecode_2997drop",
    "60000/1001": "timecode_5994", "30": "timecode_30",
}  # fmt: skip
_CREATE = """
local s = create_session("{folder}", "scene", 48000)
local tracks = s:new_audio_track(1, 2, nil, 1, "{track}", ARDOUR.PresentationInfo.max_order,
  ARDOUR.TrackMode.Normal, true)
for track in tracks:iter() do -- at leisure Ardour connects it itself
  for n = 0, 1 do track:output():nth(n):connect("Master/audio_in " .. n + 1) end
end
s:save_state("")
"""
_SESSION_SECONDS = 5
_SESSION_RANGE = f"""<Locations><Location id="9000" name="session" start="a0"
  end="a{_SESSION_SECONDS * 282_240_000}" flags="IsSessionRange" locked="0"/></Locations>"""
_SAVE_AGAIN = 'load_session("{folder}", "scene"):save_state("")\n'
_ADD_BUS = """
local s = load_session("{folder}", "scene")
s:new_audio_route(1, 2, nil, 1, "{name}", ARDOUR.PresentationInfo.Flag.AudioBus,
  ARDOUR.PresentationInfo.max_order)
s:save_state("")
"""
_BUSES = """
local s = load_session("{folder}", "scene")
for route in s:get_routes():iter() do
  if route:to_track():isnil() then print("BUS\t" .. route:name()) end
end
"""
_LOOK = """
local s = load_session("{folder}", "scene")
for route in s:get_tracks():iter() do
  for region in route:to_track():playlist():region_list():iter() do
    print(string.format("REGION\t%s\t%s\t%d\t%d\t%d\t%s", route:name(), region:name(),
      region:position():samples(), region:length():samples(), region:start():samples(),
      region:muted()))
  end
end
for place in s:locations():list():iter() do
  print(string.format("PLACE\t%s\t%d\t%d", place:name(), place:start():samples(),
    place:_end():samples()))
end
"""


class ArdourBench:
    """A session folder, luasession and Ardour's own export."""

    def __init__(self, folder: Path, case: Case, clip: Path, sound: Path) -> None:
        self.folder = folder / "scene"
        shutil.copytree(_saved_session(sound), self.folder)
        self.path = self.folder / "scene.ardour"
        start, stop = (sample_of_frame(f, case.exact, 48_000) * 5880 for f in case.marks)
        first = sample_of_frame(case.first, case.exact, 48_000)
        self._put("timecode-format", _FORMATS[case.rate])
        self._put("timecode-offset", str(first))
        mark = f'<Location id="9001" name="cuelock" start="a{start}" end="a{stop}" ' \
               'flags="IsRangeMarker" locked="0"/></Locations>'  # fmt: skip
        film = f'<Extra><Videotimeline Filename="{clip}" VideoOffset="0"/></Extra></Session>'
        self.change("</Locations>", mark)
        self.change("</Session>", film)
        self.host: Host = ArdourSession(self.path, Told())
        self._saved, self._rate = b"", case.exact

    def exported(self) -> np.ndarray:
        """Saved again by Ardour, and its session range, which begins at sample 0, exported."""
        return self.exported_channels()[:, 0]

    def exported_channels(self) -> np.ndarray:
        if self.path.read_bytes() != self._saved:
            in_ardour(_SAVE_AGAIN.format(folder=self.folder))
            self._saved = self.path.read_bytes()
        path = self.folder / "exported.wav"
        words = [EXPORT, "-b", "24", "-s", "48000", "-o", path, self.folder, "scene"]
        path.unlink(missing_ok=True)
        # ardour7-export 7.3 frees something twice at times, of an empty session too (1 of 15), but
        # behind its work: what it wrote is judged, not how it ended.
        subprocess.run(words, check=False, capture_output=True, timeout=120)
        sound, _ = soundfile.read(path, always_2d=True)
        assert len(sound) == _SESSION_SECONDS * 48_000
        return sound

    @staticmethod
    def drift(case: Case) -> int:
        return 0

    @staticmethod
    def late(case: Case) -> int:
        return 0

    def users_own(self) -> Any:
        """All but our regions; the session's length is no mark of the user's."""
        rows = looked(self.folder)
        return [row for row in rows if not row.startswith(("REGION\tcuelock ", "PLACE\tsession\t"))]

    def sound(self, text: str) -> str:
        return ended(["hosts", "ardour", str(self.path), "--text", text])

    def events(self) -> list[int]:
        assert ended(["hosts", "ardour", str(self.path), "--events"]) == ""
        rows = (row.split("\t") for row in looked(self.folder))
        return sorted(
            frame_of_sample(SampleIndex(int(row[2])), self._rate, 48_000)
            for row in rows
            if row[1].startswith(f"{OURS} ") and row[0] == "PLACE"
        )

    def lock(self) -> None:
        """Ardour's tracks have no lock; one that is switched off takes nothing."""
        self.change(r'(name="Dialogue"[^>]*) active="1"', r'\1 active="0"')

    def unmark(self) -> None:
        self.change('name="cuelock" start', 'name="other" start')

    def add_bus(self, name: str) -> None:
        in_ardour(_ADD_BUS.format(folder=self.folder, name=name))

    def buses(self) -> list[str]:
        said = in_ardour(_BUSES.format(folder=self.folder))
        return sorted(row[4:] for row in said.splitlines() if row.startswith("BUS\t"))

    def _put(self, option: str, value: str) -> None:
        self.change(rf'(name="{option}" value=)"[^"]*"', rf'\1"{value}"')

    def change(self, what: str, to: str) -> None:
        text, times = re.subn(what, to, self.path.read_text(), count=1)
        assert times == 1
        self.path.write_text(text)


@cache
def _saved_session(sound: Path) -> Path:
    """A session with the user's clip on the user's track, as Ardour saves it."""
    folder = sound.parent / "ardour"
    in_ardour(_CREATE.format(folder=folder, track=USERS_TRACK))
    path = folder / "scene.ardour"
    path.write_text(path.read_text().replace("<Locations/>", _SESSION_RANGE))
    first, stop = (sample_of_frame(frame, Rate.parse("24"), 48_000) for frame in USERS_CLIP)
    talk = Stem(
        path=str(sound), take="", layer="talk", start=SampleIndex(first), samples=stop - first
    )
    (placed,) = place(ArdourSession(path, Told()), (talk,), onto=USERS_TRACK)
    assert placed.state == "placed"
    path.with_name(path.name + BEFORE).unlink()
    in_ardour(_SAVE_AGAIN.format(folder=folder))
    return folder


def looked(folder: Path) -> list[str]:
    """Regions and places of a session as Ardour shows them."""
    said = in_ardour(_LOOK.format(folder=folder))
    return [row for row in said.splitlines() if row.startswith(("REGION", "PLACE"))]


def in_ardour(script: str) -> str:
    """Run Lua in an Ardour without windows; what it printed. A failed assert fails here too."""
    whole = f'AudioEngine:set_backend("None (Dummy)", "", "")\n{script}\nclose_session()\nquit()\n'
    done = subprocess.run(
        [LUA, "-"],
        input=whole, text=True, check=False, capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
