"""Resolve on the bench: the fake as Python has it, and as Lua has it behind the relay."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Literal

from lua_hosts import luajit, relayed, wrapped
from resolve_fake import FakeItem, FakeMedia, FakeResolve, FakeTimeline, FakeTrack
from scripted_bench import Sounding

from host_bridge.resolve.host import ResolveHost
from host_bridge.timecode import Rate, frame_of_label, sample_of_frame
from host_bridge.timeline import Host, MarkedRange

#: A method of Resolve's objects; nil is the host itself.
INVOKE = """
function(resolve)
  return function(object, name, ...)
    object = object or resolve
    local method = object[name]
    if not method then error(name .. " is not there", 0) end
    return method(object, ...)
  end
end
"""


class ResolveBench:
    one_undo = False
    tracks_have_kinds = True
    locks_are_kept_quiet = False

    def __init__(self, resolve: FakeResolve, host: Host) -> None:
        self.resolve = resolve
        self.host = host
        self._rate = Rate.parse("25")

    @property
    def fake(self) -> FakeTimeline:
        assert self.resolve.project is not None
        assert self.resolve.project.timeline is not None
        return self.resolve.project.timeline

    def added(self, number: int) -> str:
        return f"cuelock {number}"

    def timeline(self, rate: str, start: str) -> None:
        self._rate = Rate.parse(rate)
        assert self.resolve.project is not None
        self.resolve.project.timeline = FakeTimeline(rate, frame_of_label(start, self._rate))
        self.resolve.project.sound_rate = float(rate.removesuffix(" DF"))

    def mark(self, start: int, stop: int) -> None:
        self.fake.marks = {"video": {"in": start, "out": stop - 1}}

    def picture(
        self, path: Path, start: int, stop: int, media_start: int, *, speed: int = 1
    ) -> None:
        media = FakeMedia(str(path), float(self._rate.exact))
        first = self.fake.start
        self.fake.tracks["video"][0].items.append(
            FakeItem(
                Fraction(first + start),
                Fraction(first + stop),
                media,
                left=media_start,
                shown=Fraction(speed * (stop - start)),
            )
        )

    def nested(self, start: int, stop: int) -> None:
        first = self.fake.start
        item = FakeItem(Fraction(first + start), Fraction(first + stop), FakeMedia("", "25"))
        self.fake.tracks["video"].append(FakeTrack("Video 2", items=[item]))

    def rendered(self) -> MarkedRange:
        assert isinstance(self.host, ResolveHost)
        return self.host.rendered(self.host.marks(), lambda stage, done: None)

    def rendering_ends(self, how: Literal["success", "failed", "cancelled"]) -> None:
        assert self.resolve.project is not None
        state = {"success": "Complete", "failed": "Failed", "cancelled": "Cancelled"}[how]
        self.resolve.project.ends = {"JobStatus": state}

    def track(self, name: str, *, channels: int = 1, locked: bool = False) -> None:
        subtype = {1: "mono", 2: "stereo"}[channels]
        self.fake.tracks["audio"].append(FakeTrack(name, subtype, locked))

    def clip(self, track: str, path: Path, start: int) -> None:
        begin = Fraction(self.fake.start + start)
        item = FakeItem(begin, begin + self._rate.nominal, FakeMedia(str(path), 25.0))
        next(t for t in self.fake.tracks["audio"] if t.name == track).items.append(item)

    def sounding(self) -> list[Sounding]:
        return [
            Sounding(
                track.name,
                self._sample(item.start),
                self._sample(item.stop),
                Path(item.media.path).name,
            )
            for track in self.fake.tracks["audio"]
            for item in track.items
            if item.media and not item.ghost
        ]

    def markers(self) -> list[tuple[int, str]]:
        inside = range(self.fake.length)  # others are stored and never seen
        return sorted((f, str(m["name"])) for f, m in self.fake.marked.items() if f in inside)

    def undo_steps(self) -> int:
        return self.fake.changes + len(self.sounding())

    def _sample(self, frame: Fraction) -> int:
        return sample_of_frame(int(frame) - self.fake.start, self._rate, 48_000)


@contextmanager
def resolve(folder: Path) -> Generator[ResolveBench]:
    fake = FakeResolve()
    yield ResolveBench(fake, ResolveHost(fake))


@contextmanager
def resolve_lua(folder: Path) -> Generator[ResolveBench]:
    lua = luajit()
    fake = FakeResolve()
    said: list[str] = []
    with relayed(lua, folder, lua.eval(INVOKE)(wrapped(lua, fake)), said.append) as relay:
        yield ResolveBench(fake, ResolveHost(relay.host))
