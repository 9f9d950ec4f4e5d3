# SPDX-License-Identifier: Apache-2.0
"""What a municipal CS does with what its own city hands in.

Two neighbours hand things in: the existing resident system, and the integrated
terminal at the counter. Most of it goes on to one station as it is: the CS adds who it
is from and who it is for, and changes nothing. Identity information is kept first, in
the file that searches are answered from. A search goes where the person lives (R-069):
our own file, the prefecture's server, or the national one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from gateway.dispatch import Draft
from gateway.records.jst import JST
from gateway.records.transaction import Transaction
from gateway.roles.cs_destinations import Destinations, Said, after_death
from gateway.roles.plan import About, Conflict, Effect, NotTaken, Plan
from gateway.rules import identity_record
from gateway.rules.resident import (
    CODE_CHANGED,
    fits,
    key_is_enough,
    numbers_fault,
    unknown_fault,
    update_fault,
)
from gateway.station import Station
from pki.names import StationName
from schemas.messages import IdentityRecord, Payload, write_payload
from schemas.resident_messages import EightItems, IdentityInformationUpdateNotice
from schemas.search_messages import (
    MAX_HITS,
    IdentityInformationSearchRequest,
    IdentityInformationSearchResult,
)
from schemas.systems import CARDS, CS, JLIS, NATIONAL


@dataclass(frozen=True, slots=True)
class Handed:
    """One payload from inside, and what came with it."""

    kind: str
    value: Any
    body: bytes
    role: str
    """Of the system that handed it in."""
    organisation: str
    """Whom it is for, or where the person lives; empty where not said."""
    now: datetime
    said: Said | None = None
    """What its register says of an extract, to be held against it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is done about it."""

    plan: Plan
    answer: Payload | None = None
    """What is answered at once; None: that it was taken over."""


class Posts:
    """The way out of one municipal CS."""

    def __init__(self, station: Station, prefecture: StationName) -> None:
        self._station = station
        self._prefecture = prefecture
        self.destinations = Destinations(station)

    def take(self, handed: Handed) -> Taken:
        """Decide what is to be done; raises `NotTaken`."""
        act = _ACTS.get(handed.kind)
        if act is None:
            raise NotTaken("SK-M04", "this station takes its type")
        code = numbers_fault(handed.value, self._station.facts.realm)
        if code:
            raise NotTaken(code, "its numbers carry this network's check digits")
        return act(self, handed)

    # -- the identity information file ----------------------------------------------

    def _update(self, handed: Handed) -> Taken:
        record: IdentityRecord = handed.value.record
        facts = self._station.facts
        known = facts.tables.knows_municipality
        code = identity_record.fault(record, facts.realm, known)
        if code:
            raise NotTaken(code, "the record's numbers and characters are right")
        code = self._fits_what_is_held(record)
        if code:
            raise NotTaken(code, "the update fits what is held of the person")
        tag = self._tag(record.resident_record_code)
        draft = Draft(
            message_type="identity_information_update_notice",
            receiver=self._prefecture,
            payload=write_payload(IdentityInformationUpdateNotice.of(record)),
            person_tag=tag,
        )
        effects = self._effects(record, handed.now)
        return Taken(Plan(About(person_tag=tag), effects, (draft,)))

    def _fits_what_is_held(self, record: IdentityRecord) -> str:
        """Matched by resident record code (R-076), or by the one that it replaces."""
        store = self._station.store
        held = store.last_told(record.resident_record_code)
        if held is None and record.change_reason == CODE_CHANGED:
            old = store.last_told(record.old_resident_record_code or "")
            if old is not None and old.individual_number == record.individual_number:
                held = old
        if held is None:
            return unknown_fault(record, whole=store.is_filled())
        return update_fault(held, record)

    def _effects(self, record: IdentityRecord, now: datetime) -> tuple[Effect, ...]:
        today = now.astimezone(JST).date()
        keep = partial(_keep, record=record, today=today)
        return (keep, *after_death(record, self._station, now))

    # -- questions -------------------------------------------------------------------

    def _search(self, handed: Handed) -> Taken:
        key, own = _enough(handed.value.key), self._station.name.organisation
        where = handed.organisation
        if where == own:
            return self._at_once(key)
        if not where:
            raise NotTaken("SK-J02", "it is said where the person lives")
        near = where[:2] == own[:2]
        receiver = self._prefecture if near else self.only(NATIONAL)
        asked = write_payload(IdentityInformationSearchRequest(key=key))
        return self._asking("identity_information_search_request", receiver, asked, key)

    def _at_once(self, key: Any) -> Taken:
        """What our own file holds of them; the record tells who was shown."""
        held = self._held(key)
        people = [one for one in held if fits(key, one)][:MAX_HITS]
        result = IdentityInformationSearchResult(
            key=key,
            more=len(held) > MAX_HITS,
            persons=tuple(EightItems.of(one) for one in people),
        )
        asked = key.resident_record_code
        if len(people) == 1:
            asked = people[0].resident_record_code
        about = About(person_tag=self._tag(asked), detail=f"shown: {len(people)}")
        return Taken(Plan(about), result)

    def _held(self, key: Any) -> list[IdentityRecord]:
        """Whom the key may fit, and one more than may be shown."""
        store, items = self._station.store, key.four_items
        if key.resident_record_code is not None:
            one = store.identity_by_code(key.resident_record_code)
            return [] if one is None else [one]
        if key.individual_number is not None:
            one = store.identity_by_number(key.individual_number)
            return [] if one is None else [one]
        return store.identities_like(
            name=items.kanji_name or "",
            birth=items.date_of_birth,
            address=items.address or "",
            limit=MAX_HITS + 1,
        )

    def _inquire(self, handed: Handed, role: str) -> Taken:
        key = _enough(handed.value.key)
        return self._asking(handed.kind, self.only(role), handed.body, key)

    def _asking(
        self, kind: str, receiver: StationName, payload: bytes, key: Any
    ) -> Taken:
        """A question: what was asked is kept with it, to hold the answer against."""
        tag = self._tag(key.resident_record_code)
        draft = Draft(
            message_type=kind,
            receiver=receiver,
            payload=payload,
            person_tag=tag,
            context=payload,
        )
        return Taken(Plan(About(person_tag=tag), (), (draft,)))

    # -- what goes on as it is ---------------------------------------------------------

    def _to_role(self, handed: Handed, role: str) -> Taken:
        return self._on(handed, self.only(role), handed.kind, handed.body)

    def _to_neighbour(self, handed: Handed) -> Taken:
        return self._on(
            handed, self._neighbour(handed.organisation), handed.kind, handed.body
        )

    def _move_out(self, handed: Handed) -> Taken:
        """Move-out certificate information says itself where they move to."""
        receiver = self._neighbour(handed.value.new_municipality_code)
        return self._on(handed, receiver, handed.kind, handed.body)

    def _destinations(self, handed: Handed) -> Taken:
        """An extract of the register, for the card management system alone."""
        cards = self.only(CARDS)
        plan = self.destinations.take(
            handed.value, handed.body, handed.said, cards, handed.now
        )
        return Taken(plan)

    def _on(
        self, handed: Handed, receiver: StationName, kind: str, payload: bytes
    ) -> Taken:
        tag = self._tag(getattr(handed.value, "resident_record_code", None))
        draft = Draft(
            message_type=kind, receiver=receiver, payload=payload, person_tag=tag
        )
        return Taken(Plan(About(person_tag=tag), (), (draft,)))

    # -- who -------------------------------------------------------------------------

    def _neighbour(self, organisation: str) -> StationName:
        """The CS of another municipality; raises `NotTaken` where there is none."""
        if organisation and organisation != self._station.name.organisation:
            name = next(
                (
                    known
                    for known in self._station.directory.peers
                    if known.role == CS and known.organisation == organisation
                ),
                None,
            )
            if name is not None:
                return name
        raise NotTaken("SK-J02", "the master has a CS of that municipality")

    def only(self, role: str) -> StationName:
        """The one station of a role that there is once in the country.

        Raises `NotTaken` where the master has none, or more.
        """
        found = [one for one in self._station.directory.peers if one.role == role]
        if len(found) != 1:
            raise NotTaken("SK-J02", f"the master has one {role}")
        return found[0]

    def _tag(self, resident_record_code: str | None) -> str:
        if not resident_record_code:
            return ""
        return self._station.store.person_tag(resident_record_code)


def _enough(key: Any) -> Any:
    if not key_is_enough(key):
        raise NotTaken("SK-J01", "two of the four items are named, sex apart")
    return key


def _keep(tx: Transaction, record: IdentityRecord, today: date) -> None:
    if not tx.put_identity(record, today):
        raise Conflict("SK-J03")


_ACTS: Final[Mapping[str, Callable[[Posts, Handed], Taken]]] = {
    "identity_information_update": Posts._update,
    "identity_information_search": Posts._search,
    "identity_confirmation_request": partial(Posts._inquire, role=NATIONAL),
    "jlis_identity_information_inquiry": partial(Posts._inquire, role=JLIS),
    "individual_number_generation_request": partial(Posts._to_role, role=JLIS),
    "personal_identifier_code_request": partial(Posts._to_role, role=JLIS),
    "card_management_information_update_request": partial(Posts._to_role, role=CARDS),
    "card_status_notice": partial(Posts._to_role, role=CARDS),
    "sending_destination_extract": Posts._destinations,
    "move_out_certificate_information": Posts._move_out,
    "move_out_certificate_resend_request": Posts._to_neighbour,
    "move_in_notice": Posts._to_neighbour,
    "wide_area_issuance_request": Posts._to_neighbour,
    "wide_area_issuance_reply": Posts._to_neighbour,
    "family_register_supplement_information": Posts._to_neighbour,
    "family_register_supplement_mismatch": Posts._to_neighbour,
}
"""What is done about each type that the city hands in."""
