"""What is Premiere's alone: ticks, marks, the picture under them, one step, the package."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from chromium import Page
from hypothesis import given, settings
from hypothesis import strategies as st
from premiere_bench import TICKS, PremiereBench, premiere, untold
from scripted_bench import Sounding, states, stem_at

from host_bridge import client
from host_bridge.errors import CuelockError
from host_bridge.gateway import PORTS
from host_bridge.home import home
from host_bridge.placing import place
from host_bridge.premiere import package
from host_bridge.timecode import (
    RATES,
    FrameIndex,
    Rate,
    frame_of_label,
    label_of_frame,
    sample_of_frame,
)
from host_bridge.timeline import Piece
from media.clip import open_clip

BOUNCE = Path(__file__).parents[2] / "media" / "bounce.mp4"
ALL = [Rate.of(rate) for rate in RATES] + [
    Rate.of(rate, drop=True) for rate in RATES if rate.numerator % 30_000 == 0
]
rates = st.sampled_from(ALL)


@pytest.fixture
def bench(page: Page, tmp_path: Path) -> Iterator[PremiereBench]:
    with premiere(page, tmp_path) as made:
        made.timeline("25", "01:00:00:00")
        yield made


@pytest.fixture(scope="module")
def modules(page: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with premiere(page, tmp_path_factory.mktemp("plugin")) as made:
        yield made.page


def computed(page: Page, call: str) -> Any:
    """What a function of the panel's time gives; whole numbers come as text."""
    return page.evaluate(f"String(bench.time.{call})")


def js(rate: Rate) -> str:
    return json.dumps(
        {"numerator": rate.numerator, "denominator": rate.denominator, "drop": rate.drop}
    )


def exact_ticks(frame: int, rate: Rate) -> Fraction:
    return Fraction(frame * TICKS) / rate.exact


# time

DAY = st.integers(0, 120 * 86_400)


@given(rates, DAY)
def test_ticks_are_exact_over_a_whole_day(modules: Page, rate: Rate, frame: int) -> None:
    ticks = int(computed(modules, f"ticksOfFrame({frame}, {js(rate)})"))
    assert ticks == exact_ticks(frame, rate)
    assert computed(modules, f"frameOfTicks({ticks}n, {js(rate)})") == str(frame)
    assert computed(modules, f"frameOfTicks({ticks - 1}n, {js(rate)})") == str(frame - 1)
    assert computed(modules, f"frameFromTicks({ticks + 1}n, {js(rate)})") == str(frame + 1)


@given(rates, DAY)
def test_a_frames_sample_and_the_way_back_are_the_engines_own(
    modules: Page, rate: Rate, frame: int
) -> None:
    ticks, sample = int(exact_ticks(frame, rate)), sample_of_frame(frame, rate, 48_000)
    assert computed(modules, f"sampleOfTicks({ticks}n)") == str(sample)
    assert computed(modules, f"frameTicksOfSample({sample}, {js(rate)})") == str(ticks)


@given(rates, st.integers(-1000, 120 * 2 * 86_400))
def test_labels_are_the_engines_own(modules: Page, rate: Rate, frame: int) -> None:
    label = label_of_frame(frame, rate)
    assert computed(modules, f"labelOfFrame({frame}, {js(rate)})") == label


@pytest.mark.parametrize("rate", ALL, ids=str)
def test_a_rate_is_known_by_its_ticks_and_by_what_premiere_rounds_it_to(
    modules: Page, rate: Rate
) -> None:
    ticks = exact_ticks(1, rate)
    found = f"rateOfTimebase({ticks}n, {str(rate.drop).lower()})"
    assert computed(modules, f"rateText(bench.time.{found})") == str(rate)
    near = f"rateNear({float(round(rate.exact, 2))})"
    assert computed(modules, f"rateText(bench.time.{near})") == str(Rate.of(rate.exact))


@given(st.text())
@settings(max_examples=50)
def test_the_panels_own_utf_8_is_utf_8(modules: Page, text: str) -> None:
    """UXP has no TextDecoder, so the page's has been taken away."""
    said = json.dumps(text)
    packed = modules.evaluate(f"Array.from(new TextEncoder().encode({said}))")
    assert bytes(packed) == text.encode()
    back = f"new TextDecoder().decode(new TextEncoder().encode({said}))"
    assert modules.evaluate(back) == text


