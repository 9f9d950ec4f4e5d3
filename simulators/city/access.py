# SPDX-License-Identifier: Apache-2.0
"""Which affair may have what, who may act for it, and which system.

Three tables, set before anything is asked (R-031, R-035, R-188):

- *items*: what of a person each of the 43 affairs needs. An affair that is not listed
  gets nothing. The document does not print the table; ours withholds the individual
  number until it is opened for an affair, since the addressee number does without it.
- *ties*: affair, department and person in charge. A department is one of those that
  handle the affair.
- *uses*: which business system may receive for which affair. Applied for by one person,
  approved by another of the department in charge of the resident register.
"""

from typing import Final

from schemas.transfer_affairs import AFFAIRS
from simulators.city.reasons import Attempt, Reason, Refused
from simulators.city.store import Store

__all__ = ["ITEMS", "SCHEMA", "Access", "Ties"]

IN_CHARGE: Final = "市民課"
"""所管課 of the resident register: it approves uses."""
NUMBER: Final = "individual_number"
ITEMS: Final = frozenset(
    {
        "addressee_number",
        "individual_number",
        "kanji_name",
        "furigana_name",
        "date_of_birth",
        "sex",
        "postal_code",
        "address",
    }
)
"""What the addressee system holds of a person and can give."""

SCHEMA: Final = """
CREATE TABLE opened (affair TEXT, item TEXT, reference TEXT NOT NULL,
    PRIMARY KEY (affair, item)) STRICT;
CREATE TABLE ties (affair TEXT, department TEXT, person TEXT, reference TEXT NOT NULL,
    PRIMARY KEY (affair, department, person)) STRICT;
CREATE TABLE uses (system TEXT, affair TEXT, reference TEXT NOT NULL,
    applied_by TEXT NOT NULL, approved_by TEXT,
    PRIMARY KEY (system, affair)) STRICT;
"""


class Ties:
    """Affair, department and person in charge (R-188)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tie(self, affair: str, department: str, person: str, reference: str) -> None:
        """Put somebody in charge; raises `Refused` for a department that is not."""
        known = AFFAIRS.get(affair)
        if known is None:
            raise Refused(Reason.AFFAIR)
        if department not in known.departments:
            raise Refused(Reason.TIE)
        self._store.run(
            "INSERT INTO ties VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            affair,
            department,
            person,
            reference,
        )

    def untie(self, person: str) -> int:
        """Take every affair from somebody who moved or left; how many it were."""
        return self._store.changed("DELETE FROM ties WHERE person = ?", person)

    def must(self, department: str, attempt: Attempt) -> None:
        """Raises `Refused` where the three are not tied."""
        tied = self._store.value(
            "SELECT 1 FROM ties WHERE affair = ? AND department = ? AND person = ?",
            attempt.affair,
            department,
            attempt.who,
        )
        if not tied:
            raise Refused(Reason.TIE, attempt)


class Access:
    """The tables of items and of uses."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def items(self, affair: str) -> frozenset[str]:
        """What an affair may have of a person; nothing where it is not listed."""
        if affair not in AFFAIRS:
            return frozenset()
        sql = "SELECT item FROM opened WHERE affair = ?"
        opened = {row[0] for row in self._store.rows(sql, affair)}
        return (ITEMS - {NUMBER}) | opened

    def open(self, affair: str, item: str, reference: str) -> None:
        """Let an affair have one item more."""
        if affair not in AFFAIRS:
            raise Refused(Reason.AFFAIR)
        if item not in ITEMS or not reference:
            raise Refused(Reason.ITEM)
        sql = "INSERT INTO opened VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        self._store.run(sql, affair, item, reference)

    def apply(self, system: str, affair: str, reference: str, by: str) -> None:
        """利用申請: a system wants to receive for an affair."""
        if affair not in AFFAIRS:
            raise Refused(Reason.AFFAIR)
        if not (system and reference and by):
            raise Refused(Reason.FORM)
        self._store.run(
            "INSERT INTO uses VALUES (?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING",
            system,
            affair,
            reference,
            by,
        )

    def approve(self, reference: str, department: str, by: str) -> int:
        """The department in charge lets it; how many uses the application had."""
        if department != IN_CHARGE:
            raise Refused(Reason.TIE)
        sql = "SELECT applied_by FROM uses WHERE reference = ? AND approved_by IS NULL"
        waiting = self._store.rows(sql, reference)
        if not waiting:
            raise Refused(Reason.NOT_NOW)
        if (by,) in waiting:
            raise Refused(Reason.SECOND_PERSON)
        return self._store.changed(
            "UPDATE uses SET approved_by = ? WHERE reference = ?", by, reference
        )

    def withdraw(self, system: str, affair: str) -> int:
        """A use ends."""
        sql = "DELETE FROM uses WHERE system = ? AND affair = ?"
        return self._store.changed(sql, system, affair)

    def must_use(self, system: str, attempt: Attempt) -> None:
        """Raises `Refused` where no approved application lets the system ask."""
        if attempt.affair not in AFFAIRS:
            raise Refused(Reason.AFFAIR, attempt)
        approved = self._store.value(
            "SELECT 1 FROM uses WHERE system = ? AND affair = ?"
            " AND approved_by IS NOT NULL",
            system,
            attempt.affair,
        )
        if not approved:
            raise Refused(Reason.APPLICATION, attempt)

    def must_have(self, wanted: tuple[str, ...], attempt: Attempt) -> None:
        """Raises `Refused` where the affair may not have one of the items."""
        if attempt.affair not in AFFAIRS:
            raise Refused(Reason.AFFAIR, attempt)
        if not set(wanted) <= self.items(attempt.affair):
            raise Refused(Reason.ITEM, attempt)
