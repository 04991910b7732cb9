"""What a person must know, in place: never a box in the way of playing."""

from __future__ import annotations

from html import escape

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QStyle, QToolButton, QWidget

from host_bridge.errors import CuelockError


class MessageBar(QWidget):
    """One message with its mend; the next takes its place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Message"))
        style = self.style()
        assert style is not None
        sign = QLabel(self)
        icon = style.standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        sign.setPixmap(icon.pixmap(18, 18))
        self.text = QLabel(self)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.close_button = QToolButton(self)
        self.close_button.setText(self.tr("Close"))
        self.close_button.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.addWidget(sign)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.close_button)
        self.hide()

    def say(self, error: CuelockError) -> None:
        """What happened, what to do, and the code to look up."""
        message, hint = escape(error.message), escape(error.hint)
        self.text.setText(f"<b>{message}</b> {hint} <small>[{error.code}]</small>")
        self.setAccessibleDescription(f"{error.message} {error.hint}")
        self.show()
