# SPDX-License-Identifier: Apache-2.0
"""統合端末: where staff ask the resident-register network, through the CS.

Thin: it sends what somebody keys in or a card shows, and puts the answer on the screen.
Which keys suffice, and where a search goes, the CS decides. An answer to another
question than the one that was asked is not shown. A special move-in and a wide-area
issue begin with the confirmation of whoever stands there (`confirmations`). Staff are
known by a biometric reader; the reader is simulated, what it gives for a finger is a
text.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from schemas.messages import Payload
from schemas.move_messages import (
    MoveOutCertificateResendRequest,
    WideAreaIssuanceReply,
    WideAreaIssuanceRequest,
)
from schemas.people import ConfirmationKey, SearchKey
from schemas.search_messages import (
    IdentityConfirmationRequest,
    IdentityConfirmationResult,
    IdentityInformationSearch,
    JlisIdentityInformationInquiry,
)
from schemas.systems import CS, TERMINAL
from simulators.city import confirmations, staff
from simulators.city.confirmations import Confirmations
from simulators.city.outbox import Owed
from simulators.city.reasons import Reason, Refused
from simulators.city.system import Handler, act
from simulators.city.taken import Given, Sender
from simulators.city.terminals import Screen, Terminal

CONFIRM: Final = "confirm"
SEARCH: Final = "search"
MOVE_IN: Final = "move in"
ISSUE: Final = "issue"


class IntegratedTerminal(Terminal):
    """One integrated terminal."""

    role = TERMINAL
    functions = frozenset({CONFIRM, SEARCH, MOVE_IN, ISSUE})
    schema = staff.SCHEMA + confirmations.SCHEMA

    def __init__(self, organisation: str, given: Given) -> None:
        super().__init__(organisation, given)
        self._confirmations = Confirmations(
            self.store, self.history, lambda: self.today
        )
        self._screens: dict[int, Screen[Payload]] = {}
        self._copies: dict[str, Screen[Payload]] = {}

    def handlers(self) -> Mapping[str, Handler]:
        return {"wide_area_issuance_reply": self._copy}

    @act
    def confirm(self, session: str, key: ConfirmationKey) -> int:
        """Is this the person? By the card shown, or the items on a document."""
        by = self.staff.who(session, CONFIRM)
        return self.owe(CS, IdentityConfirmationRequest(key=key), by)

    @act
    def look(self, session: str, question: int) -> None:
        """Have the result of a confirmation on the screen: that it is, is on record."""
        by = self.staff.who(session, CONFIRM)
        if self.screen(question) is None:
            raise Refused(Reason.CONFIRM_FIRST)
        self._confirmations.seen(question, by)

    @act
    def conclude(self, session: str, question: int, same: bool) -> None:
        """Is the person on the screen the one of application and document? (R-063)"""
        by = self.staff.who(session, CONFIRM)
        self._confirmations.concluded(question, by, same)

    @act
    def search(self, session: str, key: SearchKey) -> int:
        """Whom does a key fit?"""
        by = self.staff.who(session, SEARCH)
        return self.owe(CS, IdentityInformationSearch(key=key), by)

    @act
    def inquire(self, session: str, key: SearchKey) -> int:
        """What J-LIS keeps of one person."""
        by = self.staff.who(session, SEARCH)
        return self.owe(CS, JlisIdentityInformationInquiry(key=key), by)

    @act
    def ask_again(
        self,
        session: str,
        confirmation: int,
        resident_record_code: str,
        kanji_name: str,
        born: date,
    ) -> int:
        """Have the move-out certificate information sent again (F23-03-N2a).

        ``confirmation`` is the question by which the person was confirmed (R-064).
        """
        by = self.staff.who(session, MOVE_IN)
        self._confirmations.use(confirmation, resident_record_code, by)
        request = MoveOutCertificateResendRequest(
            resident_record_code=resident_record_code,
            kanji_name=kanji_name,
            date_of_birth=born,
        )
        return self.owe(CS, request, by)

    @act
    def issue(
        self, session: str, confirmation: int, request: WideAreaIssuanceRequest
    ) -> int:
        """広域交付: a copy of a record that another municipality keeps.

        ``confirmation`` is the question by which the person was confirmed (R-064).
        """
        by = self.staff.who(session, ISSUE)
        self._confirmations.use(confirmation, request.resident_record_code, by)
        self._copies[request.request_management_number] = Screen(self.clock)
        return self.owe(CS, request, by)

    def learned(self, owed: Owed, asked: Payload, reply: Payload) -> None:
        """Put an answer on the screen; raises `Refused` where it answers another."""
        if getattr(asked, "key", None) != getattr(reply, "key", None):
            raise Refused(Reason.CONTRADICTS)
        if isinstance(reply, IdentityConfirmationResult):
            person = reply.person if reply.confirmed else None
            self._confirmations.answered(owed.number, person)
        screen: Screen[Payload] = Screen(self.clock)
        screen.show(reply)
        self._screens[owed.number] = screen

    def awaits(self, kind: str, message_id: str) -> bool:
        """A copy, as long as one was asked for that nobody has seen."""
        waiting = (shown.seen() is None for shown in self._copies.values())
        return kind == "wide_area_issuance_reply" and any(waiting)

    def screen(self, question: int) -> Payload | None:
        """What is to be seen of an answer; nothing once the saver is on."""
        shown = self._screens.get(question)
        return None if shown is None else shown.seen()

    def copy(self, request: str) -> Payload | None:
        """The copy that came for a request of wide-area issue."""
        shown = self._copies.get(request)
        return None if shown is None else shown.seen()

    def _copy(self, value: WideAreaIssuanceReply, sender: Sender) -> None:
        shown = self._copies.get(value.request_management_number)
        if shown is None:
            raise Refused(Reason.UNKNOWN)
        shown.show(value)
