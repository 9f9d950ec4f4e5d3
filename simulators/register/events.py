# SPDX-License-Identifier: Apache-2.0
"""What happened, in order: for people who look, and for tests that assert on it.

An event has a word, who did it, and numbers of this register; no person is in it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from simulators.register.store import Store
from simulators.store import instant

AUTOMATIC: Final = "register"
"""Who did what nobody did."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    number: int
    at: str
    what: str
    by: str
    about: str
    """Numbers of entry, record or message, and words of ours."""


class Events:
    """The list of what happened."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def happened(self, what: str, by: str = AUTOMATIC, about: str = "") -> None:
        """Write it down."""
        with self._store.transaction():
            self._store.run(
                "INSERT INTO events (at, what, by, about) VALUES (?, ?, ?, ?)",
                instant(self._clock()),
                what,
                by,
                about,
            )

    def all(self, after: int = 0) -> Iterator[Event]:
        """Every event after that number, oldest first."""
        sql = (
            "SELECT number, at, what, by, about FROM events"
            " WHERE number > ? ORDER BY number LIMIT ?"
        )
        return (Event(*row) for row in self._store.pages(sql, (after,)))
