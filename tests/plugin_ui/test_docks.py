"""The docks by hand: words and presets become layers, boxes locks, rows takes; all of it undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QTreeView
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot
from take_factory import finished

from host_bridge.protocol import Layer, TakeSummary
from plugin_ui.asked import Again
from plugin_ui.docks.layers import LayersDock
from plugin_ui.docks.region import RegionDock
from plugin_ui.docks.take_model import TAKE, TakeModel
from plugin_ui.docks.takes import TakesDock
from plugin_ui.history import History
from plugin_ui.session import Region, Strip, Work
from plugin_ui.tour import Tour, was_toured

_LEFT, _NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def history() -> History:
    return History(Work())


@pytest.fixture
def layers(qtbot: QtBot, history: History) -> LayersDock:
    dock = LayersDock(history)
    history.changed.connect(lambda _before, work: dock.show_work(work))
    qtbot.addWidget(dock)
    dock.show()
    qtbot.waitExposed(dock)
    return dock


def say(dock: LayersDock, words: str) -> None:
    QTest.keyClicks(dock.add_line, words)
    QTest.keyClick(dock.add_line, Qt.Key.Key_Return)


def click(tree: QTreeView, row: int, column: int) -> None:
    """Into the box of a cell."""
    viewport, model = tree.viewport(), tree.model()
    assert viewport is not None
    assert model is not None
    place = tree.visualRect(model.index(row, column))
    QTest.mouseClick(viewport, _LEFT, pos=QPoint(place.left() + 9, place.center().y()))


def test_words_and_presets_become_layers_of_different_names(
    layers: LayersDock, history: History
) -> None:
    say(layers, "door slam")
    say(layers, "a wooden door creaks")
    say(layers, "door slam")
    preset, words, again = history.work.layers
    assert (preset.name, preset.behaviour) == ("door slam", "sync")
    assert (words.name, words.prompt) == ("a wooden door creaks", "a wooden door creaks")
    assert again == replace(preset, name="door slam 2", seed=again.seed)
    assert history.work.layer == "door slam 2"


def test_a_slider_that_is_drawn_is_one_step_of_undo(layers: LayersDock, history: History) -> None:
    say(layers, "rain")
    before = history.work
    for value in range(70, 20, -5):
        layers.form.strictness.setValue(value)
    chosen = history.work.chosen()
    assert chosen is not None
    assert chosen.strictness == 0.25
    history.stack.undo()
    assert history.work == before
    history.stack.undo()
    assert history.work == Work()


def test_boxes_mute_and_solo_and_the_hand_on_fields_changes_the_chosen_layer_alone(
    layers: LayersDock, history: History
) -> None:
    say(layers, "rain")
    say(layers, "wind")
    click(layers.table, 0, 1)
    click(layers.table, 1, 2)
    assert history.work.strips == {"rain": Strip(mute=True), "wind": Strip(solo=True)}
    layers.form.prompt.selectAll()
    QTest.keyClicks(layers.form.prompt, "wind howls")
    QTest.keyClick(layers.form.prompt, Qt.Key.Key_Return)
    rain, wind = history.work.layers
    assert (rain.name, wind.name, wind.prompt) == ("rain", "wind", "wind howls")
    assert rain.prompt != wind.prompt
    QTest.mouseClick(layers.remove_button, _LEFT)
    assert [layer.name for layer in history.work.layers] == ["rain"]


def test_locks_are_boxes_and_what_r_does_is_what_the_fields_say(
    qtbot: QtBot, history: History
) -> None:
    dock = RegionDock(history)
    qtbot.addWidget(dock)
    dock.show_work(history.work, "")
    assert not dock.regenerate.isEnabled()
    dock.locks["energy"].click()
    dock.locks["semantic"].click()
    assert history.work.locks == ("semantic",)
    history.look(take="a", region=Region(0, 9))
    dock.show_work(history.work, "a place")
    QTest.keyClicks(dock.words, "glass breaks")
    dock.variations.setValue(3)
    with qtbot.waitSignal(dock.regenerate_wanted):
        QTest.mouseClick(dock.regenerate, _LEFT)
    assert dock.how() == Again("glass breaks", keep_seed=False, variations=3)


def test_takes_stand_under_those_they_were_made_from_and_are_heard_starred_noted(
    qtbot: QtBot, tmp_path: Path
) -> None:
    dock = TakesDock(lambda _take, path: path)
    qtbot.addWidget(dock)
    takes = [
        TakeSummary(record=finished(tmp_path, name, parent=parent), star=False, note="", created=n)
        for n, (name, parent) in enumerate((("b", "a"), ("a", None)))
    ]
    dock.show_takes(takes, "a", {}, "steps")
    dock.show()
    qtbot.waitExposed(dock)
    model = dock.tree.model()
    assert model is not None
    (root,) = (model.index(row, 0) for row in range(model.rowCount()))
    child = model.index(0, 0, root)
    assert model.rowCount(root) == 1
    dock.tree.setCurrentIndex(child)
    assert dock.current() == "b"
    with qtbot.waitSignal(dock.chosen) as told:
        QTest.keyClick(dock.tree, Qt.Key.Key_Return)
    assert told.args == ["b"]
    with qtbot.waitSignal(dock.noted) as told:
        QTest.keyClicks(dock.note, "the good one")
        QTest.keyClick(dock.note, Qt.Key.Key_Return)
    assert told.args == ["b", "the good one"]
    with qtbot.waitSignal(dock.starred) as told:
        place = dock.tree.visualRect(child.siblingAtColumn(1))
        viewport = dock.tree.viewport()
        assert viewport is not None
        QTest.mouseClick(viewport, _LEFT, _NONE, QPoint(place.left() + 9, place.center().y()))
    assert told.args == ["b", True]
    with qtbot.waitSignal(dock.comp_wanted) as told:
        QTest.mouseClick(dock.comp, _LEFT)
    assert told.args == ["b", 0, "steps"]


def test_a_new_take_is_a_row_more_and_long_lines_of_takes_stay_readable(
    qtbot: QtBot, qtmodeltester: ModelTester, tmp_path: Path
) -> None:
    dock = TakesDock(lambda _take, path: path)
    qtbot.addWidget(dock)
    family = zip("abcdefg", (None, *"abcdef"), strict=True)
    line = [
        TakeSummary(record=finished(tmp_path, name, parent=parent), star=False, note="", created=n)
        for n, (name, parent) in enumerate(family)
    ]
    dock.show_takes(line[4::-1], "a", {}, "steps")
    model = dock.tree.model()
    assert isinstance(model, TakeModel)
    dock.tree.setCurrentIndex(model.index_of("b"))
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignals([model.rowsInserted] * 2):
        dock.show_takes(line[::-1], "a", {}, "steps")
    assert dock.current() == "b"
    qtmodeltester.check(model)
    under = {name: model.index_of(name).parent().data(TAKE) for name in "abcdefg"}
    assert under == {"a": None, "b": "a", "c": "b", "d": "b", "e": "b", "f": "b", "g": "b"}
    newest_first = [model.index(row, 0, model.index_of("b")).data(TAKE) for row in range(5)]
    assert newest_first == ["g", "f", "e", "d", "c"]
    assert all(dock.tree.isExpanded(model.index_of(name)) for name in "abg")
    with qtbot.waitSignal(model.modelReset):
        dock.show_takes(line[:1:-1], "c", {}, "steps")
    assert not model.index_of("b").isValid()
    assert not model.index_of("c").parent().isValid()


def test_a_region_is_taken_from_the_best_of_the_layer_that_is_worked_on(
    qtbot: QtBot, tmp_path: Path
) -> None:
    dock, record = TakesDock(lambda _take, path: path), finished(tmp_path, "a")
    qtbot.addWidget(dock)
    (steps,) = record.reply.stems
    rain = replace(steps, layer="rain")
    stems = rain, replace(steps, variation=1, rank=1), replace(steps, variation=0, rank=2)
    reply = replace(record.reply, stems=stems, curves=record.reply.curves * 3)
    take = TakeSummary(record=replace(record, reply=reply), star=False, note="", created=1)
    dock.show_takes([take], "a", {}, "steps")
    model = dock.tree.model()
    assert model is not None
    root = model.index(0, 0)
    for index, wanted in (
        (root, ["a", 1, "steps"]),
        (model.index(0, 0, root), ["a", 0, "rain"]),
        (model.index(2, 0, root), ["a", 0, "steps"]),
    ):
        dock.tree.setCurrentIndex(index)
        with qtbot.waitSignal(dock.comp_wanted) as told:
            QTest.mouseClick(dock.comp, _LEFT)
        assert told.args == wanted


def test_the_tour_goes_on_by_doing_and_is_walked_once(qtbot: QtBot) -> None:
    tour = Tour()
    qtbot.addWidget(tour)
    assert not was_toured()
    tour.begin()
    assert tour.text.text().startswith("1 of 4")
    work = Work(layers=(), take=None)
    for fields, step in (
        ({"take": "a"}, "1 of 4"),
        ({"layers": (Layer(name="rain", prompt="rain", seed=1),)}, "3 of 4"),
        ({"region": Region(1, 9)}, "4 of 4"),
    ):
        work = replace(work, **fields)
        tour.show_work(work)
        assert tour.text.text().startswith(step)
    with qtbot.waitSignal(tour.ended):
        tour.show_work(replace(work, take="b"))
    assert tour.isHidden()
    assert was_toured()


def test_the_same_slider_on_another_layer_is_another_step(
    layers: LayersDock, history: History
) -> None:
    say(layers, "rain")
    say(layers, "wind")
    layers.form.strictness.setValue(30)
    index = layers.table.model()
    assert index is not None
    layers.table.setCurrentIndex(index.index(0, 0))
    layers.form.strictness.setValue(20)
    assert [layer.strictness for layer in history.work.layers] == [0.2, 0.3]
    history.stack.undo()
    assert history.work.layers[1].strictness == 0.3
    assert history.work.layers[0].strictness != 0.2
