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


def _action(name: str, menu: str, text: str, *keys: str) -> Action:
    return Action(name, menu, text, keys)


N = QT_TRANSLATE_NOOP
ACTIONS: tuple[Action, ...] = (
    _action("open", N("Keys", "File"), N("Keys", "Open clip…"), "Ctrl+O"),
    _action("export", N("Keys", "File"), N("Keys", "Export the take…"), "Ctrl+E"),
    _action("quit", N("Keys", "File"), N("Keys", "Quit"), "Ctrl+Q"),
    _action("undo", N("Keys", "Edit"), N("Keys", "Undo"), "Ctrl+Z"),
    _action("redo", N("Keys", "Edit"), N("Keys", "Redo"), "Ctrl+Shift+Z", "Ctrl+Y"),
    _action("forget", N("Keys", "Edit"), N("Keys", "Forget edits"), "Ctrl+Backspace"),
    _action("add_layer", N("Keys", "Edit"), N("Keys", "Add a layer"), "Ctrl+L"),
    _action("play", N("Keys", "Play"), N("Keys", "Play or stop"), "Space"),
    _action("backwards", N("Keys", "Play"), N("Keys", "Backwards, faster"), "J"),
    _action("stop", N("Keys", "Play"), N("Keys", "Stop"), "K"),
    _action("forwards", N("Keys", "Play"), N("Keys", "Forwards, faster"), "L"),
    _action("next_frame", N("Keys", "Play"), N("Keys", "Next frame"), "Right"),
    _action("last_frame", N("Keys", "Play"), N("Keys", "Frame before"), "Left"),
    _action("next_ten", N("Keys", "Play"), N("Keys", "Ten frames on"), "Shift+Right"),
    _action("last_ten", N("Keys", "Play"), N("Keys", "Ten frames back"), "Shift+Left"),
    _action("home", N("Keys", "Play"), N("Keys", "To the start"), "Home"),
    _action("end", N("Keys", "Play"), N("Keys", "To the end"), "End"),
    _action("loop", N("Keys", "Play"), N("Keys", "Loop the region or the marks"), "Ctrl+Shift+L"),
    _action("mark_in", N("Keys", "Marks"), N("Keys", "Mark in"), "I"),
    _action("mark_out", N("Keys", "Marks"), N("Keys", "Mark out"), "O"),
    _action("to_in", N("Keys", "Marks"), N("Keys", "To the in mark"), "Shift+I"),
    _action("to_out", N("Keys", "Marks"), N("Keys", "To the out mark"), "Shift+O"),
    _action("mark_shot", N("Keys", "Marks"), N("Keys", "Mark the shot under the playhead"), "X"),
    _action("clear_marks", N("Keys", "Marks"), N("Keys", "Clear the marks"), "Alt+X"),
    _action("spot", N("Keys", "Marks"), N("Keys", "Spot events and cuts"), "Ctrl+T"),
    _action("fit", N("Keys", "View"), N("Keys", "Fit everything"), "Z"),
    _action("fit_region", N("Keys", "View"), N("Keys", "Fit the region"), "Shift+Z"),
    _action("keys", N("Keys", "View"), N("Keys", "Keys…"), "F1"),
    _action("render", N("Keys", "Sound"), N("Keys", "Render the marked range"), "Ctrl+R"),
    _action("regenerate", N("Keys", "Sound"), N("Keys", "Regenerate the region"), "R"),
    _action(
        "cancel", N("Keys", "Sound"), N("Keys", "Cancel the newest job"), "Ctrl+.", "Shift+Escape"
    ),
    _action("compare", N("Keys", "Sound"), N("Keys", "Hear the take before (A/B)"), "B"),
    _action("star", N("Keys", "Sound"), N("Keys", "Star the take"), "S"),
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
