"""Every action with its name and its keys: the menus, the sheet and the remapping read this."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from PyQt6.QtCore import QT_TRANSLATE_NOOP

from host_bridge.errors import CuelockError
from plugin_ui.keeper import folder


class Action(NamedTuple):
    """name: what files and tests call it; menu and text: English, translated where shown."""

    name: str
    menu: str
    text: str
    keys: tuple[str, ...]


#: By menu: name, text, keys with a space between them.
_MENUS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (QT_TRANSLATE_NOOP("Keys", "File"), (
        ("open", QT_TRANSLATE_NOOP("Keys", "Open clip…"), "Ctrl+O"),
        ("example", QT_TRANSLATE_NOOP("Keys", "Open the example clip"), ""),
        ("export", QT_TRANSLATE_NOOP("Keys", "Export the take…"), "Ctrl+E"),
        ("timeline", QT_TRANSLATE_NOOP("Keys", "Export as a timeline…"), "Ctrl+Shift+E"),
        ("quit", QT_TRANSLATE_NOOP("Keys", "Quit"), "Ctrl+Q"),
    )),
    (QT_TRANSLATE_NOOP("Keys", "Edit"), (
        ("undo", QT_TRANSLATE_NOOP("Keys", "Undo"), "Ctrl+Z"),
        ("redo", QT_TRANSLATE_NOOP("Keys", "Redo"), "Ctrl+Shift+Z Ctrl+Y"),
        ("forget", QT_TRANSLATE_NOOP("Keys", "Forget edits"), "Ctrl+Backspace"),
        ("pencil", QT_TRANSLATE_NOOP("Keys", "Draw the energy"), "P"),
        ("smooth", QT_TRANSLATE_NOOP("Keys", "Smooth the energy, keep onsets"), "Alt+M"),
        ("slower", QT_TRANSLATE_NOOP("Keys", "Stretch the curves by a tenth"), "Alt+S"),
        ("faster", QT_TRANSLATE_NOOP("Keys", "Shrink the curves by a tenth"), "Alt+F"),
        ("guide", QT_TRANSLATE_NOOP("Keys", "Curves from a recording…"), "Ctrl+G"),
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
        ("loop", QT_TRANSLATE_NOOP("Keys", "Loop the region or the marks"), "Ctrl+Shift+L"),
    )),
    (QT_TRANSLATE_NOOP("Keys", "Marks"), (
        ("mark_in", QT_TRANSLATE_NOOP("Keys", "Mark in"), "I"),
        ("mark_out", QT_TRANSLATE_NOOP("Keys", "Mark out"), "O"),
        ("to_in", QT_TRANSLATE_NOOP("Keys", "To the in mark"), "Shift+I"),
        ("to_out", QT_TRANSLATE_NOOP("Keys", "To the out mark"), "Shift+O"),
        ("mark_shot", QT_TRANSLATE_NOOP("Keys", "Mark the shot under the playhead"), "X"),
        ("clear_marks", QT_TRANSLATE_NOOP("Keys", "Clear the marks"), "Alt+X"),
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
        ("render", QT_TRANSLATE_NOOP("Keys", "Render the marked range"), "Ctrl+R"),
        ("regenerate", QT_TRANSLATE_NOOP("Keys", "Regenerate the region"), "R"),
        ("cancel", QT_TRANSLATE_NOOP("Keys", "Cancel the newest job"), "Ctrl+. Shift+Escape"),
        ("compare", QT_TRANSLATE_NOOP("Keys", "Hear the take before (A/B)"), "B"),
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
    """Keep what differs from the keys that are shipped."""
    shipped = {action.name: action.keys for action in ACTIONS}
    own = {name: own for name, own in keys.items() if own != shipped[name]}
    path = folder() / "keys.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.format(msgspec.json.encode(own)))
    part.replace(path)


def _refused(why: str) -> CuelockError:
    return CuelockError(
        "request.option",
        f"The keys of your own cannot be used: {why}.",
        hint=f"Mend {folder() / 'keys.json'}, or delete it.",
    )
