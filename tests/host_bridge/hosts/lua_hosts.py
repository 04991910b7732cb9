"""Lua as hosts have it, with objects of Python inside, and a relay's script running in a thread."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from host_bridge.relay import SCRIPT, Relay

#: Objects are userdata, as in Fusion; functions are called with a colon, and a table is copied.
_WRAPPING = """
return function(find, call)
  local inside = setmetatable({}, {__mode = "k"})
  local wrap
  local function unwrapped(value)
    if type(value) == "userdata" and inside[value] then return inside[value] end
    if type(value) ~= "table" then return value end
    local copy = {}
    for key, part in pairs(value) do copy[key] = unwrapped(part) end
    return copy
  end
  local function wrapped(value)
    if type(value) == "table" then
      local copy = {}
      for key, part in pairs(value) do copy[key] = wrapped(part) end
      return copy
    end
    if type(value) == "userdata" then return wrap(value) end
    return value
  end
  function wrap(object)
    local proxy = newproxy(true)
    inside[proxy] = object
    getmetatable(proxy).__index = function(_, name)
      if not find(object, name) then return nil end
      return function(this, ...)
        assert(this == proxy, name .. " is called with a colon")
        local args = {n = select("#", ...), ...}
        for n = 1, args.n do args[n] = unwrapped(args[n]) end
        return wrapped(call(object, name, args))
      end
    end
    return proxy
  end
  return wrap
end
"""


def luajit() -> Any:
    """Lua as Fusion has it: 5.1, by LuaJIT."""
    return runtime("luajit21")


def lua54() -> Any:
    """Lua as REAPER has it."""
    return runtime("lua54")


def runtime(version: str) -> Any:
    """A Lua of one of lupa's versions, which keeps its garbage: while a Lua 5.1 collects, lupa
    hands it other objects of Python than were returned.
    """
    lua = importlib.import_module(f"lupa.{version}").LuaRuntime(unpack_returned_tuples=True)
    lua.execute('collectgarbage("stop")')
    return lua


def wrapped(lua: Any, thing: Any) -> Any:
    """An object of Python as Fusion would show it."""

    def find(target: Any, name: str) -> bool:
        return name in dir(target)

    def call(target: Any, name: str, args: Any) -> Any:
        given = [to_python(args[n]) for n in range(1, int(args["n"]) + 1)]
        return to_lua(lua, getattr(target, name)(*given))

    return lua.execute(_WRAPPING)(find, call)(thing)


def to_python(given: Any) -> Any:
    """Tables become lists or dicts; a whole number is one, because LuaJIT has no other."""
    value = given
    if isinstance(given, float) and given.is_integer():
        return int(given)
    if type(value).__name__ != "_LuaTable":
        return value
    keys = list(value.keys())
    if keys == list(range(1, len(keys) + 1)):
        return [to_python(value[key]) for key in keys]
    return {key: to_python(value[key]) for key in keys}


def to_lua(lua: Any, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return lua.table(*(to_lua(lua, part) for part in value))
    if isinstance(value, dict):
        return lua.table_from({key: to_lua(lua, part) for key, part in value.items()})
    return value


@contextmanager
def relayed(
    lua: Any,
    folder: Path,
    invoke: Any,
    said: Callable[[str], None],
    want: Any = None,
    beat: float = 5.0,
) -> Generator[Relay]:
    """A relay whose script turns in a thread of its own until the relay ends."""
    relay = lua.execute(SCRIPT.read_text())
    session = relay.open(str(folder), to_lua(lua, want or {"do": "render"}), invoke, said)
    base = Path(session.base)  # asked now: the turning thread has Lua to itself
    turn = lua.eval("function(session, wait) while session.step() do wait(0.001) end end")
    turning = threading.Thread(target=turn, args=(session, time.sleep))
    turning.start()
    try:
        with Relay(base, beat) as made:
            yield made
    finally:
        turning.join()
