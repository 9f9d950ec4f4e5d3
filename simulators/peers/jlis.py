# SPDX-License-Identifier: Apache-2.0
"""機構 (J-LIS): makes individual numbers, answers inquiries, asks the core for codes.

- A number is made for a request of a municipality's register and answered by a message
  of its own. It is of the simulation realm, with its check digit, and nobody else's,
  now or before. The same request gets the same number; a person who has one gets that
  one again, but for a change (番号法第7条第2項).
- An inquiry is answered from what the national server keeps, which J-LIS runs.
- For a linkage code J-LIS puts the resident record code in the place of the individual
  number and asks the core (番号法第21条の2). It never learns the code. The processing
  number is told in the payload alone: a header is kept longer than that number may be.
"""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from pki.names import StationName
from protocols.identifiers import Realm, make_individual_number
from schemas.messages import Payload
from schemas.number_messages import (
    IndividualNumberGenerationResponse,
    PersonalIdentifierCodeIssueRequest,
)
from schemas.people import SearchKey
from simulators.peers import asked
from simulators.peers.errors import NotTaken
from simulators.peers.persons import PersonFile
from simulators.peers.store import Store, micros
from simulators.peers.system import Looked, Owed, Take, Taken, Told

BODY: Final = 10**11
"""Individual numbers, without their check digit."""
DRAWN: Final = 16
"""Bytes that are drawn for one number: so many more that none is likelier."""
CHANGE: Final = "change"
CONTRADICTS: Final = "SK-M09"
"""The same request number for somebody else."""


class Jlis:
    """The one of the country."""

    def __init__(
        self,
        store: Store,
        persons: PersonFile,
        core: StationName | None,
        token_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """``persons`` is the national server's file, ``core`` who makes codes."""
        store.part("jlis")
        self._store = store
        self._persons = persons
        self._core = core
        self._token_bytes = token_bytes

    @property
    def takes(self) -> Mapping[str, Take]:
        return {
            "individual_number_generation_request": self._generate,
            "jlis_identity_information_inquiry": self._inquire,
            "personal_identifier_code_request": self._ask_for_code,
        }

    @property
    def looks(self) -> Mapping[str, Looked]:
        return {"persons": lambda key: asked.look(self._persons, key)}

    def count(self) -> Mapping[str, int]:
        tables = {"numbers": "numbers", "requests": "number_requests"}
        return {
            name: self._store.value(f"SELECT count(*) FROM {table}")
            for name, table in tables.items()
        }

    def load(self, lines: list[Mapping[str, Any]]) -> int:
        return self._persons.load(asked.loaded(lines), told=0)

    def someone_else(self, reply: Payload) -> Payload:
        return asked.someone_else(self._persons, reply)

    def work(self, now: datetime) -> list[Owed] | None:
        return None

    # -- individual numbers --------------------------------------------------------

    def _generate(self, told: Told) -> Taken:
        """Make a number, or find the one that was made, and owe the answer."""
        asks, city = told.value, told.sender.organisation
        known = self._store.row(
            "SELECT resident_record_code, occasion, individual_number"
            " FROM number_requests WHERE municipality = ? AND request = ?",
            city,
            asks.request_management_number,
        )
        if known is not None and known[:2] != (
            asks.resident_record_code,
            asks.occasion,
        ):
            raise NotTaken(CONTRADICTS)
        effect = "asked before"
        number = None if known is None else known[2]
        if number is None:
            number, effect = self._number_for(asks, told.at)
            self._store.run(
                "INSERT INTO number_requests VALUES (?, ?, ?, ?, ?)",
                city,
                asks.request_management_number,
                asks.resident_record_code,
                asks.occasion,
                number,
            )
        response = IndividualNumberGenerationResponse(
            request_management_number=asks.request_management_number,
            resident_record_code=asks.resident_record_code,
            individual_number=number,
        )
        return Taken(effect, owed=(Owed(told.sender, response),))

    def _number_for(self, asks: Any, at: datetime) -> tuple[str, str]:
        code = asks.resident_record_code
        if asks.occasion != CHANGE:
            held = self._number_of(code)
            if held is not None:
                return held, "has one already"
        number = self._new_number()
        self._store.run(
            "INSERT INTO numbers VALUES (?, ?, ?)", number, code, micros(at)
        )
        return number, "made"

    def _number_of(self, code: str) -> str | None:
        sql = (
            "SELECT individual_number FROM numbers WHERE resident_record_code = ?"
            " ORDER BY made DESC LIMIT 1"
        )
        made: str | None = self._store.value(sql, code)
        if made is not None:
            return made
        kept = self._persons.by_code(code)
        return None if kept is None else kept.individual_number

    def _new_number(self) -> str:
        while True:
            drawn = int.from_bytes(self._token_bytes(DRAWN), "big") % BODY
            number = make_individual_number(f"{drawn:011d}", Realm.SIMULATION)
            sql = "SELECT 1 FROM numbers WHERE individual_number = ?"
            used = self._store.row(sql, number) is not None
            if not used and not self._persons.has_number(number):
                return number

    # -- inquiries and codes -------------------------------------------------------

    def _inquire(self, told: Told) -> Taken:
        return asked.inquire(self._persons, told)

    def _ask_for_code(self, told: Told) -> Taken:
        """Owe the core its request; nobody's number is on record as that."""
        code = self._code_of(told.value.individual_number)
        if code is None or self._core is None:
            return Taken("nobody has this number" if code is None else "no core")
        request = PersonalIdentifierCodeIssueRequest(
            processing_number=told.value.processing_number,
            organisation=told.sender.organisation,
            resident_record_code=code,
        )
        return Taken("asked of the core", owed=(Owed(self._core, request),))

    def _code_of(self, number: str) -> str | None:
        """The one person who has a number now; else the one for whom it was made."""
        person = self._persons.only(SearchKey(individual_number=number))
        if person is not None:
            return person.resident_record_code
        sql = "SELECT resident_record_code FROM numbers WHERE individual_number = ?"
        code: str | None = self._store.value(sql, number)
        return code if code is not None and self._number_of(code) == number else None
