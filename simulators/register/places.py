# SPDX-License-Identifier: Apache-2.0
"""Towns of the city: the reference data that addresses are held against (function 8).

A new town is added with a manager's approval; none is taken away, since records of
before name it. A building's new name is an entry of its own (`forms.BuildingRename`),
since it changes records.
"""

import re
from dataclasses import dataclass

from simulators.register.basis import Approval, Operator, approved
from simulators.register.books import Books
from simulators.register.errors import EntryRefused, Fault, NotNow, NotThere, Rule
from simulators.register.events import Events
from simulators.register.store import Store, Taken
from simulators.residents.tables import municipality_of

_CODE = re.compile(r"[0-9]{1,12}")
_POSTAL = re.compile(r"[0-9]{7}")


@dataclass(frozen=True, slots=True)
class Place:
    """A town: its code, postal code, and how its addresses begin."""

    code: str
    postal_code: str
    address: str


class Places:
    """The towns that the register knows."""

    def __init__(self, store: Store, books: Books, events: Events) -> None:
        self._store = store
        self._books = books
        self._events = events

    def all(self) -> tuple[Place, ...]:
        """Every town, by its code."""
        sql = "SELECT code, postal_code, address FROM towns ORDER BY code"
        return tuple(Place(*row) for row in self._store.rows(sql))

    def of(self, address: str) -> Place:
        """The town that an address lies in (土地照会); raises `NotThere`."""
        row = self._store.row(
            "SELECT code, postal_code, address FROM towns"
            " WHERE substr(?, 1, length(address)) = address"
            " ORDER BY length(address) DESC LIMIT 1",
            address,
        )
        if row is None:
            raise NotThere("no town of the city begins so")
        return Place(*row)

    def add(self, place: Place, by: Operator, approval: Approval | None) -> None:
        """A new town, from now on; raises `NotAllowed`, `EntryRefused`, `NotNow`."""
        approval = approved(approval, by.name)
        if not _CODE.fullmatch(place.code):
            raise EntryRefused(Fault("code", Rule.FORMAT))
        if not _POSTAL.fullmatch(place.postal_code):
            raise EntryRefused(Fault("postal_code", Rule.FORMAT))
        if not place.address:
            raise EntryRefused(Fault("address", Rule.MISSING))
        with self._store.transaction():
            try:
                add_town(self._store, place)
            except Taken:
                raise NotNow("a town of this code is known") from None
            about = f"{place.code} {approval.reference}"
            self._events.happened("town added", by.name, about)
        self._books.towns[place.code] = place.address


def add_town(store: Store, place: Place) -> None:
    """Write a town down."""
    store.run(
        "INSERT INTO towns VALUES (?, ?, ?)",
        place.code,
        place.postal_code,
        place.address,
    )


def towns_of(municipality: str) -> tuple[Place, ...]:
    """The towns that the fictional residents of a municipality live in."""
    city = municipality_of(municipality)
    return tuple(
        Place(town.code, town.postal_code, f"{city.prefecture}{city.city}{town.name}")
        for town in city.towns
    )
