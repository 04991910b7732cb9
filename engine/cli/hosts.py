"""`cuelock hosts`: bridges to host applications, and the door for their scripts."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
import typer

from engine.cli.console import AsJson, answer, console, progress_lines, stages, table
from host_bridge.errors import CuelockError
from host_bridge.protocol import ErrorReply, error_report

if TYPE_CHECKING:
    from host_bridge.errand import Marked, Planned
    from host_bridge.timeline import Placement

app = typer.Typer(help="Bridges to host applications.")
Body = TypeVar("Body", bound=msgspec.Struct)
File = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="JSON; else stdin.")]


@app.command("errand")
def errand(
    file: File = None,
    to_file: Annotated[
        Path | None, typer.Option("--answer", help="A file that gets the JSON answer as well.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Make what a host's script wants and plan where it goes; progress as lines on stderr."""
    from engine.cli.errands import carry_out
    from host_bridge.errand import Errand

    with _errors_to(to_file), progress_lines() if json else stages() as progress:
        planned = carry_out(_read(file, Errand), progress)
    _put(to_file, planned)
    answer(planned, json, _show_planned)


@app.command("confirm")
def confirm(file: File = None, json: AsJson = False) -> None:
    """Compare what a host shows now with what was planned."""
    from host_bridge.errand import Confirmed, LookBack
    from host_bridge.placing import read_back

    asked = _read(file, LookBack)
    confirmed = Confirmed(placements=read_back(asked.placements, asked.tracks))
    answer(confirmed, json, lambda reply: show_placements(reply.placements))


@app.command("markers")
def markers(file: File = None, json: AsJson = False) -> None:
    """Spot the events of a host's marked range, as markers of its timeline."""
    from engine.cli.errands import spotted
    from host_bridge.errand import Marked
    from host_bridge.timeline import MarkedRange

    answer(Marked(markers=spotted(_read(file, MarkedRange))), json, show_markers)


def show_placements(placements: Sequence[Placement]) -> None:
    """What has become of each stem, for people."""
    rows = table("layer", "state", "track", "reason")
    for one in placements:
        rows.add_row(one.stem.layer, one.state, one.track_name, one.reason)
    console.print(rows)


def _show_planned(planned: Planned) -> None:
    console.print(f"take {planned.reply.take}")
    show_placements(planned.placements)


def show_markers(reply: Marked) -> None:
    """Every event, for people."""
    for marker in reply.markers:
        console.print(f"frame {marker.frame}: {marker.name}")


@contextmanager
def _errors_to(path: Path | None) -> Generator[None]:
    """An error that ends what is done here goes into the answer's file too."""
    try:
        yield
    except CuelockError as error:
        _put(path, ErrorReply(error=error_report(error)))
        raise


def _put(path: Path | None, reply: msgspec.Struct) -> None:
    """Write an answer's file, whole or not at all; None: none is wanted."""
    if path is not None:
        part = path.with_name(path.name + ".part")
        part.write_bytes(msgspec.json.encode(reply))
        part.replace(path)


def _read(file: Path | None, body: type[Body]) -> Body:
    """A message of a host's script. Raises CuelockError request.path, protocol.malformed."""
    try:
        data = sys.stdin.buffer.read() if file is None else file.read_bytes()
    except OSError as error:
        raise CuelockError(
            "request.path",
            f"{file} cannot be read: {error.strerror}.",
            hint="Name the file that the host's script wrote.",
        ) from error
    try:
        return msgspec.json.decode(data, type=body)
    except msgspec.DecodeError as error:
        raise CuelockError(
            "protocol.malformed",
            f"This is no {body.__name__}: {error}.",
            hint="`cuelock hosts install` puts the script in that fits this version.",
        ) from error
