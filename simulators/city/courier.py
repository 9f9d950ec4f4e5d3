# SPDX-License-Identifier: Apache-2.0
"""Carries what systems owe to those who are to have it, and the answers back.

A *line* posts bytes to one receiver and gives its answer back, over a network or
straight into another system of this process. Where no answer comes, or none that can be
one, the message waits and is offered again: each receiver takes it twice as once.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from schemas.systems import BUSINESS
from simulators.city.reasons import Refused
from simulators.city.system import System
from simulators.city.taken import Sender

Line: TypeAlias = Callable[[bytes], bytes]
"""Posts, and gives the answer; no bytes where there was none."""

MOST: Final = 10_000
"""Deliveries in one go: more than that is two systems that never come to an end."""


def sender_of(system: System) -> Sender:
    """As whom a system posts."""
    return Sender(system.name, system.title if system.role == BUSINESS else "")


def deliver(system: System, receiver: str, line: Line) -> bool:
    """Offer the next message for a receiver; whether it was settled."""
    with system.lock:
        owed = system.outbox.next(receiver)
    if owed is None:
        return False
    answer = line(owed.body)
    if not answer:
        return False
    try:
        system.answered(owed.number, answer)
    except Refused:
        return False
    return True


def run(system: System, lines: Mapping[str, Line]) -> int:
    """Deliver what is owed to whoever there is a line to; how many it were."""
    done = 0
    for receiver in system.outbox.receivers():
        line = lines.get(receiver)
        while line is not None and done < MOST and deliver(system, receiver, line):
            done += 1
    return done


class Office:
    """Systems of one process, joined to each other; no network between them."""

    def __init__(self, *systems: System) -> None:
        self.systems = systems

    def settle(self) -> int:
        """Deliver until nothing more is owed, or can be; how many it were."""
        total = 0
        while done := sum(run(one, self._lines(one)) for one in self.systems):
            total += done
        return total

    def _lines(self, system: System) -> dict[str, Line]:
        sender = sender_of(system)
        return {
            other.role: _straight(other, sender)
            for other in self.systems
            if other is not system and other.role != BUSINESS
        }


def _straight(receiver: System, sender: Sender) -> Line:
    return lambda body: receiver.take(body, sender).body
