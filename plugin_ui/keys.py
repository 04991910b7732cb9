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


ACTIONS: tuple[Action, ...] = (
    _action(
        "open", QT_TRANSLATE_NOOP("Keys", "File"), QT_TRANSLATE_NOOP("Keys", "Open clip…"), "Ctrl+O"
    ),
    _action(
        "example",
        QT_TRANSLATE_NOOP("Keys", "File"),
        QT_TRANSLATE_NOOP("Keys", "Open the example clip"),
    ),
    _action(
        "export",
        QT_TRANSLATE_NOOP("Keys", "File"),
        QT_TRANSLATE_NOOP("Keys", "Export the take…"),
        "Ctrl+E",
    ),
    _action(
        "timeline",
        QT_TRANSLATE_NOOP("Keys", "File"),
        QT_TRANSLATE_NOOP("Keys", "Export as a timeline…"),
        "Ctrl+Shift+E",
    ),
    _action("quit", QT_TRANSLATE_NOOP("Keys", "File"), QT_TRANSLATE_NOOP("Keys", "Quit"), "Ctrl+Q"),
    _action("undo", QT_TRANSLATE_NOOP("Keys", "Edit"), QT_TRANSLATE_NOOP("Keys", "Undo"), "Ctrl+Z"),
    _action(
        "redo",
        QT_TRANSLATE_NOOP("Keys", "Edit"),
        QT_TRANSLATE_NOOP("Keys", "Redo"),
        "Ctrl+Shift+Z",
        "Ctrl+Y",
    ),
    _action(
        "forget",
        QT_TRANSLATE_NOOP("Keys", "Edit"),
        QT_TRANSLATE_NOOP("Keys", "Forget edits"),
        "Ctrl+Backspace",
    ),
    _action(
        "pencil",
        QT_TRANSLATE_NOOP("Keys", "Edit"),
        QT_TRANSLATE_NOOP("Keys", "Draw the energy"),
        "P",
    ),
    _action(
        "smooth",
        QT_TRANSLATE_NOOP("Keys", "Edit"),
        QT_TRANSLATE_NOOP("Keys", "Smooth the energy, keep onsets"),
        "M",
    ),
    _action(
        "slower",
        QT_TRANSLATE_NOOP("Keys", "Edit"),
        QT_TRANSLATE_NOOP("Keys", "Stretch the curves by a tenth"),
        "Alt+S",
    ),
    _action(
        "faster",
        QT_TRANSLATE_NOOP("Keys", "Edit"),
        QT_TRANSLATE_NOOP("Keys", "Shrink the curves by a tenth"),
        "Alt+F",
    ),
    _action(
        "guide",
        QT_TRANSLATE_NOOP("Keys", "Edit"),
        QT_TRANSLATE_NOOP("Keys", "Curves from a recording…"),
        "Ctrl+G",
    ),
    _action(
        "add_layer",
        QT_TRANSLATE_NOOP("Keys", "Edit"),
        QT_TRANSLATE_NOOP("Keys", "Add a layer"),
        "Ctrl+L",
    ),
    _action(
        "play",
        QT_TRANSLATE_NOOP("Keys", "Play"),
        QT_TRANSLATE_NOOP("Keys", "Play or stop"),
        "Space",
    ),
    _action(
        "backwards",
        QT_TRANSLATE_NOOP("Keys", "Play"),
        QT_TRANSLATE_NOOP("Keys", "Backwards, faster"),
        "J",
    ),
    _action("stop", QT_TRANSLATE_NOOP("Keys", "Play"), QT_TRANSLATE_NOOP("Keys", "Stop"), "K"),
    _action(
        "forwards",
        QT_TRANSLATE_NOOP("Keys", "Play"),
        QT_TRANSLATE_NOOP("Keys", "Forwards, faster"),
        "L",
    ),
    _action(
        "next_frame",
        QT_TRANSLATE_NOOP("Keys", "Play"),
        QT_TRANSLATE_NOOP("Keys", "Next frame"),
        "Right",
    ),
    _action(
        "last_frame",
        QT_TRANSLATE_NOOP("Keys", "Play"),
        QT_TRANSLATE_NOOP("Keys", "Frame before"),
        "Left",
    ),
    _action(
        "next_ten",
        QT_TRANSLATE_NOOP("Keys", "Play"),
        QT_TRANSLATE_NOOP("Keys", "Ten frames on"),
        "Shift+Right",
    ),
    _action(
        "last_ten",
        QT_TRANSLATE_NOOP("Keys", "Play"),
        QT_TRANSLATE_NOOP("Keys", "Ten frames back"),
        "Shift+Left",
    ),
    _action(
        "home", QT_TRANSLATE_NOOP("Keys", "Play"), QT_TRANSLATE_NOOP("Keys", "To the start"), "Home"
    ),
    _action(
        "end", QT_TRANSLATE_NOOP("Keys", "Play"), QT_TRANSLATE_NOOP("Keys", "To the end"), "End"
    ),
    _action(
        "loop",
        QT_TRANSLATE_NOOP("Keys", "Play"),
        QT_TRANSLATE_NOOP("Keys", "Loop the region or the marks"),
        "Ctrl+Shift+L",
    ),
    _action(
        "mark_in", QT_TRANSLATE_NOOP("Keys", "Marks"), QT_TRANSLATE_NOOP("Keys", "Mark in"), "I"
    ),
    _action(
        "mark_out", QT_TRANSLATE_NOOP("Keys", "Marks"), QT_TRANSLATE_NOOP("Keys", "Mark out"), "O"
    ),
    _action(
        "to_in",
        QT_TRANSLATE_NOOP("Keys", "Marks"),
        QT_TRANSLATE_NOOP("Keys", "To the in mark"),
        "Shift+I",
    ),
    _action(
        "to_out",
        QT_TRANSLATE_NOOP("Keys", "Marks"),
        QT_TRANSLATE_NOOP("Keys", "To the out mark"),
        "Shift+O",
    ),
    _action(
        "mark_shot",
        QT_TRANSLATE_NOOP("Keys", "Marks"),
        QT_TRANSLATE_NOOP("Keys", "Mark the shot under the playhead"),
        "X",
    ),
    _action(
        "clear_marks",
        QT_TRANSLATE_NOOP("Keys", "Marks"),
        QT_TRANSLATE_NOOP("Keys", "Clear the marks"),
        "Alt+X",
    ),
    _action(
        "spot",
        QT_TRANSLATE_NOOP("Keys", "Marks"),
        QT_TRANSLATE_NOOP("Keys", "Spot events and cuts"),
        "Ctrl+T",
    ),
    _action(
        "fit", QT_TRANSLATE_NOOP("Keys", "View"), QT_TRANSLATE_NOOP("Keys", "Fit everything"), "Z"
    ),
    _action(
        "fit_region",
        QT_TRANSLATE_NOOP("Keys", "View"),
        QT_TRANSLATE_NOOP("Keys", "Fit the region"),
        "Shift+Z",
    ),
    _action("keys", QT_TRANSLATE_NOOP("Keys", "View"), QT_TRANSLATE_NOOP("Keys", "Keys…"), "F1"),
    _action("tour", QT_TRANSLATE_NOOP("Keys", "View"), QT_TRANSLATE_NOOP("Keys", "First steps")),
    _action("about", QT_TRANSLATE_NOOP("Keys", "View"), QT_TRANSLATE_NOOP("Keys", "About cuelock")),
    _action(
        "render",
        QT_TRANSLATE_NOOP("Keys", "Sound"),
        QT_TRANSLATE_NOOP("Keys", "Render the marked range"),
        "Ctrl+R",
    ),
    _action(
        "regenerate",
        QT_TRANSLATE_NOOP("Keys", "Sound"),
        QT_TRANSLATE_NOOP("Keys", "Regenerate the region"),
        "R",
    ),
    _action(
        "cancel",
        QT_TRANSLATE_NOOP("Keys", "Sound"),
        QT_TRANSLATE_NOOP("Keys", "Cancel the newest job"),
        "Ctrl+.",
        "Shift+Escape",
    ),
    _action(
        "compare",
        QT_TRANSLATE_NOOP("Keys", "Sound"),
        QT_TRANSLATE_NOOP("Keys", "Hear the take before (A/B)"),
        "B",
    ),
    _action(
        "star", QT_TRANSLATE_NOOP("Keys", "Sound"), QT_TRANSLATE_NOOP("Keys", "Star the take"), "S"
    ),
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
