"""Premiere on the bench: the panel's own modules in a Chromium page, around a strict fake."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
import soundfile
from chromium import Page
from media_factory import Movie, numbered, write_movie
from scripted_bench import Sounding

from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.timecode import Rate, frame_of_label
from host_bridge.timeline import MarkedRange, Marker, Placement, Track

ROOM = Path(__file__).parents[3] / "host_bridge" / "premiere"
PARTS = Path(__file__).parent / "premiere"
TICKS = 254_016_000_000
#: What Premiere calls the ways to show time.
_DISPLAYS = {
    "24000/1001": 110,
    "24": 100,
    "25": 101,
    "30000/1001 DF": 102,
    "30000/1001": 103,
    "60000/1001 DF": 106,
    "60000/1001": 107,
}


@cache
def bundled(entry: Path) -> str:
    """A TypeScript module and what it imports, as one script with names of its own."""
    esbuild = ROOM / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--format=iife", "--target=es2020", "--log-level=warning"]
    externals = [f"--external:{name}" for name in ("premierepro", "uxp", "fs")]
    command = [esbuild, entry, *options, *externals]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def answer_of(plugin: Path) -> Callable[[str], str]:
    """What lies outside the page: the disk, with a plug-in's own folder as "plugin:/"."""

    def path_of(name: str) -> Path:
        return plugin / name[len("plugin:/") :] if name.startswith("plugin:/") else Path(name)

    def answer(question: str) -> str:
        asked = json.loads(question)
        try:
            value = _disk(asked["what"], path_of(asked["args"][0]), *asked["args"][1:])
            error = None
        except OSError as raised:
            value, error = None, str(raised)
        return f"fake.answered({asked['id']}, {json.dumps(value)}, {json.dumps(error)})"

    return answer


def _disk(what: str, path: Path, *more: str) -> Any:
    match what:
        case "readFile":
            return base64.b64encode(path.read_bytes()).decode()
        case "writeFile":
            path.write_bytes(base64.b64decode(more[0]))
        case "rename":
            path.rename(more[0])
        case "unlink":
            path.unlink()
        case "mkdir":
            path.mkdir()
        case "rmdir":
            path.rmdir()
        case "readdir":
            return [one.name for one in path.iterdir()]
        case "lstat":
            return path.stat().st_size
        case "movie":
            start, stop, rate, whole = int(more[0]), int(more[1]), Fraction(more[2]), more[3]
            if whole == "true":
                write_movie(path, map(numbered, range(start, stop)), Movie(rate=rate))
            else:
                path.write_bytes(b"half a movie")
        case "open":  # as a desktop opens it: by itself, for good
            subprocess.Popen([path], stdin=subprocess.DEVNULL, start_new_session=True).wait()
            return ""
        case "sound":
            try:
                found = soundfile.info(path)
            except soundfile.LibsndfileError:
                return None
            return {"samples": found.frames, "rate": found.samplerate}
        case _:
            raise ValueError(what)
    return 0


class PageHost:
    """The panel's Timeline as a Host; what is said crosses as JSON, as it does to the gateway."""

    name = "premiere"

    def __init__(self, page: Page) -> None:
        self._page = page

    def marked(self) -> MarkedRange:
        looked = "{ const range = await timeline.range(); "
        looked += "return { ...range, pieces: await timeline.pieces(range) }; }"
        return msgspec.convert(self._call(looked), MarkedRange)

    def rendered(self, preset: str, home: str) -> MarkedRange:
        words = json.dumps([preset, home])
        does = f"timeline.rendered(await timeline.range(), ...{words})"
        return msgspec.convert(self._call(does), MarkedRange)

    def tracks(self) -> tuple[Track, ...]:
        return msgspec.convert(self._call("timeline.tracks()"), tuple[Track, ...])

    def place(self, plan: tuple[Placement, ...]) -> None:
        self._call(f"timeline.place({msgspec.json.encode(plan).decode()})")

    def put_markers(self, markers: tuple[Marker, ...]) -> None:
        self._call(f"timeline.putMarkers({msgspec.json.encode(markers).decode()})")

    def _call(self, does: str) -> Any:
        call = f"(async () => bench.Timeline.inFront().then(async (timeline) => {does}))"
        outcome = self._page.evaluate(f"bench.outcome({call})")
        if "error" in outcome:
            told = outcome["error"]
            raise CuelockError(told["code"], told["message"], hint=told["hint"])
        return outcome["value"]


