"""A Pro Tools that is not there: a real gRPC server of the shipped definitions, a session behind.

It refuses what the real one refuses: commands without a registered connection, unknown fields,
a track named twice, locked tracks, clips that do not fit a track. Clips that are spotted onto
others cover them, as in Pro Tools.
"""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc
import soundfile
from google.protobuf import json_format
from ptsl import PTSL_pb2 as pt
from ptsl.PTSL_pb2_grpc import PTSLServicer, add_PTSLServicer_to_server

_WITHOUT_REGISTRATION = ("HostReadyCheck", "RegisterConnection")


class Refusal(Exception):  # noqa: N818
    """What Pro Tools answers instead: the name of a CommandErrorType and a sentence."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


@dataclass
class BrainClip:
    """A clip of the clip list: one for each channel of a file."""

    id: str
    name: str
    path: str
    samples: int
    source_start: int = 0


@dataclass
class BrainTrack:
    """A track and what stands on its main playlist: (start, stop, clips of its channels)."""

    name: str
    kind: str = "TType_Audio"
    format: str = "TFormat_Mono"
    locked: bool = False
    elements: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def channels(self) -> int:
        return {"TFormat_Mono": 1, "TFormat_Stereo": 2}[self.format]


class Brain(PTSLServicer):
    """A session. Set it up by its attributes, look inside the same way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version: tuple[int, int] = (2025, 10)
        self.sample_rate = 48_000
        self.rate = "STCR_Fps25"
        self.start = "00:00:00:00"
        self.selection: tuple[int, int] = (0, 0)
        self.tracks: list[BrainTrack] = []
        self.clips: dict[str, BrainClip] = {}
        self.locations: list[pt.MemoryLocation] = []
        self.registered: set[str] = set()
        self.refuse: dict[str, Refusal] = {}
        self.done: list[str] = []  # commands that change something, in their order

    def SendGrpcRequest(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        header = request.header
        name = pt.CommandId.Name(header.command).removeprefix("CId_")
        reply = pt.Response(header=pt.ResponseHeader(command=header.command))
        try:
            reply.response_body_json = self._answer(name, header, request.request_body_json)
            reply.header.status = pt.TStatus_Completed
        except Refusal as refusal:
            fault = {
                "command_error_type": refusal.kind,
                "command_error_message": refusal.message,
                "is_warning": False,
            }
            reply.response_error_json = json.dumps({"errors": [fault]})
            reply.header.status = pt.TStatus_Failed
        return reply

    def _answer(self, name: str, header: Any, text: str) -> str:
        if name not in _WITHOUT_REGISTRATION and header.session_id not in self.registered:
            raise Refusal("SDK_SessionIdParseError", "The connection is not registered")
        if name in self.refuse:
            raise self.refuse[name]
        handler = getattr(self, f"_on_{name}", None)
        if handler is None:
            raise Refusal("PT_UnsupportedCommand", f"{name} is not supported")
        given = json.loads(text or "{}")
        body_type = getattr(pt, f"{name}RequestBody", None)
        try:
            body = json_format.Parse(text or "{}", body_type()) if body_type else None
        except json_format.ParseError as error:
            raise Refusal("PT_InvalidParameter", str(error)) from error
        answer = handler(body, given)
        if answer is None:
            return ""
        # Positions of 64 bit are strings in protobuf's JSON and numbers in Pro Tools'.
        said = json_format.MessageToDict(answer, preserving_proto_field_name=True)
        for clip in said.get("clips", ()):
            clip["src_start_point"]["position"] = int(clip["src_start_point"].get("position", 0))
        if name == "GetClipList":
            said["clip_list"] = said.pop("clips", [])
        return json.dumps(said)

    def _on_HostReadyCheck(self, body: Any, given: Any) -> None:  # noqa: N802
        return None

    def _on_RegisterConnection(self, body: Any, given: Any) -> Any:  # noqa: N802
        if not body.company_name or not body.application_name:
            raise Refusal("PT_InvalidParameter", "company_name and application_name are needed")
        session = str(uuid.uuid4())
        self.registered.add(session)
        return pt.RegisterConnectionResponseBody(session_id=session)

    def _on_GetPTSLVersion(self, body: Any, given: Any) -> Any:  # noqa: N802
        major, minor = self.version
        return pt.GetPTSLVersionResponseBody(version=major, version_minor=minor)

    def _on_GetSessionName(self, body: Any, given: Any) -> Any:  # noqa: N802
        return pt.GetSessionNameResponseBody(session_name="Reel 1")

    def _on_GetSessionSampleRate(self, body: Any, given: Any) -> Any:  # noqa: N802
        return pt.GetSessionSampleRateResponseBody(sample_rate=f"SR_{self.sample_rate}")

    def _on_GetSessionTimeCodeRate(self, body: Any, given: Any) -> Any:  # noqa: N802
        return pt.GetSessionTimeCodeRateResponseBody(current_setting=self.rate)

    def _on_GetSessionStartTime(self, body: Any, given: Any) -> Any:  # noqa: N802
        return pt.GetSessionStartTimeResponseBody(session_start_time=self.start)

    def _on_GetTimelineSelection(self, body: Any, given: Any) -> Any:  # noqa: N802
        if body.location_type != pt.TLType_Samples:
            raise Refusal("PT_InvalidParameter", "this session only speaks samples")
        begin, end = self.selection
        return pt.GetTimelineSelectionResponseBody(in_time=str(begin), out_time=str(end))

    def _on_GetTrackList(self, body: Any, given: Any) -> Any:  # noqa: N802
        shown, pages = _page(self.tracks, body)
        tracks = [
            pt.Track(
                name=track.name,
                id=track.id,
                type=track.kind,
                format=track.format,
                track_attributes=pt.TrackAttributes(is_locked=track.locked),
            )
            for track in shown
        ]
        return pt.GetTrackListResponseBody(track_list=tracks, pagination_response=pages)

    def _on_GetTrackPlaylists(self, body: Any, given: Any) -> Any:  # noqa: N802
        track = self._named(given, "track_id", "track_name")
        lists = [
            pt.Playlist(playlist_id=f"other {track.id}", playlist_type="PType_Alternate"),
            pt.Playlist(playlist_id=f"main {track.id}", is_target=True, playlist_type="PType_Main"),
        ]
        return pt.GetTrackPlaylistsResponseBody(playlists=lists)

    def _on_GetPlaylistElements(self, body: Any, given: Any) -> Any:  # noqa: N802
        if ("playlist_id" in given) == ("playlist_name" in given):
            raise Refusal("PT_InvalidParameter", "Only one of playlist_id and playlist_name")
        track = next(t for t in self.tracks if f"main {t.id}" == body.playlist_id)
        shown, pages = _page(track.elements, body)
        elements = [
            pt.PlaylistElement(
                start_time=_at(start),
                end_time=_at(stop),
                channel_clips=[pt.PlaylistElementClip(clip_id=clip) for clip in clips]
                or [pt.PlaylistElementClip(is_null=True)],
            )
            for start, stop, clips in shown
        ]
        return pt.GetPlaylistElementsResponseBody(elements_list=elements, pagination_response=pages)

    def _on_GetClipList(self, body: Any, given: Any) -> Any:  # noqa: N802
        shown, pages = _page(list(self.clips.values()), body)
        clips = [
            pt.Clip(
                clip_id=clip.id,
                file_id=clip.path,
                clip_full_name=clip.name,
                src_start_point=pt.MediaTimePosition(
                    position=clip.source_start, time_type="BTType_Samples"
                ),
            )
            for clip in shown
        ]
        return pt.GetClipListResponseBody(clips=clips, pagination_response=pages)

    def _on_GetFileLocation(self, body: Any, given: Any) -> Any:  # noqa: N802
        paths, pages = _page(sorted({clip.path for clip in self.clips.values()}), body)
        files = [pt.FileLocation(path=path, file_id=path) for path in paths]
        return pt.GetFileLocationResponseBody(file_locations=files, pagination_response=pages)

    def _on_GetMemoryLocations(self, body: Any, given: Any) -> Any:  # noqa: N802
        shown, pages = _page(self.locations, body)
        return pt.GetMemoryLocationsResponseBody(memory_locations=shown, pagination_response=pages)

    def _on_CreateMemoryLocation(self, body: Any, given: Any) -> None:  # noqa: N802
        if any(location.number == body.number for location in self.locations):
            raise Refusal("PT_InvalidParameter", "Memory location number is already used")
        if not body.start_time.isdigit():
            raise Refusal("PT_InvalidParameter", f"{body.start_time} is no position in samples")
        self.done.append("CreateMemoryLocation")
        self.locations.append(
            pt.MemoryLocation(
                number=body.number,
                name=body.name,
                start_time=body.start_time,
                comments=body.comments,
            )
        )

    def _on_CreateNewTracks(self, body: Any, given: Any) -> Any:  # noqa: N802
        if body.track_type != pt.TType_Audio or body.track_timebase != pt.TTimebase_Samples:
            raise Refusal("PT_ForbiddenTrackType", "no such track")
        if body.number_of_tracks != 1 or any(t.name == body.track_name for t in self.tracks):
            raise Refusal("OS_DuplicateName", f"{body.track_name} is there")
        format_name = {1: "TFormat_Mono", 2: "TFormat_Stereo"}[body.track_format]
        track = BrainTrack(body.track_name, format=format_name)
        self.tracks.append(track)
        self.done.append("CreateNewTracks")
        return pt.CreateNewTracksResponseBody(
            created_track_names=[track.name], created_track_ids=[track.id]
        )

    def _on_DeleteTracks(self, body: Any, given: Any) -> None:  # noqa: N802
        self.tracks = [track for track in self.tracks if track.id not in body.track_ids]
        self.done.append("DeleteTracks")

    def _on_ImportAudioToClipList(self, body: Any, given: Any) -> Any:  # noqa: N802
        if body.audio_operations != pt.AOperations_CopyAudio:
            raise Refusal("PT_InvalidParameter", "the session keeps copies")
        answer = pt.ImportAudioToClipListResponseBody()
        for path in body.file_list:
            if not Path(path).is_file():
                answer.failure_list.add(file_path=path, failure_message="File not found")
                continue
            sound = soundfile.info(path)
            if sound.samplerate != self.sample_rate:
                raise Refusal("PT_SampleRateMismatch", "The sample rates differ")
            copy = self.folder / "Audio Files" / Path(path).name
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(Path(path).read_bytes())
            made = [
                BrainClip(str(uuid.uuid4()), copy.stem + ending, str(copy), sound.frames)
                for ending in {1: ("",), 2: (".L", ".R")}[sound.channels]
            ]
            self.clips |= {clip.id: clip for clip in made}
            entry = answer.file_list.add(original_input_path=path)
            entry.destination_file_list.add(
                file_path=str(copy), clip_id_list=[clip.id for clip in made]
            )
        return answer

    def _on_SpotClipsByID(self, body: Any, given: Any) -> None:  # noqa: N802
        track = self._named(given, "dst_track_id", "dst_track_name")
        where = body.dst_location_data
        if "location_value" in given["dst_location_data"]:
            raise Refusal("PT_DeprecatedParameter", "location_value")
        if where.location_type != pt.SLType_Start or where.location.time_type != pt.TLType_Samples:
            raise Refusal("PT_InvalidParameter", "clips are spotted by their start, in samples")
        if track.locked:
            raise Refusal("PT_Forbidden", f"The track {track.name} is locked")
        if track.channels != len(body.src_clips):
            raise Refusal("PT_CannotBeDone", "The clips do not fit the track's format")
        start = int(where.location.location)
        stop = start + self.clips[body.src_clips[0]].samples
        track.elements = [
            (begin, end, clips)
            for begin, end, clips in track.elements
            if end <= start or stop <= begin  # what lay there is covered
        ]
        track.elements.append((start, stop, tuple(body.src_clips)))
        self.done.append("SpotClipsByID")

    def _named(self, given: dict[str, Any], by_id: str, by_name: str) -> BrainTrack:
        if (by_id in given) == (by_name in given):
            raise Refusal("PT_InvalidParameter", f"Only one of {by_id} and {by_name}")
        for track in self.tracks:
            if track.id == given.get(by_id) or track.name == given.get(by_name):
                return track
        raise Refusal("PT_NoTrackFound", "There is no such track")


class Server:
    """A brain behind a port of its own. Use as a context manager."""

    def __init__(self, brain: Brain) -> None:
        self._server = grpc.server(ThreadPoolExecutor(1))
        add_PTSLServicer_to_server(brain, self._server)
        self.address = f"localhost:{self._server.add_insecure_port('localhost:0')}"

    def __enter__(self) -> Server:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._server.stop(None).wait()


def _page(things: list[Any], body: Any) -> tuple[list[Any], pt.PaginationResponse]:
    """No more than 3 at a time, so that whoever asks has to ask again."""
    wanted = body.pagination_request
    limit = min(wanted.limit, 3)
    return things[wanted.offset : wanted.offset + limit], pt.PaginationResponse(
        total=len(things), limit=limit, offset=wanted.offset
    )


def _at(sample: int) -> pt.TimelineLocation:
    return pt.TimelineLocation(location=str(sample), time_type="TLType_Samples")
