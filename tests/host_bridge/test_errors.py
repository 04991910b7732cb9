"""Error codes are a contract: they stay, each ends a command with its status, and they travel."""

import inspect
import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_bridge import errors
from host_bridge.errors import CODES, CuelockError
from host_bridge.protocol import ErrorReport, error_report

# Codes that have been given out. Lines may be added here; none may go or move.
GIVEN_OUT = {
    "request.range": 2,
    "request.rate": 2,
    "request.timecode": 2,
    "request.layer": 2,
    "request.preset": 2,
    "request.curve": 2,
    "request.guide": 2,
    "request.focus": 2,
    "request.signing": 2,
    "request.path": 2,
    "request.option": 2,
    "media.missing": 2,
    "media.unreadable": 2,
    "media.empty": 2,
    "media.truncated": 2,
    "media.no_video": 2,
    "media.no_sound": 2,
    "media.no_microphone": 2,
    "media.encrypted": 2,
    "bundle.missing": 2,
    "bundle.checksum": 2,
    "bundle.format": 2,
    "bundle.unknown_part": 2,
    "disk.full": 3,
    "disk.readonly": 3,
    "gpu.oom": 3,
    "job.unknown": 2,
    "job.conflict": 2,
    "take.unknown": 2,
    "take.in_use": 2,
    "take.newer": 2,
    "blob.unknown": 2,
    "blob.checksum": 2,
    "blob.incomplete": 2,
    "host.marks": 2,
    "host.timeline": 2,
    "host.retimed": 2,
    "host.refused": 2,
    "host.missing": 2,
    "protocol.version": 2,
    "protocol.kind": 2,
    "protocol.malformed": 2,
    "protocol.too_large": 2,
    "auth.refused": 3,
    "auth.scope": 3,
    "busy.queue": 3,
    "busy.client": 3,
    "worker.poison": 3,
    "engine.unreachable": 3,
    "engine.start": 3,
    "engine.stopping": 3,
    "engine.degraded": 3,
    "engine.dependency": 3,
    "cancelled.user": 4,
    "internal.silent": 1,
    "internal.non_finite": 1,
    "internal.clipped": 1,
    "internal.length": 1,
    "internal.bug": 1,
}

_errors = st.builds(
    CuelockError,
    st.sampled_from(sorted(CODES)),
    st.text(),
    hint=st.text(),
    retryable=st.booleans(),
)


def _status(code: str) -> int:
    return CuelockError(code, "", hint="").exit_status


def test_a_code_that_was_given_out_stays_and_keeps_its_exit_status() -> None:
    assert {code: _status(code) for code in GIVEN_OUT} == GIVEN_OUT


def test_every_code_is_listed_here_too() -> None:
    assert set(CODES) == set(GIVEN_OUT)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_meaning_and_a_family_with_an_exit_status(code: str) -> None:
    assert CODES[code]
    assert _status(code) in {1, 2, 3, 4}


def test_the_head_of_the_module_names_every_family() -> None:
    told = inspect.getdoc(errors)
    assert told is not None
    for code in CODES:
        assert f"{code.partition('.')[0]}." in told


def test_the_table_cannot_be_changed_by_a_caller() -> None:
    with pytest.raises(TypeError):
        CODES["request.range"] = "something else"  # pyright: ignore[reportIndexIssue]


def test_an_unlisted_code_is_a_defect_of_the_caller() -> None:
    with pytest.raises(KeyError):
        CuelockError("request.weather", "It rains.", hint="Wait.")


@given(_errors)
def test_an_error_survives_pickling_between_processes(error: CuelockError) -> None:
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is CuelockError
    assert error_report(there) == error_report(error)
    assert str(there) == str(error)


@given(_errors)
def test_an_error_survives_the_wire(error: CuelockError) -> None:
    sent = msgspec.msgpack.encode(error_report(error))
    assert msgspec.msgpack.decode(sent, type=ErrorReport) == error_report(error)