# marks


@pytest.mark.parametrize("rate", ["29.97", "29.97 DF", "59.94", "59.94 DF"])
def test_labels_drop_where_premiere_shows_them_so(bench: PremiereBench, rate: str) -> None:
    bench.timeline(rate, "01:00:00:00")
    bench.mark(31, 77)
    marked = bench.host.marked()
    assert marked.exact_rate == Rate.parse(rate)
    assert marked.first == frame_of_label("01:00:00:00", Rate.parse(rate))


@pytest.mark.parametrize("from_zero", [False, True])
def test_marks_mean_the_same_whether_they_count_from_the_start_timecode_or_not(
    bench: PremiereBench, from_zero: bool
) -> None:
    bench.picture(BOUNCE, 0, 100, media_start=0)
    bench.page.evaluate(f"fake.world.quirks.marksFromZeroPoint = {str(from_zero).lower()}")
    bench.mark(31, 77)
    marked = bench.host.marked()
    assert (marked.start, marked.stop, marked.first) == (31, 77, 90_000)


def test_marks_between_frames_take_in_the_frames_they_touch(bench: PremiereBench) -> None:
    bench.page.evaluate(f"fake.mark('{TICKS // 25 * 30 + 1}', '{TICKS // 25 * 76 + 1}')")
    assert (bench.host.marked().start, bench.host.marked().stop) == (30, 77)


@pytest.mark.parametrize(
    "marks",
    [("null", "null"), ("null", "'100'"), ("'100'", "null"), ("'100'", "'100'")],
)
def test_without_both_marks_a_sentence_says_how_to_set_them(
    bench: PremiereBench, marks: tuple[str, str]
) -> None:
    bench.page.evaluate(f"fake.mark({', '.join(marks)})")
    with pytest.raises(CuelockError) as told:
        bench.host.marked()
    assert told.value.code == "host.marks"
    assert "press I, then O" in told.value.hint


def test_no_sequence_and_a_rate_that_is_none_are_sentences(bench: PremiereBench) -> None:
    bench.page.evaluate("fake.world.timebase = 20321280000n")
    with pytest.raises(CuelockError, match=r"runs at 12\.500 frames a second"):
        bench.host.tracks()
    bench.page.evaluate("fake.world.open = false")
    with pytest.raises(CuelockError, match="No sequence is open"):
        bench.host.tracks()


# the picture under the marks


def test_the_topmost_picture_is_seen_and_what_lies_below_through_its_holes(
    bench: PremiereBench,
) -> None:
    above = BOUNCE.with_name("above.mp4")
    for name in ("V1", "V2", "V3", "V4"):
        bench.fake("track", "video", name)
    film = {"fps": 25}
    bench.clip_at("video", "V1", BOUNCE, (0, 100, 7), source=film)
    bench.clip_at("video", "V2", above, (20, 30, 500), source={"fps": 50})
    bench.clip_at("video", "V2", above, (40, 50, 0), source=film, item={"disabled": True})
    bench.clip_at("video", "V3", None, (0, 100, 0))
    bench.clip_at("video", "V3", above, (60, 70, 0), source=film, item={"adjustment": True})
    bench.clip_at("video", "V4", above, (0, 100, 0), source=film)
    bench.page.evaluate("fake.world.edit.video[3].muted = true")
    bench.mark(10, 90)
    assert bench.host.marked().pieces == (
        piece(10, 20, BOUNCE, 17),
        piece(20, 30, above, 1000, rate="50"),
        piece(30, 90, BOUNCE, 37),
    )


def piece(start: int, stop: int, path: Path, media_start: int, *, rate: str = "25") -> Piece:
    frames = FrameIndex(start), FrameIndex(stop), FrameIndex(media_start)
    return Piece(
        start=frames[0], stop=frames[1], path=str(path), media_start=frames[2], media_rate=rate
    )


@pytest.mark.parametrize(
    ("source", "item", "code"),
    [
        ({"offline": True}, {}, "media.missing"),
        ({"nested": True}, {}, "host.retimed"),
        ({}, {"speed": 0.5}, "host.retimed"),
        ({}, {"reversed": True}, "host.retimed"),
        ({"fps": 12.5}, {}, "host.retimed"),
    ],
)
def test_a_picture_that_cannot_be_followed_is_a_sentence_with_its_name(
    bench: PremiereBench, source: dict[str, Any], item: dict[str, Any], code: str
) -> None:
    bench.fake("track", "video", "V1")
    bench.clip_at("video", "V1", BOUNCE, (0, 100, 0), source={"fps": 25, **source}, item=item)
    bench.mark(10, 90)
    with pytest.raises(CuelockError, match=r"bounce\.mp4") as told:
        bench.host.marked()
    assert told.value.code == code
    assert told.value.hint


