"""One Chromium for all tests of pages that hosts show; whoever asks first starts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from chromium import Page, chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Callable[[], Page]]:
    """Opens a blank page at each call."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def page(browser: Callable[[], Page]) -> Page:
    """A page for scripts alone, whose names whoever comes next replaces."""
    return browser()
