# SPDX-License-Identifier: Apache-2.0
"""個人番号カード管理システム, which J-LIS runs: cards, and where notices are sent.

- Sending destinations come as the extract of a register, byte for byte (R-083). Each
  row is held against what the national server keeps: one whose four items are not the
  latest, or whose number is not the one that goes with the code, is stopped and counted
  in the history (R-043, R-044). Nothing is sent to it until a city sends it right.
- Of a card the last event counts. An event that cannot follow, or that is older, is on
  record and changes nothing.
- Continued use after a special move-in takes a card that is known, alive and this
  person's; it then has the new name, address and municipality.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from schemas.messages import Payload, read_payload
from schemas.stream_messages import Destination, SendingDestinationExtract
from schemas.xml import XmlRefused
from simulators.peers import asked
from simulators.peers.errors import BadRequest, NotTaken
from simulators.peers.judge import check_numbers
from simulators.peers.persons import PersonFile
from simulators.peers.store import Store, micros
from simulators.peers.system import Looked, Owed, Take, Taken, Told

ANOTHER_CITY: Final = "SK-M05"
CONTRADICTS: Final = "SK-M09"
FOUR_ITEMS: Final = ("kanji_name", "address", "sex", "date_of_birth")
UNKNOWN: Final = "resident_record_code"
"""What is not right of somebody whom the national server does not know."""

ALIVE: Final = frozenset({"issued", "suspension_released"})
_SUSPENDED: Final = frozenset(
    {"abolished", "collected", "suspension_released", "returned"}
)
_IN_USE: Final = _SUSPENDED | {"suspended"}
"""Released it can be as well: it may have been suspended by telephone, at J-LIS."""
MAY_FOLLOW: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"issued"}),
    "issued": _IN_USE,
    "suspended": _SUSPENDED,
    "suspension_released": _IN_USE,
    "collected": frozenset({"abolished", "issued"}),
    "returned": frozenset({"abolished"}),
    "abolished": frozenset({"collected", "returned"}),
}
"""Which events may follow the last one. A collected card may be handed out again."""


class CardManagement:
    """The one of the country."""

    def __init__(self, store: Store, persons: PersonFile) -> None:
        """``persons`` is the national server's file."""
        store.part("cards")
        self._store = store
        self._persons = persons

    @property
    def takes(self) -> Mapping[str, Take]:
        return {
            "sending_destination_notice": self._destinations,
            "card_status_notice": self._status,
            "card_management_information_update_request": self._continued,
        }

    @property
    def looks(self) -> Mapping[str, Looked]:
        return {"card": self._look_at_card, "extract": self._look_at_extract}

    def count(self) -> Mapping[str, int]:
        stopped = "SELECT count(*) FROM destinations WHERE stopped <> ''"
        return {
            "cards": self._store.value("SELECT count(*) FROM cards"),
            "destinations": self._store.value("SELECT count(*) FROM destinations"),
            "stopped": self._store.value(stopped),
        }

    def load(self, lines: list[Mapping[str, Any]]) -> int:
        return self._persons.load(asked.loaded(lines), told=0)

    def someone_else(self, reply: Payload) -> Payload:
        return reply

    def work(self, now: datetime) -> list[Owed] | None:
        return None

    # -- sending destinations ------------------------------------------------------

    def _destinations(self, told: Told) -> Taken:
        city, notice = told.sender.organisation, told.value
        extract = _extract(notice.extract)
        if extract.batch_id != notice.batch_id:
            raise NotTaken(CONTRADICTS)
        if extract.municipality_code != city:
            raise NotTaken(ANOTHER_CITY)
        digest = sha256(notice.extract).digest()
        sql = "SELECT digest FROM extracts WHERE municipality = ? AND batch_id = ?"
        known = self._store.value(sql, city, notice.batch_id)
        if known is not None:
            if known != digest:  # what was sent is never changed
                raise NotTaken(CONTRADICTS)
            return Taken("was here before")
        self._store.run(
            "INSERT INTO extracts VALUES (?, ?, ?, ?)",
            city,
            notice.batch_id,
            micros(told.at),
            digest,
        )
        stopped = 0
        for number, one in enumerate(extract.destinations):
            wrong = self._not_latest(one)
            stopped += bool(wrong)
            self._store.run(
                "INSERT INTO destinations VALUES (?, ?, ?, ?, ?, ?)",
                city,
                notice.batch_id,
                number,
                one.resident_record_code,
                msgspec.json.encode(asdict(one)),
                " ".join(wrong),
            )
        return Taken(f"{len(extract.destinations)} persons, {stopped} stopped")

    def _not_latest(self, one: Destination) -> tuple[str, ...]:
        """The names of what the national server does not know so."""
        kept = self._persons.by_code(one.resident_record_code)
        if kept is None:
            return (UNKNOWN,)
        return tuple(
            name
            for name in (*FOUR_ITEMS, "individual_number")
            if getattr(one, name) != getattr(kept, name)
        )

    # -- cards ---------------------------------------------------------------------

    def _status(self, told: Told) -> Taken:
        notice = told.value
        row = self._card(notice.card_management_number)
        code, state, last = row or (notice.resident_record_code, "", "")
        if code != notice.resident_record_code:
            return Taken("another person's card")
        if notice.event_date.isoformat() < last:
            return Taken("older than the last event")
        if notice.card_event not in MAY_FOLLOW[state]:
            return Taken(f"cannot follow {state}" if state else "unknown card")
        self._store.run(
            "INSERT INTO cards (card_management_number, resident_record_code, state,"
            " event_date, municipality) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (card_management_number) DO UPDATE SET"
            " state = excluded.state, event_date = excluded.event_date",
            notice.card_management_number,
            notice.resident_record_code,
            notice.card_event,
            notice.event_date.isoformat(),
            told.sender.organisation,
        )
        return Taken(notice.card_event)

    def _continued(self, told: Told) -> Taken:
        asks = told.value
        if asks.municipality_code != told.sender.organisation:
            raise NotTaken(ANOTHER_CITY)
        row = self._card(asks.card_management_number)
        if row is None:
            return Taken("unknown card")
        if row[0] != asks.resident_record_code:
            return Taken("another person's card")
        if row[1] not in ALIVE:
            return Taken(f"the card is {row[1]}")
        self._store.run(
            "UPDATE cards SET municipality = ?, kanji_name = ?, address = ?,"
            " continued_use_date = ? WHERE card_management_number = ?",
            asks.municipality_code,
            asks.kanji_name,
            asks.address,
            asks.continued_use_date.isoformat(),
            asks.card_management_number,
        )
        return Taken("goes on being used")

    def _card(self, number: str) -> tuple[str, str, str] | None:
        sql = "SELECT resident_record_code, state, event_date FROM cards"
        row = self._store.row(f"{sql} WHERE card_management_number = ?", number)
        return None if row is None else (row[0], row[1], row[2])

    # -- what can be seen ----------------------------------------------------------

    def _look_at_card(self, asked_for: Mapping[str, Any]) -> dict[str, Any] | None:
        """One card by its management number."""
        names = (
            "card_management_number, resident_record_code, state, event_date,"
            " municipality, kanji_name, address, continued_use_date"
        )
        number = asked_for.get("card_management_number")
        if not isinstance(number, str):
            raise BadRequest("card_management_number is a text")
        sql = f"SELECT {names} FROM cards WHERE card_management_number = ?"
        row = self._store.row(sql, number)
        return None if row is None else dict(zip(names.split(", "), row, strict=True))

    def _look_at_extract(self, asked_for: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The persons of one extract, and what stopped them."""
        try:
            batch = bytes.fromhex(asked_for["batch_id"])
        except (KeyError, TypeError, ValueError):
            raise BadRequest("batch_id is hexadecimal digits") from None
        rows = self._store.rows(
            "SELECT body, stopped FROM destinations WHERE batch_id = ?"
            " ORDER BY municipality, number",
            batch,
        )
        return [
            {**msgspec.json.decode(body), "stopped": stopped.split()}
            for body, stopped in rows
        ]


def _extract(data: bytes) -> SendingDestinationExtract:
    """What is inside a notice; raises `NotTaken`."""
    try:
        value = read_payload("sending_destination_extract", data)
    except XmlRefused as error:
        raise NotTaken("SK-X02" if error.is_schema_fault else "SK-X01") from None
    check_numbers(value)
    assert isinstance(value, SendingDestinationExtract)
    return value
