# SPDX-License-Identifier: Apache-2.0
"""Runs one seed against a running network: traffic, a kill, a restart, and the look.

1. The victim is told where to die.
2. Traffic begins; the plan's fault begins in its time.
3. The victim dies where it was told to. If it does not come by there while everything
   else is said and done, it is killed where it is: that is a kill, too, and counted as
   ``missed``.
4. The fault ends; the victim starts again. What was not acknowledged is handed in
   again, what is held is decided.
5. When nothing is on its way any more, everything in `facts` must be true.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.records.store import StoreReader
from tests.kills import facts
from tests.kills.facts import Facts
from tests.kills.moments import REQUESTER
from tests.kills.network import Network
from tests.kills.plan import OF_THE_DISK, RESTARTED, Plan
from tests.kills.traffic import Traffic

TURN: Final = 0.01
MISSED: Final = 1.0
"""Seconds after the last inquiry until a victim is killed where it is."""
DECIDING: Final = 0.05
PATIENCE: Final = 40.0
"""Seconds until everything is said: retries come ever more slowly."""


@dataclass(slots=True)
class Told:
    """What came of a seed."""

    plan: Plan
    killed: str = ""
    """``armed``, ``time`` or ``missed``."""
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def as_json(self) -> dict[str, object]:
        """For a file of results."""
        plan = self.plan
        return {
            "seed": plan.seed,
            "plan": str(plan),
            "victim": plan.victim,
            "stage": plan.stage,
            "fault": plan.fault,
            "killed": self.killed,
            "seconds": round(self.seconds, 3),
            "faults": self.faults,
        }


class Run:
    """One seed, from its first inquiry to the look at the end."""

    def __init__(self, network: Network, known: Facts, plan: Plan, turn: int) -> None:
        self._network = network
        self._known = known
        self._plan = plan
        self._traffic = Traffic(network, plan, str(turn))
        self._told = Told(plan)
        self._victim = network.daemons[plan.victim]
        self._fault = ""
        """The fault that goes on now."""
        self._fault_over = not plan.fault
        self._decided_at = 0.0

    def run(self, *, whole: bool) -> Told:
        """Everything; ``whole``: with a verification of the whole logs."""
        begun = time.monotonic()
        try:
            self._arm()
            self._until_dead(begun)
            self._mend()
            self._network.restart(self._plan.victim)
            self._until_settled()
            self._look(whole=whole)
        except AssertionError as error:
            self._told.faults.append(str(error))
        self._told.faults += self._traffic.faults
        self._told.seconds = time.monotonic() - begun
        return self._told

    def _arm(self) -> None:
        plan = self._plan
        if plan.place is not None:
            order = {
                "kill": plan.place.name,
                "when": plan.when,
                "passage": plan.passage,
            }
            assert self._victim.tell(order), "nobody listens to the plan"

    def _until_dead(self, begun: float) -> None:
        last = max(one.at for one in self._traffic.inquiries)
        while not self._victim.is_dead():
            passed = time.monotonic() - begun
            by_time = self._plan.place is None and passed >= self._plan.after
            if by_time or passed > last + MISSED:
                self._victim.kill()
                self._told.killed = "time" if by_time else "missed"
                return
            if not self._fault_over and not self._fault:
                self._break(passed)
            self._go_on(passed)
        self._told.killed = "armed"

    def _go_on(self, passed: float) -> None:
        if passed - self._decided_at > DECIDING:
            self._decided_at = passed
            self._traffic.decide()
        if not self._traffic.ask(passed):
            time.sleep(TURN)

    def _break(self, passed: float) -> None:
        plan = self._plan
        if passed < plan.fault_at:
            return
        self._fault = plan.fault
        if plan.fault == RESTARTED:
            self._network.database.restart()
        elif plan.fault in OF_THE_DISK:
            self._victim.tell({"disk": plan.fault})
        else:
            self._network.relay.become(plan.fault)

    def _mend(self) -> None:
        """A new process has a disk with room."""
        self._network.relay.become("open")

    def _until_settled(self) -> None:
        end = time.monotonic() + PATIENCE
        while not self._traffic.handed_in and time.monotonic() < end:
            self._go_on(self._late())
        waits = "what was not acknowledged"
        with self._network.stores() as stores:
            while time.monotonic() < end:
                waits = facts.settled(stores)
                if not waits:
                    return
                if waits == facts.HOLD:
                    self._traffic.decide()
                time.sleep(TURN)
        raise AssertionError(f"after {PATIENCE:.0f} s still on its way: {waits}")

    def _late(self) -> float:
        """A time at which every inquiry of the plan is due."""
        self._decided_at = 0.0
        return self._traffic.inquiries[-1].at + DECIDING * 2

    def _look(self, *, whole: bool) -> None:
        with self._network.stores() as stores:
            new = self._known.read_on(stores)
            numbers, known = self._traffic.numbers, self._known
            self._told.faults += [
                *known.of_messages(stores, new),
                *known.of_inquiries(new, numbers),
                *known.of_holds(new, self._traffic.decided),
                *known.differences(stores, numbers),
                *self._ends(stores[REQUESTER]),
                *facts.of_logs(stores, self._network.configs, whole=whole),
            ]

    def _ends(self, store: StoreReader) -> Iterator[str]:
        """Every acknowledged inquiry came to the end that it should."""
        for number in self._traffic.numbers:
            found = store.inquiry(bytes.fromhex(number))
            state = "forgotten" if found is None else found.state
            refused = self._traffic.decided.get(number) == "refuse"
            if state != ("lapsed" if refused else "provided"):
                yield f"the inquiry {number[:8]}, which was acknowledged, is {state}"
