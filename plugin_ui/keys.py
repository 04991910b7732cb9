"""Every action with its name and its keys: the menus, the sheet and the remapping read this."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from PyQt6.QtCore import QT_TRANSLATE_NOOP

from host_bridge.errors import CuelockError
from plugin_ui.keeper import folder, write_whole


class Action(NamedTuple):
    """name: what files and tests call it; menu and text: English, translated where shown."""

    name: str
    menu: str
    text: str
    keys: tuple[str, ...]


class Fixed(NamedTuple):
    """Keys of a place where the keyboard is, which stay as they are; text as in Action."""

    place: str
    text: str
    keys: tuple[str, ...]


#: By menu: name, text, keys with a space between them.
_MENUS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (QT_TRANSLATE_NOOP("Keys", "File"), (
        ("open", QT_TRANSLATE_NOOP("Keys", "Open clip…"), "Ctrl+O"),
        ("example", QT_TRANSLATE_NOOP("Keys", "Open the example clip"), ""),
        ("export", QT_TRANSLATE_NOOP("Keys", "Export the take's files"), "Ctrl+E"),
        ("export_to", QT_TRANSLATE_NOOP("Keys", "Export the take's files to…"), "Ctrl+Alt+E"),
        ("place", QT_TRANSLATE_NOOP("Keys", "Place in a host…"), "Ctrl+Shift+P"),
        ("timeline", QT_TRANSLATE_NOOP("Keys", "Export as a timeline…"), "Ctrl+Shift+E"),
        ("engine", QT_TRANSLATE_NOOP("Keys", "Engine…"), ""),
        ("settings", QT_TRANSLATE_NOOP("Keys", "Settings…"), "Ctrl+,"),
        ("quit", QT_TRANSLATE_NOOP("Keys", "Quit"), "Ctrl+Q"),
    )),
    (QT_TRANSLATE_NOOP("Keys", "Edit"), (
        ("undo", QT_TRANSLATE_NOOP("Keys", "Undo"), "Ctrl+Z"),
        ("redo", QT_TRANSLATE_NOOP("Keys", "Redo"), "Ctrl+Shift+Z Ctrl+Y"),
        ("forget", QT_TRANSLATE_NOOP("Keys", "Forget edits"), "Ctrl+Backspace"),
        ("pencil", QT_TRANSLATE_NOOP("Keys", "Draw the energy"), "D"),
        ("smooth", QT_TRANSLATE_NOOP("Keys", "Smooth the energy, keep onsets"), "Alt+M"),
        ("slower", QT_TRANSLATE_NOOP("Keys", "Stretch the curves by a tenth"), "Alt+S"),
        ("faster", QT_TRANSLATE_NOOP("Keys", "Shrink the curves by a tenth"), "Alt+F"),
        ("guide", QT_TRANSLATE_NOOP("Keys", "Curves from a recording…"), "Ctrl+G"),
        ("record", QT_TRANSLATE_NOOP("Keys", "Record a guide, or end it"), "Ctrl+Shift+G"),
        ("add_layer", QT_TRANSLATE_NOOP("Keys", "Add a layer"), "Ctrl+L"),
    )),
    (QT_TRANSLATE_NOOP("Keys", "Play"), (
        ("play", QT_TRANSLATE_NOOP("Keys", "Play or stop"), "Space"),
        ("backwards", QT_TRANSLATE_NOOP("Keys", "Backwards, faster"), "J"),
        ("stop", QT_TRANSLATE_NOOP("Keys", "Stop"), "K"),
        ("forwards", QT_TRANSLATE_NOOP("Keys", "Forwards, faster"), "L"),
        ("next_frame", QT_TRANSLATE_NOOP("Keys", "Next frame"), "Right"),
        ("last_frame", QT_TRANSLATE_NOOP("Keys", "Frame before"), "Left"),
        ("next_ten", QT_TRANSLATE_NOOP("Keys", "Ten frames on"), "Shift+Right"),
        ("last_ten", QT_TRANSLATE_NOOP("Keys", "Ten frames back"), "Shift+Left"),
        ("home", QT_TRANSLATE_NOOP("Keys", "To the start"), "Home"),
        ("end", QT_TRANSLATE_NOOP("Keys", "To the end"), "End"),
        ("loop", QT_TRANSLATE_NOOP("Keys", "Loop the region"), "Ctrl+Shift+L"),
    )),
    (QT_TRANSLATE_NOOP("Keys", "Region"), (
        ("mark_in", QT_TRANSLATE_NOOP("Keys", "In: the region from the playhead on"), "I"),
        ("mark_out", QT_TRANSLATE_NOOP("Keys", "Out: the region to the playhead"), "O"),
        ("mark_shot", QT_TRANSLATE_NOOP("Keys", "The shot under the playhead"), "X"),
        ("select_all", QT_TRANSLATE_NOOP("Keys", "The whole clip"), "Ctrl+A"),
        ("deselect", QT_TRANSLATE_NOOP("Keys", "No region"), "Alt+X Ctrl+D"),
        ("reselect", QT_TRANSLATE_NOOP("Keys", "The region before again"), "Ctrl+Shift+D"),
        ("in_earlier", QT_TRANSLATE_NOOP("Keys", "In a frame earlier"), "Alt+I"),
        ("in_later", QT_TRANSLATE_NOOP("Keys", "In a frame later"), "Alt+Shift+I"),
        ("out_earlier", QT_TRANSLATE_NOOP("Keys", "Out a frame earlier"), "Alt+O"),
        ("out_later", QT_TRANSLATE_NOOP("Keys", "Out a frame later"), "Alt+Shift+O"),
        ("to_in", QT_TRANSLATE_NOOP("Keys", "To the region's start"), "Shift+I"),
        ("to_out", QT_TRANSLATE_NOOP("Keys", "To the region's end"), "Shift+O"),
        ("next_cue", QT_TRANSLATE_NOOP("Keys", "To the next cue"), "N"),
        ("last_cue", QT_TRANSLATE_NOOP("Keys", "To the cue before"), "P"),
        ("spot", QT_TRANSLATE_NOOP("Keys", "Spot events and cuts"), "Ctrl+T"),
    )),
    (QT_TRANSLATE_NOOP("Keys", "View"), (
        ("fit", QT_TRANSLATE_NOOP("Keys", "Fit everything"), "Z"),
        ("fit_region", QT_TRANSLATE_NOOP("Keys", "Fit the region"), "Shift+Z"),
        ("keys", QT_TRANSLATE_NOOP("Keys", "Keys…"), "F1"),
        ("tour", QT_TRANSLATE_NOOP("Keys", "First steps"), ""),
        ("about", QT_TRANSLATE_NOOP("Keys", "About cuelock"), ""),
    )),
    (QT_TRANSLATE_NOOP("Keys", "Sound"), (
        ("render", QT_TRANSLATE_NOOP("Keys", "Render the region, or the whole clip"), "Ctrl+R"),
        ("enqueue", QT_TRANSLATE_NOOP("Keys", "Add the region to the batch"), "Ctrl+B"),
        ("render_batch", QT_TRANSLATE_NOOP("Keys", "Render the batch"), "Ctrl+Shift+B"),
        ("regenerate", QT_TRANSLATE_NOOP("Keys", "Regenerate the region"), "R"),
        ("cancel", QT_TRANSLATE_NOOP("Keys", "Cancel the newest job"), "Ctrl+. Shift+Escape"),
        ("compare", QT_TRANSLATE_NOOP("Keys", "Hear the take before (A/B)"), "B"),
        ("match", QT_TRANSLATE_NOOP("Keys", "Compare at the same loudness"), "Shift+B"),
        ("star", QT_TRANSLATE_NOOP("Keys", "Star the take"), "*"),
        ("mute", QT_TRANSLATE_NOOP("Keys", "Mute the layer"), "M"),
        ("solo", QT_TRANSLATE_NOOP("Keys", "Solo the layer"), "S"),
    )),
)  # fmt: skip

ACTIONS = tuple(
    Action(name, menu, text, tuple(keys.split()))
    for menu, actions in _MENUS
    for name, text, keys in actions
)

#: By place: text, keys with a space between them.
_PLACES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (QT_TRANSLATE_NOOP("Keys", "In every lane"), (
        (QT_TRANSLATE_NOOP("Keys", "Zoom in and out at the playhead"), "+ -"),
        (QT_TRANSLATE_NOOP("Keys", "A page earlier, later"), "PgUp PgDown"),
        (QT_TRANSLATE_NOOP("Keys", "To the onset after, before"), "Tab Shift+Tab"),
        (QT_TRANSLATE_NOOP("Keys", "To the lane above, below"), "Up Down"),
    )),
    (QT_TRANSLATE_NOOP("Keys", "In the curves"), (
        (QT_TRANSLATE_NOOP("Keys", "A frame earlier, later"), "Ctrl+Left Ctrl+Right"),
        (QT_TRANSLATE_NOOP("Keys", "Ten frames earlier, later"),
         "Ctrl+Shift+Left Ctrl+Shift+Right"),
        (QT_TRANSLATE_NOOP("Keys", "Louder, softer by 1 dB"), "Ctrl+Up Ctrl+Down"),
        (QT_TRANSLATE_NOOP("Keys", "A breakpoint at the playhead"), "Ins"),
        (QT_TRANSLATE_NOOP("Keys", "Move the breakpoint"), "Alt+Left Alt+Right Alt+Up Alt+Down"),
        (QT_TRANSLATE_NOOP("Keys", "Take the breakpoint away"), "Del"),
    )),
    (QT_TRANSLATE_NOOP("Keys", "In a take's lane"), (
        (QT_TRANSLATE_NOOP("Keys", "Hear this take"), "Return"),
    )),
)  # fmt: skip

FIXED = tuple(
    Fixed(place, text, tuple(keys.split())) for place, rows in _PLACES for text, keys in rows
)


def read_keys() -> dict[str, tuple[str, ...]]:
    """Every action's keys: the user's from `keys.json` in the panel's folder, else these.

    Raises CuelockError request.option for a file that cannot be read or names no action.
    """
    keys = {action.name: action.keys for action in ACTIONS}
    path = folder() / "keys.json"
    if not path.exists():
        return keys
    try:
        own = msgspec.json.decode(path.read_bytes(), type=dict[str, tuple[str, ...]])
    except (OSError, msgspec.MsgspecError) as error:
        raise _refused(str(error)) from error
    unknown = set(own) - set(keys)
    if unknown:
        raise _refused(f"there is no action {min(unknown)!r}")
    return keys | own


def write_keys(keys: dict[str, tuple[str, ...]]) -> None:
    """Keep what differs from the keys that are shipped. Raises CuelockError disk.full."""
    shipped = {action.name: action.keys for action in ACTIONS}
    own = {name: own for name, own in keys.items() if own != shipped[name]}
    data = msgspec.json.format(msgspec.json.encode(own))
    write_whole(folder() / "keys.json", data, "The keys")


def _refused(why: str) -> CuelockError:
    return CuelockError(
        "request.option",
        f"The keys of your own cannot be used: {why}.",
        hint=f"Mend {folder() / 'keys.json'}, or delete it.",
    )
