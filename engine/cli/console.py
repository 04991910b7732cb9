"""What a person sees (stderr) and what a program reads (stdout)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Annotated, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

Reply = TypeVar("Reply", bound=msgspec.Struct)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]

# Prompts and paths are printed as they are, whatever brackets and colons they hold.
console = Console(stderr=True, markup=False, emoji=False, highlight=False, soft_wrap=True)


def answer(reply: Reply, as_json: bool, show: Callable[[Reply], None]) -> None:
    """Give a verb's reply to a program or to a person."""
    if as_json:
        write_json(reply)
    else:
        show(reply)


def write_json(reply: msgspec.Struct) -> None:
    """The one object on stdout, UTF-8 whatever the terminal's encoding is."""
    sys.stdout.buffer.write(msgspec.json.encode(reply) + b"\n")
    sys.stdout.flush()


def table(*columns: str) -> Table:
    """An open table whose long cells fold instead of being cut."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        made.add_column(name, overflow="fold")
    return made


@contextmanager
def stages() -> Generator[Callable[[str, float], None]]:
    """A bar for each stage of the work: yields progress(stage, fraction 0..1).

    Bars are drawn on a terminal only and are gone when the work is done.
    """
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, fraction: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=fraction)

        yield progress


@contextmanager
def working(on: str) -> Generator[None]:
    """A sign of life for work that does not say how far it is; on a terminal only."""
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        bars.add_task(on, total=None)
        yield


@contextmanager
def progress_lines() -> Generator[Callable[[str, float], None]]:
    """Progress for a program that reads stderr: a line "STAGE SHARE" (0..1) when a step is done."""

    def progress(stage: str, fraction: float) -> None:
        print(f"{stage} {fraction:.3f}", file=sys.stderr, flush=True)

    yield progress
