"""How this home's engine is run: read once at its start from engine.toml, then handed down."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from host_bridge.errors import CuelockError


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All optional in the file.

    bind: an address of this machine for clients of a studio's network, besides the loopback;
    port: the first of three it uses there. workers: "local:N" processes, N to 16, or "ray:auto"
    and "ray:HOST:PORT", actors of a Ray cluster (extra `ray`).
    Seconds: idle_seconds without clients and work until the engine leaves, unload_seconds until
    bundles are forgotten (inf: never), worker_idle_seconds until a worker leaves that has
    forgotten them; silence_seconds without a word until a worker that works counts as stalled;
    kill_seconds from a cancel until it is killed; lease_seconds without a word of its client until
    a job that is tied to it is cancelled.
    deaths: of workers within ten minutes, after which none is started until somebody asks for it.
    """

    bind: str | None = None
    port: int = 47800
    workers: Annotated[
        str, msgspec.Meta(pattern=r"^(local:([1-9]|1[0-6])|ray:(auto|[^\s:/]+:\d{1,5}))$")
    ] = "local:1"
    queue: int = 256
    queue_of_client: int = 64
    idle_seconds: float = 1800.0
    worker_idle_seconds: float = 900.0
    unload_seconds: float = 300.0
    silence_seconds: float = 120.0
    deaths: int = 5
    kill_seconds: float = 5.0
    lease_seconds: float = 10.0


def read_settings(path: Path) -> Settings:
    """The settings of a file, or the usual ones where there is none.

    Raises CuelockError request.option, naming what is wrong.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), Settings)
    except FileNotFoundError:
        return Settings()
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CuelockError(
            "request.option",
            f"The settings in {path} cannot be used: {error}.",
            hint="Mend the file, or delete it to run as usual.",
        ) from error
