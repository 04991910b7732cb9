"""A stem's name is one that every file system takes."""

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from engine.stems.names import stem_name

words = st.text(max_size=200)


@given(words, words)
@example("CON", "")
@example("../../etc/passwd", "a/b\\c:d")
@example("ü" * 150, "雨" * 150)
@example("trailing. ", " .hidden")
def test_names_are_safe_everywhere(clip: str, layer: str) -> None:
    name = stem_name(clip, layer, "01:00:02;00", "8c1f00d5ab")
    assert len(name.encode()) <= 121
    assert not re.search(r'[\x00-\x1f\x7f<>:"/\\|?*\s]', name)
    assert name.endswith("_01-00-02-00_8c1f00d5ab.wav")
    assert unicodedata.is_normalized("NFC", name)
    assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)", name)
    assert name[0] not in ". -"


@given(words, words)
def test_the_same_words_give_the_same_name(clip: str, layer: str) -> None:
    assert stem_name(clip, layer, "1", "t") == stem_name(clip, layer, "1", "t")
