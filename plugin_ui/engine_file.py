"""What of this machine's engine the panel sets: a line in the file that the engine reads."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path

from host_bridge.errors import CuelockError
from host_bridge.home import home
from plugin_ui.keeper import write_whole

_LINE = re.compile(r"^[ \t]*unload_seconds[ \t]*=.*\n?", re.MULTILINE)


def idle_minutes() -> float | None:
    """Without work, until the engine forgets its bundles: inf for never, None for its own choice.

    Raises CuelockError request.option for a file that cannot be read.
    """
    seconds = _read().get("unload_seconds")
    return seconds / 60 if isinstance(seconds, int | float) else None


def set_idle_minutes(minutes: float | None) -> None:
    """The same from the engine's next start on; whatever else the file says stays.

    Raises CuelockError request.option and disk.full.
    """
    _read()
    said = _file().read_text("utf-8") if _file().exists() else ""
    said = _LINE.sub("", said)
    if minutes is not None:
        seconds = "inf" if math.isinf(minutes) else f"{60 * minutes:.1f}"
        said = f"unload_seconds = {seconds}\n{said}"
    write_whole(_file(), said.encode(), "The engine's settings")


def _file() -> Path:
    return home() / "engine.toml"


def _read() -> dict[str, object]:
    try:
        return tomllib.loads(_file().read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:  # tomllib's and a codec's are such
        raise CuelockError(
            "request.option",
            f"The settings in {_file()} cannot be used: {error}.",
            hint="Mend the file, or delete it to run as usual.",
        ) from error
