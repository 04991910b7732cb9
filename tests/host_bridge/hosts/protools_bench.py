"""Pro Tools on the bench: the real connection to a session behind a real server."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from protools_brain import Brain, BrainClip, BrainTrack, Server
from scripted_bench import Sounding

from host_bridge.protools.host import ProToolsHost
from host_bridge.protools.ptsl import Connection
from host_bridge.timecode import Rate, frame_of_sample, sample_of_frame

_RATES = {
    "23.976": "STCR_Fps23976", "25": "STCRate_Fps25", "29.97 DF": "STCR_Fps2997Drop",
    "59.94": "STCRate_Fps5994",
}  # fmt: skip


class ProToolsBench:
    one_undo = False
    tracks_have_kinds = True
    locks_are_kept_quiet = False

    def __init__(self, brain: Brain, connection: Connection) -> None:
        self.brain = brain
        self.host = ProToolsHost(connection)
        self._rate = Rate.parse("25")

    def added(self, number: int) -> str:
        return f"cuelock {number}"

    def timeline(self, rate: str, start: str) -> None:
        self._rate = Rate.parse(rate)
        self.brain.rate, self.brain.start = _RATES[rate], start

    def mark(self, start: int, stop: int) -> None:
        self.brain.selection = (self._sample(start), self._sample(stop))

    def picture(
        self, path: Path, start: int, stop: int, media_start: int, *, speed: int = 1
    ) -> None:
        assert speed == 1
        if not self.brain.tracks or self.brain.tracks[0].kind != "TType_Video":
            self.brain.tracks.insert(0, BrainTrack("Video", kind="TType_Video"))
        clip = BrainClip(f"v{start}", path.name, str(path), 0, self._sample(media_start))
        self.brain.clips[clip.id] = clip
        self.brain.tracks[0].elements.append((self._sample(start), self._sample(stop), (clip.id,)))

    def track(self, name: str, *, channels: int = 1, locked: bool = False) -> None:
        shape = {1: "TFormat_Mono", 2: "TFormat_Stereo"}[channels]
        self.brain.tracks.append(BrainTrack(name, format=shape, locked=locked))

    def clip(self, track: str, path: Path, start: int) -> None:
        clip = BrainClip(f"a{start}", path.name, str(path), 48_000)
        self.brain.clips[clip.id] = clip
        at = self._sample(start)
        on = next(t for t in self.brain.tracks if t.name == track)
        on.elements.append((at, at + clip.samples, (clip.id,)))

    def sounding(self) -> list[Sounding]:
        return [
            Sounding(track.name, start, stop, Path(self.brain.clips[clips[0]].path).name)
            for track in self.brain.tracks
            if track.kind == "TType_Audio"
            for start, stop, clips in track.elements
        ]

    def markers(self) -> list[tuple[int, str]]:
        return [
            (frame_of_sample(int(one.start_time), self._rate, 48_000), one.name)
            for one in self.brain.locations
        ]

    def undo_steps(self) -> int:
        return len(self.brain.done)

    def _sample(self, frame: int) -> int:
        return sample_of_frame(frame, self._rate, 48_000)


@contextmanager
def protools(folder: Path) -> Generator[ProToolsBench]:
    brain = Brain(folder)
    with Server(brain) as server, Connection(server.address) as connection:
        yield ProToolsBench(brain, connection)
