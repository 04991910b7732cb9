"""The packaged panel in Chromium: real gateway, real engine, and a fake Premiere alone."""

from __future__ import annotations

import os
import shutil
import signal
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from chromium import Page
from gateway_panel import door, gateway_process, until
from media_factory import read_number
from msgspec.structs import replace
from premiere_bench import PARTS, PremiereBench, answer_of, bundled, untold
from resident_engine import request

from host_bridge import discovery
from host_bridge.client import run
from host_bridge.premiere import package
from host_bridge.protocol import RenderReply
from media.clip import open_clip
from media.decode import pictures

BOUNCE = Path(__file__).parents[2] / "media" / "bounce.mp4"
#: What a host says that lets no panel open a socket.
NO_SOCKETS = "globalThis.WebSocket = class { constructor() { throw new Error('denied'); } };"
#: Notes every stage that the panel tells of.
NOTED = """
globalThis.noted = [];
new MutationObserver(() => noted.push(document.getElementById('stage').textContent))
    .observe(document.getElementById('stage'), { childList: true });
"""


class PanelPage:
    """The panel as it stands in Premiere, and the hands of its user."""

    def __init__(self, page: Page, bench: PremiereBench) -> None:
        self.page = page
        self.bench = bench

    def text(self, id_: str) -> str:
        return self.page.evaluate(f"document.getElementById('{id_}').textContent")

    def until_text(self, id_: str, part: str) -> None:
        self.page.until(f"document.getElementById('{id_}').textContent.includes({part!r})")

    def tab_to(self, wanted: str) -> None:
        """Go to an element by the Tab key alone, once it is there to be used."""
        found = f"document.querySelector({wanted!r})"
        self.page.until(f"{found}?.disabled === false && {found}.offsetParent !== null")
        # Every take brings stops of its own; once round, the browser's own among them.
        stops = self.page.evaluate("document.querySelectorAll('button, input, select').length")
        for _ in range(2 * int(stops)):
            if self.page.evaluate(f"document.activeElement.matches({wanted!r})"):
                return
            self.page.press("Tab")
        raise AssertionError(f"no Tab leads to {wanted}")

    def press(self, wanted: str) -> None:
        self.tab_to(wanted)
        self.page.press("Enter", text="\r")

    def done(self) -> str:
        """The last sentences, once nothing is being done any more."""
        self.page.until("document.getElementById('working').className === 'away'")
        return self.text("told")


@pytest.fixture
def opened(
    browser: Callable[[], Page],
    tmp_path: Path,
    own_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., PanelPage]]:
    """opened() shows the panel of the current home; the clip is on its sequence, and marked."""
    pages: list[Page] = []
    preset = tmp_path / "Match Source - High bitrate.epr"
    monkeypatch.setattr(package, "preset", preset.as_posix)

    def panel(before: str = "") -> PanelPage:
        plugin = tmp_path / "plugin"
        plugin.mkdir(exist_ok=True)
        with zipfile.ZipFile(BytesIO(package.ccx())) as packed:
            packed.extractall(plugin)
        page = browser()
        pages.append(page)
        page.outside = answer_of(plugin)
        source = bundled(PARTS / "fake.ts") + before
        page.send("Page.addScriptToEvaluateOnNewDocument", source=source)
        page.send("Page.navigate", url=(plugin / "index.html").as_uri())
        page.until("document.readyState === 'complete' && 'fake' in globalThis")
        clip = tmp_path / "scene.mp4"
        shutil.copy(BOUNCE, clip)
        bench = PremiereBench(page, tmp_path)
        bench.timeline("24", "01:00:00:00")
        bench.picture(clip, 0, 96, media_start=0)
        bench.track("Dialogue")
        bench.mark(24, 36)
        return PanelPage(page, bench)

    yield panel
    for page in pages:
        assert page.errors == []
        page.send("Page.close")


def test_a_sound_is_made_placed_placed_again_and_made_anew_by_keys_alone(
    opened: Callable[..., PanelPage], resident: Path, tmp_path: Path
) -> None:
    with gateway_process():
        panel = opened()
        panel.until_text("state", "connected")
        panel.until_text("range", "01:00:01:00 – 01:00:01:12")
        panel.page.evaluate(NOTED)
        panel.tab_to("#layers input")
        panel.page.type("wood is hit")
        panel.page.press("Enter", text="\r")
        assert panel.done() == "wood is hit is placed on Audio 2."
        assert {"starting …", "wood is hit …"} <= set(panel.page.evaluate("noted"))
        (sounding,) = panel.bench.sounding()
        assert (sounding.track, sounding.start, sounding.stop) == ("Audio 2", 48_000, 72_000)
        assert (tmp_path / "cuelock" / sounding.file).is_file()
        assert panel.bench.undo_steps() == 1

        assert panel.page.evaluate("document.activeElement.matches('#layers input')")
        panel.press("#takes button")  # the newest take's first
        assert panel.done() == "wood is hit stands already on Audio 2."
        assert panel.bench.undo_steps() == 1

        panel.press("#texture")
        assert panel.done() == "wood is hit is placed on Audio 3."
        assert len(panel.bench.sounding()) == 2

        panel.bench.mark(48, 96)  # the ball bounces in these two seconds
        panel.press("#events")
        said = panel.done()
        frames = [frame for frame, _ in panel.bench.markers()]
        assert said == f"{len(frames)} events are marked."
        assert frames
        assert all(48 <= frame < 96 for frame in frames)
        assert panel.bench.sounding()[0] == sounding


