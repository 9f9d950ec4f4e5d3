# SPDX-License-Identifier: Apache-2.0
"""個別業務システム: several, each for some of the 43 affairs; 税務システム is one.

It asks the addressee system who somebody is, fetches from the common platform what its
affair may have, and has its intermediate server ask other bodies. What it holds itself
for information linkage it hands to the addressee system. It can fetch and nothing else:
what it is sent unasked it does not take (R-034), and no two of them speak to each other
(R-039).

Somebody of its staff does each of these, in a session of the common platform; what came
is kept with the case for which it was asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from schemas.card_messages import CertificateItem
from schemas.inside_messages import InformationInquiryRequest
from schemas.messages import Payload, read_payload, type_name, write_payload
from schemas.people import AddresseeKey
from schemas.register_messages import (
    AddresseeInquiry,
    AddresseeReply,
    BusinessLinkageData,
    CommonPlatformFetch,
    CommonPlatformReply,
)
from schemas.shape import Personal
from schemas.systems import ADDRESSEE, BUSINESS, INTERMEDIATE, PLATFORM, TAX
from schemas.transfer_affairs import KIND
from simulators.city import sources
from simulators.city.outbox import Owed
from simulators.city.reasons import Reason, Refused
from simulators.city.sources import CertificateSource
from simulators.city.system import System, act, unknown
from simulators.city.taken import Given

LAYOUT: Final = "2026-07"
"""Version of the layout of what is handed in."""
Gate: TypeAlias = Callable[[str, str, str], str]
"""Session, system and affair in; who works there comes back, or `Refused`."""

SCHEMA: Final = """
CREATE TABLE cases (question INTEGER PRIMARY KEY, affair TEXT NOT NULL,
    person TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True, repr=False)
class Case(Personal):
    """What came to a question."""

    question: int
    affair: str
    person: str
    answer: Payload


class BusinessSystem(System):
    """One business system."""

    role = BUSINESS
    schema = SCHEMA

    def __init__(
        self,
        organisation: str,
        given: Given,
        gate: Gate,
        affairs: frozenset[str],
        name: str = "",
    ) -> None:
        super().__init__(organisation, given, name)
        self.affairs = affairs
        self._gate = gate

    @act
    def fetch(self, session: str, affair: str, addressee_number: str) -> int:
        """Fetch what the affair may have of somebody; the number of the question."""
        by = self._at_work(session, affair)
        question = CommonPlatformFetch(
            affair_item=affair, addressee_number=addressee_number
        )
        return self.owe(PLATFORM, question, by)

    @act
    def inquire(
        self,
        session: str,
        affair: str,
        wanted: tuple[str, ...],
        individual_number: str | None = None,
        addressee_number: str | None = None,
    ) -> int:
        """Ask the addressee system for these items of somebody."""
        if (individual_number is None) is (addressee_number is None):
            raise Refused(Reason.FORM)
        by = self._at_work(session, affair)
        key = AddresseeKey(
            individual_number=individual_number, addressee_number=addressee_number
        )
        question = AddresseeInquiry(affair_item=affair, key=key, wanted=wanted)
        return self.owe(ADDRESSEE, question, by)

    @act
    def ask_elsewhere(
        self, session: str, affair: str, item_no: int, addressee_number: str, to: str
    ) -> int:
        """Have the intermediate server ask another body, under an item of its list.

        The item is of the matching list; the affair is the one at work here.
        """
        by = self._at_work(session, affair)
        request = InformationInquiryRequest(
            item_no=item_no,
            kinds=(KIND,),
            addressee_number=addressee_number,
            provider=to,
        )
        return self.owe(INTERMEDIATE, request, by)

    @act
    def hand_in(
        self,
        session: str,
        affair: str,
        kind: str,
        addressee_number: str,
        sequence: int,
        items: tuple[CertificateItem, ...],
    ) -> int:
        """Hand the addressee system what an affair holds of somebody for linkage."""
        by = self._at_work(session, affair)
        told = BusinessLinkageData(
            affair_item=affair,
            kind=kind,
            addressee_number=addressee_number,
            update_sequence_number=sequence,
            layout_version=LAYOUT,
            items=items,
        )
        return self.owe(ADDRESSEE, told, by)

    def learned(self, owed: Owed, asked: Payload, reply: Payload) -> None:
        """Keep an answer that fits its question; raises `Refused` where it does not."""
        if isinstance(asked, CommonPlatformFetch):
            assert isinstance(reply, CommonPlatformReply)
            _must_fit(asked.affair_item, reply.affair_item)
            _must_fit(asked.addressee_number, reply.addressee_number)
            self._keep(owed, asked.affair_item, asked.addressee_number, reply)
            return
        assert isinstance(asked, AddresseeInquiry)
        assert isinstance(reply, AddresseeReply)
        _must_fit(asked.affair_item, reply.affair_item)
        given = {name for name in _ITEMS if getattr(reply, name) is not None}
        if not given <= set(asked.wanted):
            raise Refused(Reason.CONTRADICTS)
        for name in ("individual_number", "addressee_number"):
            if name in given and getattr(asked.key, name) is not None:
                _must_fit(getattr(asked.key, name), getattr(reply, name))
        person = reply.addressee_number or asked.key.addressee_number or ""
        self._keep(owed, asked.affair_item, person, reply)

    @act
    def case(self, session: str, question: int) -> Case:
        """What came to a question, for whoever is in charge of its affair."""
        sql = (
            "SELECT question, affair, person, kind, body FROM cases WHERE question = ?"
        )
        number, affair, person, kind, body = unknown(self.store.row(sql, question))
        self._at_work(session, affair)
        return Case(number, affair, person, read_payload(kind, body))

    def _at_work(self, session: str, affair: str) -> str:
        if affair not in self.affairs:
            raise Refused(Reason.AFFAIR)
        return self._gate(session, self.title, affair)

    def _keep(self, owed: Owed, affair: str, person: str, reply: Payload) -> None:
        self.store.run(
            "INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?)",
            owed.number,
            affair,
            person,
            type_name(reply),
            write_payload(reply),
        )


class TaxSystem(BusinessSystem, CertificateSource):
    """税務システム: a business system, and the source of tax certificates."""

    role = TAX
    schema = f"{SCHEMA} {sources.SCHEMA}"
    kinds = frozenset({"tax"})

    def __init__(self, organisation: str, given: Given, gate: Gate) -> None:
        super().__init__(organisation, given, gate, frozenset({"24"}))


_ITEMS: Final = tuple(
    name for name in AddresseeReply.__dataclass_fields__ if name != "affair_item"
)


def _must_fit(one: str, other: str) -> None:
    if one != other:
        raise Refused(Reason.CONTRADICTS)
