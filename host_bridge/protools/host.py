"""The open Pro Tools session as a Host. Its samples are counted from the session's start."""

from __future__ import annotations

import re
from itertools import count
from types import MappingProxyType
from typing import Mapping, Optional

from host_bridge.errors import CuelockError
from host_bridge.placing import take_of
from host_bridge.protools import bodies
from host_bridge.protools.ptsl import Body, Command, Connection, Nothing, Page, said
from host_bridge.timecode import (
    FrameIndex,
    Rate,
    SampleIndex,
    frame_of_label,
    frame_of_sample,
    sample_of_frame,
)
from host_bridge.timeline import (
    SAMPLE_RATE,
    MarkedRange,
    Marker,
    Piece,
    PlacedClip,
    Placement,
    Track,
)

_CHANNELS: Mapping[str, int] = MappingProxyType(
    {"Mono": 1, "Stereo": 2, "LCR": 3, "LCRS": 4, "Quad": 4, "5_0": 5, "5_1": 6, "7_1": 8}
)
_FORMATS: Mapping[int, str] = MappingProxyType({1: "TFormat_Mono", 2: "TFormat_Stereo"})
_SAMPLES = "TLType_Samples"
_RATE = re.compile(r"Fps(\d{2,3}?)(976|97|952|94|88)?(Drop)?")


