# SPDX-License-Identifier: Apache-2.0
"""法務省: is told by cities of changes of their foreign residents (R-018).

By the residence card; what was written before the notice that is kept changes nothing.

What it learns by itself (name, nationality, status and period of residence, a new card)
it tells the city that told it of the person (住民基本台帳法第30条の50).
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

import msgspec

from pki.names import StationName
from schemas.messages import NotWritable, Payload, write_payload
from schemas.register_messages import ForeignResidentChangeNotice
from schemas.systems import JUSTICE_TERMINAL
from simulators.peers.errors import BadRequest, NotTaken
from simulators.peers.persons import Effect
from simulators.peers.store import Store, micros
from simulators.peers.system import Looked, Owed, Take, Taken, Told
from simulators.residence_card import is_simulated

ANOTHER_CITY: Final = "SK-M05"


class Justice:
    """The ministry's end of the link."""

    def __init__(self, store: Store) -> None:
        store.part("justice")
        self._store = store

    @property
    def takes(self) -> Mapping[str, Take]:
        return {"foreign_resident_notice": self._notice}

    @property
    def looks(self) -> Mapping[str, Looked]:
        return {"foreign_resident": self._look}

    def count(self) -> Mapping[str, int]:
        sql = "SELECT count(*) FROM foreign_residents"
        return {"foreign_residents": self._store.value(sql)}

    def load(self, lines: list[Mapping[str, Any]]) -> int:
        """What it learned, each of a card of which a city told; all or nothing."""
        with self._store.transaction():
            for line in lines:
                told = self._learned(line)
                sql = "INSERT INTO foreign_changes (body) VALUES (?)"
                self._store.run(sql, msgspec.json.encode(told))
        return len(lines)

    def _learned(self, line: Mapping[str, Any]) -> ForeignResidentChangeNotice:
        card = line.get("residence_card_number")
        body = isinstance(card, str) and self._told_of(card)
        if not body:
            raise BadRequest("no city told of a person with this residence card")
        city = msgspec.json.decode(body)["municipality_code"]
        try:
            told = msgspec.convert(
                {**line, "municipality_code": city}, ForeignResidentChangeNotice
            )
            write_payload(told)
        except (msgspec.ValidationError, NotWritable):
            raise BadRequest("a change has the fields of its notice") from None
        names = {*line} - {each.name for each in fields(told)}
        new = told.new_residence_card_number
        if names or (new is not None and not is_simulated(new)):
            raise BadRequest("a change has the fields of its notice")
        if not {*line} - {"residence_card_number", "change_date"}:
            raise BadRequest("nothing is changed by it")
        return told

    def someone_else(self, reply: Payload) -> Payload:
        return reply

    def work(self, now: datetime) -> list[Owed] | None:
        """The oldest of what it learned goes to its city."""
        sql = "SELECT number, body FROM foreign_changes ORDER BY number LIMIT 1"
        found = self._store.row(sql)
        if found is None:
            return None
        self._store.run("DELETE FROM foreign_changes WHERE number = ?", found[0])
        told = msgspec.json.decode(found[1], type=ForeignResidentChangeNotice)
        return [Owed(StationName(told.municipality_code, JUSTICE_TERMINAL), told)]

    def _notice(self, told: Told) -> Taken:
        if told.value.municipality_code != told.sender.organisation:
            raise NotTaken(ANOTHER_CITY)
        card = told.value.residence_card_number
        if not is_simulated(card):
            raise NotTaken("SK-X04")
        sql = "SELECT told FROM foreign_residents WHERE residence_card_number = ?"
        known = self._store.value(sql, card)
        written = micros(told.created)
        if known is not None and written < known:
            return Taken(Effect.OLDER.value)
        self._store.run(
            "INSERT OR REPLACE INTO foreign_residents VALUES (?, ?, ?)",
            card,
            written,
            msgspec.json.encode(asdict(told.value)),
        )
        return Taken((Effect.NEW if known is None else Effect.CHANGED).value)

    def _look(self, asked: Mapping[str, Any]) -> Any:
        """What was told last of one residence card."""
        card = asked.get("residence_card_number")
        if not isinstance(card, str):
            raise BadRequest("residence_card_number is a text")
        body = self._told_of(card)
        return None if body is None else msgspec.json.decode(body)

    def _told_of(self, card: str) -> bytes | None:
        sql = "SELECT body FROM foreign_residents WHERE residence_card_number = ?"
        found: bytes | None = self._store.value(sql, card)
        return found
