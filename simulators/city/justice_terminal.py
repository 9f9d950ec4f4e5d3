# SPDX-License-Identifier: Apache-2.0
"""法務省連携端末: takes in what the register put out about foreign residents.

Somebody enters a notice from the register's output, somebody else checks it against
that output, and only then it goes to the Ministry (F1-08-3, F1-08-4). A notice holds
what a residence card is about; it has no place for an individual number.
"""

import re
from typing import Final

from schemas.messages import read_payload
from schemas.register_messages import ForeignResidentNotice
from schemas.systems import JUSTICE, JUSTICE_TERMINAL
from simulators.city import staff
from simulators.city.reasons import Reason, Refused
from simulators.city.system import act, unknown, written
from simulators.city.terminals import Terminal

ENTER: Final = "enter"
CHECK: Final = "check"
NOTICE: Final = "foreign_resident_notice"
_CARD: Final = re.compile(r"ZZ[0-9]{8}ZZ")
"""A residence card of the simulation: no real one begins and ends so."""


class JusticeTerminal(Terminal):
    """One city's terminal."""

    role = JUSTICE_TERMINAL
    functions = frozenset({ENTER, CHECK})
    schema = f"""{staff.SCHEMA}
CREATE TABLE notices (number INTEGER PRIMARY KEY, output TEXT NOT NULL UNIQUE,
    entered_by TEXT NOT NULL, body BLOB, state TEXT NOT NULL) STRICT;
"""

    @act
    def enter(self, session: str, notice: ForeignResidentNotice, output: str) -> int:
        """Enter a notice from this piece of output; each piece is entered once."""
        person = self.staff.who(session, ENTER)
        if notice.municipality_code != self.name.organisation or not output:
            raise Refused(Reason.FORM)
        if not _CARD.fullmatch(notice.residence_card_number):
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
