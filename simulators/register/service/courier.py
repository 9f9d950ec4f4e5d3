# SPDX-License-Identifier: Apache-2.0
"""Carries what the register owes its CS, in order, and tells the register how it ended.

What the CS took over is delivered, under the id that the CS gave it. What the CS will
never take is refused: it stays with its code, and what comes after it goes on. Where
there is no answer, or one that says to come again, it waits and is offered again; the
CS can so be given a message twice, and takes an update that it has for what it is.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from schemas.messages import (
    NotWritable,
    Payload,
    SubmissionAccepted,
    SubmissionRefused,
    read_payload,
    write_payload,
)
from schemas.payload import type_of
from schemas.systems import CS
from schemas.xml import XmlRefused
from simulators.register import Register
from simulators.register.owed import Owed
from simulators.register.wire import payload_of

Post: TypeAlias = Callable[[str, bytes], bytes]
"""Posts to a municipality by way of the CS; no bytes where no answer came."""

UNWRITABLE: Final = "SK-X02"
"""What the CS would say of a payload that its schema does not allow."""
MOST: Final = 1_000
"""Messages in one go, so that what arrives is looked at as well."""


class Courier:
    """The way from the register to its CS."""

    def __init__(self, register: Register, post: Post) -> None:
        self._register = register
        self._post = post

    def carry(self) -> int:
        """Offer what waits, until something has to wait; how many were settled."""
        done = 0
        outbox = self._register.outbox
        while done < MOST and (owed := outbox.next(CS)) is not None:
            if not self._offer(owed):
                break
            done += 1
        return done

    def _offer(self, owed: Owed) -> bool:
        register = self._register
        payload = payload_of(owed.message, register.municipality, _no_number)
        try:
            body = write_payload(payload)
        except NotWritable:
            return self._refused(owed, UNWRITABLE)
        answer = read(self._post(destination_of(owed), body))
        if isinstance(answer, SubmissionAccepted):
            sent_as = "" if answer.message_id is None else answer.message_id.hex()
            register.outbox.delivered(owed.number, sent_as)
            return True
        if not isinstance(answer, SubmissionRefused) or answer.retry:
            return False
        return self._refused(owed, answer.code)

    def _refused(self, owed: Owed, code: str) -> bool:
        register = self._register
        with register.store.transaction():
            register.outbox.refused(owed.number, code)
            about = f"message {owed.number} {code}"
            register.events.happened("refused by the CS", about=about)
        return True


def destination_of(owed: Owed) -> str:
    """The municipality that a message is for, where its payload does not say it."""
    if owed.type == "move_out_certificate_information":
        return ""
    return getattr(owed.message, "municipality", "")


def read(data: bytes) -> Payload | None:
    """What was said; None where it is nothing that can be read."""
    try:
        return read_payload(type_of(data), data)
    except XmlRefused:
        return None


def _no_number(_: int) -> str:
    """Nothing that goes to the CS has an addressee number."""
    raise AssertionError("no message for the CS names an addressee number")
