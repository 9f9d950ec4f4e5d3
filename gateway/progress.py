# SPDX-License-Identifier: Apache-2.0
"""How far something long is: a bar on a terminal, plain lines where there is none.

A line is written when the words change, and else every tenth of the way, so that a log
is not filled with them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Told: TypeAlias = Callable[[int, int, str], None]
"""Takes how many are done, of how many, and what is being done."""
STEPS: Final = 10
"""Plain lines from the beginning of something to its end."""


@contextmanager
def shown(console: Console) -> Iterator[Told]:
    """Something that shows what it is told, until this is left."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("")

        def told(done: int, of: int, words: str) -> None:
            progress.update(task, completed=done, total=of, description=words)

        yield told


class _Lines:
    """The same for a log, a pipe or a test."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ("", -1)

    def __call__(self, done: int, of: int, words: str) -> None:
        now = (words, STEPS if done >= of else done * STEPS // of)
        if now != self._last:
            self._last = now
            self._console.print(f"{words}: {done:,} of {of:,}", highlight=False)
