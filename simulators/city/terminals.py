# SPDX-License-Identifier: Apache-2.0
"""What the terminals of the city have in common: a person sits there.

Nobody does anything without a session; each function is open to those to whom it was
granted. What is on the screen is gone after a while (R-196); a hard copy of it needs a
reason and is on record (R-198).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar, Final, Generic, TypeVar

from simulators.city import staff
from simulators.city.reasons import Reason, Refused
from simulators.city.staff import Staff
from simulators.city.system import System, act
from simulators.city.taken import Given

IDLE: Final = timedelta(minutes=5)
"""How long a screen shows a person; the document has no number."""

T = TypeVar("T")


class Screen(Generic[T]):
    """What somebody sees, until they look away for too long."""

    def __init__(self, clock: Callable[[], datetime], idle: timedelta = IDLE) -> None:
        self._clock = clock
        self._idle = idle
        self._shown: T | None = None
        self._since = clock()

    def show(self, what: T) -> None:
        """Put something on the screen."""
        self._shown = what
        self._since = self._clock()

    def touch(self) -> None:
        """Somebody is there; what is gone does not come back by it."""
        if self.seen() is not None:
            self._since = self._clock()

    def seen(self) -> T | None:
        """What is to be seen now; nothing once the saver is on."""
        if self._clock() - self._since >= self._idle:
            self._shown = None
        return self._shown


class Terminal(System):
    """A terminal with its own accounts."""

    schema: ClassVar[str] = staff.SCHEMA
    functions: ClassVar[frozenset[str]]
    """What can be opened to somebody here."""

    def __init__(self, organisation: str, given: Given) -> None:
        super().__init__(organisation, given)
        self.staff = Staff(self.store, self.clock, self.token_bytes)

    @act
    def enrol(self, person: str, department: str, secret: str, by: str) -> None:
        """A new account."""
        self.staff.enrol(person, department, secret, by)

    @act
    def grant(self, person: str, function: str, by: str) -> None:
        """Open a function of this terminal to somebody."""
        if function not in self.functions:
            raise Refused(Reason.FORM)
        self.staff.grant(person, function, by)

    @act
    def revoke(self, person: str, by: str) -> None:
        """Somebody moved or left."""
        self.staff.revoke(person, by)
        self.history.happened("revoked", by, person)

    @act
    def log_in(self, person: str, secret: str) -> str:
        """A session; the same words for everything that can be wrong."""
        token = self.staff.log_in(person, secret)
        self.history.happened("logged in", person)
        return token

    @act
    def log_out(self, session: str) -> None:
        """The session ends."""
        self.staff.log_out(session)
        self.history.happened("logged out")

    @act
    def hard_copy(self, session: str, function: str, reason: str) -> None:
        """A copy of the screen on paper: for a reason, and on record."""
        person = self.staff.who(session, function)
        if not reason.strip():
            raise Refused(Reason.FORM)
        self.history.happened("hard copy", person, reason)
