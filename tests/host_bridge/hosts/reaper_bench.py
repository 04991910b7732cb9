"""REAPER on the bench: the fake asked directly, and in Lua 5.4 behind the relay."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lua_hosts import lua54, relayed
from reaper_fake import FakeMediaItem, FakeMediaTrack, FakeReaper, FakeSource, FakeTake
from scripted_bench import Sounding

from host_bridge.errors import CuelockError
from host_bridge.reaper.host import ReaperHost
from host_bridge.relay import Call, Value
from host_bridge.timecode import Rate, frame_of_label, frame_of_sample, sample_of_frame
from host_bridge.timeline import Host

_FPS = {
    "24": 24.0,
    "23.976": 24000 / 1001,
    "25": 25.0,
    "29.97 DF": 30000 / 1001,
    "59.94": 60000 / 1001,
}


class ReaperBench:
    one_undo = True
    tracks_have_kinds = False
    locks_are_kept_quiet = False

    def __init__(self, reaper: FakeReaper, host: Host) -> None:
        self.reaper = reaper
        self.host = host
        self._rate = Rate.parse("25")

    def added(self, number: int) -> str:
        return f"cuelock {number}"

    def timeline(self, rate: str, start: str) -> None:
        self._rate = Rate.parse(rate)
        self.reaper.fps, self.reaper.drop = _FPS[rate], self._rate.drop
        self.reaper.offset = float(frame_of_label(start, self._rate) / self._rate.exact)

    def mark(self, start: int, stop: int) -> None:
        self.reaper.selection = (float(start / self._rate.exact), float(stop / self._rate.exact))

    def picture(
        self, path: Path, start: int, stop: int, media_start: int, *, speed: int = 1
    ) -> None:
        if not any(track.name == "Video" for track in self.reaper.tracks):
            self.reaper.tracks.insert(0, FakeMediaTrack("Video"))
        take = FakeTake(
            FakeSource(str(path), "VIDEO"),
            offset=float(media_start / self._rate.exact),
            playrate=float(speed),
        )
        self._add("Video", take, self._sample(start), self._sample(stop) - self._sample(start))

    def track(self, name: str, *, channels: int = 1, locked: bool = False) -> None:
        self.reaper.tracks.append(FakeMediaTrack(name))

    def clip(self, track: str, path: Path, start: int) -> None:
        self._add(track, FakeTake(FakeSource(str(path))), self._sample(start), 48_000)

    def sounding(self) -> list[Sounding]:
        return [
            Sounding(track.name, start, start + length, Path(item.takes[0].source.path).name)
            for track in self.reaper.tracks
            for item in track.items
            for start in [round(item.values["D_POSITION"] * 48_000)]
            for length in [round(item.values["D_LENGTH"] * 48_000)]
            if item.takes and item.takes[0].source and item.takes[0].source.kind == "WAVE"
        ]

    def markers(self) -> list[tuple[int, str]]:
        return [
            (frame_of_sample(round(at * 48_000), self._rate, 48_000), name.partition(" ")[0])
            for at, name in self.reaper.markers
        ]

    def undo_steps(self) -> int:
        return len(self.reaper.undo)

    def _add(self, track: str, take: FakeTake, start: int, length: int) -> None:
        item = FakeMediaItem(takes=[take])
        item.values |= {"D_POSITION": start / 48_000, "D_LENGTH": length / 48_000}
        next(t for t in self.reaper.tracks if t.name == track).items.append(item)

    def _sample(self, frame: int) -> int:
        return sample_of_frame(frame, self._rate, 48_000)


def asked(reaper: FakeReaper, calls: Sequence[Call]) -> list[list[Any]]:
    """What a relay would bring back."""
    returned: list[list[Any]] = []
    for call in calls:
        args = [returned[a.call][0] if isinstance(a, Value) else a for a in call.args]
        try:
            values = reaper.call(call.name, *args)
        except TypeError as error:
            raise CuelockError("host.refused", str(error), hint="") from error
        returned.append(list(values) if isinstance(values, tuple) else [values])
    return returned


@contextmanager
def reaper(folder: Path) -> Generator[ReaperBench]:
    fake = FakeReaper()
    yield ReaperBench(fake, ReaperHost(lambda calls: asked(fake, calls)))


@contextmanager
def reaper_lua(folder: Path) -> Generator[ReaperBench]:
    lua, fake, said = lua54(), FakeReaper(), list[str]()

    def invoke(target: Any, name: str, *args: Any) -> Any:
        assert target is None, "functions are the host's own"
        return fake.call(name, *args)

    with relayed(lua, folder, invoke, said.append) as relay:
        yield ReaperBench(fake, ReaperHost(relay.do))