def nested(panel: PanelPage) -> None:
    """Over the clip lies a nested sequence; Premiere has its preset where the package says."""
    panel.until_text("state", "connected")
    panel.bench.nested(0, 96)


def shown_numbers(movie: Path) -> list[int]:
    clip = open_clip(movie)
    shown = pictures(clip, 0, clip.frames, rate=clip.rate, size=(128, 64))
    return [read_number(rgb) for _, rgb in shown]


def test_what_no_file_shows_is_rendered_by_premiere_and_made_anew_along_that_picture(
    opened: Callable[..., PanelPage], resident: Path, tmp_path: Path
) -> None:
    with gateway_process():
        panel = opened()
        nested(panel)
        panel.page.evaluate(NOTED)
        panel.press("#sound")
        assert panel.done().endswith("is placed on Audio 2.")
        assert "rendering the picture …" in panel.page.evaluate("noted")
        (sounding,) = panel.bench.sounding()
        assert (sounding.start, sounding.stop) == (48_000, 72_000)
        assert (tmp_path / "cuelock" / sounding.file).is_file()
        (movie,) = (tmp_path / "cuelock" / "pictures").iterdir()
        assert shown_numbers(movie) == list(range(24, 36))
        panel.press("#texture")
        assert panel.done().endswith("is placed on Audio 3.")


def test_a_picture_is_taken_away_again_when_no_take_came_of_it(
    opened: Callable[..., PanelPage], busy: Path, tmp_path: Path
) -> None:
    with gateway_process():
        panel = opened()
        nested(panel)
        panel.press("#sound")
        assert panel.done().startswith("The queue is full.")
        assert panel.page.evaluate("fake.world.exported") == 1
        panel.press("#events")
        assert panel.done().endswith("events are marked.")
        assert panel.page.evaluate("fake.world.exported") == 2
        assert not (tmp_path / "cuelock").exists()


def test_rendering_that_is_ended_or_cancelled_is_a_sentence_and_nothing_is_left(
    opened: Callable[..., PanelPage], own_home: Path, tmp_path: Path
) -> None:
    with gateway_process():
        panel = opened()
        nested(panel)
        panel.bench.rendering_ends("cancelled")
        panel.press("#sound")
        assert panel.done().startswith("Rendering was ended in Premiere.")
        panel.bench.rendering_ends("success")
        with untold(panel.page, haste=10):
            panel.press("#sound")
            panel.until_text("stage", "rendering the picture")
            panel.press("#cancel")
            assert panel.done().startswith("Cancelled.")
        assert panel.bench.sounding() == []
        assert not (tmp_path / "cuelock").exists()


