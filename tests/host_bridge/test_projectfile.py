"""A project file that is written again holds all that it held."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from host_bridge.projectfile import BEFORE, read, write

_FOREIGN = """<?xml version="1.0" encoding="utf-8"?>
<mlt title="Szene 4 &amp; Ü"><!-- saved on a Tuesday --><?style of="the editor"?>
 <profile frame_rate_num="25"/>
 <of-a-later-version kept="yes"> <![CDATA[a < b]]>
  <property name="kdenlive:guides">[{"comment": "a &lt; b"}]</property> tail </of-a-later-version>
</mlt>
"""


def test_what_is_not_known_stays_and_the_file_as_it_was_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "scene.mlt"
    path.write_text(_FOREIGN, encoding="utf-8")
    root = read(path)
    root.set("changed", "yes")
    write(path, root)
    written = path.read_text(encoding="utf-8").replace(' changed="yes"', "", 1)
    assert ElementTree.canonicalize(written, with_comments=True) == ElementTree.canonicalize(
        _FOREIGN, with_comments=True
    )
    assert path.with_name(path.name + BEFORE).read_text(encoding="utf-8") == _FOREIGN
    assert sorted(one.name for one in tmp_path.iterdir()) == ["scene.mlt", "scene.mlt" + BEFORE]
    write(path, read(path))
    assert path.with_name(path.name + BEFORE).read_text(encoding="utf-8") == _FOREIGN
