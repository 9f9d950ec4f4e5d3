# SPDX-License-Identifier: Apache-2.0
"""What happened at a system, and who looked at whom: for people, and for tests.

An event has a word, who did it, and words of ours; no person is in it. A *look* is the
record of one provision, transfer or inquiry (R-112): who, from where, under which
affair, whom, which items, and how it ended; a refused one is recorded as well (R-111).
Looks are kept seven years and cannot be erased before (R-110).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.shape import Personal
from simulators.city.reasons import Attempt
from simulators.city.store import Store
from simulators.store import instant

AUTOMATIC: Final = "system"
"""Who did what nobody did."""
KEPT_YEARS: Final = 7
LEAP_DAY: Final = (2, 29)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    number: int
    at: str
    what: str
    by: str
    about: str
    code: str
    """Why it was refused; empty where it was not."""


@dataclass(frozen=True, slots=True, repr=False)
class Look(Personal):
    """One provision of information on one person, or the attempt."""

    number: int
    at: str
    who: str
    place: str
    """Terminal or system from which it was asked."""
    affair: str
    person: str
    """Addressee number; empty where nobody was found."""
    items: str
    code: str


class History:
    """The two lists of one system."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def happened(
        self, what: str, by: str = AUTOMATIC, about: str = "", code: str = ""
    ) -> None:
        """Write an event down."""
        self._store.run(
            "INSERT INTO history (at, what, by, about, code) VALUES (?, ?, ?, ?, ?)",
            instant(self._clock()),
            what,
            by,
            about,
            code,
        )

    def looked(self, attempt: Attempt, code: str = "") -> None:
        """Write a look down, before anything is shown."""
        self._store.run(
            "INSERT INTO looks (at, who, place, affair, person, items, code)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            instant(self._clock()),
            attempt.who,
            attempt.place,
            attempt.affair,
            attempt.person,
            attempt.items,
            code,
        )

    def events(self, after: int = 0, what: str = "") -> tuple[Event, ...]:
        """Every event after that number (of one word), oldest first."""
        rows = self._store.rows(
            "SELECT number, at, what, by, about, code FROM history"
            " WHERE number > ?1 AND (?2 = '' OR what = ?2) ORDER BY number",
            after,
            what,
        )
        return tuple(Event(*row) for row in rows)

    def looks(
        self, person: str = "", who: str = "", since: str = ""
    ) -> tuple[Look, ...]:
        """Every look at a person, by somebody, since a moment; oldest first."""
        rows = self._store.rows(
            "SELECT number, at, who, place, affair, person, items, code FROM looks"
            " WHERE (?1 = '' OR person = ?1) AND (?2 = '' OR who = ?2) AND at >= ?3"
            " ORDER BY number",
            person,
            who,
            since,
        )
        return tuple(Look(*row) for row in rows)

    def erase_old(self, by: str) -> int:
        """Erase the looks that were kept seven years; how many is on record."""
        before = instant(years_before(self._clock(), KEPT_YEARS))
        with self._store.transaction():
            gone = self._store.changed("DELETE FROM looks WHERE at < ?", before)
            self.happened("old looks erased", by, str(gone))
        return gone


def years_before(moment: datetime, years: int) -> datetime:
    """The same day and time, years ago; a leap day counts as 28 February."""
    if (moment.month, moment.day) == LEAP_DAY:
        moment = moment.replace(day=28)
    return moment.replace(year=moment.year - years)
