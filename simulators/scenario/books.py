# SPDX-License-Identifier: Apache-2.0
"""A city's register in a scenario's own hands: opened, written in, joined to its CS."""

import os
from itertools import count
from typing import Final

from pki.names import StationName
from simulators.register import Register, forms
from simulators.register.basis import (
    Basis,
    Cause,
    Confirmation,
    Operator,
    decided,
    notified,
)
from simulators.register.errors import EntryRefused, Rule
from simulators.register.record import ResidentRecord
from simulators.register.service.lines import CsLine
from simulators.residents import Resident
from simulators.scenario.inside import link_of
from simulators.scenario.world import World

IN_FORCE: Final = "in force"
REFUSALS: Final = {
    Rule.ARRIVED_ELSEWHERE: "refused: arrived elsewhere",
    Rule.NO_CODES_LEFT: "refused: no codes left",
    Rule.NOT_LEAVING: "refused: not leaving",
}
"""The rules of the register that a rehearsal is about; any other is a fault of it."""
ALICE, BOB = Operator("alice", "T-01"), Operator("bob", "T-02")


class Books:
    """One city's register, with its way to the CS."""

    def __init__(self, world: World, party: StationName) -> None:
        stage, code = world.stage, party.organisation
        self.register = Register.open(None, stage.clock, os.urandom, code)
        own = stage.city if code == stage.city[0].municipality_code else None
        self.register.loading.load(stage.second_city if own is None else own)
        self.line = CsLine(link_of(world, party))
        self.references = (f"R-{number}" for number in count(1))

    def record(self, resident: Resident) -> ResidentRecord:
        """The record of a resident, present or not."""
        found = self.register.books.by_code(resident.resident_record_code)
        assert found is not None
        return found

    def notice(self) -> Basis:
        """What somebody notified today."""
        return notified(next(self.references), self.register.books.today)

    def decision(self, cause: Cause) -> Basis:
        """What was decided today."""
        return decided(next(self.references), self.register.books.today, cause)

    def enter(self, form: forms.Form) -> str:
        """Enter and check it, by two people; how that ends."""
        entries = self.register.entries
        try:
            entry = entries.enter(form, ALICE)
            entries.check(entry, BOB, form.basis.reference)
        except EntryRefused as no:
            known = [fault.rule for fault in no.faults if fault.rule in REFUSALS]
            if not known:
                raise
            return REFUSALS[known[0]]
        return IN_FORCE

    def designate(self) -> int:
        """Designate every number that came, by two people; how many."""
        register = self.register
        rows = register.store.rows(
            "SELECT reference FROM number_requests WHERE state = 'answered'"
        )
        for (reference,) in rows:
            sure = Confirmation(reference, True)
            register.numbers.designate(reference, ALICE, BOB, sure)
        return len(rows)


def books_of(world: World, party: StationName) -> Books:
    """Those of the present scenario."""
    found: Books = world.stage.notes[f"books of {party}"]
    return found
