"""Resolve renders what no file shows, and its Deliver page, queue and marks are as they were."""

from __future__ import annotations

import copy
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from media_factory import read_number
from resolve_bench import ResolveBench
from resolve_fake import Deliver, FakeItem, FakeMedia, FakeProject, FakeResolve, FakeTrack

from engine.cli import errands, wishes
from engine.cli.wishes import EventMarkers, MenuWish, PanelOpened, fulfilled
from host_bridge.errand import KnownTake, NewSounds, NewTexture, seen
from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.protocol import RenderReply
from host_bridge.resolve.host import ResolveHost
from host_bridge.timeline import MarkedRange
from media.clip import open_clip
from media.decode import pictures

BOUNCE = Path(__file__).parents[2] / "media" / "bounce.mp4"
MARKS = (20, 50)


@pytest.fixture
def host(tmp_path: Path, own_home: Path) -> ResolveHost:
    return ResolveHost(FakeResolve())


def bench_of(host: ResolveHost) -> ResolveBench:
    fake = host._resolve  # pyright: ignore[reportPrivateUsage]
    assert isinstance(fake, FakeResolve)
    made = ResolveBench(fake, host)
    made.timeline("25", "01:00:00:00")
    made.mark(*MARKS)
    return made


def project_of(bench: ResolveBench) -> FakeProject:
    assert bench.resolve.project is not None
    return bench.resolve.project


def compound(bench: ResolveBench, folder: Path) -> Path:
    """A clip without a file, above one whose folder the stems go to."""
    film = folder / "film.mp4"
    film.write_bytes(BOUNCE.read_bytes())
    bench.picture(film, 0, 100, media_start=0)
    over(bench, FakeMedia("", 25.0))
    return film


def over(bench: ResolveBench, media: FakeMedia | None) -> None:
    first = bench.fake.start
    item = FakeItem(Fraction(first + 10), Fraction(first + 60), media)
    bench.fake.tracks["video"].append(FakeTrack("Video 2", items=[item]))


def sequence(bench: ResolveBench, folder: Path) -> Path:
    film = folder / "film.mp4"
    film.write_bytes(BOUNCE.read_bytes())
    over(bench, FakeMedia(str(folder / "shot_[0001-0100].exr"), 25.0))
    return film


def retimed(bench: ResolveBench, folder: Path) -> Path:
    film = folder / "film.mp4"
    film.write_bytes(BOUNCE.read_bytes())
    bench.picture(film, 10, 60, media_start=5, speed=2)
    return film


def title_alone(bench: ResolveBench, folder: Path) -> Path:
    bench.fake.tracks["video"][0].items.clear()
    over(bench, None)
    return home() / "stems"


def looks(bench: ResolveBench) -> dict[str, Any]:
    """All that an artist would miss."""
    project, fake = project_of(bench), bench.fake
    return copy.deepcopy(
        {
            "page": bench.resolve.page, "deliver": project.deliver, "presets": project.presets,
            "jobs": project.jobs, "marks": fake.marks, "bins": len(project.pool.root.folders),
            "clips": len(project.pool.root.clips), "steps": bench.undo_steps(),
        }
    )  # fmt: skip


def nothing_left(folder: Path) -> bool:
    return not (folder / "cuelock").exists() and not (home() / "stems").exists()


def no_progress(stage: str, done: float) -> None:
    """Nobody listens."""


def rendered(host: ResolveHost) -> MarkedRange:
    return host.rendered(host.marks(), no_progress)


@pytest.mark.parametrize("make", [compound, retimed, sequence, title_alone])
def test_the_movie_shows_the_marked_frames_from_the_in_mark_on(
    host: ResolveHost, tmp_path: Path, make: Any
) -> None:
    bench = bench_of(host)
    film = make(bench, tmp_path)
    with pytest.raises(CuelockError) as told:
        host.marked()
    assert told.value.code == "host.retimed"
    before = looks(bench)
    marked = rendered(host)
    assert looks(bench) == before
    picture = seen(marked)
    assert picture.frames == (0, MARKS[1] - MARKS[0])
    assert picture.start_timecode == "01:00:00:20"
    clip = open_clip(picture.path)
    shown = pictures(clip, 0, clip.frames, rate=clip.rate, size=(128, 64))
    assert [read_number(rgb) for _, rgb in shown] == list(range(*MARKS))
    beside = film.parent / "cuelock" if film.is_file() else film
    assert clip.path.parent == beside / "pictures"


def test_settings_that_hide_what_a_preset_left_are_begun_anew(
    host: ResolveHost, tmp_path: Path
) -> None:
    """After "Audio Only" no setting brings the picture back."""
    bench = bench_of(host)
    compound(bench, tmp_path)
    project_of(bench).deliver = theirs = Deliver(sound_alone=True, settings={"TargetDir": "/own"})
    assert open_clip(seen(rendered(host)).path).frames == 30
    assert project_of(bench).deliver == theirs


def test_where_there_is_no_h264_dnxhr_serves(host: ResolveHost, tmp_path: Path) -> None:
    bench = bench_of(host)
    compound(bench, tmp_path)
    project_of(bench).coders = {("mov", "DNxHRLB")}
    assert Path(seen(rendered(host)).path).suffix == ".mov"


