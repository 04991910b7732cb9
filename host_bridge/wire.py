"""The envelope: how a message becomes bytes and back, and which kinds there are (PROTOCOL.md).

    {"v": [major, minor], "id": text, "kind": text, "body": map}

A reply carries its request's id and the kind "ok" or "error". Unknown fields are ignored.
"""

from __future__ import annotations

import uuid
from typing import Annotated, Mapping, NamedTuple, TypeVar

import msgspec

from host_bridge.errors import CuelockError
from host_bridge.protocol import (
    BlobPart,
    BlobState,
    CompRequest,
    DeliverReply,
    DeliverTake,
    EngineStatus,
    ExportTakes,
    FilesReply,
    GcReply,
    GetBlob,
    Hello,
    ImportTakes,
    JobsReply,
    JobStatus,
    Most,
    NamedBlob,
    NamedJob,
    NamedTake,
    NoteTake,
    Nothing,
    PutBlob,
    RecutRequest,
    RegenerateRequest,
    RenderReply,
    RenderRequest,
    Scope,
    Shutdown,
    StarTake,
    Submit,
    TakesReply,
    TakeSummary,
    TravelReply,
    Watched,
    WatchJob,
    Welcome,
)

VERSION = (1, 0)
MESSAGE_BYTES = 4 << 20
CHUNK_BYTES = 1 << 20  # of a file in one message
SCOPES: tuple[Scope, ...] = ("view", "generate", "manage")
Body = TypeVar("Body", bound=msgspec.Struct)
Name = Annotated[str, msgspec.Meta(max_length=100)]


class Kind(NamedTuple):
    """The bodies of a request and of its answer, and which clients may send it.

    here: it names paths of the engine's machine, so only its own user's clients may.
    """

    body: type[msgspec.Struct]
    reply: type[msgspec.Struct]
    scope: Scope = "view"
    here: bool = False


#: What is said on the control socket: never behind work.
CONTROL: Mapping[str, Kind] = {
    "hello": Kind(Hello, Welcome),
    "ping": Kind(Nothing, Nothing),
    "status": Kind(Nothing, EngineStatus),
    "job.cancel": Kind(NamedJob, JobStatus, "generate"),
    "unload": Kind(Nothing, Nothing, "manage"),
    "revive": Kind(Nothing, Nothing, "manage"),
    "shutdown": Kind(Shutdown, Nothing, "manage"),
}
#: What is said on the command socket.
COMMANDS: Mapping[str, Kind] = {
    "job.submit": Kind(Submit, JobStatus, "generate"),
    "job.watch": Kind(WatchJob, Watched),
    "job.list": Kind(Most, JobsReply),
    "take.list": Kind(Most, TakesReply),
    "take.show": Kind(NamedTake, TakeSummary),
    "take.star": Kind(StarTake, TakeSummary, "generate"),
    "take.note": Kind(NoteTake, TakeSummary, "generate"),
    "take.trash": Kind(NamedTake, TakeSummary, "manage"),
    "take.deliver": Kind(DeliverTake, DeliverReply, here=True),
    "take.files": Kind(NamedTake, FilesReply),
    "blob.state": Kind(NamedBlob, BlobState),
    "blob.put": Kind(PutBlob, BlobState, "generate"),
    "blob.get": Kind(GetBlob, BlobPart),
    "take.export": Kind(ExportTakes, TravelReply, here=True),
    "take.import": Kind(ImportTakes, TravelReply, "manage", here=True),
    "take.gc": Kind(Nothing, GcReply, "manage"),
}
#: Jobs: the request in Submit.params and the reply in JobStatus.reply.
JOBS: Mapping[str, Kind] = {
    "render": Kind(RenderRequest, RenderReply),
    "regenerate": Kind(RegenerateRequest, RenderReply),
    "comp": Kind(CompRequest, RenderReply),
    "recut": Kind(RecutRequest, RenderReply),
}


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One message. v: protocol version of the sender; id: of the message, repeated in its reply.

    sid: the client's session, of its own choice; jobs can be tied to it.
    """

    v: tuple[int, int]
    id: Name
    kind: Name
    sid: Name = ""
    body: msgspec.Raw = msgspec.Raw(b"\x80")


_decode_envelope = msgspec.msgpack.Decoder(Envelope).decode


def message(kind: str, body: msgspec.Struct, id: str = "", sid: str = "") -> bytes:
    """Bytes of a message; a new id when none is given.

    Raises CuelockError protocol.too_large.
    """
    encoded = msgspec.msgpack.encode(
        Envelope(
            v=VERSION,
            id=id or uuid.uuid4().hex,
            kind=kind,
            sid=sid,
            body=msgspec.Raw(msgspec.msgpack.encode(body)),
        )
    )
    if len(encoded) > MESSAGE_BYTES:
        raise CuelockError(
            "protocol.too_large",
            f"A message of {len(encoded)} bytes is more than the engine takes.",
            hint="Ask for less at once.",
        )
    return encoded


def opened(data: bytes) -> Envelope:
    """The envelope of received bytes.

    Raises CuelockError protocol.malformed, or protocol.version for another major version.
    """
    try:
        envelope = _decode_envelope(data)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise _malformed(str(error)) from error
    if envelope.v[0] != VERSION[0]:
        raise CuelockError(
            "protocol.version",
            f"The peer speaks version {envelope.v[0]} of the protocol, this side {VERSION[0]}.",
            hint="Bring both to the same version of cuelock.",
        )
    return envelope


def body_of(raw: msgspec.Raw, type_: type[Body]) -> Body:
    """A body's struct. Raises CuelockError protocol.malformed, saying which field."""
    try:
        return msgspec.msgpack.decode(raw, type=type_)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise _malformed(str(error)) from error


def _malformed(why: str) -> CuelockError:
    return CuelockError(
        "protocol.malformed",
        f"A message could not be read: {why}.",
        hint="PROTOCOL.md says what each kind of message holds.",
    )
