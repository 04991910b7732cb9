"""PTSL, the scripting protocol of Pro Tools: JSON bodies inside two protobuf messages.

Only what is used here is described. Fields that are not set are left out: Pro Tools refuses a
track that is named by an id *and* an empty name. Enumerations have two generations of names
(TF_Mono, TFormat_Mono) of which the part after the first underscore is the same: `said`.
"""

from __future__ import annotations

import enum
from types import TracebackType
from typing import Any, Callable, Optional, Sequence, TypeVar

import grpc
import msgspec
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from host_bridge.errors import CuelockError

ADDRESS = "localhost:31416"
VERSION = (2025, 10)  # the first with GetPlaylistElements
_SECONDS = 60.0
_PAGE = 1000
_COMPLETED, _FAILED = 3, 4
_BUSY = "PT_HostIsBusy"

Reply = TypeVar("Reply", bound=msgspec.Struct)


class Command(enum.IntEnum):
    """The numbers of CommandId."""

    GetTrackList = 3
    HostReadyCheck = 13
    GetFileLocation = 16
    GetSessionSampleRate = 35
    GetSessionTimeCodeRate = 38
    GetSessionName = 42
    GetSessionStartTime = 44
    GetPTSLVersion = 55
    GetMemoryLocations = 69
    RegisterConnection = 70
    CreateMemoryLocation = 71
    CreateNewTracks = 72
    GetTimelineSelection = 82
    ImportAudioToClipList = 123
    SpotClipsByID = 124
    GetClipList = 125
    GetTrackPlaylists = 154
    DeleteTracks = 157
    GetPlaylistElements = 158


def _messages(**messages: Sequence[tuple[str, int, str]]) -> dict[str, Any]:
    """Protobuf classes; fields are name, number and type: "string", "int32" or a message's name.

    An enumeration is an int32 on the wire. In a pool of their own, because another package may
    have described the same protocol.
    """
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="ptsl", package="ptsl", syntax="proto3")
    for name, fields in messages.items():
        described = file.message_type.add(name=name)
        for of, number, kind in fields:
            added = described.field.add(name=of, number=number, label=field.LABEL_OPTIONAL)
            if kind in messages:
                added.type, added.type_name = field.TYPE_MESSAGE, f".ptsl.{kind}"
            else:
                added.type = field.TYPE_STRING if kind == "string" else field.TYPE_INT32
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"ptsl.{name}"))
        for name in messages
    }


_WIRE = _messages(
    RequestHeader=[
        ("command", 2, "int32"), ("version", 3, "int32"), ("session_id", 4, "string"),
        ("version_minor", 5, "int32"),
    ],
    Request=[("header", 1, "RequestHeader"), ("request_body_json", 2, "string")],
    ResponseHeader=[("status", 3, "int32")],
    Response=[
        ("header", 1, "ResponseHeader"), ("response_body_json", 2, "string"),
        ("response_error_json", 3, "string"),
    ],
)  # fmt: skip


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a command is asked with; nothing by default."""


class Nothing(msgspec.Struct, frozen=True):
    """An answer of which nothing is read."""


class _Register(Body, frozen=True, kw_only=True):
    company_name: str
    application_name: str


class _Session(msgspec.Struct, frozen=True):
    session_id: str


class _Version(msgspec.Struct, frozen=True):
    version: int
    version_minor: int = 0


class _Fault(msgspec.Struct, frozen=True):
    command_error_type: Any = ""  # a name or a number, by the version
    command_error_message: str = ""


class _Faults(msgspec.Struct, frozen=True):
    errors: tuple[_Fault, ...]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a long list is wanted."""

    limit: int = _PAGE
    offset: int = 0


class Pages(msgspec.Struct, frozen=True):
    """How long a list is in all, and how much of it came."""

    total: int = 0
    limit: int = _PAGE


def said(name: str) -> str:
    """What a name of an enumeration says in each of its generations.

    >>> said("STCR_Fps2997Drop"), said("STCRate_Fps2997Drop"), said("AudioTrack")
    ('Fps2997Drop', 'Fps2997Drop', 'AudioTrack')
    """
    return name.partition("_")[2] or name


class Connection:
    """A registered connection to the Pro Tools of this machine. Use as a context manager.

    Raises CuelockError host.missing when there is none, or one too old to show its clips.
    """

    def __init__(self, address: str = ADDRESS) -> None:
        self._channel = grpc.insecure_channel(address)
        self._send: Callable[..., Any] = self._channel.unary_unary(
            "/ptsl.PTSL/SendGrpcRequest",
            request_serializer=_WIRE["Request"].SerializeToString,
            response_deserializer=_WIRE["Response"].FromString,
        )
        self._session = ""
        try:
            self.ask(Command.HostReadyCheck, Body(), Nothing)
            registered = _Register(company_name="cuelock", application_name="cuelock")
            self._session = self.ask(Command.RegisterConnection, registered, _Session).session_id
            version = self.ask(Command.GetPTSLVersion, Body(), _Version)
            if (version.version, version.version_minor) < VERSION:
                raise CuelockError(
                    "host.missing",
                    "This Pro Tools is too old to show its clips to a script.",
                    hint="From 2025.10 on it does; until then spot the stems by their time stamps.",
                )
        except CuelockError:
            self.close()
            raise

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        where: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        self._channel.close()

    def ask(self, command: Command, body: msgspec.Struct, reply: type[Reply]) -> Reply:
        """One command, one answer.

        Raises CuelockError host.refused with what Pro Tools says, host.missing when it is gone.
        """
        request = _WIRE["Request"](
            header={
                "command": command, "session_id": self._session,
                "version": VERSION[0], "version_minor": VERSION[1],
            },
            request_body_json=msgspec.json.encode(body).decode(),
        )  # fmt: skip
        try:
            response = self._send(request, timeout=_SECONDS)
        except grpc.RpcError as error:
            raise CuelockError(
                "host.missing",
                "Pro Tools does not answer.",
                hint="Start Pro Tools and open a session; a dialog that is open in it has to be "
                "closed.",
            ) from error
        if response.header.status != _COMPLETED:
            raise _refused(command, response.response_error_json)
        return _read(command, response.response_body_json or "{}", reply)

    def ask_all(
        self, command: Command, body: Callable[[Page], msgspec.Struct], reply: type[Reply]
    ) -> list[Reply]:
        """Every page of a long list; `reply` has pagination_response: Pages."""
        answers = [self.ask(command, body(Page()), reply)]
        pages: Pages = getattr(answers[0], "pagination_response")  # noqa: B009
        for offset in range(pages.limit, pages.total, pages.limit):
            answers.append(self.ask(command, body(Page(offset=offset)), reply))
        return answers


def _read(command: Command, text: str, reply: type[Reply]) -> Reply:
    try:
        return msgspec.json.decode(text, type=reply)
    except msgspec.DecodeError as error:
        raise CuelockError(
            "host.refused",
            f"Pro Tools answered {command.name} in a way that is not known: {error}.",
            hint="Report it with the version of Pro Tools.",
        ) from error


def _refused(command: Command, text: str) -> CuelockError:
    try:
        fault = msgspec.json.decode(text or "{}", type=_Faults).errors[0]
    except (msgspec.DecodeError, IndexError):
        fault = _Fault(command_error_message=text)
    kind = str(fault.command_error_type).replace("CEType_", "")
    return CuelockError(
        "host.refused",
        f"Pro Tools refuses {command.name}: {fault.command_error_message or kind}.",
        hint="Open a session, close any dialog in Pro Tools, and try again.",
        retryable=kind == _BUSY,
    )
