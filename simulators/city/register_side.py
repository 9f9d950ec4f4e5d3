# SPDX-License-Identifier: Apache-2.0
"""既存住民基本台帳システム, as the other systems of its city meet it.

The register (`simulators.register`) owes messages; those for the systems of the city go
out here, each receiver's in order. Its residents have addressee numbers that it does
not know itself: it asks the addressee system, by the individual number, and what needs
one waits until the addressee system knows the person. With each change the shops are
told what a residence record copy now says, and that there is none for whoever left or
is protected. From the addressee system it takes one type: the request for a code,
which it hands on to its CS (R-029). What it says to its CS is not carried here.
"""

import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from pki.names import StationName
from schemas.card_messages import CertificateInformationLink, CertificateItem
from schemas.messages import (
    Payload,
    SubmissionAccepted,
    SubmissionRefused,
    read_payload,
    write_payload,
)
from schemas.number_messages import PersonalIdentifierCodeRequest
from schemas.payload import type_of
from schemas.people import AddresseeKey
from schemas.register_messages import AddresseeInquiry, AddresseeReply
from schemas.systems import ADDRESSEE, EXISTING, FAMILY_REGISTER, PLATFORM, STORES
from schemas.xml import XmlRefused
from simulators.city.courier import Line
from simulators.city.reasons import Refused
from simulators.city.taken import Sender, Taken
from simulators.register import Register, RegisterError
from simulators.register.owed import CertificateSerial, IdentifierCodeRequest, Owed
from simulators.register.owed import ResidentRecordChange as Change
from simulators.register.wire import payload_of

RECEIVERS: Final = (ADDRESSEE, PLATFORM, STORES, FAMILY_REGISTER)
"""In this order: who is told to the addressee system has a number for the others."""
OWN_AFFAIR: Final = "999"
"""The register is none of the 43 affairs; the form of the question wants an item."""
REQUEST: Final = "personal_identifier_code_request"


class _Waits(Exception):
    """Something that cannot be carried yet."""


class RegisterSide:
    """One register among the systems of its city."""

    def __init__(self, register: Register, lines: Mapping[str, Line]) -> None:
        self.name = StationName(register.municipality, EXISTING)
        self._register = register
        self._lines = lines
        self._numbers: dict[str, str] = {}
        self._lock = threading.RLock()

    def carry(self) -> int:
        """Deliver what the register owes in its city; how many it were."""
        with self._lock:
            return sum(map(self._carry_to, RECEIVERS))

    def take(self, data: bytes, sender: Sender) -> Taken:
        """A request for a code, of the addressee system of this city."""
        with self._lock:
            try:
                self._hand_on(data, sender)
            except Refused as no:
                body = write_payload(no.payload())
                return Taken(HTTPStatus.UNPROCESSABLE_ENTITY, body)
        return Taken(HTTPStatus.ACCEPTED, write_payload(SubmissionAccepted()))

    # -- out ---------------------------------------------------------------------------

    def _carry_to(self, receiver: str) -> int:
        outbox, line = self._register.outbox, self._lines.get(receiver)
        done = 0
        while line is not None and (owed := outbox.next(receiver)) is not None:
            try:
                self._deliver(owed, line)
            except _Waits:
                break
            outbox.delivered(owed.number)
            done += 1
        return done

    def _deliver(self, owed: Owed, line: Line) -> None:
        message = owed.message
        number = ""
        if isinstance(message, Change | CertificateSerial):
            number = self._addressee_of(message.record)
        if isinstance(message, Change) and STORES in self._lines:
            self._link_certificate(message.record, number)
        payload = payload_of(message, self.name.organisation, lambda _: number)
        answer = _read(line(write_payload(payload)))
        if not isinstance(answer, SubmissionAccepted | SubmissionRefused):
            raise _Waits
        if isinstance(answer, SubmissionRefused):
            about = f"message {owed.number} {answer.code}"
            self._register.events.happened("refused in the city", about=about)

    def _link_certificate(self, record: int, number: str) -> None:
        """What a copy of this record now says; raises `_Waits`."""
        books = self._register.books
        held = books.record(record)
        items = {
            "氏名": held.name,
            "生年月日": held.born_text,
            "性別": held.sex,
            "住所": held.home.text,
            "続柄": held.relationship,
        }
        link = CertificateInformationLink(
            addressee_number=number,
            certificate_kind="residence_record",
            issuable=held.present and not held.protected(books.today),
            as_of=books.today,
            items=tuple(CertificateItem(label=k, value=v) for k, v in items.items()),
        )
        if _read(self._lines[STORES](write_payload(link))) is None:
            raise _Waits

    def _addressee_of(self, record: int) -> str:
        """The addressee number of a resident; raises `_Waits` while there is none."""
        person = self._register.books.record(record).individual_number
        line = self._lines.get(ADDRESSEE)
        if person is None or line is None:
            raise _Waits
        if person not in self._numbers:
            question = AddresseeInquiry(
                affair_item=OWN_AFFAIR,
                key=AddresseeKey(individual_number=person),
                wanted=("addressee_number",),
            )
            reply = _read(line(write_payload(question)))
            if not isinstance(reply, AddresseeReply) or not reply.addressee_number:
                raise _Waits
            self._numbers[person] = reply.addressee_number
        return self._numbers[person]

    # -- in ----------------------------------------------------------------------------

    def _hand_on(self, data: bytes, sender: Sender) -> None:
        if sender.station != StationName(self.name.organisation, ADDRESSEE):
            raise Refused("SK-M05")
        value = _read(data)
        if not isinstance(value, PersonalIdentifierCodeRequest):
            raise Refused("SK-M04")
        request = IdentifierCodeRequest(
            processing_number=value.processing_number.hex(),
            individual_number=value.individual_number,
        )
        try:
            self._register.relay.hand_on(request, sender.role)
        except RegisterError:
            raise Refused("SK-X04") from None


def _read(data: bytes) -> Payload | None:
    """What was said; None where it is nothing that can be read."""
    try:
        return read_payload(type_of(data), data)
    except XmlRefused:
        return None
