# SPDX-License-Identifier: Apache-2.0
"""What the effects of forms are worked out with, and what comes of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from simulators.register.basis import Basis, Operator
from simulators.register.books import Books
from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.forms import Newcomer, NumberProof
from simulators.register.inward import Inward
from simulators.register.owed import Message
from simulators.register.pool import Pool
from simulators.register.reasons import Reason
from simulators.register.record import Change, Home, Placement, ResidentRecord

__all__ = ["Effect", "Work"]

UNSIGNED: Final = ""
"""Stands for the operator until the books write the change."""


@dataclass(frozen=True, slots=True, repr=False)
class Effect:
    """What a form does: changes of records, and messages beside those they owe."""

    changes: tuple[Change, ...]
    messages: tuple[Message, ...] = ()
    wants_numbers: tuple[int, ...] = ()
    """Records for which J-LIS is to be asked for a number."""
    uses_certificate: int | None = None
    keeps_card: tuple[int, str] | None = None
    """Record and card of somebody whose card goes on being used."""


@dataclass(frozen=True, slots=True)
class Work:
    """The register as one entry sees it."""

    books: Books
    pool: Pool
    inward: Inward
    basis: Basis
    operator: Operator

    @property
    def today(self) -> date:
        return self.books.today

    def change(
        self, before: ResidentRecord, reason: Reason, on: date, **fields: object
    ) -> Change:
        """A change of these fields of a present record."""
        return Change(
            before=before,
            after=replace(before, **fields),  # type: ignore[arg-type]
            reason=reason,
            on=on,
            notified=self.basis.on,
        )

    def all_present(
        self, numbers: Iterable[int], field: str
    ) -> tuple[ResidentRecord, ...]:
        """Present residents, at least one, and none of them twice."""
        chosen = tuple(numbers)
        if not chosen or len(set(chosen)) != len(chosen):
            raise EntryRefused(Fault(field, Rule.MISSING))
        return tuple(self.books.present(number, field) for number in chosen)

    def placed(
        self, placements: Iterable[Placement], household: int, on: date
    ) -> list[Change]:
        """世帯変更 of those whose household or relationship differs."""
        changes = []
        for place in placements:
            record = self.books.present(place.record, "placements")
            if (record.household, record.relationship) == (
                household,
                place.relationship,
            ):
                continue
            changes.append(
                self.change(
                    record,
                    Reason.HOUSEHOLD,
                    on,
                    household=household,
                    relationship=place.relationship,
                )
            )
        return changes

    def remaining(
        self, placements: Iterable[Placement], left: ResidentRecord, on: date
    ) -> list[Change]:
        """The same for those who stay in the household that others leave."""
        stay = tuple(placements)
        for place in stay:
            record = self.books.present(place.record, "remaining")
            if record.household != left.household or record.number == left.number:
                raise EntryRefused(Fault("remaining", Rule.NOT_PRESENT))
        return self.placed(stay, left.household, on)

    def joined(self, household: int | None) -> int | None:
        """A household that somebody joins has members; none is another matter."""
        if household is not None and not self.books.household(household):
            raise EntryRefused(Fault("household", Rule.NOT_PRESENT))
        return household

    def made(
        self,
        person: Newcomer,
        *,
        household: int,
        home: Home,
        since: date,
        reason: Reason,
        previous: tuple[str | None, str | None] = (None, None),
    ) -> Change:
        """The new record of a person; a code is taken from the pool where none is."""
        code = person.resident_record_code or self.pool.take()
        last = self.books.by_code(code)
        record = ResidentRecord(
            number=self.books.new_record(),
            household=household,
            relationship=person.relationship,
            resident_record_code=code,
            code_used_from=last.code_used_from if last else max(since, person.born),
            individual_number=person.individual_number,
            name=person.name,
            furigana=person.furigana,
            former_surname=person.former_surname,
            former_surname_furigana=person.former_surname_furigana,
            alias=person.alias,
            born=person.born,
            born_unknown=person.born_unknown,
            sex=person.sex,
            home=home,
            became_resident=since,
            address_established=since,
            previous_municipality=previous[0],
            previous_address=previous[1],
            domicile=person.domicile,
            foreign=person.foreign,
            reason=reason,
            changed=since,
            notified=self.basis.on,
            operator=UNSIGNED,
            terminal=UNSIGNED,
            sequence=last.sequence if last else 0,
            recorded=self.books.now,
        )
        return Change(
            before=None,
            after=record,
            reason=reason,
            on=since,
            notified=self.basis.on,
        )


def newcomer_faults(persons: Iterable[Newcomer]) -> list[Fault]:
    """Code and number come together, and a number with how it was proven (R-055)."""
    faults = []
    for person in persons:
        if person.individual_number is not None:
            if person.resident_record_code is None:
                faults.append(Fault("resident_record_code", Rule.MISSING))
            if not _proven(person):
                faults.append(Fault("number_proof", Rule.NUMBER_UNPROVEN))
    return faults


def _proven(person: Newcomer) -> bool:
    if person.number_proof is NumberProof.CS_CHECK:
        return bool(person.check_reference)
    return person.number_proof is NumberProof.CARD
