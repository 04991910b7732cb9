"""What a person must know, in place: never a box in the way of playing."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import NamedTuple

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QStyle, QToolButton, QWidget

from host_bridge.errors import CuelockError

_PASSES_MS = 12_000


class Offer(NamedTuple):
    """Something that can be done about a message: a button's words, and what it does."""

    words: str
    do: Callable[[], object]


class MessageBar(QWidget):
    """One message with its mend; the next takes its place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Message"))
        self._sign = QLabel(self)
        self._passing = QTimer(self)
        self._passing.setSingleShot(True)
        self._passing.setInterval(_PASSES_MS)
        self._passing.timeout.connect(self.hide)
        self.text = QLabel(self)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.offers: list[QToolButton] = []
        self.close_button = QToolButton(self)
        self.close_button.setText(self.tr("Close"))
        self.close_button.clicked.connect(self.hide)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._sign)
        self._row.addWidget(self.text, 1)
        self._row.addWidget(self.close_button)
        self.hide()

    def say(self, error: CuelockError, *offers: Offer) -> None:
        """What happened, what to do, and the code to look up; offers become buttons."""
        message, hint = escape(error.message), escape(error.hint)
        text = f"<b>{message}</b> {hint} <small>[{error.code}]</small>"
        sign = QStyle.StandardPixmap.SP_MessageBoxWarning
        self._show(sign, text, f"{error.message} {error.hint}", offers)
        self._passing.stop()

    def tell(self, words: str, *offers: Offer) -> None:
        """What was done, for a while."""
        sign = QStyle.StandardPixmap.SP_MessageBoxInformation
        self._show(sign, escape(words), words, offers)
        self._passing.start()

    def _show(
        self, sign: QStyle.StandardPixmap, text: str, spoken: str, offers: tuple[Offer, ...]
    ) -> None:
        style = self.style()
        assert style is not None
        self._sign.setPixmap(style.standardIcon(sign).pixmap(18, 18))
        self.text.setText(text)
        self.setAccessibleDescription(spoken)
        for button in self.offers:
            self._row.removeWidget(button)
            button.deleteLater()
        self.offers = [self._button(offer) for offer in offers]
        for button in self.offers:
            self._row.insertWidget(self._row.count() - 1, button)
        self.show()

    def _button(self, offer: Offer) -> QToolButton:
        button = QToolButton(self)
        button.setText(offer.words)
        button.clicked.connect(self.hide)
        button.clicked.connect(lambda: offer.do())
        return button
