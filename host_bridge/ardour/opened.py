"""The Ardour session in front as a Host: shown from a snapshot, placed by Ardour's own script."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Generator

from host_bridge.ardour.session import ArdourSession
from host_bridge.placing import OURS
from host_bridge.projectfile import Told
from host_bridge.relay import Call, Do
from host_bridge.timecode import FrameIndex, Rate, nearest_frame, sample_of_frame
from host_bridge.timeline import SAMPLE_RATE, MarkedRange, Marker, Placement, Track


class OpenArdour:
    """do: does what host_bridge/ardour/cuelock.lua offers; Relay.do."""

    name = "ardour"

    def __init__(self, do: Do) -> None:
        self._do = do

    def marked(self) -> MarkedRange:
        """The selected time, else what is marked in the session."""
        ((start, stop),) = self._do([Call("selection")])
        with self._saved() as path:
            if start >= stop:
                return ArdourSession(path, Told()).marked()
            rate = ArdourSession(path, Told()).rate()
            ends = (nearest_frame(int(one), rate, SAMPLE_RATE) for one in (start, stop))
            return ArdourSession(path, Told(*(f"{frame}f" for frame in ends))).marked()

    def tracks(self) -> tuple[Track, ...]:
        with self._saved() as path:
            return ArdourSession(path, Told()).tracks()

    def place(self, plan: tuple[Placement, ...]) -> None:
        """Regions are one step of undo; tracks that are added stay, as Ardour has it."""
        wanted = [one for one in plan if one.state == "place"]
        with self._saved() as path:
            names = ArdourSession(path, Told()).new_names(plan)
        new = {names[one.track]: one.stem.channels for one in wanted if one.track in names}
        stems = [
            {
                "path": one.stem.path,
                "name": one.stem.layer,
                "track": names.get(one.track, one.track_name),
                "start": one.stem.start,
            }
            for one in wanted
        ]
        self._do(
            [
                Call("embed", ([one.stem.path for one in wanted],)),
                *(Call("add_track", (name, channels)) for name, channels in new.items()),
                Call("put", (stems,)),
            ]
        )

    def put_markers(self, markers: tuple[Marker, ...]) -> None:
        """Ranges of one frame: Ardour lets a script set no marks."""
        with self._saved() as path:
            session = ArdourSession(path, Told())
            rate, known = session.rate(), session.event_starts()
        marks = [
            {"name": f"{OURS} {marker.name}", "start": start, "stop": stop}
            for marker in markers
            for start, stop in [_ends(marker.frame, rate)]
            if start not in known
        ]
        if marks:
            self._do([Call("mark", (marks,))])

    @contextmanager
    def _saved(self) -> Generator[Path, None, None]:
        """The session as it is now, in a file of its own that is taken away again."""
        ((name,),) = self._do([Call("saved")])
        path = Path(str(name))
        try:
            yield path
        finally:
            path.unlink()
            path.with_suffix(".history").unlink(missing_ok=True)


def _ends(frame: int, rate: Rate) -> tuple[int, int]:
    """First sample of a frame, and of the next."""
    return (
        sample_of_frame(FrameIndex(frame), rate, SAMPLE_RATE),
        sample_of_frame(FrameIndex(frame + 1), rate, SAMPLE_RATE),
    )
