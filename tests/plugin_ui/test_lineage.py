"""What of a comp comes from which take."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from resident_engine import BOUNCE
from take_factory import finished

from host_bridge.protocol import CompPiece, CompRequest, TakeSummary
from host_bridge.timecode import Rate
from media.clip import open_clip
from plugin_ui.lanes.timeline import Timeline
from plugin_ui.lineage import Part, parts_of
from plugin_ui.session import Region
from plugin_ui.sounding import Opened

STEPS = ("steps",)


def comp(of: str, *pieces: tuple[str, int, int, tuple[str, ...]]) -> CompRequest:
    made = (
        CompPiece(take=take, region_in=f"{start}f", region_out=f"{stop}f", layers=layers)
        for take, start, stop, layers in pieces
    )
    return CompRequest(take=of, pieces=tuple(made), to="/", variation=2 if of == "a" else 0)


def test_later_pieces_and_later_comps_lie_over_what_was_there(tmp_path: Path) -> None:
    timeline = Timeline(rate=Rate.parse("25"), start="01:00:00:00", frames=200)
    here = Opened(open_clip(BOUNCE), timeline)
    takes = {
        name: TakeSummary(
            record=replace(finished(tmp_path, name), change=change), star=False, note="", created=0
        )
        for name, change in (
            ("a", None),
            ("c1", comp("a", ("b", 60, 80, STEPS), ("d", 70, 90, ()), ("e", 50, 99, ("rain",)))),
            ("c2", comp("c1", ("b", 75, 85, STEPS), ("a", 20, 55, STEPS))),
        )
    }
    assert parts_of(here, takes, takes["c2"], "steps", 0) == (
        Part("a", 0, Region(50, 55)),
        Part("a", 2, Region(55, 60)),
        Part("b", 0, Region(60, 70)),
        Part("d", 0, Region(70, 75)),
        Part("b", 0, Region(75, 85)),
        Part("d", 0, Region(85, 90)),
        Part("a", 2, Region(90, 100)),
    )
    assert parts_of(here, takes, takes["a"], "steps", 1) == (Part("a", 1, Region(50, 100)),)
