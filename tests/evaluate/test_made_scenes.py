"""Figures of made scenes: shares over all contacts, intervals over scenes."""

from pathlib import Path

import pytest

from engine.evaluate.evaluation import Plan, run
from engine.evaluate.made_picture import Seen, apart, figures
from host_bridge.errors import CuelockError


def test_shares_are_of_all_contacts_and_intervals_over_scenes() -> None:
    seen = [Seen(10, 9, 1.0, 12, 9, 2, 2), Seen(30, 15, 3.0, 20, 15, 0, 0)]
    rows = {(row.name, row.of): row for row in figures("physics", seen, seed=0)}
    within = rows["contacts within one frame", "predicted"]
    assert (within.value, within.count, within.holds) == (0.6, 40, False)
    assert (within.low, within.high) == (0.5, 0.9), "either scene alone is the farthest drawn"
    assert rows["contacts within one frame", "the same events, turned"].value == 0.1
    assert rows["events at a contact", "predicted"].value == 0.75
    focus = rows["right thing under focus", "predicted"]
    assert (focus.value, focus.count, focus.holds) == (1.0, 2, True)


def test_scenes_without_anything_to_choose_give_no_number() -> None:
    rows = {row.name: row for row in figures("drawn", [Seen(4, 4, 0.0, 4, 4, 0, 0)], seed=0)}
    assert rows["right thing under focus"].value is None
    assert rows["right thing under focus"].needs


def test_contacts_closer_than_spotting_can_tell_count_once() -> None:
    assert apart([1.0, 0.0, 1.001]).tolist() == [0.0, 1.0]


def test_what_is_no_config_of_scenes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "scenes.toml"
    file.write_text("count = 3")
    for plan in (
        Plan(manifest=file, source="scenes"),
        Plan(manifest=file.with_name("none"), source="scenes"),
        Plan(manifest=file, source="scenes", measures=("obeys",)),
    ):
        with pytest.raises(CuelockError) as caught:
            run(plan)
        assert caught.value.code == "request.option"
