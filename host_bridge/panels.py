"""What the gateway does for a panel inside a host, besides passing its messages on.

    host.errand   Errand      -> Planned     the take that is wanted, and where its stems go
    host.plan     Made        -> Planned     the same take, onto what the timeline has become
    host.confirm  LookBack    -> Confirmed   what the host then shows of it
    host.markers  MarkedRange -> Marked      events of the picture as markers

Errands and markers need the engine's own libraries: the `cuelock` command carries them out, a
process each. What is only planned or compared is answered at once.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Callable, Mapping, NamedTuple, TypeVar

import msgspec

from host_bridge.client import raised
from host_bridge.errand import Confirmed, Errand, LookBack, Made, Marked, Planned, planned
from host_bridge.errors import CuelockError
from host_bridge.placing import read_back
from host_bridge.protocol import ErrorReply
from host_bridge.timeline import MarkedRange
from host_bridge.wire import body_of

Reply = TypeVar("Reply", bound=msgspec.Struct)
_NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW, which the standard library names on Windows alone


class PanelKind(NamedTuple):
    """The body of a question, and what answers it; slow: it may take as long as a render."""

    body: type[msgspec.Struct]
    answer: Callable[..., msgspec.Struct]
    slow: bool = False


def answered(kind: str, raw: msgspec.Raw) -> msgspec.Struct:
    """The answer to a panel's question. Raises CuelockError; KeyError for a kind not in KINDS."""
    asked = KINDS[kind]
    return asked.answer(body_of(raw, asked.body))


def _confirmed(back: LookBack) -> Confirmed:
    return Confirmed(placements=read_back(back.placements, back.tracks))


def _carried_out(errand: Errand) -> Planned:
    return _by_command("errand", errand, Planned)


def _spotted(marked: MarkedRange) -> Marked:
    return _by_command("markers", marked, Marked)


def _by_command(verb: str, body: msgspec.Struct, reply: type[Reply]) -> Reply:
    """What `cuelock hosts VERB` makes of a body. Raises CuelockError: its own, or internal.bug."""
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", "hosts", verb, "--json"],
        input=msgspec.json.encode(body),
        capture_output=True,
        creationflags=_NO_WINDOW if sys.platform == "win32" else 0,
        check=False,
    )
    try:
        if done.returncode == 0:
            return msgspec.json.decode(done.stdout, type=reply)
        report = msgspec.json.decode(done.stdout, type=ErrorReply).error
    except msgspec.DecodeError as error:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["nothing"]
        raise CuelockError(
            "internal.bug",
            f"The cuelock command ended with status {done.returncode} and said {said[0]!r}.",
            hint="Please report it with the end of the gateway's log.",
        ) from error
    raise raised(report)


#: What a panel may ask for.
KINDS: Mapping[str, PanelKind] = {
    "host.errand": PanelKind(Errand, _carried_out, slow=True),
    "host.plan": PanelKind(Made, planned),
    "host.confirm": PanelKind(LookBack, _confirmed),
    "host.markers": PanelKind(MarkedRange, _spotted, slow=True),
}
