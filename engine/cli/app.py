"""The command as a whole: which verbs there are, and how every failure is told.

Nothing heavy is imported here: `cuelock --help` answers without torch.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from engine.cli import (
    bench,
    curves,
    doctor,
    engine,
    evaluate,
    hosts,
    models,
    panel,
    presets,
    projects,
    recut,
    regenerate,
    render,
    render_reel,
    scripted,
    spot,
    takes,
    train,
)
from engine.cli.console import console, write_json
from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.protocol import ErrorReply, error_report

_OURS = ("engine", "host_bridge", "presets")


class _Verbs(TyperGroup):
    """The verbs; an interrupt from the keyboard cancels any of them."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise CuelockError(
                "cancelled.user", "Cancelled.", hint="Give the same command again to start over."
            ) from error


app = typer.Typer(
    cls=_Verbs,
    help="Foley stems from picture. Human text goes to stderr; --json puts one object on stdout.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
for verb in (
    render.render,
    render_reel.render_reel,
    regenerate.regenerate,
    recut.recut,
    curves.curves,
    spot.spot,
    panel.panel,
):
    app.command()(verb)
app.add_typer(presets.app, name="presets")
app.add_typer(models.app, name="models")
app.add_typer(takes.app, name="takes")
for verb in (
    scripted.install,
    scripted.check,
    scripted.protools,
    projects.mlt,
    projects.ardour,
    projects.timeline,
):
    hosts.app.command()(verb)
hosts.app.command(hidden=True)(scripted.relay)
app.add_typer(hosts.app, name="hosts")
app.add_typer(engine.app, name="engine")
app.add_typer(train.app, name="train")
for verb in (render.demo, doctor.doctor, bench.bench, evaluate.evaluate):
    app.command()(verb)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (None: the process's own). Returns the exit status.

    0 done; 2 the request or its input is wrong; 3 the engine cannot now; 4 cancelled;
    5 done but for what the answer names; 1 a defect of ours, whose traceback goes to a log file.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    command = typer.main.get_command(app)
    try:
        return command.main(words, prog_name="cuelock", standalone_mode=False) or 0
    except Exception as raised:  # the edge of the process: whatever it was, a person hears of it
        error = _told(raised)
    if "--json" in words:
        write_json(ErrorReply(error=error_report(error)))
    else:
        console.print(error.message, style="bold red")
        console.print(error.hint)
    return error.exit_status


def _told(raised: Exception) -> CuelockError:
    """What a person hears of an exception."""
    match raised:
        case CuelockError():
            return raised
        case typer.TyperException():
            return CuelockError(
                "request.option",
                raised.format_message(),
                hint="`cuelock --help` lists the verbs, `cuelock VERB --help` what each takes.",
            )
        case ModuleNotFoundError(name=str(name)) if name.partition(".")[0] not in _OURS:
            return CuelockError(
                "engine.dependency",
                f"The library {name} is not installed.",
                hint="Install it with pip install 'cuelock[engine,exchange,train,evaluate]'.",
            )
        case _:
            return _defect(raised)


def _defect(raised: Exception) -> CuelockError:
    return CuelockError(
        "internal.bug",
        f"A defect of cuelock: {type(raised).__name__}: {raised}",
        hint=f"Please report it with the end of {_logged(raised)}.",
    )


def _logged(raised: Exception) -> str:
    """Write the traceback to the log of defects, or to stderr where there can be none."""
    log = home() / "logs" / "defects.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {' '.join(sys.argv)}\n")
            traceback.print_exception(raised, file=file)
    except OSError:
        traceback.print_exception(raised)
        return "what is printed here"
    return str(log)
