# SPDX-License-Identifier: Apache-2.0
"""A system that gives information on persons only as its tables allow (`access`).

Who sets a table is on record; what is not set is not given.
"""

from typing import ClassVar

from simulators.city import access
from simulators.city.access import Access, Ties
from simulators.city.system import System, act
from simulators.city.taken import Given


class GuardedSystem(System):
    """The addressee system and the common platform are such."""

    schema: ClassVar[str] = access.SCHEMA

    def __init__(self, organisation: str, given: Given) -> None:
        super().__init__(organisation, given)
        self.access = Access(self.store)
        self.ties = Ties(self.store)

    @act
    def put_in_charge(
        self, affair: str, department: str, person: str, reference: str, by: str
    ) -> None:
        """Tie affair, department and person."""
        self.ties.tie(affair, department, person, reference)
        self.history.happened("put in charge", by, f"affair {affair}: {person}")

    @act
    def take_out_of_charge(self, person: str, by: str) -> int:
        """Somebody moved or left: every tie of theirs ends; how many it were."""
        gone = self.ties.untie(person)
        self.history.happened("taken out of charge", by, f"{person}: {gone}")
        return gone

    @act
    def open_item(self, affair: str, item: str, reference: str, by: str) -> None:
        """Let an affair have one item more."""
        self.access.open(affair, item, reference)
        self.history.happened("item opened", by, f"affair {affair}: {item}")

    @act
    def apply(self, system: str, affair: str, reference: str, by: str) -> None:
        """利用申請: a business system wants to receive under an affair."""
        self.access.apply(system, affair, reference, by)
        self.history.happened("use applied for", by, f"affair {affair}: {system}")

    @act
    def approve(self, reference: str, department: str, by: str) -> None:
        """The department in charge of the register lets it."""
        self.access.approve(reference, department, by)
        self.history.happened("use approved", by, reference)

    @act
    def withdraw(self, system: str, affair: str, by: str) -> None:
        """A use ends."""
        gone = self.access.withdraw(system, affair)
        self.history.happened("use withdrawn", by, f"affair {affair}: {gone}")
