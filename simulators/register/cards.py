# SPDX-License-Identifier: Apache-2.0
"""個人番号カード: what state each card is in, and who is told of it.

A state moves only as the table says. Each step makes one notice for the CS; what makes
the user-authentication certificate usable or not makes one for the convenience stores,
with the certificate's serial and without the individual number (R-021).
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Final

from simulators.register.basis import Operator, is_reference
from simulators.register.books import Books
from simulators.register.errors import EntryRefused, Fault, NotNow, NotThere, Rule
from simulators.register.events import AUTOMATIC, Events
from simulators.register.outbox import Outbox
from simulators.register.owed import CardStatusNotice, CertificateSerial
from simulators.register.store import Store, Taken
from simulators.store import instant


class CardEvent(Enum):
    """What can happen to a card; the value is said in the notice."""

    ISSUED = "issued"
    """交付."""
    SUSPENDED = "suspended"
    """一時停止, as the holder tells it at the counter."""
    RELEASED = "suspension_released"
    """一時停止解除."""
    COLLECTED = "collected"
    """回収."""
    RETURNED = "returned"
    """返還."""
    ABOLISHED = "abolished"
    """廃止."""


STEPS: Final[Mapping[tuple[str, CardEvent], str]] = MappingProxyType(
    {
        ("in use", CardEvent.SUSPENDED): "suspended",
        ("suspended", CardEvent.RELEASED): "in use",
        ("in use", CardEvent.ABOLISHED): "abolished",
        ("suspended", CardEvent.ABOLISHED): "abolished",
        ("in use", CardEvent.RETURNED): "returned",
        ("suspended", CardEvent.RETURNED): "returned",
        ("abolished", CardEvent.RETURNED): "returned",
        ("in use", CardEvent.COLLECTED): "collected",
        ("suspended", CardEvent.COLLECTED): "collected",
        ("abolished", CardEvent.COLLECTED): "collected",
        ("returned", CardEvent.COLLECTED): "collected",
    }
)
"""Where each event leads from each state; what is not here is refused."""
IN_USE: Final = "in use"
_CERTIFICATE: Final = re.compile(r"(?:[0-9A-F]{2}){1,20}")
FIVE_YEARS: Final = 1826
"""Days for which a certificate is good unless told otherwise."""


class Cards:
    """The cards of the residents."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        books: Books,
        outbox: Outbox,
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._books = books
        self._outbox = outbox
        self._events = events

    def issue(
        self,
        record: int,
        serial: str,
        certificate: str,
        by: Operator,
        valid_until: date | None = None,
    ) -> None:
        """交付 to a present resident who has a number.

        The certificate is good for five years where its last day is not given.
        """
        resident = self._books.present(record)
        if resident.individual_number is None:
            raise EntryRefused(Fault("individual_number", Rule.MISSING))
        if not (is_reference(serial) and _CERTIFICATE.fullmatch(certificate)):
            raise EntryRefused(Fault("serial", Rule.FORMAT))
        with self._store.transaction():
            if self.of(record, IN_USE) or self.of(record, "suspended"):
                raise NotNow("this resident has a card")
            last = valid_until or self._books.today + timedelta(days=FIVE_YEARS)
            self.keep(record, serial, certificate, last)
            self._tell(record, serial, CardEvent.ISSUED, by.name)
            self._tell_stores(record, certificate, usable=True, until=last)

    def happen(self, serial: str, event: CardEvent, by: Operator) -> None:
        """Suspend, release, abolish, return or collect a card."""
        with self._store.transaction():
            self._step(serial, event, by.name)

    def keep(
        self,
        record: int,
        serial: str,
        certificate: str = "",
        valid_until: date = date.max,
    ) -> None:
        """A card that is in use here from now on."""
        try:
            self._store.run(
                "INSERT INTO cards VALUES (?, ?, ?, ?, ?, ?)",
                serial,
                record,
                IN_USE,
                certificate,
                instant(self._clock()),
                valid_until.isoformat(),
            )
        except Taken:
            raise NotNow("this card is known") from None

    def go_on(self, record: int, serial: str) -> None:
        """継続利用: whoever moved in by this card goes on using it.

        One that came back to the city with the same card has it on the new record.
        """
        self._store.run("DELETE FROM cards WHERE serial = ?", serial)
        self.keep(record, serial)

    def lapse(self, record: int) -> None:
        """Every card of somebody who died, went abroad or got another number."""
        for state in (IN_USE, "suspended"):
            for serial in self.of(record, state):
                self._step(serial, CardEvent.ABOLISHED, AUTOMATIC)

    def of(self, record: int, state: str) -> tuple[str, ...]:
        """The serials of a record's cards in one state."""
        sql = "SELECT serial FROM cards WHERE record = ? AND state = ? ORDER BY serial"
        return tuple(row[0] for row in self._store.rows(sql, record, state))

    def state(self, serial: str) -> str:
        """The state of a card; raises `NotThere`."""
        found: str = self._card(serial)[1]
        return found

    def _step(self, serial: str, event: CardEvent, by: str) -> None:
        record, state, certificate, until = self._card(serial)
        after = STEPS.get((state, event))
        if after is None:
            raise NotNow("this does not happen to a card in its state")
        self._store.run(
            "UPDATE cards SET state = ?, at = ? WHERE serial = ?",
            after,
            instant(self._clock()),
            serial,
        )
        self._tell(record, serial, event, by)
        if (state == IN_USE) is not (after == IN_USE):
            usable = after == IN_USE
            self._tell_stores(record, certificate, usable=usable, until=until)

    def _card(self, serial: str) -> tuple[int, str, str, date]:
        sql = (
            "SELECT record, state, certificate, valid_until FROM cards WHERE serial = ?"
        )
        row = self._store.row(sql, serial)
        if row is None:
            raise NotThere("there is no such card")
        return (row[0], row[1], row[2], date.fromisoformat(row[3]))

    def _tell(self, record: int, serial: str, event: CardEvent, by: str) -> None:
        code = self._books.record(record).resident_record_code
        notice = CardStatusNotice(
            resident_record_code=code,
            card=serial,
            event=event.value,
            on=self._books.today,
        )
        self._outbox.owe(notice, f"card {self._store.count('card')}", record)
        self._events.happened(f"card {event.value}", by, f"record {record}")

    def _tell_stores(
        self, record: int, certificate: str, *, usable: bool, until: date
    ) -> None:
        if not certificate:
            return
        serial = CertificateSerial(
            record=record,
            serial=certificate,
            usable=usable,
            valid_until=until if usable else self._books.today,
        )
        self._outbox.owe(serial, f"card {self._store.count('card')}", record)
