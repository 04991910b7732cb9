"""A page in a headless Chromium, driven by its DevTools protocol over a WebSocket."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")
_SECONDS = 90.0
_numbers = count(1)  # of commands, which all pages send over one connection
#: No sandbox, because containers allow none; no GPU, because there is none.
_OPTIONS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run "
    "--disable-extensions --disable-background-networking --disable-component-update "
    "--allow-file-access-from-files --remote-debugging-port=0"
).split()


class Page:
    """One tab. outside: what the page's own `outside(text)` is answered with, by calling it."""

    def __init__(self, connection: ClientConnection, session: str | None) -> None:
        self._connection = connection
        self._session = session
        self.outside: Callable[[str], str] = lambda question: ""
        self.errors: list[str] = []

    def send(self, method: str, **params: Any) -> Any:
        """One command and its result; what the page asks meanwhile is answered."""
        number = self._say(method, params)
        until = time.monotonic() + _SECONDS
        while True:
            message = json.loads(self._connection.recv(timeout=until - time.monotonic()))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self._happened(message)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression; a promise is waited for."""
        result = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until an expression is true; what the page asks for meanwhile is answered."""
        assert self.evaluate(
            "new Promise((resolve) => { const look = () => "
            f"({condition}) ? resolve(true) : setTimeout(look, 20); look(); }})"
        )

    def press(self, key: str, *, text: str = "") -> None:
        """A key on the keyboard: Tab, Enter, or a letter."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        words = {"key": key, "windowsVirtualKeyCode": codes[key], "text": text}
        self.send("Input.dispatchKeyEvent", type="keyDown", **words)
        self.send("Input.dispatchKeyEvent", type="keyUp", **words)

    def type(self, text: str) -> None:
        self.send("Input.insertText", text=text)

    def picture(self) -> bytes:
        """PNG of what is seen."""
        return base64.b64decode(self.send("Page.captureScreenshot")["data"])

    def _say(self, method: str, params: dict[str, Any]) -> int:
        number = next(_numbers)
        said = {"id": number, "method": method, "params": params}
        to = {"sessionId": self._session} if self._session else {}
        self._connection.send(json.dumps(said | to))
        return number

    def _happened(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message.get("method") == "Runtime.bindingCalled":
            self._say("Runtime.evaluate", {"expression": self.outside(params["payload"])})
        elif message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(str(params["exceptionDetails"]))


@contextmanager
def chromium() -> Generator[Callable[[], Page]]:
    """A running browser; each call opens a blank page of it."""
    assert PROGRAM, "chromium is not installed: tests/system-libraries installs it"
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as folder:
        options = [*_OPTIONS, f"--user-data-dir={folder}"]
        with subprocess.Popen(
            [PROGRAM, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as browser:
            try:
                with connect(_address(Path(folder)), proxy=None, max_size=None) as connection:
                    yield lambda: _opened(connection)
            finally:
                browser.terminate()


def _address(folder: Path) -> str:
    """Where a browser listens, which it writes down when it does."""
    told, until = folder / "DevToolsActivePort", time.monotonic() + _SECONDS
    while not (told.exists() and told.read_text().count("\n") == 1):
        assert time.monotonic() < until
        time.sleep(0.02)
    port, path = told.read_text().split("\n")
    return f"ws://127.0.0.1:{port}{path}"


def _opened(connection: ClientConnection) -> Page:
    browser = Page(connection, None)
    target = browser.send("Target.createTarget", url="about:blank")["targetId"]
    opened = browser.send("Target.attachToTarget", targetId=target, flatten=True)
    page = Page(connection, opened["sessionId"])
    page.send("Page.enable")
    page.send("Runtime.enable")
    page.send("Runtime.addBinding", name="outside")
    return page
