# SPDX-License-Identifier: Apache-2.0
"""既存住基端末: where staff enter, check, search and issue, at the resident register.

Thin: the register's own desks decide (`simulators.register`). The terminal knows who
sits there: by user ID and password (R-174), with the functions that are open to them
(R-175). It has no way to enter something and check it in the same session's name, since
the register refuses that whoever asks.
"""

from typing import Final

from schemas.systems import EXISTING_TERMINAL
from simulators.city.system import act
from simulators.city.taken import Given
from simulators.city.terminals import Screen, Terminal
from simulators.register import Register
from simulators.register.basis import Operator
from simulators.register.certificates import Application, Certificate
from simulators.register.forms import Form
from simulators.register.search import Outcome, Query

ENTER: Final = "enter"
CHECK: Final = "check"
SEARCH: Final = "search"
ISSUE: Final = "issue"


class RegisterTerminal(Terminal):
    """One terminal of the resident register."""

    role = EXISTING_TERMINAL
    functions = frozenset({ENTER, CHECK, SEARCH, ISSUE})

    def __init__(
        self, organisation: str, given: Given, register: Register, place: str
    ) -> None:
        super().__init__(organisation, given)
        self._register = register
        self._place = place
        self.screen: Screen[Outcome | Certificate] = Screen(self.clock)

    @act
    def enter(self, session: str, form: Form) -> int:
        """Enter a change; raises `RegisterError` with every reason."""
        return self._register.entries.enter(form, self._operator(session, ENTER))

    @act
    def check(self, session: str, entry: int, compared_with: str) -> tuple[int, ...]:
        """Check what somebody else entered, and let it take effect."""
        by = self._operator(session, CHECK)
        return self._register.entries.check(entry, by, compared_with)

    @act
    def send_back(self, session: str, entry: int, why: str) -> None:
        """Send an entry back to whoever made it."""
        by = self._operator(session, CHECK)
        self._register.entries.send_back(entry, by, why)

    @act
    def search(self, session: str, query: Query, purpose: str) -> Outcome:
        """Search by number, or by two of the four items."""
        by = self._operator(session, SEARCH)
        found = self._register.search.find(query, by, purpose)
        self.screen.show(found)
        return found

    @act
    def issue(self, session: str, application: Application) -> Certificate:
        """Make and issue a certificate."""
        by = self._operator(session, ISSUE)
        paper = self._register.certificates.issue(application, by)
        self.screen.show(paper)
        return paper

    def _operator(self, session: str, function: str) -> Operator:
        return Operator(self.staff.who(session, function), self._place)
