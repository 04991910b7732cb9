"""Movies that a host renders for cuelock where no file shows its picture: kept among the stems.

A take is made anew along its picture, so the movie stays as long as the take's files do.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
from pathlib import Path

from host_bridge.errors import CuelockError

#: The folder beside the stems that holds pictures that were made for cuelock.
PICTURES = "pictures"
_UNSAFE = re.compile(r"[^\w.-]+")


def kept(movie: Path, stems: Path, name: str) -> Path:
    """Put a movie among the stems, whole or not at all; every one has a name of its own.

    Raises CuelockError disk.readonly.
    """
    folder = stems / PICTURES
    path = folder / f"{_UNSAFE.sub('-', name)}_{secrets.token_hex(5)}{movie.suffix}"
    part = path.with_name(path.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(movie, part)
        part.replace(path)
    except OSError as error:
        raise CuelockError(
            "disk.readonly",
            f"The picture cannot be kept in {folder}: {error.strerror}.",
            hint="Look at the rights of that folder and at the space on its disk.",
        ) from error
    return path


def dropped(movie: Path) -> None:
    """Take a kept movie away that no take needs, and its folders where nothing else is in them."""
    with contextlib.suppress(OSError):
        movie.unlink()
        movie.parent.rmdir()
        movie.parent.parent.rmdir()
