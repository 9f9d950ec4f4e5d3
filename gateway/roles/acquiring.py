# SPDX-License-Identifier: Apache-2.0
"""How an intermediate server gets copies and linkage codes (符号) for its organisation.

Law: 番号法第21条の2. The addressee system hands in copies (１０－②) and what begins the
getting of a code (１１－①); the core tells the code (１１－④), and the processing
number ties it to the addressee number. In the two profiles another system begins:

    document    the addressee system hands in the pair of individual and addressee
                number; this server makes the number and the request (１１－②), which
                waits here until the addressee system fetches it
    separated   the addressee system asks for a number and makes the request itself:
                no individual number ever comes here

The processing number (取得番号) is kept while the code is waited for, and no longer; it
stands in payloads alone and never in a header, because headers are kept for years.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from gateway.config import Profile
from gateway.outcome import Case
from gateway.records.acquisitions import Acquisition
from gateway.records.arrivals import Arrival
from gateway.records.copy_rows import RecordRow
from gateway.records.jst import JST
from gateway.records.transaction import Transaction
from gateway.roles.plan import About, Conflict, Effect, NotTaken, Plan
from gateway.rules.resident import numbers_fault
from gateway.station import Station
from protocols.header import new_id
from schemas.charset import unwritable
from schemas.messages import Payload, SubmissionAccepted, write_payload
from schemas.number_messages import (
    NumberPairRegistration,
    PersonalIdentifierCodeRequest,
    ProcessingNumberNotice,
    ProcessingNumberRequest,
)
from schemas.register_messages import ResidentRecordCopy
from schemas.systems import ADDRESSEE

WAITED_FOR: Final = timedelta(days=7)
"""For a code, at most: each of the messages on its way lives a day."""
REQUEST: Final = "personal_identifier_code_request"


@dataclass(frozen=True, slots=True)
class Taken:
    """What is done about a hand-in, and what its system is told."""

    plan: Plan
    answer: Payload
    status: int = 202


class Acquiring:
    """The addressee system's part of one intermediate server."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def take(self, kind: str, value: Any, now: datetime) -> Taken | None:
        """Decide about a hand-in; None where it is not the addressee system's.

        Raises `NotTaken`.
        """
        act = _ACTS.get(kind)
        if act is None:
            return None
        code = numbers_fault(value, self._station.facts.realm)
        if code:
            raise NotTaken(code, "its numbers carry this network's check digits")
        return act(self, value, now)

    # -- copies ----------------------------------------------------------------------

    def _copy(self, value: ResidentRecordCopy, now: datetime) -> Taken:
        """Keep what the register now says; a flag stays as it is."""
        told = value.resident_record_information
        mapped = self._station.facts.tables.mapped
        today = now.astimezone(JST).date()
        texts = [mapped(text, today) for text in (told.head_name, told.relationship)]
        if any(unwritable(text) is not None for text in texts):
            raise NotTaken("SK-X05", "its texts are JIS X 0213")
        record = RecordRow(told.head_of_household, *texts)
        number, sequence = value.addressee_number, value.update_sequence_number
        keep = partial(_keep, number=number, sequence=sequence, record=record)
        held = self._station.store.copy_by_addressee(number)
        tag = self._tag("" if held is None else held.linkage_code)
        return Taken(Plan(About(person_tag=tag), (keep,)), SubmissionAccepted())

    # -- codes -----------------------------------------------------------------------

    def _pair(self, value: NumberPairRegistration, now: datetime) -> Taken:
        """Profile `document`: make the request, and keep it to be fetched.

        The same pair again, while its code is waited for, is the same request again:
        it waits once, or anew if it was fetched. Its id here does not tell the number.
        """
        self._must_be(Profile.DOCUMENT)
        mine = value.individual_number
        made, begin = self._begun(value.addressee_number, mine, now)
        tag = self._station.store.acquisition_tag(made.processing_number)
        request = PersonalIdentifierCodeRequest(
            processing_number=made.processing_number, individual_number=mine
        )
        arrival = Arrival(
            message_id=tag,
            sender=str(self._station.name),
            message_type=REQUEST,
            for_role=ADDRESSEE,
            payload=write_payload(request),
            at=now,
            until=made.until,
        )
        wait = partial(_arrive, arrival=arrival)
        plan = Plan(effects=(*begin, wait))
        return Taken(plan, SubmissionAccepted(message_id=tag))

    def _number(self, value: ProcessingNumberRequest, now: datetime) -> Taken:
        """Profile `separated`: a number, the same one until its code has come."""
        self._must_be(Profile.SEPARATED)
        made, begin = self._begun(value.addressee_number, "", now)
        notice = ProcessingNumberNotice(
            addressee_number=value.addressee_number,
            processing_number=made.processing_number,
        )
        return Taken(Plan(effects=begin), notice, 200)

    def notice(self, case: Case) -> Plan:
        """The core told a code: tie it, and erase the processing number."""
        value = case.value
        known = self._station.acquisition(value.processing_number)
        assert known is not None  # a check was here before: SK-C14
        end = partial(_end, number=value.processing_number)
        tie = partial(_tie, number=known.addressee_number, code=value.subject_code)
        return Plan(About(person_tag=self._tag(value.subject_code)), (end, tie))

    def _begun(
        self, addressee_number: str, individual_number: str, now: datetime
    ) -> tuple[Acquisition, tuple[Effect, ...]]:
        """The acquisition that is open for it, or a new one and what opens it."""
        store = self._station.store
        subject = store.subject_tag(addressee_number, individual_number)
        known = store.open_acquisition_of(subject, now)
        if known is not None:
            return known, ()
        number = new_id(now, self._station.token_bytes)
        made = Acquisition(now + WAITED_FOR, number, addressee_number)
        return made, (
            partial(Transaction.open_acquisition, made=made, subject_tag=subject),
        )

    def _must_be(self, profile: Profile) -> None:
        if self._station.config.profile is not profile:
            raise NotTaken("SK-K03", "codes are acquired in this way here")

    def _tag(self, code: str) -> str:
        return self._station.store.person_tag(code) if code else ""


def _keep(tx: Transaction, number: str, sequence: int, record: RecordRow) -> None:
    if not tx.put_copy(number, sequence, record):
        raise Conflict("SK-J03")


def _arrive(tx: Transaction, arrival: Arrival) -> None:
    tx.arrive(arrival)


def _end(tx: Transaction, number: bytes) -> None:
    if not tx.end_acquisition(number):
        raise Conflict("SK-C14")


def _tie(tx: Transaction, number: str, code: str) -> None:
    if not tx.tie_code(number, code):
        raise Conflict("SK-K02")


_ACTS: Final[Mapping[str, Callable[[Acquiring, Any, datetime], Taken]]] = {
    "resident_record_copy": Acquiring._copy,
    "number_pair_registration": Acquiring._pair,
    "processing_number_request": Acquiring._number,
}
"""What is done about each type that the addressee system hands in."""
