# SPDX-License-Identifier: Apache-2.0
"""What every written change owes, whoever wrote it: exactly once, in one place.

1. The CS is told where the identity information changed (F1-07-1).
2. Common platform and addressee system are told of every change (F1-10-1); the
   addressee system as soon as there is a number to tie it to.
3. The family register is told of addresses and names, the Ministry of Justice of
   foreign residents.
4. Cards of those who died, went abroad or were removed ex officio lapse.
"""

from schemas.messages import IdentityInformationUpdate
from simulators.register.books import Books, Written
from simulators.register.cards import Cards
from simulators.register.foreign import ForeignNotices
from simulators.register.identity import identity_of
from simulators.register.outbox import Outbox
from simulators.register.owed import (
    NumberedResidentRecordChange,
    ResidentRecordChange,
)
from simulators.register.reasons import Reason
from simulators.register.supplement import Supplement

_ENDS_A_CARD = frozenset(
    {
        Reason.DIED,
        Reason.MOVED_ABROAD,
        Reason.REMOVED_EX_OFFICIO,
        Reason.NUMBER_CHANGED,
    }
)


class Duties:
    """The messages of a change."""

    def __init__(
        self,
        books: Books,
        outbox: Outbox,
        supplement: Supplement,
        foreign: ForeignNotices,
        cards: Cards,
    ) -> None:
        self._books = books
        self._outbox = outbox
        self._supplement = supplement
        self._foreign = foreign
        self._cards = cards

    def of(self, written: Written) -> None:
        """Write down what this change owes; in its own transaction."""
        after = written.change.after
        cause = f"history {written.history}"
        if written.told:
            record = identity_of(after, self._books.municipality)
            self._outbox.owe(IdentityInformationUpdate(record), cause, after.number)
        change = self._in_house(written)
        self._outbox.owe(change, cause, after.number)
        if after.individual_number is not None:
            numbered = NumberedResidentRecordChange(
                individual_number=after.individual_number, change=change
            )
            self._outbox.owe(numbered, cause, after.number)
        self._supplement.note(written, cause)
        self._foreign.note(written)
        if written.change.reason in _ENDS_A_CARD:
            self._cards.lapse(after.number)

    def _in_house(self, written: Written) -> ResidentRecordChange:
        change, after = written.change, written.change.after
        return ResidentRecordChange(
            record=after.number,
            household=after.household,
            name=after.name,
            furigana=after.furigana,
            born=after.born,
            sex=after.sex,
            postal_code=after.home.postal_code,
            address=after.home.text,
            relationship=after.relationship,
            head_name=self._books.head_name(after),
            sequence=self._books.states(after.number),
            change_reason=change.reason.value,
            change_date=change.on,
            removed_on=None if after.removal is None else after.removal.on,
            protected=after.protected(self._books.today),
        )
