# SPDX-License-Identifier: Apache-2.0
"""広域交付: a copy of a record that is kept here, asked for in another municipality.

住民基本台帳法第12条の4. The counter there confirmed who asks; the request names that
person by resident record code, and comes CS to CS. What is to be printed goes back at
once: the person or the whole household, relationship, code and number only where asked
for, never the registered domicile. Nobody is told where there is no resident of this
code, or where somebody on the copy is protected (支援措置): the answer is then the same
empty one, and no word about why. Each answer is on record as an issue.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from simulators.register.books import Books
from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.events import AUTOMATIC, Events
from simulators.register.format_checks import code_is_valid
from simulators.register.inward import Inward
from simulators.register.outbox import Outbox
from simulators.register.owed import WideAreaCopy, WideAreaPage
from simulators.register.record import ResidentRecord
from simulators.register.silent import Silent
from simulators.register.store import Store
from simulators.store import instant

KIND = "wide-area copy"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WideAreaRequest(Silent):
    """What the municipality asks where somebody stands at the counter."""

    request: str
    """Its number there; the answer repeats it."""
    resident_record_code: str
    whole_household: bool
    show_relationship: bool
    show_code: bool
    show_number: bool


class WideArea:
    """Answers to other municipalities' counters."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        books: Books,
        outbox: Outbox,
        inward: Inward,
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._books = books
        self._outbox = outbox
        self._inward = inward
        self._events = events

    def receive(self, asked: WideAreaRequest, source: str, via: str) -> int:
        """Owe the answer, once for each request; how many people are on the copy.

        Raises `WrongSource`, and `EntryRefused` for a code of another realm.
        """
        self._inward.admit(via, source)
        if not code_is_valid(asked.resident_record_code):
            raise EntryRefused(Fault("resident_record_code", Rule.NUMBER))
        cause = f"wide area {source} {asked.request}"
        if self._outbox.owes(cause):
            return 0
        shown = self._shown(asked)
        copy = WideAreaCopy(
            municipality=source,
            request=asked.request,
            pages=tuple(_page(record, asked) for record in shown),
        )
        with self._store.transaction():
            self._outbox.owe(copy, cause)
            if shown:
                self._record(asked, source, shown[0])
            about = f"{source} {len(shown)} pages"
            self._events.happened("wide-area copy", about=about)
        return len(shown)

    def _shown(self, asked: WideAreaRequest) -> Sequence[ResidentRecord]:
        record = self._books.by_code(asked.resident_record_code)
        if record is None or not record.present:
            return ()
        shown = [record]
        if asked.whole_household:
            others = self._books.household(record.household)
            shown += [one for one in others if one.number != record.number]
        today = self._books.today
        return () if any(one.protected(today) for one in shown) else shown

    def _record(self, asked: WideAreaRequest, source: str, of: ResidentRecord) -> None:
        number = self._store.count("wide area")
        self._store.run(
            "INSERT INTO issues VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            f"W{number:015}",
            KIND,
            of.number,
            asked.request,
            f"municipality {source}",
            int(asked.show_number),
            AUTOMATIC,
            AUTOMATIC,
            instant(self._clock()),
        )


def _page(record: ResidentRecord, asked: WideAreaRequest) -> WideAreaPage:
    return WideAreaPage(
        name=record.name,
        born=record.born,
        born_unknown=record.born_unknown,
        sex=record.sex,
        address=record.home.text,
        became_resident=record.became_resident,
        relationship=record.relationship if asked.show_relationship else None,
        resident_record_code=record.resident_record_code if asked.show_code else None,
        individual_number=record.individual_number if asked.show_number else None,
    )
