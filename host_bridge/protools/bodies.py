"""What PTSL's commands are asked with and what is read of their answers.

Names of fields are those of the protocol; an answer's other fields are passed over.
"""

from __future__ import annotations

import msgspec

from host_bridge.protools.ptsl import Body, Page, Pages


class SessionName(msgspec.Struct, frozen=True):
    session_name: str


class SessionSampleRate(msgspec.Struct, frozen=True):
    sample_rate: str


class SessionStartTime(msgspec.Struct, frozen=True):
    session_start_time: str


class SessionTimeCodeRate(msgspec.Struct, frozen=True):
    current_setting: str


class WhichUnit(Body, frozen=True, kw_only=True):
    location_type: str


class Selection(msgspec.Struct, frozen=True):
    in_time: str
    out_time: str


class Filter(msgspec.Struct, frozen=True):
    filter: str


class WhichTracks(Body, frozen=True, kw_only=True):
    pagination_request: Page
    track_filter_list: tuple[Filter, ...]


class Attributes(msgspec.Struct, frozen=True):
    is_locked: bool = False
    is_frozen: bool = False


class Track(msgspec.Struct, frozen=True):
    name: str
    id: str
    type: str
    format: str = ""
    track_attributes: Attributes = Attributes()


class TrackList(msgspec.Struct, frozen=True):
    track_list: tuple[Track, ...] = ()
    pagination_response: Pages = Pages()


class OfTrack(Body, frozen=True, kw_only=True):
    track_id: str
    pagination_request: Page


class Playlist(msgspec.Struct, frozen=True):
    playlist_id: str
    is_target: bool = False


class Playlists(msgspec.Struct, frozen=True):
    playlists: tuple[Playlist, ...] = ()
    pagination_response: Pages = Pages()


class Location(msgspec.Struct, frozen=True):
    location: str
    time_type: str


class OfPlaylist(Body, frozen=True, kw_only=True):
    playlist_id: str
    time_format: str
    pagination_request: Page


class ChannelClip(msgspec.Struct, frozen=True):
    is_null: bool = False
    clip_id: str = ""


class Element(msgspec.Struct, frozen=True):
    start_time: Location
    end_time: Location
    channel_clips: tuple[ChannelClip, ...] = ()


class Elements(msgspec.Struct, frozen=True):
    elements_list: tuple[Element, ...] = ()
    pagination_response: Pages = Pages()


class WholeList(Body, frozen=True, kw_only=True):
    pagination_request: Page


class MediaTime(msgspec.Struct, frozen=True):
    position: int = 0
    time_type: str = "BTType_Samples"


class Clip(msgspec.Struct, frozen=True):
    clip_id: str
    file_id: str = ""
    clip_full_name: str = ""
    src_start_point: MediaTime = MediaTime()


class Clips(msgspec.Struct, frozen=True):
    # Called `clips` in the definitions; Pro Tools says clip_list.
    clips: tuple[Clip, ...] = ()
    clip_list: tuple[Clip, ...] = ()
    pagination_response: Pages = Pages()


class File(msgspec.Struct, frozen=True):
    path: str
    file_id: str = ""


class Files(msgspec.Struct, frozen=True):
    file_locations: tuple[File, ...] = ()
    pagination_response: Pages = Pages()


class NewTracks(Body, frozen=True, kw_only=True):
    number_of_tracks: int
    track_name: str
    track_format: str
    track_type: str
    track_timebase: str
    insertion_point_position: str


class CreatedTracks(msgspec.Struct, frozen=True):
    created_track_ids: tuple[str, ...]


class TheseTracks(Body, frozen=True, kw_only=True):
    track_ids: tuple[str, ...]


class ImportAudio(Body, frozen=True, kw_only=True):
    file_list: tuple[str, ...]
    audio_operations: str


class ImportedFile(msgspec.Struct, frozen=True):
    clip_id_list: tuple[str, ...]


class Imported(msgspec.Struct, frozen=True):
    original_input_path: str
    destination_file_list: tuple[ImportedFile, ...]


class ImportedAudio(msgspec.Struct, frozen=True):
    file_list: tuple[Imported, ...] = ()
    failure_list: tuple[msgspec.Raw, ...] = ()


class SpotLocation(msgspec.Struct, frozen=True):
    location_type: str
    location: Location


class Spot(Body, frozen=True, kw_only=True):
    src_clips: tuple[str, ...]
    dst_track_id: str
    dst_location_data: SpotLocation


class MemoryLocation(msgspec.Struct, frozen=True):
    number: int
    comments: str = ""


class MemoryLocations(msgspec.Struct, frozen=True):
    memory_locations: tuple[MemoryLocation, ...] = ()
    pagination_response: Pages = Pages()


class NewMemoryLocation(Body, frozen=True, kw_only=True):
    number: int
    name: str
    start_time: str
    end_time: str
    time_properties: str
    reference: str
    comments: str
    location: str
