"""`cuelock doctor`: find what is missing on this machine, and say what helps."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

import presets
from engine.cli.console import AsJson, answer, console, table, working
from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.protocol import Check, DoctorReply

_LIBRARIES = (
    "av cv2 diffusers matplotlib numpy opentimelineio pyloudnorm safetensors scenedetect scipy "
    "soundfile soxr"
).split()
_INSTALL = "pip install 'cuelock[engine]'"
_GIB = 2**30
_SHORT, _TIGHT = 1 * _GIB, 5 * _GIB  # an hour of 24-bit mono at 48 kHz is half a gibibyte
_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(
    verify: Annotated[bool, typer.Option(help="Check every stored file against its hash.")] = False,
    json: AsJson = False,
) -> None:
    """Check this machine. Exit status 3 when something is missing that a render needs."""
    from engine.cli.holders import check_engine, check_stored_files

    with working("Looking around"):
        more = (check_engine, check_stored_files) if verify else (check_engine,)
        reply = DoctorReply(checks=examine((*CHECKS, *more)))
    answer(reply, json, show_checks)
    if any(check.state == "fail" for check in reply.checks):
        raise typer.Exit(3)


def examine(checks: Sequence[Callable[[], Check]]) -> tuple[Check, ...]:
    """Run every check; one that raises a CuelockError or lacks its library has failed."""
    return tuple(_examined(check) for check in checks)


def _examined(check: Callable[[], Check]) -> Check:
    name = check.__name__.removeprefix("check_").replace("_", " ")
    try:
        return check()
    except CuelockError as error:
        return Check(name=name, state="fail", detail=error.message, remedy=error.hint)
    except ImportError as error:
        return Check(name=name, state="fail", detail=f"{error}", remedy=_INSTALL)


def check_python() -> Check:
    """Which Python runs."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Check(name="python", state="ok", detail=f"{version} at {sys.executable}")


def check_libraries() -> Check:
    """What the engine imports is installed."""
    missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        return Check(
            name="libraries", state="fail", detail=f"missing: {', '.join(missing)}", remedy=_INSTALL
        )
    return Check(name="libraries", state="ok", detail=f"{len(_LIBRARIES)} found")


def check_torch() -> Check:
    """torch loads, and its threads wait without spinning."""
    import torch

    policy = os.environ.get("OMP_WAIT_POLICY", "unset")
    detail = f"{torch.__version__}, {torch.get_num_threads()} threads, OMP_WAIT_POLICY {policy}"
    if policy != "PASSIVE":
        return Check(
            name="torch",
            state="warn",
            detail=detail,
            remedy="Set OMP_WAIT_POLICY=PASSIVE: spinning threads slow a busy machine down.",
        )
    return Check(name="torch", state="ok", detail=detail)


def check_gpu() -> Check:
    """Which card there is; none is fine."""
    import torch

    if not torch.cuda.is_available():
        return Check(name="gpu", state="ok", detail="none: everything runs on the CPU")
    card = torch.cuda.get_device_properties(0)
    return Check(name="gpu", state="ok", detail=f"{card.name}, {card.total_memory / _GIB:.0f} GiB")


def check_ffmpeg() -> Check:
    """The media libraries load."""
    import av

    version = av.library_versions["libavcodec"]
    detail = f"libavcodec {'.'.join(map(str, version))} in PyAV {av.__version__}"
    return Check(name="ffmpeg", state="ok", detail=detail)


def check_codecs() -> Check:
    """Films can be read and previews written."""
    from av.codec import Codec, codecs_available

    missing = [name for name in ("h264", "aac") if name not in codecs_available]
    if missing or not Codec("aac", "w").is_encoder:
        return Check(
            name="codecs",
            state="fail",
            detail=f"missing: {', '.join(missing) or 'AAC encoder'}",
            remedy="Install PyAV from its own wheels: pip install --force-reinstall av",
        )
    return Check(name="codecs", state="ok", detail="H.264 decoder, AAC encoder")


def check_bundle() -> Check:
    """The small bundle is there and whole."""
    from engine.bundles.store import folders, verified

    verified("small")
    names = sorted(folders())
    return Check(name="bundle", state="ok", detail=f"{', '.join(names)}; small is whole")


def check_presets() -> Check:
    """Every preset file is valid; a bad one spoils only itself."""
    known = presets.files()
    for path in known.values():
        try:
            presets.read(path)
        except CuelockError as error:
            return Check(name="presets", state="warn", detail=error.message, remedy=error.hint)
    return Check(name="presets", state="ok", detail=f"{len(known)} valid")


def check_home() -> Check:
    """The folder for what cuelock keeps can be written."""
    folder = home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CuelockError(
            "disk.readonly",
            f"{folder} cannot be written ({error.strerror}).",
            hint="Set CUELOCK_HOME to a folder of yours.",
        ) from error
    return Check(name="home", state="ok", detail=str(folder))


def check_disk_space() -> Check:
    """There is room for stems."""
    free = shutil.disk_usage(_nearest_existing(home())).free
    detail = f"{free / _GIB:.1f} GiB free"
    if free >= _TIGHT:
        return Check(name="disk space", state="ok", detail=detail)
    return Check(
        name="disk space",
        state="warn" if free >= _SHORT else "fail",
        detail=detail,
        remedy="Make room, or set CUELOCK_HOME to another disk.",
    )


def _nearest_existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())


CHECKS = (
    check_python,
    check_libraries,
    check_torch,
    check_gpu,
    check_ffmpeg,
    check_codecs,
    check_bundle,
    check_presets,
    check_home,
    check_disk_space,
)


def show_checks(reply: DoctorReply) -> None:
    rows = table("", "what", "found")
    for check in reply.checks:
        rows.add_row(check.state, check.name, check.detail, style=_STYLES[check.state])
    console.print(rows)
    for check in reply.checks:
        if check.remedy:
            console.print(f"{check.name}: {check.remedy}")
