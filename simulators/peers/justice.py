# SPDX-License-Identifier: Apache-2.0
"""法務省: is told by cities of changes of their foreign residents (R-018).

By the residence card; what was written before the notice that is kept changes nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import msgspec

from schemas.messages import Payload
from simulators.peers.errors import BadRequest, NotTaken
from simulators.peers.persons import Effect
from simulators.peers.store import Store, micros
from simulators.peers.system import Looked, Owed, Take, Taken, Told

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
        raise BadRequest("nobody is loaded here: cities give notice")

    def someone_else(self, reply: Payload) -> Payload:
        return reply

    def work(self, now: datetime) -> list[Owed] | None:
        return None

    def _notice(self, told: Told) -> Taken:
        if told.value.municipality_code != told.sender.organisation:
            raise NotTaken(ANOTHER_CITY)
        card = told.value.residence_card_number
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
        sql = "SELECT body FROM foreign_residents WHERE residence_card_number = ?"
        body = self._store.value(sql, card)
        return None if body is None else msgspec.json.decode(body)
