"""Takes as rows: what was made from what, with what was measured of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace
from PyQt6.QtCore import QAbstractItemModel, QDateTime, QModelIndex, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QFont

from host_bridge.protocol import StemReport, TakeSummary
from plugin_ui.take_words import loudness, made_of, measured

Role = Qt.ItemDataRole
TAKE = Role.UserRole
STEM = Role.UserRole + 1
MEASURED = Role.UserRole + 2  # in words
NAME, STAR = 0, 1

_COLUMNS = 5
_DEEPEST = 2  # rows that a take stands under at most: who rolls again and again needs to read them
_NOWHERE = QModelIndex()
_NONE = "–"
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_HERE = (
    Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
)  # fmt: skip


class _Row(NamedTuple):
    """A take, or a stem of it; above, below: numbers of rows, its stems first."""

    take: str
    stem: StemReport | None
    above: int | None
    below: list[int]


class TakeModel(QAbstractItemModel):
    """The takes of a clip, the newest first, each above those made from it, with its stems.

    From some depth on a take stands beside the one it was made from. Numbers are those of the
    layer that is worked on, where the take has it. A take that is new costs a row, however many
    there are. starred(str, bool): take and mark.
    """

    starred = pyqtSignal(str, bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._heads = (
            (self.tr("Take"), ""),
            ("★", self.tr("Star")),
            (self.tr("LUFS"), self.tr("Loudness, integrated")),
            (self.tr("Off"), self.tr("How far the energy is from the wanted one, in dB")),
            (self.tr("Sync"), self.tr("How many of the wanted onsets are there (F1), 0 to 1")),
        )
        self._takes: dict[str, TakeSummary] = {}
        self._chosen: str | None = None
        self._variations: Mapping[str, int] = {}
        self._layer = ""
        self._clear()

    # --- what is shown

    def show_takes(
        self,
        takes: Mapping[str, TakeSummary],
        chosen: str | None,
        variations: Mapping[str, int],
        layer: str,
    ) -> None:
        """takes: the newest first; variations: which stem is heard of a layer, else the best."""
        before, turned = self._takes, {self._chosen, chosen}
        alike = (variations, layer) == (self._variations, self._layer)
        fresh = [name for name in takes if name not in self._places]
        if not self._only_grows(takes, fresh):
            self.beginResetModel()
            self._takes = dict(takes)
            self._chosen, self._variations, self._layer = chosen, variations, layer
            self._clear()
            for name in reversed(fresh := list(takes)):
                self._add(name)
            self.endResetModel()
            return
        self._takes = dict(takes)
        self._chosen, self._variations, self._layer = chosen, variations, layer
        for name in reversed(fresh):
            above, at = self._place_of(name)
            self.beginInsertRows(_NOWHERE if above is None else self._index(above), at, at)
            self._add(name)
            self.endInsertRows()
        self._tell(
            name for name, take in before.items()
            if not alike or name in turned or take != takes[name]
        )  # fmt: skip

    def index_of(self, take: str | None) -> QModelIndex:
        """Where a take stands; nowhere if it is not there."""
        number = self._places.get(take or "")
        return _NOWHERE if number is None else self._index(number)

    def _clear(self) -> None:
        self._rows: list[_Row] = []
        self._tops: list[int] = []
        self._places: dict[str, int] = {}

    def _only_grows(self, takes: Mapping[str, TakeSummary], fresh: list[str]) -> bool:
        """Whether what is shown stays where it is."""
        adopted = {self._takes[self._rows[top].take].record.reply.parent for top in self._tops}
        return bool(self._places) and self._places.keys() <= takes.keys() and not (
            adopted & set(fresh)
        )  # fmt: skip

    def _place_of(self, name: str) -> tuple[int | None, int]:
        """The row that a new take comes under, None for the top; and which there: the newest of
        takes."""
        above = self._places.get(self._takes[name].record.reply.parent or "")
        if above is None:
            return None, 0
        if self._depth(above) == _DEEPEST:
            above = self._rows[above].above
        below = self._siblings(above)
        return above, sum(self._rows[number].stem is not None for number in below)

    def _add(self, name: str) -> None:
        above, at = self._place_of(name)
        number = self._places[name] = self._append(name, None, above)
        self._siblings(above).insert(at, number)
        stems = self._takes[name].record.reply.stems
        if len(stems) > 1:
            for stem in sorted(stems, key=lambda stem: (stem.layer, stem.rank)):
                self._rows[number].below.append(self._append(name, stem, number))

    def _append(self, take: str, stem: StemReport | None, above: int | None) -> int:
        self._rows.append(_Row(take, stem, above, []))
        return len(self._rows) - 1

    def _depth(self, number: int | None) -> int:
        """Rows that a row stands under."""
        depth = -1
        while number is not None:
            depth, number = depth + 1, self._rows[number].above
        return depth

    def _siblings(self, above: int | None) -> list[int]:
        return self._tops if above is None else self._rows[above].below

    def _tell(self, names: Iterable[str]) -> None:
        """What is shown of takes and their stems is another."""
        for name in names:
            number = self._places[name]
            stems = [one for one in self._rows[number].below if self._rows[one].stem is not None]
            for one in (number, *stems):
                self.dataChanged.emit(self._index(one), self._index(one, _COLUMNS - 1))

    def _index(self, number: int, column: int = NAME) -> QModelIndex:
        siblings = self._siblings(self._rows[number].above)
        return self.createIndex(siblings.index(number), column, number)

    # --- as Qt asks

    def index(self, row: int, column: int, parent: QModelIndex = _NOWHERE) -> QModelIndex:
        """As Qt has it."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self._below(parent)[row])

    def parent(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, child: QModelIndex
    ) -> QModelIndex:
        """As Qt has it."""
        above = self._rows[child.internalId()].above if child.isValid() else None
        return QModelIndex() if above is None else self._index(above)

    def rowCount(self, parent: QModelIndex = _NOWHERE) -> int:
        """As Qt has it."""
        return len(self._below(parent)) if parent.column() <= NAME else 0

    def columnCount(self, parent: QModelIndex = _NOWHERE) -> int:
        """As Qt has it."""
        return _COLUMNS

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """As Qt has it."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        starred = index.column() == STAR and self._rows[index.internalId()].stem is None
        return _HERE | Qt.ItemFlag.ItemIsUserCheckable if starred else _HERE

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> object:
        """As Qt has it."""
        if orientation != Qt.Orientation.Horizontal or role not in (
            Role.DisplayRole, Role.ToolTipRole,
        ):  # fmt: skip
            return None
        return self._heads[section][role == Role.ToolTipRole]

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> object:
        """As Qt has it; and TAKE, STEM and MEASURED of a row's name."""
        if not index.isValid():
            return None
        row, column = self._rows[index.internalId()], index.column()
        take = self._takes[row.take]
        match role:
            case Role.DisplayRole if column == NAME:
                return self._name(take, row.stem)
            case Role.DisplayRole if column > STAR:
                return self._numbers(take, row.stem)[column - STAR - 1]
            case Role.TextAlignmentRole if column > STAR:
                return _RIGHT
            case Role.CheckStateRole if column == STAR and row.stem is None:
                return Qt.CheckState.Checked if take.star else Qt.CheckState.Unchecked
            case Role.ToolTipRole if column == NAME and row.stem is None:
                made = QDateTime.fromMSecsSinceEpoch(take.created)
                return f"{made_of(take)}, {made.toString('HH:mm')}"
            case Role.FontRole if row.stem is None and row.take == self._chosen and column == NAME:
                bold = QFont()
                bold.setBold(True)
                return bold
            case _ if role == TAKE:
                return row.take
            case _ if role == STEM:
                return row.stem
            case _ if role == MEASURED:
                return self._measured(take, row.stem)
            case _:
                return None

    def setData(self, index: QModelIndex, value: object, role: int = Role.EditRole) -> bool:
        """A star is set or taken; the engine hears of it by `starred`."""
        if role != Role.CheckStateRole or index.column() != STAR:
            return False
        name, star = self._rows[index.internalId()].take, value == Qt.CheckState.Checked.value
        self._takes[name] = replace(self._takes[name], star=star)
        self.dataChanged.emit(index, index)
        self.starred.emit(name, star)
        return True

    # --- in words

    def _name(self, take: TakeSummary, stem: StemReport | None) -> str:
        chosen = take.record.take == self._chosen
        if stem is None:
            return f"▶ {made_of(take)}" if chosen else made_of(take)
        wanted = self._variations.get(stem.layer)
        heard = stem.variation == wanted if wanted is not None else stem.rank == 1
        return f"{'▶ ' if heard and chosen else ''}{stem.rank}. {stem.layer}"

    def _measured(self, take: TakeSummary, stem: StemReport | None) -> str:
        if stem is None:
            return measured([best.measures for best in _best(take)])
        return f"{measured([stem.measures])}, {self.tr('seed {n}').format(n=stem.seed)}"

    def _numbers(self, take: TakeSummary, stem: StemReport | None) -> tuple[str, str, str]:
        """Loudness, energy error and sync of one stem, or dashes."""
        best = list(_best(take))
        shown = [stem] if stem else [one for one in best if one.layer == self._layer] or best
        for one in shown[:1]:
            m = one.measures
            sync = _NONE if m.onset_f1 is None else f"{m.onset_f1:.2f}"
            return loudness(m) or _NONE, f"{m.energy_error_db:.2f}", sync
        return _NONE, _NONE, _NONE

    def _below(self, parent: QModelIndex) -> list[int]:
        return self._rows[parent.internalId()].below if parent.isValid() else self._tops


def _best(take: TakeSummary) -> Iterator[StemReport]:
    """The best stem of each layer."""
    return (stem for stem in take.record.reply.stems if stem.rank == 1)
