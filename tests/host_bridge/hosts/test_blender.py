"""What is Blender's own: undo, strips that show a picture, and what its buttons do."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from blender_bench import BLENDER, MODULE, BlenderBench, in_blender, pressed
from media_factory import read_number
from real_stems import Case, movie
from scripted_bench import TAKE, stem_at

from host_bridge.client import ask
from host_bridge.errand import seen
from host_bridge.errors import CuelockError
from host_bridge.placing import place
from host_bridge.protocol import JobsReply, Most, NamedTake, TakeSummary
from host_bridge.timecode import FrameIndex, sample_of_frame
from host_bridge.timeline import Marker, PlacedClip
from media.clip import open_clip
from media.decode import pictures

CASE = Case("25", "01:00:00:00")
pytestmark = pytest.mark.skipif(
    shutil.which(BLENDER) is None and MODULE is None,
    reason="Blender is not installed: tests/system-libraries does it",
)
BOUNCE = Path(__file__).parents[2] / "media" / "bounce.mp4"
COMMAND = [sys.executable, "-m", "engine.cli"]
_STEPS = """
import os, time
from host_bridge.blender import errands
os.environ["CUELOCK_HOME"] = given["home"]
want = {"do": "render", "texts": ["wood is hit"], "steps": %d}
steps = errands.sounds(given["command"], scene, want)
"""
_GIVE_UP = (
    _STEPS % 200
    + """
while "%" not in next(steps):
    time.sleep(0.1)
steps.close()
"""
)
_EDIT_MEANWHILE = (
    _STEPS % 2
    + """
next(steps)
editor = scene.sequence_editor
strips.strips_of(editor).new_movie("mine", given["clip"], 3, scene.frame_start)
editor.channels[3].name = "cuelock 1"
try:
    while True:
        next(steps)
        time.sleep(0.1)
except StopIteration as done:
    answer = done.value
"""
)
_UNDO = "bpy.ops.ed.undo(); answer = [one.name for one in bpy.context.scene.timeline_markers]"
_OURS = """
editor = scene.sequence_editor
(ours,) = [one for one in strips.strips_of(editor) if strips.TAKE in one]
"""
_FILM = "film = strips.strips_of(scene.sequence_editor)['film']\n"


@pytest.fixture
def bench(tmp_path: Path, media: Path, silence: Path) -> BlenderBench:
    return BlenderBench(tmp_path, CASE, movie(media, CASE.rate), silence)


def shown(bench: BlenderBench) -> list[tuple[str, list[PlacedClip]]]:
    return [(track.name, list(track.clips)) for track in bench.host.tracks()]


def test_stems_are_placed_as_one_step_of_undo(bench: BlenderBench, tmp_path: Path) -> None:
    in_blender("bpy.ops.ed.undo_push(message='before')")
    before = shown(bench)
    stems = [stem_at(tmp_path, 48_000), stem_at(tmp_path, 57_600, layer="door")]
    assert [one.track_name for one in place(bench.host, stems)] == ["cuelock 1", "cuelock 2"]
    in_blender(_UNDO)
    assert shown(bench) == before


def test_a_strip_keeps_its_take_and_its_true_length_in_the_saved_file(
    bench: BlenderBench, tmp_path: Path
) -> None:
    (placed,) = place(bench.host, [stem_at(tmp_path, 48_000, samples=4900)])
    bench.exported()
    (clip,) = bench.host.tracks()[placed.track].clips
    assert (clip.start, clip.take) == (48_000, TAKE)
    kept = "answer = [one.get(strips.SAMPLES) for one in strips.strips_of(scene.sequence_editor)]"
    assert 4900 in in_blender(kept)


def test_a_file_that_is_no_sound_is_refused_and_no_strip_is_left(
    bench: BlenderBench, tmp_path: Path
) -> None:
    before = shown(bench)
    stems = [stem_at(tmp_path, 48_000), stem_at(tmp_path, 57_600, layer="door")]
    Path(stems[1].path).unlink()
    with pytest.raises(CuelockError, match="cannot read"):
        in_blender(
            "timeline.place(scene, given)",
            [
                {"state": "place", "track": 5, "track_name": "cuelock 1",
                 "stem": {"layer": one.layer, "path": one.path, "start": one.start,
                          "samples": one.samples, "take": one.take}}
                for one in stems
            ],
        )  # fmt: skip
    assert shown(bench) == before


def test_an_event_is_marked_once(bench: BlenderBench) -> None:
    marker = Marker(frame=FrameIndex(40), name="75%", key="cuelock:01:00:01:15")
    for _ in range(2):
        bench.host.put_markers((marker,))
    assert in_blender(
        "answer = [(one.frame - scene.frame_start, one.name) for one in scene.timeline_markers]"
    ) == [[40, "75% cuelock:01:00:01:15"]]


# the picture


def test_the_movie_is_seen_through_what_has_no_picture_and_cut_where_its_strip_is(
    bench: BlenderBench,
) -> None:
    start, _ = CASE.marks
    in_blender(
        _FILM + "film.frame_offset_start = given + 5; film.frame_start -= 3; "
        "strips.strips_of(scene.sequence_editor).new_sound("
        "'over', strips.strips_of(scene.sequence_editor)['talk'].sound.filepath, 9, 1)",
        start,
    )
    (piece,) = bench.host.marked().pieces
    assert (piece.start, piece.media_start, piece.speed) == (start + 2, start + 5, "1")


def test_a_movie_of_another_rate_is_told_with_its_speed(bench: BlenderBench) -> None:
    in_blender("scene.render.fps = 50")
    marked = bench.host.marked()
    assert (marked.rate, marked.pieces[0].media_rate, marked.pieces[0].speed) == ("50", "25", "2")
    with pytest.raises(CuelockError) as retimed:
        seen(marked)
    assert retimed.value.code == "host.retimed"


@pytest.mark.parametrize(
    "change",
    [
        "film.use_reverse_frames = True",
        "strips.strips_of(scene.sequence_editor).new_image('card', given, 5, scene.frame_start)"
        ".frame_final_duration = 90",
    ],
)
def test_what_is_no_plain_movie_is_a_sentence(
    bench: BlenderBench, media: Path, change: str
) -> None:
    in_blender(_FILM + change, str(movie(media, CASE.rate)))
    with pytest.raises(CuelockError, match="no movie at one speed"):
        bench.host.marked()


_SMALL = "scene.render.resolution_x, scene.render.resolution_y = 128, 64\n"
_REVERSED = "film.use_reverse_frames = True"
_NESTED = """
inner = bpy.data.scenes.new("inner")
inner.render.fps, inner.frame_start, inner.frame_end = scene.render.fps, 1, 100
strips.strips_of(inner.sequence_editor_create()).new_movie("film", film.filepath, 1, 1)
nest = strips.strips_of(scene.sequence_editor).new_scene("nest", inner, 6, scene.frame_start)
nest.scene_input = "SEQUENCER"
"""
_SETTINGS = """
answer = [scene.render.filepath, scene.render.image_settings.file_format, scene.frame_start,
          scene.frame_end, scene.use_preview_range, bpy.data.filepath]