def test_without_premieres_preset_or_a_gateway_nothing_is_rendered(
    opened: Callable[..., PanelPage], own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = opened()
    panel.bench.nested(0, 96)
    panel.press("#sound")
    assert panel.done().startswith("cuelock is not running.")
    assert panel.page.evaluate("fake.world.exported") == 0
    monkeypatch.setattr(package, "preset", lambda: "")
    panel = opened()
    panel.bench.nested(0, 96)
    panel.press("#sound")
    assert "found no preset of Premiere’s" in panel.done()
    assert panel.page.evaluate("fake.world.exported") == 0


def made_before(to: Path, variations: int = 1) -> None:
    """A take with little work in it, at another place of the same timeline."""
    asked = replace(
        request(to, steps=1, out="12f"), rate="24", start_timecode="01:00:00:00",
        variations=variations,
    )  # fmt: skip
    run("render", asked, RenderReply)


def test_a_variation_is_placed_beside_another_and_a_take_is_starred(
    opened: Callable[..., PanelPage], resident: Path, tmp_path: Path
) -> None:
    made_before(tmp_path, variations=2)
    with gateway_process():
        panel = opened()
        for number in (1, 2):
            place = f"[...document.querySelectorAll('#takes button')][{number - 1}]"
            panel.page.until(f"{place}?.textContent.startsWith('Place')")
            panel.page.evaluate(f"{place}.click()")
            assert panel.done() == f"knock is placed on Audio {number + 1}."
        assert len({clip.file for clip in panel.bench.sounding()}) == 2
        star = "[...document.querySelectorAll('#takes button')][2]"
        assert panel.page.evaluate(f"{star}.textContent") == "☆ Star"
        panel.page.evaluate(f"{star}.click()")
        panel.done()
        assert panel.page.evaluate(f"{star}.textContent") == "★ Unstar"
        assert panel.text("told") == ""


def test_where_no_socket_is_allowed_the_folder_serves(
    opened: Callable[..., PanelPage], resident: Path, tmp_path: Path
) -> None:
    made_before(tmp_path)
    with gateway_process():
        panel = opened(NO_SOCKETS)
        panel.until_text("state", "connected")
        panel.press("#takes button")
        assert panel.done() == "knock is placed on Audio 2."
        assert panel.bench.sounding()[0].start == 0


def test_a_panel_without_a_gateway_says_how_to_start_it_and_finds_it_by_itself(
    opened: Callable[..., PanelPage], resident: Path
) -> None:
    panel = opened()
    panel.until_text("state", "cuelock engine gateway")
    panel.press("#sound")
    assert panel.done().startswith("cuelock is not running.")
    assert panel.bench.sounding() == []
    with gateway_process():
        panel.until_text("state", "connected")
    panel.until_text("state", "not running")


def test_the_panel_starts_the_gateway_when_its_user_says_so(
    opened: Callable[..., PanelPage], resident: Path
) -> None:
    package.install()
    panel = opened()
    panel.until_text("state", "cuelock is not running.")
    panel.press("#start")
    try:
        panel.until_text("state", "connected")
        assert panel.page.evaluate("document.getElementById('away').className") == "away"
    finally:
        os.kill(door().pid, signal.SIGTERM)
    panel.until_text("state", "cuelock is not running.")
    package.starter().path.unlink()
    panel.press("#start")
    assert panel.done().startswith("Premiere did not start cuelock")


def test_what_a_killed_gateway_left_behind_is_not_taken_for_one(
    opened: Callable[..., PanelPage], own_home: Path
) -> None:
    with gateway_process() as gateway:
        until((discovery.run_folder() / "letters").is_dir)
        gateway.kill()
        gateway.wait()
    panel = opened()
    panel.until_text("state", "cuelock is not running.")
    letters = discovery.run_folder() / "letters"
    for _ in range(100):  # between two tries there is a second without a folder
        if not any(letters.iterdir()):
            return
        panel.page.evaluate("new Promise((resolve) => setTimeout(resolve, 50))")
    raise AssertionError("folders of tries that failed stay behind")


def test_a_job_is_cancelled_and_nothing_moves(
    opened: Callable[..., PanelPage], resident: Path
) -> None:
    with gateway_process():
        panel = opened()
        panel.bench.mark(0, 96)
        panel.until_text("state", "connected")
        panel.press("#sound")
        panel.press("#cancel")
        assert panel.done().startswith("Cancelled.")
        assert (panel.bench.sounding(), panel.bench.undo_steps()) == ([], 0)


def test_a_busy_engine_is_a_sentence(opened: Callable[..., PanelPage], busy: Path) -> None:
    with gateway_process():
        panel = opened()
        panel.until_text("state", "connected")
        panel.press("#sound")
        assert panel.done().startswith("The queue is full.")
        assert panel.bench.sounding() == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("fake.mark(null, null)", "No range is marked"),
        ("fake.world.timebase = 20321280000n", "not a rate cuelock works at"),
        ("fake.world.edit.video[0].items[0].source.offline = true", "is offline"),
        ("fake.world.open = false", "No sequence is open"),
    ],
)
def test_what_premiere_cannot_give_is_a_sentence_and_nothing_is_asked(
    opened: Callable[..., PanelPage], change: str, sentence: str
) -> None:
    panel = opened()
    panel.page.evaluate(change)
    panel.press("#sound")
    assert sentence in panel.done()
    assert panel.bench.sounding() == []


def test_a_locked_track_is_told_of_after_the_fact(
    opened: Callable[..., PanelPage], resident: Path, tmp_path: Path
) -> None:
    made_before(tmp_path)
    with gateway_process():
        panel = opened()
        panel.bench.track("FX", locked=True)
        panel.until_text("onto", "FX")
        panel.page.evaluate("document.getElementById('onto').value = 'FX'")
        panel.until_text("state", "connected")
        panel.press("#takes button")
        assert "look whether its track is locked" in panel.done()
        assert panel.bench.sounding() == []
