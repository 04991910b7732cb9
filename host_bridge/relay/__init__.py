"""A host whose own script only relays: it does calls that are asked for here, and decides nothing.

For hosts that bring Lua and no Python (relay.lua is the other end). A call is a name and arguments
on an object the host handed out before; a batch of them is done without a pause between. Through
files in one folder, because a script can rely on nothing else in every edition of every host.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import signal
import threading
import time
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional, Sequence

from host_bridge.errors import CuelockError
from host_bridge.home import home

SCRIPT = Path(__file__).with_name("relay.lua")
_ANSWER_SECONDS = 60.0
_LOOK_SECONDS = 0.001
_BEAT_SECONDS = 5.0
_LEFT_SECONDS = 0.2


class Value(NamedTuple):
    """The first value that the n-th call of the same batch returns, from 0."""

    call: int


class Call(NamedTuple):
    """A function of the host, or a method of an object of it."""

    name: str
    args: tuple[Any, ...] = ()
    on: Optional[RemoteObject] = None


#: Does a batch of calls: what each returned.
Do = Callable[["Sequence[Call]"], "list[list[Any]]"]


class RemoteObject:
    """An object of the host; its methods are called there, and give their first value."""

    def __init__(self, relay: Relay, number: int) -> None:
        self._relay = relay
        self.number = number

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def method(*args: Any) -> Any:
            (values,) = self._relay.do([Call(name, args, self)])
            return values[0] if values else None

        return method


class Relay:
    """One run of a host's script. Use as a context manager, in the main thread; at its end the
    script ends.

    A script that has left, because the artist gave up, interrupts the main thread as a keyboard
    does: what was asked of the engine is cancelled.

    base: the run's files begin with it; beat: seconds after which the script is told, when
    nothing else is asked, that all is well.
    """

    def __init__(self, base: Path, beat: float = _BEAT_SECONDS) -> None:
        self._base = base
        self._batch = 0
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._beats = threading.Thread(target=self._keep_alive, args=(beat,), daemon=True)

    def __enter__(self) -> Relay:
        # What a shell starts with "&", as a script has to, would ignore interrupts.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._beats.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        self._beats.join()
        if self._left.exists():
            for file in self._base.parent.glob(f"{self._base.name}*"):
                file.unlink()
            return
        self._batch += 1
        self._write("{over=true}")

    @property
    def host(self) -> Any:
        """The host itself, a RemoteObject: any of its functions may be called."""
        return RemoteObject(self, 0)

    @property
    def _left(self) -> Path:
        return self._base.with_name(self._base.name + ".left")

    def want(self) -> bytes:
        """What the artist wants, JSON as the script wrote it. Raises CuelockError host.missing."""
        path = self._base.with_name(self._base.name + ".want")
        try:
            text = path.read_bytes()
        except OSError as error:
            raise CuelockError(
                "host.missing",
                "No script of a host has asked for this run.",
                hint="Start cuelock from the host's scripts menu.",
            ) from error
        path.unlink()
        return text

    def say(self, text: str) -> None:
        """Show the artist a sentence in the host."""
        self._exchange(f"{{say={lua(text)}}}")

    def do(self, calls: Sequence[Call]) -> list[list[Any]]:
        """What each call returned, in one batch.

        Raises CuelockError host.refused with the host's words, host.missing without an answer.
        """
        answer = self._exchange("{" + ",".join(_written(call) for call in calls) + "}")
        if "error" in answer:
            refused = calls[int(answer["at"]) - 1].name
            raise CuelockError(
                "host.refused",
                f"The host's {refused} failed: {answer['error']}.",
                hint="Report it with the version of the host.",
            )
        return [[self._given(value) for value in values] for values in answer["values"]]

    def _exchange(self, batch: str) -> dict[str, Any]:
        with self._turn:
            self._batch += 1
            self._write(batch)
            path = self._base.with_name(f"{self._base.name}-{self._batch}.answer")
            until = time.monotonic() + _ANSWER_SECONDS
            while not path.exists():
                if time.monotonic() > until or self._left.exists():
                    raise CuelockError(
                        "host.missing",
                        "The host's script has stopped.",
                        hint="Close any dialog in the host and start the script again.",
                    )
                time.sleep(_LOOK_SECONDS)
            text = path.read_bytes().decode(errors="replace")
            path.unlink()
        return json.loads(text)

    def _write(self, batch: str) -> None:
        path = self._base.with_name(f"{self._base.name}-{self._batch}.call")
        part = path.with_suffix(".part")
        part.write_text(batch, encoding="ascii")
        part.rename(path)

    def _keep_alive(self, seconds: float) -> None:
        # Whether the script still answers is told to whoever asks next, not to this thread.
        with contextlib.suppress(CuelockError):
            told = time.monotonic()
            while not self._over.wait(min(seconds, _LEFT_SECONDS)):
                if self._left.exists():
                    _thread.interrupt_main()
                    return
                if time.monotonic() - told >= seconds:
                    self._exchange("{}")
                    told = time.monotonic()

    def _given(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._given(part) for part in value]
        if isinstance(value, dict):
            if "__object" in value:
                return RemoteObject(self, value["__object"])
            return {key: self._given(part) for key, part in value.items()}
        return value


def exchange_folder() -> Path:
    """Where scripts and cuelock leave their messages; nobody else's to read."""
    folder = home() / "relay"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def lua(value: Any) -> str:
    """A value as Lua writes it, in ASCII.

    >>> lua({"path": "a\\n", "frames": (1, None), "on": True})
    '{["path"]="a\\\\010",["frames"]={1,nil},["on"]=true}'
    """
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return '"' + "".join(_byte(byte) for byte in value.encode()) + '"'
    if isinstance(value, Value):
        return f"{{__value={value.call + 1}}}"
    if isinstance(value, RemoteObject):
        return f"{{__object={value.number}}}"
    if isinstance(value, dict):
        return "{" + ",".join(f"[{lua(key)}]={lua(part)}" for key, part in value.items()) + "}"
    return "{" + ",".join(lua(part) for part in value) + "}"


def _written(call: Call) -> str:
    args = f"n={len(call.args)}"
    for number, value in enumerate(call.args, 1):
        args += f",[{number}]={lua(value)}"
    on = call.on.number if call.on else 0
    return f"{{on={on},call={lua(call.name)},args={{{args}}}}}"


def _byte(byte: int) -> str:
    plain = 0x20 <= byte < 0x7F and byte not in b'"\\'
    return chr(byte) if plain else f"\\{byte:03d}"
