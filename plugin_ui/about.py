"""What this is, and under which licences its parts come."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata

from PyQt6.QtCore import QT_VERSION_STR, QCoreApplication
from PyQt6.QtWidgets import QMessageBox, QWidget

from host_bridge.client import VERSION

translate = QCoreApplication.translate

#: What the panel is made of, beside cuelock.
_PARTS = ("PyQt6", "numpy", "av", "soundfile", "pyzmq", "msgspec")


def about(parent: QWidget) -> QMessageBox:
    """A box that may stay open while everything goes on."""
    box = QMessageBox(parent)
    box.setModal(False)
    box.setWindowTitle(translate("About", "About cuelock"))
    line = translate("About", "Foley for silent picture, on the frame.")
    box.setText(f"<h2>cuelock {VERSION}</h2>{line}")
    rows = "".join(f"<li>{name} {version}: {licence}</li>" for name, version, licence in parts())
    words = translate(
        "About",
        "cuelock itself is under the Apache License 2.0. PyQt6 is under the GPL version 3, so the"
        " panel together with it is too. Its parts:",
    )
    box.setInformativeText(f"{words}<ul><li>Qt {QT_VERSION_STR}: LGPL-3.0</li>{rows}</ul>")
    return box


def parts() -> list[tuple[str, str, str]]:
    """Name, version and licence of each library that is installed, as it says itself."""
    found: list[tuple[str, str, str]] = []
    for name in _PARTS:
        try:
            told = metadata(name)
        except PackageNotFoundError:
            continue
        fields = [told[key] for key in ("License-Expression", "License") if key in told]
        licence = fields[0].splitlines()[0] if fields else "see its files"
        found.append((name, told["Version"], licence))
    return found
