"""`cuelock engine`: the resident process."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.console import AsJson, answer, console, table, write_json
from host_bridge.errors import CuelockError
from host_bridge.home import home
from host_bridge.protocol import EngineStatus, Key, KeysReply, Nothing, Scope, Shutdown

app = typer.Typer(help="The resident process: start, stop, status, logs, address, gateway, keys.")
keys = typer.Typer(help="Clients that may talk to the engine: list, mine, add, remove.")
app.add_typer(keys, name="keys")


@app.command()
def start(json: AsJson = False) -> None:
    """Start the engine, or have it try again after too many deaths of its workers."""
    answer(_status(start=True), json, _show)


@app.command()
def status(json: AsJson = False) -> None:
    """Say how the engine is. Exit status 3 when there is none."""
    answer(_status(start=False), json, _show)


@app.command()
def stop(
    when_idle: Annotated[bool, typer.Option(help="Finish what is queued first.")] = False,
    json: AsJson = False,
) -> None:
    """Stop the engine; a job that runs is done again when it is back."""
    from host_bridge.client import connect

    with connect(start=False) as engine:
        last = engine.ask("status", Nothing(), EngineStatus)
        engine.ask("shutdown", Shutdown(when_idle=when_idle), Nothing)
    answer(last, json, lambda _: console.print("The engine leaves."))


@app.command()
def logs(
    lines: Annotated[int, typer.Option(min=1, help="How many from the end.")] = 40,
) -> None:
    """Print the end of the engine's and its worker's logs."""
    for name in ("engine.log", "worker.log"):
        path = home() / "logs" / name
        if path.exists():
            console.print(f"{path}:", style="bold")
            for line in path.read_text(errors="replace").splitlines()[-lines:]:
                typer.echo(line)


@app.command()
def address() -> None:
    """Print the address for clients of other machines: save it and name it in CUELOCK_ENGINE."""
    from engine.service.settings import read_settings
    from host_bridge.discovery import Address, own_keys

    settings = read_settings(home() / "engine.toml")
    if settings.bind is None:
        raise CuelockError(
            "request.option",
            "This engine listens to its own machine alone.",
            hint=f'Write bind = "ADDRESS" into {home() / "engine.toml"} and start it again.',
        )
    control, commands, events = (
        f"tcp://{settings.bind}:{settings.port + number}" for number in range(3)
    )
    known = _status(start=True)
    write_json(
        Address(
            epoch="", pid=0, version=known.version, control=control, commands=commands,
            events=events, server_key=own_keys("server").public,
        )
    )  # fmt: skip


@app.command()
def gateway() -> None:
    """Open the WebSocket door for hosts that have no ZeroMQ, until it is stopped."""
    from host_bridge.gateway import main

    raise typer.Exit(main())


@keys.command("list")
def list_keys(json: AsJson = False) -> None:
    """List the clients whose keys the engine knows."""
    from host_bridge.discovery import authorised

    answer(KeysReply(keys=authorised()), json, _show_keys)


@keys.command("mine")
def my_key(json: AsJson = False) -> None:
    """Say this client's own key, for an engine of another machine."""
    from host_bridge.discovery import LOCAL, own_keys

    mine = Key(name=LOCAL, public=own_keys("client").public, scope="manage")
    answer(KeysReply(keys=(mine,)), json, _show_keys)


@keys.command("add")
def add_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call the client.")],
    public: Annotated[str, typer.Argument(metavar="KEY", help="Its public key, 40 signs.")],
    scope: Annotated[Scope, typer.Option(help="view, generate or manage.")] = "generate",
    json: AsJson = False,
) -> None:
    """Let a client in."""
    from host_bridge.discovery import authorise

    if len(public) != 40 or not name.isidentifier():
        raise CuelockError(
            "request.option",
            "A client has a name of letters and digits and a key of 40 signs.",
            hint="`cuelock engine keys mine` says it where the client runs.",
        )
    authorise(public, name, scope)
    list_keys(json)


@keys.command("remove")
def remove_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `keys list` spells it.")],
    json: AsJson = False,
) -> None:
    """Shut a client out, at once."""
    from host_bridge.discovery import revoke

    revoke(name)
    list_keys(json)


def _status(*, start: bool) -> EngineStatus:
    from host_bridge.client import connect

    with connect(start) as engine:
        if start:
            engine.ask("revive", Nothing(), Nothing)
        return engine.ask("status", Nothing(), EngineStatus)


def _show(reply: EngineStatus) -> None:
    console.print(f"cuelock {reply.version}, pid {reply.pid}, here for {reply.seconds:.0f} s")
    console.print(f"{reply.queue} waiting, worker {reply.worker}, {reply.worker_deaths} deaths")
    console.print(f"{reply.megabytes:.0f} MB, worker {reply.worker_megabytes:.0f} MB; {reply.home}")


def _show_keys(reply: KeysReply) -> None:
    rows = table("name", "public key", "may")
    for key in reply.keys:
        rows.add_row(key.name, key.public, key.scope)
    console.print(rows)
