"""Python imports this first in every process of an engine under test.

The file that CRASH_AT names holds a point (see points.py): the process that reaches it removes the
file and is killed. In workers engine.service.jobs may be another module, from the file that
CRASH_JOBS names: the engine's own is slow to start.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import signal
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from points import POINTS, Step

_JOBS = "engine.service.jobs"


class Points:
    """Wraps the functions of all points as their modules are imported."""

    def __init__(self, armed: Path) -> None:
        self._armed = armed
        self._happened: dict[str, int] = {}
        self._steps = {step for steps in POINTS.values() for step in steps}
        for module in {step.module for step in self._steps} & set(sys.modules):
            self._wrap(sys.modules[module])

    def find_spec(self, name: str, path: Any = None, _target: Any = None) -> ModuleSpec | None:
        """See importlib.abc.MetaPathFinder."""
        if name == _JOBS and (jobs := os.environ.get("CRASH_JOBS")):
            return importlib.util.spec_from_file_location(name, jobs)
        if name not in {step.module for step in self._steps}:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def wrapped(module: ModuleType) -> None:
            execute(module)
            self._wrap(module)

        spec.loader.exec_module = wrapped  # type: ignore[method-assign]
        return spec

    def _wrap(self, module: ModuleType) -> None:
        for step in self._steps:
            if step.module == module.__name__:
                *holders, name = step.name.split(".")
                holder: Any = functools.reduce(getattr, holders, module)
                setattr(holder, name, self._watched(getattr(holder, name), step))

    def _watched(self, function: Any, step: Step) -> Any:
        @functools.wraps(function)
        def watched(*args: Any, **named: Any) -> Any:
            if step.when == "before":
                self._happens(step)
            result = function(*args, **named)
            if step.when == "after":
                self._happens(step)
            return result

        return watched

    def _happens(self, step: Step) -> None:
        try:
            point = self._armed.read_text()
        except OSError:
            return
        steps, done = POINTS[point], self._happened.get(point, 0)
        if steps[done] == step:
            self._happened[point] = done + 1
        if done + 1 == len(steps) == self._happened.get(point):
            os.unlink(self._armed)  # noqa: PTH108 (Path's own methods are watched)
            os.kill(os.getpid(), signal.SIGKILL)


if "CRASH_AT" in os.environ:
    sys.meta_path.insert(0, Points(Path(os.environ["CRASH_AT"])))  # type: ignore[arg-type]
