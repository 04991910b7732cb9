"""What is Pro Tools' own: PTSL against the shipped definitions, and what Pro Tools refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from protools_bench import ProToolsBench, protools
from protools_brain import Brain, BrainTrack, Refusal, Server
from ptsl import PTSL_pb2
from scripted_bench import stem_at

from host_bridge.errors import CuelockError
from host_bridge.placing import place, plan
from host_bridge.protools.ptsl import Command, Connection


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[ProToolsBench]:
    with protools(tmp_path) as made:
        yield made


@pytest.mark.parametrize("command", Command)
def test_a_command_has_the_number_of_the_shipped_definitions(command: Command) -> None:
    assert PTSL_pb2.CommandId.Value(f"CId_{command.name}") == command


def test_a_connection_that_is_not_registered_is_refused(bench: ProToolsBench) -> None:
    bench.brain.registered.clear()
    with pytest.raises(CuelockError, match="not registered"):
        bench.host.tracks()


def test_a_pro_tools_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with Server(Brain(tmp_path)) as server:
        address = server.address
    with pytest.raises(CuelockError, match="does not answer") as told:
        Connection(address)
    assert told.value.code == "host.missing"
    assert isinstance(told.value.__cause__, grpc.RpcError)


def test_one_too_old_to_show_its_clips_is_told_apart(tmp_path: Path) -> None:
    brain = Brain(tmp_path)
    brain.version = (2025, 6)
    with Server(brain) as server, pytest.raises(CuelockError, match="too old"):
        Connection(server.address)


def test_a_session_without_a_session_open_says_so(bench: ProToolsBench) -> None:
    bench.brain.refuse["GetTrackList"] = Refusal("PT_NoOpenedSession", "No session is opened")
    with pytest.raises(CuelockError, match="No session is opened") as told:
        bench.host.tracks()
    assert told.value.code == "host.refused"


def test_a_busy_pro_tools_may_be_asked_again(bench: ProToolsBench) -> None:
    bench.brain.refuse["GetTrackList"] = Refusal("CEType_PT_HostIsBusy", "Host is busy")
    with pytest.raises(CuelockError) as told:
        bench.host.tracks()
    assert told.value.retryable


def test_another_sample_rate_is_refused_before_anything_moves(
    bench: ProToolsBench, tmp_path: Path
) -> None:
    bench.brain.sample_rate = 96_000
    with pytest.raises(CuelockError, match="runs at 96000 samples"):
        place(bench.host, [stem_at(tmp_path, 0)])
    assert (bench.brain.done, bench.brain.clips) == ([], {})


def test_a_command_that_is_not_there_moves_nothing(bench: ProToolsBench, tmp_path: Path) -> None:
    bench.brain.refuse["ImportAudioToClipList"] = Refusal("PT_UnsupportedCommand", "not supported")
    with pytest.raises(CuelockError, match="ImportAudioToClipList: not supported"):
        place(bench.host, [stem_at(tmp_path, 0)])
    assert bench.brain.done == []


def test_a_track_added_for_a_clip_that_is_refused_is_taken_away_again(
    bench: ProToolsBench, tmp_path: Path
) -> None:
    bench.brain.refuse["SpotClipsByID"] = Refusal("PT_CannotBeDone", "It cannot be done")
    with pytest.raises(CuelockError, match="cannot be done"):
        place(bench.host, [stem_at(tmp_path, 0)])
    assert bench.brain.tracks == []


def test_a_file_that_is_not_taken_leaves_the_timeline_alone(
    bench: ProToolsBench, tmp_path: Path
) -> None:
    stem = stem_at(tmp_path, 0)
    planned = plan(bench.host.tracks(), [stem])
    Path(stem.path).unlink()
    with pytest.raises(CuelockError, match="did not take"):
        bench.host.place(planned)
    assert (bench.sounding(), bench.brain.done) == ([], [])


def test_both_channels_of_a_stereo_stem_are_spotted_together(
    bench: ProToolsBench, tmp_path: Path
) -> None:
    place(bench.host, [stem_at(tmp_path, 0, channels=2)])
    ((_, _, clips),) = bench.brain.tracks[0].elements
    assert [bench.brain.clips[clip].name[-2:] for clip in clips] == [".L", ".R"]


def test_long_lists_are_read_to_their_end(bench: ProToolsBench, tmp_path: Path) -> None:
    bench.brain.tracks = [BrainTrack(f"A{n}") for n in range(8)]
    assert [track.name for track in bench.host.tracks()] == [f"A{n}" for n in range(8)]


def test_a_gap_and_an_alternate_playlist_are_no_clips(bench: ProToolsBench) -> None:
    bench.brain.tracks = [BrainTrack("A1", elements=[(0, 48_000, ())])]
    assert bench.host.tracks()[0].clips == ()


@pytest.mark.parametrize("kind", ["STCR_Fps30Drop", "STCRate_Fps47952"])
def test_a_rate_that_is_not_worked_at_is_said(bench: ProToolsBench, kind: str) -> None:
    bench.brain.rate = kind
    bench.mark(0, 25)
    with pytest.raises(CuelockError) as told:
        bench.host.marked()
    assert told.value.code == "request.rate"


def test_a_selection_between_frames_takes_in_the_frames_it_touches(bench: ProToolsBench) -> None:
    bench.brain.selection = (1921, 3841)
    marked = bench.host.marked()
    assert (marked.start, marked.stop) == (1, 3)
