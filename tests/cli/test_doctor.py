"""`cuelock doctor` names what is missing and what helps."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from command_runs import Cuelock

from engine.cli import doctor
from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.protocol import Check


def test_every_check_answers_on_this_machine() -> None:
    checks = doctor.examine([check for check in doctor.CHECKS if check is not doctor.check_bundle])
    assert [check.name for check in checks if check.state == "fail"] == []
    assert len({check.name for check in checks}) == len(checks)


def test_trouble_always_comes_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.setattr(doctor, "_LIBRARIES", ["no_such_library"])
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    checks = doctor.examine(doctor.CHECKS)
    states = {check.name: check.state for check in checks}
    assert states["ffmpeg"] == states["libraries"] == "fail"
    assert states["torch"] == "warn"
    assert all(check.remedy for check in checks if check.state != "ok")


def test_a_failed_check_ends_with_status_3_and_still_answers(
    cuelock: Cuelock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_weather() -> Check:
        raise CuelockError("engine.dependency", "It rains.", hint="Wait.")

    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_python, check_weather))
    ran = cuelock("doctor", "--json")
    assert ran.status == 3
    failed = {"name": "weather", "state": "fail", "detail": "It rains.", "remedy": "Wait."}
    assert ran.json["checks"][1] == failed
    assert "weather: Wait." in cuelock("doctor").err


def test_a_warning_alone_ends_with_0(cuelock: Cuelock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "CHECKS", (lambda: Check(name="a", state="warn", detail="b", remedy="c"),)
    )
    assert cuelock("doctor").status == 0


def test_a_home_that_cannot_be_made_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CUELOCK_HOME", str(tmp_path / "file" / "home"))
    (checked,) = doctor.examine([doctor.check_home])
    assert checked.state == "fail"
    assert "CUELOCK_HOME" in checked.remedy


@pytest.mark.parametrize(("free_gib", "state"), [(100, "ok"), (3, "warn"), (0.2, "fail")])
def test_little_room_warns_and_no_room_fails(
    free_gib: float, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_usage(_: Path) -> SimpleNamespace:
        return SimpleNamespace(free=int(free_gib * 2**30))

    monkeypatch.setattr(doctor.shutil, "disk_usage", disk_usage)
    assert doctor.check_disk_space().state == state


def test_a_bad_preset_of_the_users_warns() -> None:
    (home() / "presets").mkdir(parents=True)
    (home() / "presets" / "mine.toml").write_text("nonsense")
    assert doctor.check_presets().state == "warn"