class ProToolsHost:
    """The session that is open in Pro Tools."""

    name = "protools"

    def __init__(self, connection: Connection) -> None:
        self._ask = connection.ask
        self._ask_all = connection.ask_all

    def marked(self) -> MarkedRange:
        self._at_our_sample_rate()
        rate = self._rate()
        selected = self._ask(
            Command.GetTimelineSelection,
            bodies.WhichUnit(location_type=_SAMPLES),
            bodies.Selection,
        )
        begin, end = int(selected.in_time), int(selected.out_time)
        if end <= begin:
            raise CuelockError(
                "host.marks",
                "No range is selected on the timeline.",
                hint="Select the range that should sound, with the timeline and edit selections "
                "linked.",
            )
        start = frame_of_sample(begin, rate, SAMPLE_RATE)
        stop = FrameIndex(frame_of_sample(end - 1, rate, SAMPLE_RATE) + 1)
        session = self._ask(Command.GetSessionStartTime, Body(), bodies.SessionStartTime)
        return MarkedRange(
            host=self.name,
            timeline=self._ask(Command.GetSessionName, Body(), bodies.SessionName).session_name,
            rate=str(rate),
            first=frame_of_label(session.session_start_time, rate),
            start=start,
            stop=stop,
            pieces=tuple(
                piece for piece in self._picture(rate) if piece.start < stop and start < piece.stop
            ),
        )

    def tracks(self) -> tuple[Track, ...]:
        clips, files = self._clips(), self._files()
        return tuple(
            Track(
                name=track.name,
                channels=_CHANNELS.get(said(track.format), 0),
                locked=track.track_attributes.is_locked or track.track_attributes.is_frozen,
                clips=tuple(_placed(e, clips, files) for e in self._elements(track)),
            )
            for track in self._tracks("Audio", "AudioTrack")
        )

    def place(self, plan: tuple[Placement, ...]) -> None:
        self._at_our_sample_rate()
        wanted = [one for one in plan if one.state == "place"]
        clips = self._imported(tuple(one.stem.path for one in wanted))
        ids = {n: track.id for n, track in enumerate(self._tracks("Audio", "AudioTrack"))}
        added: list[str] = []
        try:
            for one in wanted:
                if one.track not in ids:
                    ids[one.track] = self._added(one)
                    added.append(ids[one.track])
                self._spot(clips[one.stem.path], ids[one.track], one.stem.start)
        except CuelockError:
            if added:
                tracks = bodies.TheseTracks(track_ids=tuple(added))
                self._ask(Command.DeleteTracks, tracks, Nothing)
            raise

    def put_markers(self, markers: tuple[Marker, ...]) -> None:
        there = [
            location
            for page in self._ask_all(Command.GetMemoryLocations, _page, bodies.MemoryLocations)
            for location in page.memory_locations
        ]
        known = {location.comments for location in there}
        used = {location.number for location in there}
        free = (number for number in count(1) if number not in used)
        rate = self._rate()
        for marker in markers:
            if marker.key not in known:
                at = str(sample_of_frame(marker.frame, rate, SAMPLE_RATE))
                self._ask(
                    Command.CreateMemoryLocation,
                    bodies.NewMemoryLocation(
                        number=next(free),
                        name=marker.name,
                        start_time=at,
                        end_time=at,
                        time_properties="TProperties_Marker",
                        reference="MLReference_Absolute",
                        comments=marker.key,
                        location="MarkerLocation_MainRuler",
                    ),
                    Nothing,
                )

    def _rate(self) -> Rate:
        setting = self._ask(
            Command.GetSessionTimeCodeRate, Body(), bodies.SessionTimeCodeRate
        ).current_setting
        words = _RATE.fullmatch(said(setting))
        if words is None:
            raise CuelockError(
                "request.rate",
                f"{setting} is not a frame rate cuelock works at.",
                hint="Choose another timecode rate in the session's setup.",
            )
        whole, part, drop = words.groups()
        return Rate.parse(f"{whole}{'.' + part if part else ''}{' DF' if drop else ''}")

    def _at_our_sample_rate(self) -> None:
        rate = said(
            self._ask(Command.GetSessionSampleRate, Body(), bodies.SessionSampleRate).sample_rate
        )
        if rate != str(SAMPLE_RATE):
            raise CuelockError(
                "host.refused",
                f"The session runs at {rate} samples a second, stems at {SAMPLE_RATE}.",
                hint="Work in a session at 48 kHz.",
            )

    def _tracks(self, *types: str) -> list[bodies.Track]:
        pages = self._ask_all(
            Command.GetTrackList,
            lambda page: bodies.WhichTracks(
                pagination_request=page, track_filter_list=(bodies.Filter("TLFilter_All"),)
            ),
            bodies.TrackList,
        )
        return [t for page in pages for t in page.track_list if said(t.type) in types]

    def _elements(self, track: bodies.Track) -> list[bodies.Element]:
        """The clips of the playlist that a track shows."""
        lists = self._ask_all(
            Command.GetTrackPlaylists,
            lambda page: bodies.OfTrack(track_id=track.id, pagination_request=page),
            bodies.Playlists,
        )
        shown = next(one for page in lists for one in page.playlists if one.is_target)
        pages = self._ask_all(
            Command.GetPlaylistElements,
            lambda page: bodies.OfPlaylist(
                playlist_id=shown.playlist_id,
                time_format=_SAMPLES,
                pagination_request=page,
            ),
            bodies.Elements,
        )
        return [e for page in pages for e in page.elements_list if _clip_of(e) is not None]

    def _clips(self) -> dict[str, bodies.Clip]:
        pages = self._ask_all(Command.GetClipList, _page, bodies.Clips)
        return {clip.clip_id: clip for page in pages for clip in (*page.clips, *page.clip_list)}

    def _files(self) -> dict[str, str]:
        pages = self._ask_all(Command.GetFileLocation, _page, bodies.Files)
        return {file.file_id: file.path for page in pages for file in page.file_locations}

    def _picture(self, rate: Rate) -> list[Piece]:
        """Clips of the first video track; Pro Tools plays pictures at the session's rate."""
        video = self._tracks("Video", "VideoTrack")[:1]
        clips, files = self._clips(), self._files()
        pieces: list[Piece] = []
        for element in (element for track in video for element in self._elements(track)):
            clip = clips[str(_clip_of(element))]
            if clip.file_id in files:
                pieces.append(
                    Piece(
                        start=frame_of_sample(int(element.start_time.location), rate, SAMPLE_RATE),
                        stop=frame_of_sample(int(element.end_time.location), rate, SAMPLE_RATE),
                        path=files[clip.file_id],
                        media_start=_media_frame(clip.src_start_point, rate),
                        media_rate=str(rate.exact),
                    )
                )
        return pieces

    def _imported(self, paths: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """The new clips of each file, one a channel where the session keeps channels apart."""
        reply = self._ask(
            Command.ImportAudioToClipList,
            bodies.ImportAudio(file_list=paths, audio_operations="AOperations_CopyAudio"),
            bodies.ImportedAudio,
        )
        clips = {
            one.original_input_path: tuple(
                clip for file in one.destination_file_list for clip in file.clip_id_list
            )
            for one in reply.file_list
        }
        missing = [path for path in paths if not clips.get(path)]
        if missing:
            raise CuelockError(
                "host.refused",
                f"Pro Tools did not take {missing[0]} into its clip list.",
                hint="Import the file by hand once: Pro Tools then says what is wrong with it.",
            )
        return clips

    def _added(self, one: Placement) -> str:
        track_format = _FORMATS.get(one.stem.channels)
        if track_format is None:
            raise CuelockError(
                "host.refused",
                f"No track is added for {one.stem.channels} channels.",
                hint="Add one by hand and name it as the track to place onto.",
            )
        created = self._ask(
            Command.CreateNewTracks,
            bodies.NewTracks(
                number_of_tracks=1,
                track_name=one.track_name,
                track_format=track_format,
                track_type="TType_Audio",
                track_timebase="TTimebase_Samples",
                insertion_point_position="TIPoint_Last",
            ),
            bodies.CreatedTracks,
        )
        return created.created_track_ids[0]

    def _spot(self, clips: tuple[str, ...], track: str, start: SampleIndex) -> None:
        where = bodies.SpotLocation("SLType_Start", bodies.Location(str(start), _SAMPLES))
        body = bodies.Spot(src_clips=clips, dst_track_id=track, dst_location_data=where)
        self._ask(Command.SpotClipsByID, body, Nothing)


def _page(page: Page) -> bodies.WholeList:
    return bodies.WholeList(pagination_request=page)


def _clip_of(element: bodies.Element) -> Optional[str]:
    """The clip of an element's first channel that has one; None for a gap."""
    return next((c.clip_id for c in element.channel_clips if c.clip_id and not c.is_null), None)


def _placed(
    element: bodies.Element, clips: Mapping[str, bodies.Clip], files: Mapping[str, str]
) -> PlacedClip:
    clip = clips.get(str(_clip_of(element)))
    path = files.get(clip.file_id, "") if clip else ""
    return PlacedClip(
        start=SampleIndex(int(element.start_time.location)),
        stop=SampleIndex(int(element.end_time.location)),
        name=clip.clip_full_name if clip else "",
        path=path,
        take=take_of(path),
    )


def _media_frame(point: bodies.MediaTime, rate: Rate) -> FrameIndex:
    if said(point.time_type) == "Frames":
        return FrameIndex(point.position)
    return frame_of_sample(point.position, rate, SAMPLE_RATE)
