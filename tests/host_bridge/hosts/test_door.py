"""The door of host scripts: JSON to a child process and back, with the real engine behind it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BOUNCE = Path(__file__).parents[2] / "media" / "bounce.mp4"
MARKED = {
    "host": "script", "timeline": "Reel 1", "rate": "24", "first": 86_400, "start": 24, "stop": 48,
    "pieces": [
        {"start": 12, "stop": 108, "path": str(BOUNCE), "media_start": 0, "media_rate": "24"}
    ],
}  # fmt: skip


def door(verb: str, message: object) -> Any:
    """What the command answers to a message on stdin."""
    run = subprocess.run(
        [sys.executable, "-m", "engine.cli", "hosts", verb, "--json"],
        input=json.dumps(message), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return json.loads(run.stdout)


@pytest.fixture
def placed(resident: Path, tmp_path: Path) -> dict[str, Any]:
    want = {"do": "render", "texts": ["wood is hit"], "seed": 1, "steps": 2}
    errand = {"marked": MARKED, "tracks": [], "want": want, "to": str(tmp_path / "stems")}
    return door("errand", errand)


def shown(planned: dict[str, Any]) -> dict[str, Any]:
    """The track a host shows after it did what was planned."""
    (placement,) = planned["placements"]
    stem = placement["stem"]
    clip = {
        "start": stem["start"], "stop": stem["start"] + stem["samples"], "name": stem["layer"],
        "path": stem["path"], "take": stem["take"],
    }  # fmt: skip
    name = placement["track_name"]
    return {"name": name, "channels": stem["channels"], "locked": False, "clips": [clip]}


def test_a_script_gathers_places_and_hands_back_what_is_shown(placed: dict[str, Any]) -> None:
    (placement,) = placed["placements"]
    assert (placement["state"], placement["stem"]["start"]) == ("place", 24 * 2000)
    assert Path(placement["stem"]["path"]).is_file()
    back = {"placements": placed["placements"], "tracks": []}
    assert door("confirm", back)["placements"][0]["state"] == "refused"
    back["tracks"] = [shown(placed)]
    assert door("confirm", back)["placements"][0]["state"] == "placed"


def test_what_is_under_the_marks_is_made_anew_and_an_old_take_comes_back_to_its_place(
    placed: dict[str, Any], tmp_path: Path
) -> None:
    want: dict[str, Any] = {"do": "regenerate", "seed": 5, "steps": 2}
    errand = {
        "marked": {**MARKED, "start": 30, "stop": 40}, "tracks": [shown(placed)], "want": want,
        "to": str(tmp_path / "stems"),
    }  # fmt: skip
    anew = door("errand", errand)
    assert anew["reply"]["parent"] == placed["reply"]["take"]
    assert anew["reply"]["region"]["in"] == "01:00:01:06"
    assert anew["placements"][0]["track_name"] == "cuelock 2"
    errand["want"] = {"do": "place", "take": placed["reply"]["take"]}
    errand["to"] = str(tmp_path / "again")
    old = door("errand", errand)
    assert old["placements"][0]["state"] == "there"
    assert Path(old["placements"][0]["stem"]["path"]).parent == tmp_path / "again"


def test_events_come_back_as_markers_of_the_timeline(resident: Path) -> None:
    frames = [one["frame"] for one in door("markers", MARKED)["markers"]]
    assert frames
    assert all(24 <= frame < 48 for frame in frames)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"marked": MARKED}, "protocol.malformed"),
        ({"marked": {**MARKED, "pieces": []}, "tracks": [], "want": {"do": "render"}, "to": "/"},
         "host.marks"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_an_error_in_words(message: object, code: str) -> None:
    assert door("errand", message)["error"]["code"] == code


def test_a_host_that_cannot_read_from_a_process_finds_the_answer_in_a_file(
    own_home: Path, tmp_path: Path
) -> None:
    question, answer = tmp_path / "question.json", tmp_path / "answer.json"
    question.write_text(json.dumps({"marked": MARKED}))
    words = ["hosts", "errand", str(question), "--answer", str(answer), "--json"]
    run = subprocess.run(
        [sys.executable, "-m", "engine.cli", *words], capture_output=True, check=False
    )
    assert run.returncode == 2
    assert json.loads(answer.read_text()) == json.loads(run.stdout)
    assert not list(tmp_path.glob("*.part"))
