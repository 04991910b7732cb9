"""What holds for every verb: one JSON object, one error shape, one table of exit statuses."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_runs import Cuelock, Seam, through

from host_bridge.errors import CODES, CuelockError
from host_bridge.home import home


def _raising(error: BaseException) -> Callable[..., Any]:
    def render(*_: object) -> None:
        raise error

    return render


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_error_ends_the_command_with_its_status_and_one_object(
    code: str, cuelock: Cuelock, seam: Seam
) -> None:
    error = CuelockError(code, "It went wrong.", hint="Do this.", retryable=True)
    seam("host_bridge.client", run=through(_raising(error)))
    ran = cuelock("render", "a.mov", "--json")
    assert ran.status == error.exit_status
    assert ran.json == {
        "error": {"code": code, "message": "It went wrong.", "hint": "Do this.", "retryable": True}
    }


def test_a_person_reads_message_and_hint_on_stderr(cuelock: Cuelock, seam: Seam) -> None:
    error = CuelockError("media.no_video", "a [b].mov has no picture.", hint="Give a film :smile:")
    seam("host_bridge.client", run=through(_raising(error)))
    ran = cuelock("render", "a.mov")
    assert (ran.status, ran.out) == (2, b"")
    assert ran.err == "a [b].mov has no picture.\nGive a film :smile:\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Missing command"),
        (("presets",), "Missing command"),
        (("rendr", "a.mov"), "render"),
        (("render",), "CLIP"),
        (("render", "a.mov", "--sed", "1"), "--seed"),
        (("render", "a.mov", "--seed", "-1"), "--seed"),
        (("render", "a.mov", "--seed", "x"), "--seed"),
        (("render", "a.mov", "--handles", "-1"), "--handles"),
        (("render", "a.mov", "--variations", "0"), "--variations"),
        (("render", "a.mov", "--steps", "0"), "--steps"),
        (("render", "a.mov", "--strictness", "1.5"), "from 0 to 1, not 1.5"),
        (("render", "a.mov", "--strictness", "nan"), "from 0 to 1, not nan"),
        (("render", "a.mov", "--curves", "a.npz", "--guide", "b.wav"), "--guide"),
        (("curves", "a.mov", "--from", "smell"), "picture"),
        (("train", "patience", "--config", "a.toml"), "patience"),
    ],
)
def test_a_wrong_command_line_is_request_option_and_status_2(
    words: tuple[str, ...], told: str, cuelock: Cuelock
) -> None:
    spoken = cuelock(*words)
    assert (spoken.status, spoken.out) == (2, b"")
    assert told in spoken.err
    written = cuelock(*words, "--json")
    assert written.status == 2
    assert written.json["error"]["code"] == "request.option"


def test_a_defect_goes_to_a_log_and_is_told_in_one_sentence(cuelock: Cuelock, seam: Seam) -> None:
    seam("host_bridge.client", run=through(_raising(ZeroDivisionError("seventeen by nothing"))))
    ran = cuelock("render", "a.mov", "--json")
    assert ran.status == 1
    assert ran.json["error"]["code"] == "internal.bug"
    log = home() / "logs" / "defects.log"
    assert str(log) in ran.json["error"]["hint"]
    assert "ZeroDivisionError: seventeen by nothing" in log.read_text()
    assert "Traceback" not in ran.err


def test_a_defect_without_a_place_for_logs_still_ends_with_one_object(
    cuelock: Cuelock, seam: Seam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CUELOCK_HOME", str(tmp_path / "file"))
    seam("host_bridge.client", run=through(_raising(ZeroDivisionError("seventeen by nothing"))))
    ran = cuelock("render", "a.mov", "--json")
    assert (ran.status, ran.json["error"]["code"]) == (1, "internal.bug")
    assert "seventeen by nothing" in ran.err


def test_an_interrupt_cancels(cuelock: Cuelock, seam: Seam) -> None:
    seam("host_bridge.client", run=through(_raising(KeyboardInterrupt())))
    ran = cuelock("render", "a.mov", "--json")
    assert ran.status == 4
    assert ran.json["error"]["code"] == "cancelled.user"


def test_a_library_that_is_not_installed_is_named(
    cuelock: Cuelock, seam: Seam, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(*_: object) -> None:
        importlib.import_module("soundfile")

    monkeypatch.setitem(sys.modules, "soundfile", None)
    seam("host_bridge.client", run=through(render))
    ran = cuelock("render", "a.mov", "--json")
    assert ran.status == 3
    assert ran.json["error"]["code"] == "engine.dependency"
    assert "soundfile" in ran.json["error"]["message"]


def _as_a_process(code: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CUELOCK_HOME": str(folder), "COLUMNS": "80"}
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, env=environment
    )


_HELP = """
import sys
from engine.cli import main
status = main()
heavy = set("torch numpy av cv2 scipy diffusers zmq psutil host_bridge.relay".split())
sys.exit(status or f"{heavy & set(sys.modules)}")
"""


@pytest.mark.parametrize(
    "words", [("--help",), ("render", "--help"), ("presets", "list", "--json")]
)
def test_help_and_presets_answer_without_torch(words: tuple[str, ...], tmp_path: Path) -> None:
    ran = _as_a_process(_HELP, *words, folder=tmp_path)
    assert ran.stderr.strip() == "set()"
    assert ran.stdout


def test_spotting_loads_nothing_that_makes_sound(tmp_path: Path) -> None:
    clip = Path(__file__).parents[1] / "media" / "bounce.mp4"
    ran = _as_a_process(_HELP, "spot", str(clip), "--json", folder=tmp_path)
    assert json.loads(ran.stdout)["events"]
    assert "'torch'" in ran.stderr
    assert "'diffusers'" not in ran.stderr


def test_help_names_every_verb(tmp_path: Path) -> None:
    ran = _as_a_process(_HELP, "--help", folder=tmp_path)
    for verb in "render curves spot presets models demo doctor bench train".split():
        assert f" {verb} " in ran.stdout


def test_the_installed_command_answers_with_one_object(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("cuelock")
    ran = subprocess.run(
        [command, "presets", "show", "rain", "--json"],
        capture_output=True,
        env={**os.environ, "CUELOCK_HOME": str(tmp_path)},
    )
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["prompt"] == "rain falls"
