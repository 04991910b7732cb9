"""The panel's folder of stems does not grow for ever, and what is wanted stays in it."""

from __future__ import annotations

import os
from pathlib import Path

from plugin_ui.stems import clear_oldest


def test_the_oldest_files_go_but_none_that_is_wanted(tmp_path: Path) -> None:
    for age, name in enumerate(("new.wav", "wanted.wav", "old.wav", "take/fetched.wav", "oldest")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(100))
        os.utime(path, (10_000 - age, 10_000 - age))
    clear_oldest(tmp_path, 500, ())
    assert len(list(tmp_path.rglob("*"))) == 6
    clear_oldest(tmp_path, 300, {"wanted.wav", "take"})
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"new.wav", "wanted.wav", "fetched.wav"}