class PremiereBench:
    one_undo = True
    tracks_have_kinds = False
    locks_are_kept_quiet = True

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.host = PageHost(page)
        self.preset = folder / "Match Source - High bitrate.epr"
        self.preset.write_text("Premiere's own")
        self._rate = Rate.parse("25")

    def added(self, number: int) -> str:
        return f"Audio {number}"

    def timeline(self, rate: str, start: str) -> None:
        self._rate = Rate.parse(rate)
        zero = self.ticks(frame_of_label(start, self._rate))
        self.fake("sequence", self.ticks(1), zero, _DISPLAYS[str(self._rate)])

    def mark(self, start: int, stop: int) -> None:
        self.fake("mark", self.ticks(start), self.ticks(stop))

    def picture(
        self, path: Path, start: int, stop: int, media_start: int, *, speed: int = 1
    ) -> None:
        if not self.page.evaluate("fake.world.edit.video.length"):
            self.fake("track", "video", "V1")
        source = {"fps": round(float(self._rate.exact), 3)}
        self.clip_at(
            "video", "V1", path, (start, stop, media_start), source=source, item={"speed": speed}
        )

    def nested(self, start: int, stop: int) -> None:
        self.fake("track", "video", "V2")
        spans = (start, stop, 0)
        self.clip_at("video", "V2", Path("Nest"), spans, source={"nested": True})

    def rendered(self) -> MarkedRange:
        return self.host.rendered(str(self.preset), home().as_posix())

    def rendering_ends(self, how: Literal["success", "failed", "cancelled"]) -> None:
        self.page.evaluate(f"fake.world.exports.ends = {how!r}")

    def track(self, name: str, *, channels: int = 1, locked: bool = False) -> None:
        self.fake("track", "audio", name, locked)

    def clip(self, track: str, path: Path, start: int) -> None:
        begin = int(self.ticks(start))
        spans = [str(begin), str(begin + TICKS), "0"]
        self.fake("clip", "audio", track, str(path), spans)

    def clip_at(
        self,
        kind: str,
        track: str,
        path: Path | None,
        frames: tuple[int, int, int],
        *,
        source: dict[str, Any] | None = None,
        item: dict[str, Any] | None = None,
    ) -> None:
        """A clip with what is not plain about it. frames: start, stop, and the source's in."""
        spans = [self.ticks(frame) for frame in frames]
        shown = str(path) if path else None
        self.fake("clip", kind, track, shown, spans, source or {}, item or {})

    def sounding(self) -> list[Sounding]:
        return [
            Sounding(track, _sample(int(start)), _sample(int(end)), file)
            for track, start, end, file in self.page.evaluate("fake.sounding()")
        ]

    def markers(self) -> list[tuple[int, str]]:
        frame = int(self.ticks(1))
        return [(int(at) // frame, name) for at, name in self.page.evaluate("fake.markers()")]

    def undo_steps(self) -> int:
        return self.page.evaluate("fake.world.steps.length")

    def ticks(self, frame: int) -> str:
        whole, rest = divmod(frame * TICKS * self._rate.denominator, self._rate.numerator)
        assert rest == 0
        return str(whole)

    def fake(self, call: str, *args: Any) -> None:
        """A call of the fake itself, as premiere/fake.ts has them."""
        self.page.evaluate(f"fake.{call}(...{json.dumps(args)})")


@contextmanager
def untold(page: Page, haste: int) -> Generator[None]:
    """Exports end without an event, and time passes so many times as fast."""
    page.evaluate(
        "globalThis.wait = setTimeout; fake.world.exports.told = false;"
        f"globalThis.setTimeout = (does, ms) => wait(does, ms / {haste});"
    )
    try:
        yield
    finally:
        page.evaluate("globalThis.setTimeout = wait")


@contextmanager
def premiere(page: Page, folder: Path) -> Generator[PremiereBench]:
    """The panel's modules around a fake Premiere, in a page that has nothing else."""
    page.outside = answer_of(folder)
    page.evaluate(bundled(PARTS / "fake.ts"))
    page.evaluate(bundled(PARTS / "bench.ts"))
    yield PremiereBench(page, folder)


def _sample(ticks: int) -> int:
    return (2 * ticks * 48_000 + TICKS) // (2 * TICKS)
