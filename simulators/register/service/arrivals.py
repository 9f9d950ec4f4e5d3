# SPDX-License-Identifier: Apache-2.0
"""What came to the CS for the register: fetched, taken in once, then acknowledged.

Each is taken in and noted in one transaction, and only then acknowledged: cut short in
between, it comes again and is known. What the register refuses is set aside with its
reason and its content, for a person to look at; the others go on. What comes of an
isolated source stays at the CS until the source is restored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from schemas.messages import read_payload
from schemas.systems import CS
from schemas.xml import XmlRefused
from simulators.register import Register, RegisterError
from simulators.register.errors import NotNow, StoreFault
from simulators.register.store import Taken
from simulators.register.wide_area import WideAreaRequest
from simulators.register.wire import (
    certificate_of,
    move_in_notice_of,
    supplement_of,
)
from simulators.store import instant

TAKEN_IN: Final = "taken in"
SET_ASIDE: Final = "set aside"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One arrival at the CS: its id, its type, and the organisation it is of."""

    message: str
    type: str
    source: str


class Post(Protocol):
    """The inside listener of the CS."""

    def waiting(self) -> list[Waiting]:
        """What waits; nothing where there is no answer."""
        ...

    def fetch(self, message: str) -> bytes:
        """One payload; no bytes where there is none."""
        ...

    def acknowledge(self, message: str) -> None:
        """It was taken over."""
        ...


class Arrivals:
    """The way from the CS into the register."""

    def __init__(self, register: Register, post: Post) -> None:
        self._register = register
        self._post = post

    def fetch(self) -> int:
        """Take in what waits; how many were acknowledged."""
        done = 0
        for one in self._post.waiting():
            if self._register.inward.is_isolated(one.source):
                continue
            if not self._known(one.message):
                body = self._post.fetch(one.message)
                if not body:
                    continue
                self._take(one, body)
            self._post.acknowledge(one.message)
            done += 1
        return done

    def _take(self, one: Waiting, body: bytes) -> None:
        """In one transaction with the note that it came."""
        store = self._register.store
        try:
            with store.transaction():
                take_in(self._register, one, body)
                self._note(one, TAKEN_IN, "", None)
        except StoreFault:
            raise
        except (RegisterError, Unreadable, Taken) as error:
            why = str(error) if isinstance(error, RegisterError) else "unreadable"
            with store.transaction():
                self._note(one, SET_ASIDE, why, body)
                about = f"{one.type} of {one.source}"
                self._register.events.happened("set aside", about=about)

    def _note(self, one: Waiting, state: str, why: str, body: bytes | None) -> None:
        now = instant(self._register.books.now)
        self._register.store.run(
            "INSERT INTO came_in VALUES (?, ?, ?, ?, ?, ?, ?)",
            one.message,
            one.type,
            one.source,
            now,
            state,
            why,
            body,
        )

    def _known(self, message: str) -> bool:
        sql = "SELECT 1 FROM came_in WHERE message = ?"
        return bool(self._register.store.value(sql, message))


def again(register: Register, message: str) -> None:
    """Try once more to take in what was set aside; raises `RegisterError`."""
    store = register.store
    row = store.row(
        "SELECT message, type, source, body FROM came_in"
        " WHERE message = ? AND body IS NOT NULL",
        message,
    )
    if row is None:
        raise NotNow("nothing of this id is set aside")
    try:
        with store.transaction():
            take_in(register, Waiting(*row[:3]), row[3])
            store.run(
                "UPDATE came_in SET state = ?, why = '', body = NULL WHERE message = ?",
                TAKEN_IN,
                message,
            )
    except Unreadable:
        raise NotNow("what came cannot be read, and never will be") from None


class Unreadable(Exception):
    """What came is no payload of its type, or of a type that no register takes."""


def take_in(register: Register, one: Waiting, body: bytes) -> None:
    """Give it to the desk that it is for; raises `RegisterError`, `Unreadable`."""
    handler = _HANDLERS.get(one.type)
    if handler is None:
        raise Unreadable
    try:
        value: Any = read_payload(one.type, body)
    except XmlRefused:
        raise Unreadable from None
    handler(register, value, one.source)


def _number(register: Register, value: Any, source: str) -> None:
    register.numbers.receive(
        value.request_management_number,
        value.resident_record_code,
        value.individual_number,
        CS,
    )


def _certificate(register: Register, value: Any, source: str) -> None:
    register.inward.receive_certificate(certificate_of(value, source), CS)


def _move_in(register: Register, value: Any, source: str) -> None:
    notice = move_in_notice_of(value, register.municipality)
    register.inward.receive_move_in_notice(notice, source, CS)


def _again(register: Register, value: Any, source: str) -> None:
    register.resends.receive(
        value.resident_record_code,
        value.kanji_name,
        value.date_of_birth,
        source,
        CS,
    )


def _wide_area(register: Register, value: Any, source: str) -> None:
    asked = WideAreaRequest(
        request=value.request_management_number,
        resident_record_code=value.resident_record_code,
        whole_household=value.whole_household,
        show_relationship=value.show_relationship,
        show_code=value.show_resident_record_code,
        show_number=value.show_individual_number,
    )
    register.wide_area.receive(asked, source, CS)


def _supplement(register: Register, value: Any, source: str) -> None:
    information = supplement_of(value, register.municipality)
    register.supplement.receive(information, source, CS)


def _mismatch(register: Register, value: Any, source: str) -> None:
    register.supplement.receive_mismatch(
        value.resident_record_code, value.differing, source, CS
    )


def _consistency(register: Register, value: Any, source: str) -> None:
    about = f"{source} {len(value.differences)} differences"
    register.events.happened("consistency result", about=about)


_HANDLERS: Final[Mapping[str, Callable[[Register, Any, str], None]]] = {
    "individual_number_generation_response": _number,
    "move_out_certificate_information": _certificate,
    "move_out_certificate_resend_request": _again,
    "move_in_notice": _move_in,
    "wide_area_issuance_request": _wide_area,
    "family_register_supplement_update": _supplement,
    "family_register_supplement_mismatch": _mismatch,
    "consistency_check_result": _consistency,
}
"""By the type of what came."""
