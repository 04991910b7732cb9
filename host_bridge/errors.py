"""What a person may be told, each with a stable code.

The family (the part before the dot) decides the exit status of the command line:

    request.* media.* bundle.* job.* take.* blob.* protocol.* 2  the request or its input is wrong
    host.*                                                    2  the timeline does not allow it
    engine.*   worker.* gpu.*     busy.* disk.*  auth.*       3  the engine cannot now
    cancelled.*                                               4  cancelled by the user
    internal.*                                                1  a defect of ours
"""

from __future__ import annotations

import contextlib
import errno
from types import MappingProxyType
from typing import Generator, Mapping, Optional

#: Every code there is and what it means. Codes never change meaning; new ones may be added.
CODES: Mapping[str, str] = MappingProxyType(
    {
        "request.range": "the in and out points do not name a range of this clip",
        "request.rate": "the frame rate is not one of the supported rates",
        "request.timecode": "a time could not be read",
        "request.layer": "a layer is missing or has an impossible setting",
        "request.preset": "a preset is unknown or its file is not valid",
        "request.curve": "a curves file does not fit",
        "request.guide": "a guide recording does not fit",
        "request.focus": "a focus does not lie in the picture",
        "request.signing": "the signing certificate cannot be used",
        "request.path": "a path cannot be used",
        "request.option": "an option has an impossible value",
        "media.missing": "the file is not there",
        "media.unreadable": "the file is no media file that can be decoded",
        "media.empty": "the file has no bytes or no frames",
        "media.truncated": "the file ends before the range does",
        "media.no_video": "the file has no picture",
        "media.no_sound": "the file has no sound",
        "media.no_microphone": "there is no microphone, or it may not be used",
        "media.encrypted": "the file is encrypted",
        "bundle.missing": "no bundle of that name is installed",
        "bundle.checksum": "a weight file differs from what the bundle says",
        "bundle.format": "the bundle was made for another version or is not complete",
        "bundle.unknown_part": "the bundle has no such part",
        "disk.full": "the disk is full",
        "disk.readonly": "the folder cannot be written",
        "gpu.oom": "not enough memory for this range",
        "job.unknown": "there is no job of that id",
        "job.conflict": "a job of that id is there with other parameters",
        "take.unknown": "there is no such take",
        "take.in_use": "the take is still wanted",
        "take.newer": "the takes were written by a newer version",
        "blob.unknown": "a stored file is gone",
        "blob.checksum": "a stored file differs from what was written",
        "blob.incomplete": "a file was not sent to its end",
        "host.marks": "no range is marked on the host's timeline",
        "host.timeline": "the host's timeline or project file cannot be read",
        "host.retimed": "a clip under the marks is retimed in a way that cannot be followed",
        "host.refused": "the host did not do what it was asked",
        "host.missing": "the host application is not there",
        "protocol.version": "client and engine speak different major versions",
        "protocol.kind": "the engine does not know this kind of message",
        "protocol.malformed": "a message could not be read",
        "protocol.too_large": "a message is larger than the engine takes",
        "auth.refused": "the engine does not know this client's key",
        "auth.scope": "this client may not do that",
        "busy.queue": "the queue is full",
        "busy.client": "this client has too many jobs waiting",
        "worker.poison": "the worker died twice over this job",
        "engine.unreachable": "the engine does not answer",
        "engine.start": "the engine could not be started",
        "engine.stopping": "the engine is about to leave",
        "engine.degraded": "workers died too often",
        "engine.dependency": "a needed library is not installed",
        "cancelled.user": "cancelled",
        "internal.silent": "a stem came out silent",
        "internal.non_finite": "a stem has values that are no numbers",
        "internal.clipped": "a stem is clipped",
        "internal.length": "a stem has the wrong length",
        "internal.bug": "a defect of cuelock",
    }
)

_EXIT_STATUS = MappingProxyType(
    {
        "request": 2,
        "media": 2,
        "bundle": 2,
        "job": 2,
        "take": 2,
        "blob": 2,
        "host": 2,
        "protocol": 2,
        "engine": 3,
        "worker": 3,
        "gpu": 3,
        "busy": 3,
        "disk": 3,
        "auth": 3,
        "cancelled": 4,
        "internal": 1,
    }
)


class CuelockError(Exception):
    """Something a person may be told: a stable code, one sentence, and what to do.

    code: one of CODES; message: what happened; hint: what to do now;
    retryable: whether the same request may succeed later, retry_after_ms: when, where it is known.
    Raises KeyError when the code is not listed (a defect of the caller).

    >>> CuelockError("media.missing", "There is no file a.mov.", hint="Check the path.").exit_status
    2
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str,
        retryable: bool = False,
        retry_after_ms: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        if code not in CODES:
            raise KeyError(code)
        self.code = code
        self.message = message
        self.hint = hint
        self.retryable = retryable
        self.retry_after_ms = retry_after_ms

    @property
    def exit_status(self) -> int:
        """Exit status of the command line for this error (0 never occurs)."""
        return _EXIT_STATUS[self.code.partition(".")[0]]

    def __reduce__(self) -> tuple[object, ...]:
        told = (self.code, self.message, self.hint, self.retryable, self.retry_after_ms)
        return _rebuild, told


@contextlib.contextmanager
def refusing() -> Generator[None, None, None]:
    """What the system refuses becomes CuelockError disk.full or disk.readonly."""
    try:
        yield
    except OSError as error:
        raise _refused(error) from error


def _refused(error: OSError) -> CuelockError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CuelockError(
            "disk.full", "The disk is full.", hint="Make room, then give the request again."
        )
    return CuelockError(
        "disk.readonly",
        f"A file cannot be written: {error}.",
        hint="Look at the folder's permissions, or move CUELOCK_HOME.",
    )


def _rebuild(
    code: str, message: str, hint: str, retryable: bool, retry_after_ms: Optional[int]
) -> CuelockError:
    return CuelockError(
        code, message, hint=hint, retryable=retryable, retry_after_ms=retry_after_ms
    )
