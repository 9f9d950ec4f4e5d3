# SPDX-License-Identifier: Apache-2.0
"""本人確認 at a counter: asked, seen on the screen, compared by a person (R-063).

A confirmation goes through four states, each on record with who did it: *answered* when
the network's result came, *seen* when the person at the terminal had it on the screen,
*same* or *other* when that person had compared it with what the application and the
document say. Only a confirmation that ended in *same*, of today, opens one procedure
(R-064), for the very person who was confirmed; then it is *used*. The code by which
that person is known goes with the use, or with the day.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

from schemas.people import ConfirmedPerson
from simulators.city.history import History
from simulators.city.reasons import Reason, Refused
from simulators.city.store import Store

SCHEMA: Final = """
CREATE TABLE confirmations (question INTEGER PRIMARY KEY, day TEXT NOT NULL,
    person TEXT NOT NULL, state TEXT NOT NULL, by TEXT NOT NULL) STRICT;
"""
ANSWERED: Final = "answered"
SEEN: Final = "seen"
SAME: Final = "same"
OTHER: Final = "other"
USED: Final = "used"


class Confirmations:
    """Those of one terminal."""

    def __init__(
        self, store: Store, history: History, today: Callable[[], date]
    ) -> None:
        self._store = store
        self._history = history
        self._today = today

    def answered(self, question: int, person: ConfirmedPerson | None) -> None:
        """The network's result, once; ``person`` is whom it confirmed, None: nobody."""
        self._forget()
        self._store.run(
            "INSERT INTO confirmations VALUES (?, ?, ?, ?, '') ON CONFLICT DO NOTHING",
            question,
            self._today().isoformat(),
            "" if person is None else person.resident_record_code,
            ANSWERED,
        )

    def seen(self, question: int, by: str) -> None:
        """Somebody had it on the screen; to look again changes nothing."""
        self._step(question, by, SEEN, (ANSWERED, SEEN))

    def concluded(self, question: int, by: str, same: bool) -> None:
        """What the person who saw it concluded; once.

        Raises `Refused` where it was not seen, or by somebody else, and where nobody
        was confirmed who could be the same.
        """
        row = self._row(question)
        if row[3] != by or (same and not row[1]):
            raise Refused(Reason.CONFIRM_FIRST)
        self._step(question, by, SAME if same else OTHER, (SEEN,))

    def use(self, question: int, resident_record_code: str, by: str) -> None:
        """Open one procedure for the person who was confirmed, or `Refused`."""
        row = self._row(question)
        if row[1] != resident_record_code or row[0] != self._today().isoformat():
            raise Refused(Reason.CONFIRM_FIRST)
        self._step(question, by, USED, (SAME,))
        self._store.run(
            "UPDATE confirmations SET person = '' WHERE question = ?", question
        )

    def _step(
        self, question: int, by: str, to: str, come_from: tuple[str, ...]
    ) -> None:
        if self._row(question)[2] not in come_from:
            raise Refused(Reason.CONFIRM_FIRST)
        self._store.run(
            "UPDATE confirmations SET state = ?, by = ? WHERE question = ?",
            to,
            by,
            question,
        )
        self._history.happened(f"confirmation {to}", by, f"question {question}")

    def _row(self, question: int) -> tuple[str, str, str, str]:
        """Day, person, state, and who did the last step."""
        row = self._store.row(
            "SELECT day, person, state, by FROM confirmations WHERE question = ?",
            question,
        )
        if row is None:
            raise Refused(Reason.CONFIRM_FIRST)
        return row[0], row[1], row[2], row[3]

    def _forget(self) -> None:
        """Whoever was here on another day is no longer known."""
        sql = "UPDATE confirmations SET person = '' WHERE person <> '' AND day <> ?"
        self._store.run(sql, self._today().isoformat())