def test_a_title_with_nothing_below_it_is_no_file(bench: PremiereBench) -> None:
    bench.fake("track", "video", "V1")
    bench.clip_at("video", "V1", BOUNCE, (0, 50, 0), source={"fps": 25})
    bench.clip_at("video", "V1", None, (50, 100, 0))
    bench.mark(10, 50)
    assert len(bench.host.marked().pieces) == 1
    bench.mark(10, 51)
    with pytest.raises(CuelockError, match="Title under the marks is drawn by Premiere") as told:
        bench.host.marked()
    assert told.value.code == "host.retimed"


@pytest.mark.parametrize("how", ["success", "failed"])
def test_a_movie_is_waited_for_where_no_event_tells_of_its_end(
    bench: PremiereBench, own_home: Path, how: Any
) -> None:
    """The export comes back while half of the movie is written."""
    bench.nested(0, 100)
    bench.mark(10, 20)
    bench.rendering_ends(how)
    with untold(bench.page, haste=100):
        movie = Path(bench.rendered().pieces[0].path)
    if how == "success":
        assert open_clip(movie).frames == 10
    else:  # whoever looks at it says that it is no movie
        with pytest.raises(CuelockError, match="no media file"):
            open_clip(movie)


@pytest.mark.parametrize("gone", ["preset", "exportSequence"])
def test_a_preset_that_is_gone_and_an_export_that_throws_are_a_sentence(
    bench: PremiereBench, own_home: Path, gone: str
) -> None:
    bench.nested(0, 100)
    bench.mark(10, 20)
    if gone == "preset":
        bench.preset.unlink()
    else:
        bench.page.evaluate(
            "require('premierepro').EncoderManager.getManager().exportSequence = "
            "async () => { throw new Error('Script action failed to execute'); }"
        )
    with pytest.raises(CuelockError, match="Premiere did not render it") as told:
        bench.rendered()
    assert told.value.code == "host.refused"
    assert "hosts install premiere" in told.value.hint
    assert bench.page.evaluate("fake.listeners()") == 0
    assert not (own_home / "stems").exists()


# placing


def test_undoing_once_takes_everything_back(bench: PremiereBench, tmp_path: Path) -> None:
    bench.track("Dialogue")
    bench.clip("Dialogue", tmp_path / "own.wav", 0)
    before = bench.sounding()
    stems = [stem_at(tmp_path, 48_000, layer=layer) for layer in ("a", "b")]
    assert states(place(bench.host, stems)) == ["placed", "placed"]
    assert len(bench.sounding()) == 3
    bench.page.evaluate("fake.undo()")
    assert (bench.sounding(), bench.undo_steps()) == (before, 0)
    assert len(bench.host.tracks()) == 1


def test_a_track_of_nothing_but_stems_takes_the_next_one(
    bench: PremiereBench, tmp_path: Path
) -> None:
    bench.track("Dialogue")
    place(bench.host, [stem_at(tmp_path, 48_000, layer="a")])
    place(bench.host, [stem_at(tmp_path, 144_000, layer="b")])
    assert [clip.track for clip in bench.sounding()] == ["Audio 2", "Audio 2"]


def test_a_file_is_imported_once_however_often_it_is_placed(
    bench: PremiereBench, tmp_path: Path
) -> None:
    stem = stem_at(tmp_path, 48_000)
    place(bench.host, [stem])
    bench.page.evaluate("fake.undo()")
    assert states(place(bench.host, [stem])) == ["placed"]
    assert bench.page.evaluate("fake.world.bin.length") == 1


def test_a_file_that_premiere_cannot_read_is_told_and_nothing_moves(
    bench: PremiereBench, tmp_path: Path
) -> None:
    stem = stem_at(tmp_path, 48_000)
    Path(stem.path).write_text("no sound")
    with pytest.raises(CuelockError, match="did not import") as told:
        place(bench.host, [stem])
    assert told.value.code == "host.refused"
    assert (bench.sounding(), bench.undo_steps()) == ([], 0)


