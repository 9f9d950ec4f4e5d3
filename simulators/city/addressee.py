# SPDX-License-Identifier: Apache-2.0
"""団体内統合宛名システム: who is who in the city.

Its six functions (システム3 ②):

1. individual number ⇄ addressee number, one person one number, both ways;
2. access by affair, department and person in charge, every look on record;
3. the numbers that business systems have for a person, tied to one addressee number;
4. addressee information on request, by one of the two numbers, as the affair may have;
5. what linkage needs goes to the intermediate server: the copy, in JIS X 0213, and what
   it takes to get a code; what business systems hold for
   it is taken and kept apart (`business_data`);
6. the individual number that a residence record copy may show, to the shops' system.

It is no neighbour of the CS (R-029): a request for a code goes on to the existing
resident system as it came, and nothing of it is kept but its processing number.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from schemas.card_messages import CertificateIndividualNumberLink
from schemas.messages import Payload, ResidentRecordInformation
from schemas.number_messages import (
    NumberPairRegistration,
    PersonalIdentifierCodeRequest,
    ProcessingNumberNotice,
    ProcessingNumberRequest,
)
from schemas.people import AddresseeKey
from schemas.register_messages import (
    AddresseeInquiry,
    AddresseeReply,
    BusinessLinkageData,
    NumberedResidentRecordChange,
    ResidentRecordCopy,
)
from schemas.systems import ADDRESSEE, EXISTING, INTERMEDIATE, STORES, TAX
from simulators.city import access, business_data, persons
from simulators.city.business_data import BusinessData
from simulators.city.guarded import GuardedSystem
from simulators.city.outbox import Owed
from simulators.city.persons import Person, Persons, is_older, person_of
from simulators.city.reasons import Attempt, Reason, Refused
from simulators.city.system import Handler, act, shown, unknown
from simulators.city.taken import Given, Sender
from simulators.residents.characters import substitute

PAIR: Final = "number_pair_registration"
REQUEST: Final = "personal_identifier_code_request"
LAYOUT: Final = "2026-07"
"""Version of the layout of the copies."""
ITS_OWN: Final = frozenset({"addressee_number"})
"""What the register may ask back: the number that stands for its own resident."""


class Acquiring(Enum):
    """How codes are acquired (番号法第21条の2)."""

    AS_DOCUMENT = "document"
    """別添１ １１: the intermediate server is given the pair, and begins."""
    SEPARATED = "separated"
    """The addressee system begins; the server never meets an individual number."""


class AddresseeSystem(GuardedSystem):
    """One city's addressee system."""

    role = ADDRESSEE
    schema = f"""{access.SCHEMA} {persons.SCHEMA} {business_data.SCHEMA}
CREATE TABLE relayed (processing TEXT PRIMARY KEY, addressee TEXT NOT NULL) STRICT;
"""

    def __init__(
        self,
        organisation: str,
        given: Given,
        acquiring: Acquiring = Acquiring.AS_DOCUMENT,
    ) -> None:
        super().__init__(organisation, given)
        self.acquiring = acquiring
        self.persons = Persons(self.store, self.token_bytes)
        self.business_data = BusinessData(self.store)

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "numbered_resident_record_change": self._change,
            "addressee_inquiry": self._inquiry,
            "business_linkage_data": self._business_data,
            "personal_identifier_code_request": self._relay,
        }

    # -- 1, 3, 5, 6: a change in the register ------------------------------------------

    def _change(self, value: NumberedResidentRecordChange, sender: Sender) -> None:
        before = self.persons.of_change(value, sender.role)
        sequence, on = value.update_sequence_number, value.change_date
        if before and is_older(sequence, on, before.sequence, before.changed):
            self.history.happened("older than what is held", str(sender))
            return
        number = before.addressee_number if before else self.persons.new_number()
        after = person_of(number, value)
        if after == before:
            return
        if before and (before.sequence, before.changed) == (sequence, on):
            raise Refused(Reason.CONTRADICTS)
        if self.persons.keep(after):
            self.history.happened("an individual number was replaced", str(sender))
        self.persons.tie(sender.role, value.business_addressee_number, number)
        self._pass_on(after, before, value, str(sender))

    def _pass_on(
        self,
        person: Person,
        before: Person | None,
        value: NumberedResidentRecordChange,
        by: str,
    ) -> None:
        """What of it others must have: copy, pair or request, number for the shops."""
        number = person.addressee_number
        copy = ResidentRecordCopy(
            addressee_number=number,
            update_sequence_number=person.sequence,
            layout_version=LAYOUT,
            resident_record_information=_in_jis(value.resident_record_information),
        )
        self.owe(INTERMEDIATE, copy, by)
        same = before and before.individual_number == person.individual_number
        if same:
            return
        mine = person.individual_number
        if self.acquiring is Acquiring.AS_DOCUMENT:
            pair = NumberPairRegistration(
                individual_number=mine, addressee_number=number
            )
            self.owe(INTERMEDIATE, pair, by)
        elif before is None:
            self.owe(INTERMEDIATE, ProcessingNumberRequest(addressee_number=number), by)
        shown = CertificateIndividualNumberLink(
            addressee_number=number, individual_number=mine
        )
        self.owe(STORES, shown, by)

    def awaits(self, kind: str, message_id: str) -> bool:
        """The request that a pair of its own began, under the pair's id."""
        return kind == REQUEST and self.outbox.is_known_as(PAIR, message_id)

    # -- 5: what business systems hold -------------------------------------------------

    def _business_data(self, value: BusinessLinkageData, sender: Sender) -> None:
        """Keep it under its addressee number; an approved system's alone."""
        person = unknown(self.persons.by_addressee(value.addressee_number))
        system = _system_of(sender)
        attempt = _attempt(
            str(sender.station), system, value.affair_item, person, (value.kind,)
        )
        self.access.must_use(system, attempt)
        if not self.business_data.keep(value, system):
            self.history.happened("older than what is held", str(sender))

    @shown
    def business_data_of(self, number: str) -> Mapping[str, int]:
        """What is held of somebody, by system and kind: the sequence number alone."""
        return self.business_data.held(number)

    # -- 5: the request for a code -----------------------------------------------------

    def _relay(self, value: PersonalIdentifierCodeRequest, sender: Sender) -> None:
        if self.acquiring is not Acquiring.AS_DOCUMENT:
            raise Refused(Reason.PROFILE)
        person = unknown(self.persons.by_number(value.individual_number))
        self._ask_for_code(value, person, str(sender))

    def _ask_for_code(
        self, value: PersonalIdentifierCodeRequest, person: Person, by: str
    ) -> None:
        """Owe it to the register; a processing number stands for one person, once."""
        processing = value.processing_number.hex()
        sql = "SELECT addressee FROM relayed WHERE processing = ?"
        known = self.store.value(sql, processing)
        if known is not None and known != person.addressee_number:
            raise Refused("SK-C11")
        if known is None:
            sql = "INSERT INTO relayed VALUES (?, ?)"
            self.store.run(sql, processing, person.addressee_number)
            self.owe(EXISTING, value, by)

    def learned(self, owed: Owed, asked: Payload, reply: Payload) -> None:
        """The server's processing number: now the register can be asked."""
        assert isinstance(asked, ProcessingNumberRequest)
        assert isinstance(reply, ProcessingNumberNotice)
        if reply.addressee_number != asked.addressee_number:
            raise Refused(Reason.CONTRADICTS)
        person = unknown(self.persons.by_addressee(reply.addressee_number))
        request = PersonalIdentifierCodeRequest(
            processing_number=reply.processing_number,
            individual_number=person.individual_number,
        )
        self._ask_for_code(request, person, owed.receiver)

    # -- 2, 4: addressee information on request ----------------------------------------

    def _inquiry(self, value: AddresseeInquiry, sender: Sender) -> AddresseeReply:
        person = self.persons.by_key(value.key)
        attempt = _attempt(
            str(sender.station), sender.system, value.affair_item, person, value.wanted
        )
        if sender.role == EXISTING:
            if not set(value.wanted) <= ITS_OWN:
                raise Refused(Reason.ITEM, attempt)
        else:
            system = _system_of(sender)
            self.access.must_use(system, attempt)
            self.access.must_have(value.wanted, attempt)
        return self._told(attempt, person, value.wanted)

    @act
    def look_up(
        self,
        who: str,
        department: str,
        place: str,
        affair: str,
        wanted: tuple[str, ...],
        individual_number: str | None = None,
        addressee_number: str | None = None,
    ) -> AddresseeReply:
        """Somebody in charge looks somebody up; by exactly one of the two numbers."""
        if (individual_number is None) is (addressee_number is None):
            raise Refused(Reason.FORM)
        key = AddresseeKey(
            individual_number=individual_number, addressee_number=addressee_number
        )
        person = self.persons.by_key(key)
        attempt = _attempt(who, place, affair, person, wanted)
        self.ties.must(department, attempt)
        self.access.must_have(wanted, attempt)
        return self._told(attempt, person, wanted)

    def _told(
        self, attempt: Attempt, person: Person | None, wanted: tuple[str, ...]
    ) -> AddresseeReply:
        """On record before it is told; of a stranger nothing is."""
        self.history.looked(attempt)
        found = (
            {} if person is None else {name: getattr(person, name) for name in wanted}
        )
        return AddresseeReply(affair_item=attempt.affair, **found)

    @shown
    def person(self, number: str) -> Person | None:
        """Whom an addressee number stands for."""
        return self.persons.by_addressee(number)

    # -- 3: the numbers of the business systems ----------------------------------------

    @act
    def tie_local(self, system: str, local: str, addressee_number: str) -> None:
        """A business system's own number for somebody whom we know."""
        unknown(self.persons.by_addressee(addressee_number))
        self.persons.tie(system, local, addressee_number)

    @shown
    def of_local(self, system: str, local: str) -> str | None:
        """The addressee number tied to a system's own number."""
        return self.persons.addressee_of(system, local)


def _system_of(sender: Sender) -> str:
    """Which business system it is; 税務システム is known by its role."""
    return sender.system or (TAX if sender.role == TAX else "")


def _attempt(
    who: str, place: str, affair: str, person: Person | None, wanted: tuple[str, ...]
) -> Attempt:
    number = "" if person is None else person.addressee_number
    return Attempt(who, place, affair, number, " ".join(wanted))


def _in_jis(information: ResidentRecordInformation) -> ResidentRecordInformation:
    """As the side of linkage can write it; nothing else is changed."""
    return ResidentRecordInformation(
        head_of_household=information.head_of_household,
        head_name=substitute(information.head_name)[0],
        relationship=substitute(information.relationship)[0],
    )
