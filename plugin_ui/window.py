"""The window: picture, lanes and docks around one desk. It shows the work and asks the desk."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
from PyQt6.QtCore import QByteArray, QCoreApplication, QTimer, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PyQt6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QLabel,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from host_bridge.errors import CuelockError
from host_bridge.protocol import CurveEdit, HeardSound, RenderReply, SpotReply
from host_bridge.timecode import FrameIndex, FrameRange
from media.clip import Clip
from plugin_ui.desk import Desk, Opened, Sounding
from plugin_ui.docks.layers import LayersDock
from plugin_ui.docks.region import RegionDock
from plugin_ui.docks.takes import TakesDock
from plugin_ui.jobs import JobsBar
from plugin_ui.keys import ACTIONS, read_keys
from plugin_ui.link import EngineState
from plugin_ui.messages import MessageBar
from plugin_ui.session import Region, Strip, Work
from plugin_ui.spotting import Spotting


class Window(QMainWindow):
    """The panel.

    opened(): a clip is seen. Everything else is told by the desk's signals.
    """

    opened = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("cuelock")
        self.setAcceptDrops(True)
        self.desk = Desk(self)
