"""Calls cross from Python to every Lua that hosts have, and their values come back as they are."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lua_hosts import luajit, relayed, runtime

from host_bridge import relay as relaying
from host_bridge.errors import CuelockError
from host_bridge.relay import Call, Relay, Value, lua

LUAS = ["lua51", "luajit20", "luajit21", "lua54"]
#: Functions of the host by name, objects that are no tables, several values at once.
HOST = """
local thing = io.stdout
return function(object, name, ...)
  if name == "same" then return ... end
  if name == "thing" then return thing end
  if name == "is_thing" then return object == thing or ... == thing end
  if name == "in_table" then return (...).deep[2] == thing end
  if name == "count" then return select("#", ...) end
  error("no " .. name, 0)
end
"""


@pytest.fixture(params=LUAS)
def lua_runtime(request: pytest.FixtureRequest) -> Any:
    return runtime(request.param)


def nothing(text: str) -> None:
    raise AssertionError(text)


def test_values_objects_and_errors_cross(lua_runtime: Any, tmp_path: Path) -> None:
    with relayed(lua_runtime, tmp_path, lua_runtime.execute(HOST), nothing) as relay:
        values = [0, -1, 1.5, 2**52, True, 'a "b"\n\\ é ]]', "", None, 172_972_800]
        (back,) = relay.do([Call("same", tuple(values))])
        assert back == values
        assert relay.host.count(None, None) == 2
        thing = relay.host.thing()
        assert relay.do([Call("is_thing", on=thing)]) == [[True]]
        assert relay.host.in_table({"deep": [1, thing]}) is True
        assert relay.do([Call("thing"), Call("is_thing", (Value(0),))])[1] == [True]
        with pytest.raises(CuelockError, match="The host's broken failed: no broken") as told:
            relay.do([Call("same"), Call("broken")])
        assert told.value.code == "host.refused"
        assert relay.do([]) == []
    assert not list(tmp_path.glob("*.call"))
    assert not list(tmp_path.glob("*.answer"))


texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.booleans() | st.integers(-(2**52), 2**52) | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, min_size=1, max_size=3)
    | st.dictionaries(st.text(st.sampled_from("abc_"), min_size=1), inner, min_size=1, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(st.lists(values, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_what_goes_over_comes_back(tmp_path: Path, sent: list[Any]) -> None:
    runtime = luajit()
    with relayed(runtime, tmp_path, runtime.execute(HOST), nothing) as relay:
        assert relay.do([Call("same", tuple(sent))]) == [sent]


def test_a_call_can_name_nothing_of_the_hosts_world(lua_runtime: Any, tmp_path: Path) -> None:
    """The file of a call is a table; what would call a function in it does not run."""
    script = lua_runtime.execute(relaying.SCRIPT.read_text())
    said: list[str] = []
    session = script.open(
        str(tmp_path), lua_runtime.table(), lua_runtime.execute(HOST), said.append
    )
    mark = tmp_path / "mark"
    Path(f"{session.base}-1.call").write_text(f"{{say=io.open({str(mark)!r}, 'w')}}")
    with pytest.raises(Exception, match="io"):
        session.step()
    assert not mark.exists()


def test_the_artists_wish_is_read_once(lua_runtime: Any, tmp_path: Path) -> None:
    want = {"do": "render", "texts": ["rain"], "handles": 4}
    with relayed(lua_runtime, tmp_path, None, nothing, want) as relay:
        assert json.loads(relay.want()) == want
        with pytest.raises(CuelockError, match="No script"):
            relay.want()


def test_sentences_are_shown_in_their_order(lua_runtime: Any, tmp_path: Path) -> None:
    said: list[str] = []
    with relayed(lua_runtime, tmp_path, None, said.append) as relay:
        relay.say("Rendering “rain” …")
        relay.say("Done.")
    assert said == ["Rendering “rain” …", "Done."]


def test_a_script_that_has_stopped_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "_ANSWER_SECONDS", 0.0)
    with Relay(tmp_path / "1-000000") as relay, pytest.raises(CuelockError) as told:
        relay.host.anything()
    assert told.value.code == "host.missing"


def test_a_cuelock_that_has_stopped_is_a_sentence_in_the_host(
    lua_runtime: Any, tmp_path: Path
) -> None:
    late = lua_runtime.execute("local t = 0; os.time = function() t = t + 61; return t end")
    assert late is None
    script = lua_runtime.execute(relaying.SCRIPT.read_text())
    said: list[str] = []
    session = script.open(str(tmp_path), lua_runtime.table(), None, said.append)
    assert session.step() is False
    assert "cuelock does not answer" in said[0]


def test_the_script_is_told_that_cuelock_lives(lua_runtime: Any, tmp_path: Path) -> None:
    """Batches that ask nothing keep the script waiting while a stem is made."""
    answered = threading.Event()
    lua_runtime.execute(
        "local seen = ...; local rename = os.rename;"
        "os.rename = function(a, b) seen(); return rename(a, b) end",
        answered.set,
    )
    with relayed(lua_runtime, tmp_path, None, nothing, beat=0.0):
        answered.clear()  # that was the artist's wish
        assert answered.wait(30)


def test_a_script_that_is_given_up_interrupts_what_is_done_for_it(
    lua_runtime: Any, tmp_path: Path
) -> None:
    script = lua_runtime.execute(relaying.SCRIPT.read_text())
    session = script.open(str(tmp_path), lua_runtime.table(), None, nothing)

    def work() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell has it for what it starts aside
        with Relay(Path(session.base)) as relay:
            session.leave()
            with pytest.raises(CuelockError, match="script has stopped"):
                relay.host.anything()
            while True:  # as the engine is waited for
                threading.Event().wait(0.1)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_numbers_that_json_has_not_come_back_as_nothing(tmp_path: Path, value: float) -> None:
    runtime = luajit()
    calls = runtime.eval("function(_, name) return name == 'inf' and math.huge or 0/0 end")
    with relayed(runtime, tmp_path, calls, nothing) as relay:
        assert relay.do([Call(str(value))]) == [[None]]


def test_lua_is_written_in_ascii() -> None:
    assert lua({"é": [None, True]}) == '{["\\195\\169"]={nil,true}}'
