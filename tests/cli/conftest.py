"""Commands run in this process, with functions of the engine's rooms put in at the seam."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from command_runs import Cuelock, Ran, Seam

from engine.cli import main


@pytest.fixture
def cuelock(capsysbinary: pytest.CaptureFixture[bytes]) -> Cuelock:
    """cuelock("render", "a.mov", "--json") runs that command line."""

    def run(*words: str) -> Ran:
        capsysbinary.readouterr()
        status = main(words)
        captured = capsysbinary.readouterr()
        return Ran(status, captured.out, captured.err.decode())

    return run


@pytest.fixture
def seam(monkeypatch: pytest.MonkeyPatch) -> Seam:
    """seam("engine.service.render", render=function) stands in for that module."""

    def put(name: str, **functions: Any) -> None:
        module = ModuleType(name)
        vars(module).update(functions)
        monkeypatch.setitem(sys.modules, name, module)

    return put