def test_a_premiere_that_moves_what_is_the_users_is_found_out(
    bench: PremiereBench, tmp_path: Path
) -> None:
    bench.track("Dialogue")
    bench.clip("Dialogue", tmp_path / "own.wav", 30)
    bench.page.evaluate("fake.world.quirks.insertsOntoTheLastTrack = true")
    with pytest.raises(CuelockError, match=r"moved or covered own\.wav") as told:
        place(bench.host, [stem_at(tmp_path, 48_000)])
    assert "Undo once" in told.value.hint
    bench.page.evaluate("fake.undo()")
    assert bench.sounding() == [Sounding("Dialogue", 57_600, 105_600, "own.wav")]


# the fake


def locked(does: str) -> str:
    return f"project.lockedAccess(() => {{ {does} }})"


def step(callback: str) -> str:
    return locked(f"project.executeTransaction({callback})")


OVERWRITE = "editor.createOverwriteItemAction"
INSERT = "editor.createInsertProjectItemAction"


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (f"{OVERWRITE}(item, at('0'), 0, 0)", "no locked access"),
        (locked(f"{OVERWRITE}(item, at('1'), 0, 0)"), "on a frame"),
        (locked(f"{OVERWRITE}(item, 0, 0, 0)"), "a TickTime"),
        (locked(f"{OVERWRITE}(cast, at('0'), 0, 0)"), "raw"),
        (locked(f"{INSERT}(item, at('0'), 0, -1, true)"), "a track"),
        ("at(0)", "Illegal"),
        ("project.lockedAccess(async () => {})", "waited for"),
        (step("async () => {}"), "waited for"),
        (step("(step) => step.addAction({})"), "an Action"),
        (locked(f"kept = {OVERWRITE}(item, at('0'), 0, 0)") + "; "
         + step("(step) => step.addAction(kept)"), "stale"),
        ("project.importFiles(['a.wav'])", "a dialog"),
        ("ppro.EncoderManager.getManager().exportSequence(track, 2, '/a.mp4', '/a.epr')", "a Seq"),
    ],
)  # fmt: skip
def test_the_fake_refuses_what_premiere_refuses(bench: PremiereBench, does: str, why: str) -> None:
    bench.track("FX")
    script = f"""(async () => {{
        const ppro = require("premierepro");
        const project = await ppro.Project.getActiveProject();
        const sequence = await project.getActiveSequence();
        const editor = ppro.SequenceEditor.getEditor(sequence);
        const at = ppro.TickTime.createWithTicks;
        fake.clip("audio", "FX", "/a.wav", ["0", "10160640000", "0"]);
        const track = await sequence.getAudioTrack(0);
        const item = await track.getTrackItems(1, false)[0].getProjectItem();
        const cast = ppro.ClipProjectItem.cast(item);
        let kept;
        try {{ await (async () => {{ {does if ";" in does else "return " + does} }})(); }}
        catch (error) {{ return error.message; }}
        return "nothing was refused";
    }})()"""
    assert why in bench.page.evaluate(script)


def test_the_fake_puts_nothing_on_a_track_that_is_not_there_and_does_all_or_nothing(
    bench: PremiereBench, tmp_path: Path
) -> None:
    bench.track("FX")
    stem = stem_at(tmp_path, 48_000)
    place(bench.host, [stem], onto="FX")
    before = bench.sounding()
    done = bench.page.evaluate("""(async () => {
        const ppro = require("premierepro");
        const project = await ppro.Project.getActiveProject();
        const editor = ppro.SequenceEditor.getEditor(await project.getActiveSequence());
        const [item] = await (await project.getRootItem()).getItems();
        const at = ppro.TickTime.createWithTicks;
        let done;
        project.lockedAccess(() => {
            const put = (n) => editor.createOverwriteItemAction(item, at("0"), 0, n);
            const actions = [put(0), put(7)];
            done = project.executeTransaction((step) => actions.forEach((a) => step.addAction(a)));
        });
        return done;
    })()""")
    assert done is False
    assert bench.sounding() == before


# the package

PANEL = package.PANEL
#: What UXP lays out, of what the panel asks for (Adobe's reference of CSS for UXP).
STYLES = frozenset(
    "align-items background-color border border-color border-radius border-top color display flex "
    "flex-direction font-family font-size font-weight height margin margin-right min-width opacity "
    "overflow overflow-y padding text-overflow white-space width".split()
)
ELEMENTS = frozenset(
    "html head meta link script body h1 h2 div button label select option progress input".split()
)