"""


@pytest.mark.parametrize(
    ("change", "first", "step"), [(_REVERSED, 99 - CASE.marks[0], -1), (_NESTED, CASE.marks[0], 1)]
)
@pytest.mark.skipif(MODULE is not None, reason="a Blender that is a module starts no other")
def test_what_no_file_shows_is_rendered_by_a_second_blender_and_this_one_stays_as_it_is(
    bench: BlenderBench, resident: Path, change: str, first: int, step: int
) -> None:
    in_blender(_SMALL + _FILM + change)
    before, settings = shown(bench), in_blender(_SETTINGS)
    assert bench.sound("wood is hit") == ""
    assert shown(bench)[: len(before)] == before
    assert in_blender(_SETTINGS) == settings
    (placed,) = bench.host.tracks()[-1].clips
    assert placed.start == sample_of_frame(CASE.marks[0], CASE.exact, 48_000)
    take = ask("take.show", NamedTake(take=str(placed.take)), TakeSummary).record
    clip = open_clip(take.request.clip)
    assert clip.path.parent == bench.path.parent / "cuelock" / "pictures"
    seen = pictures(clip, 0, clip.frames, rate=clip.rate, size=(128, 64))
    numbers = [read_number(rgb) for _, rgb in seen]
    assert numbers == [first + step * n for n in range(take.reply.range.frames)]


def test_a_range_that_blender_does_not_render_is_a_sentence_and_nothing_moves(
    bench: BlenderBench, own_home: Path
) -> None:
    in_blender(_SMALL + _FILM + _REVERSED)
    before = shown(bench)
    folder = bench.path.parent / "cuelock"
    folder.write_text("a file where the folder should be")
    assert str(folder) in bench.sound("wood is hit")
    assert shown(bench) == before


# the buttons


def test_texture_is_made_anew_under_the_marks(bench: BlenderBench, resident: Path) -> None:
    assert bench.sound("wood is hit") == ""
    assert pressed("texture") == ["FINISHED"]
    names = [track.name for track in bench.host.tracks()]
    assert names[-2:] == ["cuelock 1", "cuelock 2"]
    first, second = (track.clips[0] for track in bench.host.tracks()[-2:])
    assert (first.start, first.stop) == (second.start, second.stop)
    assert first.take != second.take


def test_a_take_that_was_taken_away_is_placed_again_by_its_name_or_by_a_strip_of_it(
    bench: BlenderBench, resident: Path
) -> None:
    assert bench.sound("wood is hit") == ""
    before = shown(bench)
    (clip,) = bench.host.tracks()[-1].clips
    assert clip.take
    in_blender(_OURS + "strips.strips_of(editor).remove(ours)")
    in_blender("scene.cuelock_take = given", clip.take[:6])
    assert pressed("take") == ["FINISHED"]
    assert shown(bench) == before
    # The artist moved it far away: where it belongs it stands once more.
    in_blender(
        _OURS + "ours.frame_start += 50; editor.active_strip = ours; scene.cuelock_take = ''"
    )
    assert pressed("take") == ["FINISHED"]
    starts = [one.start for one in bench.host.tracks()[-1].clips]
    assert starts == [clip.start, clip.start + 50 * 1920]
    in_blender("scene.sequence_editor.active_strip = None")
    assert "No take is named." in pressed("take")


def test_an_errand_that_is_given_up_ends_its_job_and_nothing_moves(
    bench: BlenderBench, resident: Path
) -> None:
    before = shown(bench)
    in_blender(_GIVE_UP, {"home": os.environ["CUELOCK_HOME"], "command": COMMAND})
    (job,) = ask("job.list", Most(most=1), JobsReply).jobs
    assert job.state == "cancelled" or job.cancelling
    assert shown(bench) == before


def test_a_timeline_that_changed_meanwhile_is_planned_for_anew(
    bench: BlenderBench, resident: Path
) -> None:
    given = {"home": os.environ["CUELOCK_HOME"], "command": COMMAND, "clip": str(BOUNCE)}
    assert in_blender(_EDIT_MEANWHILE, given) == "1 stem stands on cuelock 2."
    assert [name for name, _ in shown(bench)][-2:] == ["cuelock 1", "cuelock 2"]
