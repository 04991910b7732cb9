"""What panels ask of the gateway beside messages: errands, plans, looks back; and its letterbox."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import msgpack
import pytest
from gateway_panel import SECONDS, door, gateway_process, panel, until

from host_bridge import discovery
from host_bridge.letterbox import Letters

BOUNCE = Path(__file__).parents[1] / "media" / "bounce.mp4"
MARKED = {
    "host": "panel", "timeline": "Reel 1", "rate": "24", "first": 86_400, "start": 24, "stop": 48,
    "pieces": [
        {"start": 12, "stop": 108, "path": str(BOUNCE), "media_start": 0, "media_rate": "24"}
    ],
}  # fmt: skip
KNOCK = {"do": "render", "texts": ["wood is hit"], "seed": 1, "steps": 2}


def test_a_panel_has_a_take_made_follows_its_job_and_plans_it_again(
    resident: Path, tmp_path: Path
) -> None:
    job = uuid.uuid4().hex
    errand = {"marked": MARKED, "tracks": [], "want": KNOCK, "to": str(tmp_path), "job": job}
    with gateway_process(), panel() as host:
        host.ask("subscribe", topics=[f"progress/{job}"])
        planned = host.ask("host.errand", **errand)
        assert {event["topic"] for event in host.events} == {f"progress/{job}"}
        (placement,) = planned["placements"]
        assert (placement["state"], placement["stem"]["start"]) == ("place", 24 * 2000)
        stem = placement["stem"]
        clip = {"start": 0, "stop": 99_000, "name": "own", "path": "/own.wav"}
        track = {"name": "cuelock 1", "channels": None, "locked": False, "clips": [clip]}
        made = {"marked": MARKED, "tracks": [track], "reply": planned["reply"]}
        again = host.ask("host.plan", **made)
        assert again["placements"][0]["track_name"] == "cuelock 2"
        clip |= {"start": stem["start"], "path": stem["path"]}
        back = host.ask("host.confirm", placements=again["placements"], tracks=[track])
        assert back["placements"][0]["state"] == "placed"


def test_what_the_command_refuses_comes_back_as_its_error(own_home: Path) -> None:
    errand = {"marked": {**MARKED, "pieces": []}, "tracks": [], "want": KNOCK}
    with gateway_process(), panel() as host:
        assert host.refused("host.errand", **errand)["code"] == "host.marks"
        assert host.refused("host.plan", marked=3)["code"] == "protocol.malformed"
        assert host.refused("host.markers", **{**MARKED, "rate": "12"})["code"] == "request.rate"


class Postbox:
    """A panel's own folder of letters."""

    def __init__(self) -> None:
        self.folder = discovery.run_folder() / "letters" / uuid.uuid4().hex
        self.folder.mkdir()
        self.asked = self.said = 0

    def send(self, frame: bytes) -> None:
        self.asked += 1
        part = self.folder / "part"
        part.write_bytes(frame)
        part.rename(self.folder / f"{self.asked}.ask")

    def ask(self, kind: str, /, **body: Any) -> dict[str, Any]:
        packed = msgpack.packb({"v": [1, 0], "id": "a", "kind": kind, "body": body})
        assert packed is not None
        self.send(packed)
        self.said += 1
        path = self.folder / f"{self.said}.say"
        until(path.exists)
        answer = msgpack.unpackb(path.read_bytes())
        path.unlink()
        return answer


def test_letters_are_answered_as_frames_are_and_the_folder_goes_with_the_panel(
    resident: Path,
) -> None:
    with gateway_process() as gateway:
        letters = discovery.run_folder() / "letters"
        until(letters.is_dir)
        box = Postbox()
        box.send(door().token.encode())
        assert box.ask("status")["body"]["home"] == str(resident)
        assert box.ask("host.plan", marked=3)["kind"] == "error"
        gateway.terminate()
        assert gateway.wait(SECONDS) == 0
    assert not letters.exists()


def test_letters_without_the_token_are_thrown_away(own_home: Path) -> None:
    with gateway_process():
        until((discovery.run_folder() / "letters").is_dir)
        box = Postbox()
        box.send(b"f" * 64)
        until(lambda: not box.folder.exists())


def test_a_panel_that_says_nothing_any_more_is_over(tmp_path: Path) -> None:
    letters = Letters(tmp_path / "panel", silence=0.2)
    (tmp_path / "panel").mkdir()
    letters.say(b"heard")
    assert (tmp_path / "panel" / "1.say").read_bytes() == b"heard"
    assert letters.hear() is None
    letters.end()
    letters.say(b"nobody")
    assert not (tmp_path / "panel").exists()


@pytest.mark.parametrize("folder", ["run", "letters"])
def test_letters_are_this_users_alone(own_home: Path, folder: str) -> None:
    with gateway_process():
        letters = discovery.run_folder() / "letters"
        until(letters.is_dir)
        path = letters if folder == "letters" else letters.parent
        assert path.stat().st_mode & 0o077 == 0