def test_the_panel_asks_only_for_what_uxp_has() -> None:
    css = re.sub(r"/\*.*?\*/", "", (PANEL / "style.css").read_text(), flags=re.DOTALL)
    asked = set(re.findall(r"^\s*([a-z][a-z-]*):.*;$", css, flags=re.MULTILINE))
    assert asked <= STYLES
    page = (PANEL / "index.html").read_text()
    assert set(re.findall(r"<([a-z0-9]+)", page)) <= ELEMENTS
    assert not re.search(r"\s(hidden|on\w+|style)=", page)


def test_the_manifest_asks_for_the_gateways_ports_and_for_nothing_else() -> None:
    manifest = json.loads((PANEL / "manifest.json").read_text())
    assert manifest["manifestVersion"] == 5
    assert manifest["version"] == client.VERSION
    assert manifest["host"] == {"app": "premierepro", "minVersion": "25.6.0"}
    assert manifest["requiredPermissions"] == {
        "localFileSystem": "fullAccess",
        "launchProcess": {"schemes": [], "extensions": [".command", ".cmd"]},
        "network": {"domains": [f"ws://127.0.0.1:{port}" for port in PORTS]},
    }
    icons = [icon for entry in (manifest, *manifest["entrypoints"]) for icon in entry["icons"]]
    assert all((PANEL / icon["path"]).is_file() for icon in icons)


def test_the_package_holds_the_page_and_where_this_cuelock_is(own_home: Path) -> None:
    with zipfile.ZipFile(BytesIO(package.ccx())) as packed:
        names = set(packed.namelist())
        found = json.loads(packed.read("home.json"))
    assert found["home"] == str(own_home)
    assert found["starter"] == str(package.starter().path)
    assert names == {
        "manifest.json", "index.html", "index.js", "style.css", "home.json", "icons/dark.svg",
        "icons/light.svg",
    }  # fmt: skip
    assert package.ccx() == package.ccx()


@pytest.mark.parametrize(
    "inside",
    ["Adobe Premiere Pro {}/Adobe Premiere Pro {}.app/Contents", "Adobe Premiere Pro {}"],
    ids=["macOS", "Windows"],
)
def test_the_package_names_the_preset_of_the_newest_premiere(
    monkeypatch: pytest.MonkeyPatch, own_home: Path, tmp_path: Path, inside: str
) -> None:
    monkeypatch.setattr(package, "applications", lambda: tuple(sorted(tmp_path.glob("Adobe*"))))
    assert package.preset() == ""
    presets = [
        tmp_path / inside.format(year, year) / "MediaIO/systempresets/4E49434B_48323634"
        / "01 - Match Source - High bitrate.epr"
        for year in (2025, 2026)
    ]  # fmt: skip
    for path in presets:
        path.parent.mkdir(parents=True)
        path.write_text("")
    with zipfile.ZipFile(BytesIO(package.ccx())) as packed:
        assert json.loads(packed.read("home.json"))["preset"] == presets[1].as_posix()


def test_a_panel_that_is_not_built_says_how_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(package, "PANEL", tmp_path)
    with pytest.raises(CuelockError, match="not built") as told:
        package.install()
    assert "make premiere" in told.value.hint


def test_the_check_says_what_is_wrong_until_all_is_well(
    monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    assert package.check().state == "warn"
    monkeypatch.setattr(package, "applications", lambda: (Path("/Applications/Adobe Premiere"),))
    missing = package.check()
    assert (missing.state, "hosts install premiere" in missing.remedy) == ("fail", True)
    for path in package.install():
        assert path.is_relative_to(home())
        assert package.check().state == "ok"
        path.write_bytes(b"of an older cuelock")
        assert package.check().state == "fail"
        package.install()


def test_what_starts_the_gateway_is_a_file_that_the_system_opens(own_home: Path) -> None:
    windows = package.starter("win32")
    assert windows.path.suffix == ".cmd"
    assert 'pythonw.exe" -m engine.cli engine gateway' in windows.text
    assert f'"CUELOCK_HOME={own_home}"' in windows.text
    assert package.starter("darwin").path.suffix == ".command"
