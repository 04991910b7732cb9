"""A bad line between client and engine: what is asked is answered, what is given is done once."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from resident_engine import stopped

from engine.evaluate.bad_line import Event, events_through
from engine.evaluate.bench_line import RENDERS, cross
from engine.evaluate.live import NOWHERE
from host_bridge import client
from host_bridge.errors import CuelockError
from host_bridge.protocol import JobEvent, RenderReply

JOBS = RENDERS + 10


def test_jobs_over_a_bad_line_are_all_answered_and_done_once(own_home: Path) -> None:
    crossed = cross(own_home, JOBS)
    stopped()
    assert (crossed.answered, crossed.jobs, crossed.ended, crossed.takes) == (JOBS, JOBS, JOBS, 2)
    assert set(crossed.harm) == {"cut", "refused", "lost", "twice", "late"}


def test_a_watcher_whose_last_event_was_lost_knows_it_from_the_next_beat(own_home: Path) -> None:
    beats: list[int] = []

    def fate(event: Event) -> list[Event]:
        topic, data = event
        if topic == b"beat":
            beats.append(len(lost))
        elif topic.startswith(b"event/"):
            lost.append(msgspec.msgpack.decode(data, type=JobEvent).kind)
            return []
        return [event]

    lost: list[str] = []
    client.connect().close()
    with events_through(fate), pytest.raises(CuelockError) as raised:
        client.run("render", NOWHERE, RenderReply)
    stopped()
    assert raised.value.code == "media.missing"
    assert lost == ["queued", "running", "failed"]
    assert beats.count(3) <= 2