def test_the_settings_that_a_killed_run_kept_stay_for_the_artist(
    host: ResolveHost, tmp_path: Path
) -> None:
    bench = bench_of(host)
    compound(bench, tmp_path)
    project = project_of(bench)

    def killed(*asked: object) -> bool:
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "DeleteRenderPreset", killed)
        rendered(host)
    before = looks(bench)
    assert project.deliver in project.presets.values()
    rendered(host)
    assert looks(bench) == before


# what does not come off


def refusing(*asked: object) -> bool:
    return False


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ({"ends": {"JobStatus": "Failed", "Error": "disk gone"}}, "host.refused", "disk gone"),
        ({"ends": {"JobStatus": "Failed"}}, "host.refused", "the job is Failed"),
        ({"ends": {"JobStatus": "Cancelled"}}, "cancelled.user", "stopped in Resolve"),
        ({"coders": set()}, "host.refused", "neither H.264 nor DNxHR"),
        ({"rendering": "theirs"}, "host.refused", "renders something else"),
        ({"SaveAsNewRenderPreset": refusing}, "host.refused", "cannot keep"),
        ({"SetRenderSettings": refusing}, "host.refused", "take the settings"),
        ({"AddRenderJob": refusing}, "host.refused", "take the job"),
        ({"StartRendering": refusing}, "host.refused", "does not start"),
        ({"SetCurrentRenderMode": refusing}, "host.refused", "left no movie"),
    ],
)
def test_a_picture_that_resolve_does_not_render_is_a_sentence_and_nothing_is_left(
    host: ResolveHost, tmp_path: Path, change: dict[str, Any], code: str, sentence: str
) -> None:
    bench = bench_of(host)
    compound(bench, tmp_path)
    for name, value in change.items():
        setattr(project_of(bench), name, value)
    before = looks(bench)
    with pytest.raises(CuelockError, match=sentence) as told:
        fulfilled(host, NewSounds(texts=("rain",)), print)
    assert told.value.code == code
    assert looks(bench) == before
    assert project_of(bench).rendering == change.get("rendering")
    assert nothing_left(tmp_path)


def test_giving_up_stops_resolve_and_nothing_is_left(host: ResolveHost, tmp_path: Path) -> None:
    bench = bench_of(host)
    compound(bench, tmp_path)
    project_of(bench).ends = {"JobStatus": "Rendering"}
    before = looks(bench)

    def given_up(stage: str, done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        host.rendered(host.marks(), given_up)
    assert project_of(bench).rendering is None
    assert looks(bench) == before
    assert nothing_left(tmp_path)


def test_a_retimed_clip_whose_file_is_gone_is_a_sentence_and_not_rendered(
    host: ResolveHost, tmp_path: Path
) -> None:
    bench = bench_of(host)
    retimed(bench, tmp_path).unlink()
    before = looks(bench)
    with pytest.raises(CuelockError, match=r"film\.mp4") as told:
        fulfilled(host, NewSounds(), print)
    assert told.value.code == "media.missing"
    assert looks(bench) == before


# how long the movie stays


def failing(*asked: object, **named: object) -> RenderReply:
    raise CuelockError("busy.queue", "The queue is full.", hint="Try again later.")


def test_a_picture_without_a_take_is_taken_away_again(
    host: ResolveHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "run", failing)
    compound(bench_of(host), tmp_path)
    said: list[str] = []
    with pytest.raises(CuelockError, match="queue is full"):
        fulfilled(host, NewSounds(texts=("rain",)), said.append)
    assert said == ["rendering the picture …"]
    assert nothing_left(tmp_path)


def test_a_picture_that_was_looked_at_for_its_events_is_taken_away_again(
    host: ResolveHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[MarkedRange] = []

    def spotted(marked: MarkedRange) -> tuple[()]:
        assert Path(marked.pieces[0].path).is_file()
        shown.append(marked)
        return ()

    monkeypatch.setattr(wishes, "spotted", spotted)
    compound(bench_of(host), tmp_path)
    assert fulfilled(host, EventMarkers(), print) == "0 events are marked."
    assert len(shown) == 1
    assert nothing_left(tmp_path)


@pytest.mark.parametrize("wish", [NewTexture(take="8c1f"), KnownTake(take="8c1f")])
def test_what_was_made_already_needs_no_picture(
    host: ResolveHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wish: MenuWish
) -> None:
    def carry_out(errand: Any, progress: object) -> None:
        assert errand.marked.pieces == ()
        raise CuelockError("take.unknown", "There is no such take.", hint="")

    monkeypatch.setattr(wishes, "carry_out", carry_out)
    bench = bench_of(host)
    compound(bench, tmp_path)
    with pytest.raises(CuelockError, match="no such take"):
        fulfilled(host, wish, print)
    assert project_of(bench).jobs == {"theirs": {"JobStatus": "Ready"}}


def test_the_panel_opens_at_once_where_no_file_shows_the_picture(
    host: ResolveHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []

    def apart(command: object, told: object) -> None:
        opened.append(command)

    monkeypatch.setattr(wishes, "apart", apart)
    bench = bench_of(host)
    compound(bench, tmp_path)
    assert fulfilled(host, PanelOpened(), print) == "The panel opens on its last clip."
    assert len(opened) == 1
    assert project_of(bench).jobs == {"theirs": {"JobStatus": "Ready"}}
