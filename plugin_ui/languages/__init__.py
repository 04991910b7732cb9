"""The panel's words in other languages: Qt's own .ts files, as translators keep them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from PyQt6.QtCore import QLocale, QObject, QTranslator

_HERE = Path(__file__).parent


class Translation(QTranslator):
    """A .ts file as Qt Linguist and pylupdate6 write it, read without compiling."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words = {
            (context.findtext("name", ""), message.findtext("source", "")): translated
            for context in ElementTree.parse(path).getroot().iter("context")
            for message in context.iter("message")
            if (translated := message.findtext("translation", ""))
        }

    def isEmpty(self) -> bool:
        return not self._words

    def translate(
        self, context: str | None, sourceText: str | None, disambiguation: str | None = None,
        n: int = -1,
    ) -> str:  # fmt: skip
        return self._words.get((context or "", sourceText or ""), "")


def available() -> tuple[str, ...]:
    """Languages there are beside English, by their codes."""
    return tuple(sorted(path.stem for path in _HERE.glob("*.ts")))


def translation(locale: QLocale, parent: QObject) -> Translation | None:
    """The words of a locale's language; None where English is spoken or nothing is known."""
    code = locale.name().split("_")[0]
    return Translation(_HERE / f"{code}.ts", parent) if code in available() else None
