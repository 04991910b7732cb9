"""What is MLT's own: what is seen under the marks is what MLT shows there."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from media_factory import Movie, write_numbered
from mlt_bench import pictured

from host_bridge.errors import CuelockError
from host_bridge.mlt import MltProject
from host_bridge.projectfile import Told

needs_mlt = pytest.mark.skipif(
    shutil.which("melt") is None, reason="MLT is not installed: tests/system-libraries does it"
)
_PROJECT = """<mlt LC_NUMERIC="C" root="{root}">
 <profile width="128" height="64" progressive="1" sample_aspect_num="1" sample_aspect_den="1"
  display_aspect_num="2" display_aspect_den="1" frame_rate_num="25" frame_rate_den="1"
  colorspace="709"/>
 <producer id="a" in="0" out="99"><property name="length">100</property>
  <property name="resource">a.mp4</property>
  <property name="mlt_service">avformat-novalidate</property></producer>
 <producer id="twice" in="0" out="49"><property name="length">50</property>
  <property name="resource">2:a.mp4</property>
  <property name="mlt_service">timewarp</property></producer>
 <producer id="half" in="0" out="199"><property name="length">200</property>
  <property name="resource">0.5:a.mp4</property>
  <property name="mlt_service">timewarp</property></producer>
 <producer id="back" in="0" out="99"><property name="length">100</property>
  <property name="resource">-1:a.mp4</property>
  <property name="mlt_service">timewarp</property></producer>
 <producer id="title" in="0" out="99"><property name="length">100</property>
  <property name="resource">#00000000</property>
  <property name="mlt_service">color</property></producer>
 <playlist id="nested"><entry producer="a" in="70" out="79"/></playlist>
 <tractor id="nest" in="0" out="9"><track producer="nested"/></tractor>
 <playlist id="low">{low}</playlist>
 <playlist id="high">{high}</playlist>
 <tractor id="main" in="0" out="{last}"><track producer="low"/><track producer="high"/></tractor>
</mlt>
"""


def seen_and_shown(
    folder: Path, low: str, high: str = "", frames: int = 20
) -> list[tuple[int | None, int | None]]:
    """For each frame, the number that pieces under the marks say and that MLT's picture shows."""
    write_numbered(folder / "a.mp4", 100, Movie(rate=Fraction(25)))
    project = folder / "scene.mlt"
    project.write_text(_PROJECT.format(root=folder, low=low, high=high, last=frames - 1))
    pieces = MltProject(project, Told("0f", f"{frames}f")).marked().pieces
    said: list[int | None] = [None] * frames
    for piece in pieces:
        assert piece.path == str(folder / "a.mp4")
        for frame in range(piece.start, piece.stop):
            assert said[frame] is None, "two pieces over each other"
            said[frame] = int(piece.media_start + (frame - piece.start) * Fraction(piece.speed))
    return list(zip(said, pictured(project), strict=True))


@needs_mlt
@pytest.mark.parametrize(
    ("low", "high"),
    [
        ('<entry producer="a" in="10" out="29"/>', ""),
        ('<entry producer="a" in="10" out="14"/><blank length="5"/>'
         '<entry producer="a" in="60" out="69"/>', ""),
        ('<entry producer="a" in="10" out="29"/>',
         '<blank length="3"/><entry producer="a" in="50" out="56"/>'),
        ('<blank length="5"/><entry producer="nest" in="2" out="9"/><blank length="7"/>', ""),
    ],
    ids=["a clip", "cuts and black", "an upper track", "a nest"],
)  # fmt: skip
def test_what_is_seen_is_what_mlt_shows(tmp_path: Path, low: str, high: str) -> None:
    compared = seen_and_shown(tmp_path, low, high)
    assert [said for said, _ in compared] == [shown for _, shown in compared]
    assert any(said is not None for said, _ in compared)


@needs_mlt
@pytest.mark.parametrize("speed", ["twice", "half", "back"])
def test_a_retimed_clip_is_followed_to_the_picture_beside(tmp_path: Path, speed: str) -> None:
    compared = seen_and_shown(tmp_path, f'<entry producer="{speed}" in="10" out="29"/>')
    for said, shown in compared:
        assert said is not None
        assert shown is not None
        assert abs(said - shown) <= 1


def test_a_clip_whose_speed_changes_is_a_sentence_and_nothing_is_written(tmp_path: Path) -> None:
    project = tmp_path / "scene.mlt"
    text = _PROJECT.format(root=tmp_path, low='<entry producer="a"/>', high="", last=19)
    text = text.replace(
        '<property name="resource">a.mp4',
        '<link><property name="mlt_service">timeremap</property></link>'
        '<property name="resource">a.mp4',
    )
    project.write_text(text)
    with pytest.raises(CuelockError, match=r"a\.mp4 changes its speed under the marks") as told:
        MltProject(project, Told("0f", "20f")).marked()
    assert told.value.code == "host.retimed"
    assert project.read_text() == text
