# SPDX-License-Identifier: Apache-2.0
"""法務省連携端末: takes in what the register put out about foreign residents.

Somebody enters a notice from the register's output, somebody else checks it against
that output, and only then it goes to the Ministry (F1-08-3, F1-08-4). A notice holds
what a residence card is about; it has no place for an individual number.

What the Ministry tells of a foreign resident (住民基本台帳法第30条の50) waits here
until somebody has entered it at the register, where somebody else checks it. It changes
nothing by itself; the terminal does not know who lives in the city.
"""

from collections.abc import Mapping
from typing import Final

from schemas.messages import read_payload
from schemas.register_messages import (
    ForeignResidentChangeNotice,
    ForeignResidentNotice,
)
from schemas.systems import JUSTICE, JUSTICE_TERMINAL
from simulators.city import staff
from simulators.city.reasons import Reason, Refused
from simulators.city.system import Handler, act, unknown, written
from simulators.city.taken import Sender
from simulators.city.terminals import Terminal
from simulators.residence_card import is_simulated

ENTER: Final = "enter"
CHECK: Final = "check"
NOTICE: Final = "foreign_resident_notice"
CHANGE: Final = "foreign_resident_change_notice"
OUTCOMES: Final = ("entered", "not entered")
"""What can become of what the Ministry told."""


class JusticeTerminal(Terminal):
    """One city's terminal."""

    role = JUSTICE_TERMINAL
    functions = frozenset({ENTER, CHECK})
    schema = f"""{staff.SCHEMA}
CREATE TABLE notices (number INTEGER PRIMARY KEY, output TEXT NOT NULL UNIQUE,
    entered_by TEXT NOT NULL, body BLOB, state TEXT NOT NULL) STRICT;
CREATE TABLE changes (number INTEGER PRIMARY KEY, body BLOB, state TEXT NOT NULL)
    STRICT;
"""

    def handlers(self) -> Mapping[str, Handler]:
        return {CHANGE: self._change}

    @act
    def enter(self, session: str, notice: ForeignResidentNotice, output: str) -> int:
        """Enter a notice from this piece of output; each piece is entered once."""
        person = self.staff.who(session, ENTER)
        if notice.municipality_code != self.name.organisation or not output:
            raise Refused(Reason.FORM)
        if not is_simulated(notice.residence_card_number):
            raise Refused("SK-X04")
        sql = (
            "INSERT INTO notices (output, entered_by, body, state)"
            " VALUES (?, ?, ?, 'entered') ON CONFLICT DO NOTHING"
        )
        if not self.store.changed(sql, output, person, written(notice)):
            raise Refused(Reason.NOT_NOW)
        self.history.happened("notice entered", person, output)
        number: int = self.store.value(
            "SELECT number FROM notices WHERE output = ?", output
        )
        return number

    @act
    def check(self, session: str, number: int, compared_with: str) -> int:
        """Somebody else compares it with its output; then it goes to the Ministry."""
        person = self.staff.who(session, CHECK)
        sql = "SELECT output, entered_by, body, state FROM notices WHERE number = ?"
        output, entered_by, body, state = unknown(self.store.row(sql, number))
        if state != "entered":
            raise Refused(Reason.NOT_NOW)
        if person == entered_by or compared_with != output:
            raise Refused(Reason.SECOND_PERSON)
        notice = read_payload(NOTICE, body)
        sql = "UPDATE notices SET state = 'sent', body = NULL WHERE number = ?"
        self.store.run(sql, number)
        self.history.happened("notice checked", person, output)
        return self.owe(JUSTICE, notice, person)

    @act
    def send_back(self, session: str, number: int) -> None:
        """Take an entry out that is not what its output says; it can come again."""
        person = self.staff.who(session, CHECK)
        sql = "DELETE FROM notices WHERE number = ? AND state = 'entered'"
        if not self.store.changed(sql, number):
            raise Refused(Reason.NOT_NOW)
        self.history.happened("notice sent back", person)

    # -- what the Ministry tells -------------------------------------------------------

    def _change(self, value: ForeignResidentChangeNotice, sender: Sender) -> None:
        """Keep it for the register; another city's is refused."""
        if value.municipality_code != self.name.organisation:
            raise Refused(Reason.FORM)
        sql = "INSERT INTO changes (body, state) VALUES (?, 'arrived')"
        self.store.run(sql, written(value))

    @act
    def arrived(self, session: str) -> tuple[int, ...]:
        """The numbers of what the Ministry told and nobody entered yet."""
        self.staff.who(session, ENTER)
        sql = "SELECT number FROM changes WHERE state = 'arrived' ORDER BY number"
        return tuple(row[0] for row in self.store.rows(sql))

    @act
    def show_change(self, session: str, number: int) -> str:
        """One of them, as it came: what is entered at the register."""
        person = self.staff.who(session, ENTER)
        body: bytes = self._arrived(number)
        self.history.happened("change shown", person, f"change {number}")
        return body.decode()

    @act
    def settle_change(self, session: str, number: int, outcome: str) -> None:
        """It was entered at the register, or it is nobody's there: it is gone here."""
        person = self.staff.who(session, ENTER)
        if outcome not in OUTCOMES:
            raise Refused(Reason.FORM)
        self._arrived(number)
        sql = "UPDATE changes SET state = ?, body = NULL WHERE number = ?"
        self.store.run(sql, outcome, number)
        self.history.happened(f"change {outcome}", person, f"change {number}")

    def _arrived(self, number: int) -> bytes:
        sql = "SELECT body FROM changes WHERE number = ? AND state = 'arrived'"
        body: bytes = unknown(self.store.value(sql, number))
        return body
