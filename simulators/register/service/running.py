# SPDX-License-Identifier: Apache-2.0
"""One register as a process: it listens, carries what it owes, fetches what came.

Everything that is not answered at once is done by one thread, round after round and
whenever an act made work for it: so nothing overtakes. A round that fails leaves what
it carried where it was, and the next one tries again.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread
from typing import Any, Final

from pki.names import StationName
from schemas.systems import EXISTING, EXISTING_TERMINAL
from simulators.city.courier import Line
from simulators.city.register_side import RegisterSide
from simulators.register import Register
from simulators.register.reconciliation import DAILY
from simulators.register.service.arrivals import Arrivals
from simulators.register.service.courier import Courier
from simulators.register.service.door import Door, Guests
from simulators.register.service.lines import CsLine, line_to
from simulators.web import Client

IDLE_SECONDS: Final = 0.5
"""Between two rounds, when no act asks for one: what came to the CS waits so long."""
POLL: Final = 0.05
"""Seconds between two looks whether to end."""


@dataclass(frozen=True, slots=True)
class Links:
    """Whom the register speaks to."""

    cs: Client | None = None
    city: Mapping[str, Client] = field(default_factory=dict)
    """By the system's id."""
    reconcile_every: timedelta = DAILY
    """Between two comparisons with the CS's file."""


class Running:
    """A register that serves and carries, until it is closed."""

    def __init__(
        self, register: Register, guests: Guests, links: Links, server: "Serve"
    ) -> None:
        self.register = register
        self._links = links
        lines: dict[str, Line] = {
            system: line_to(client) for system, client in links.city.items()
        }
        self._side = RegisterSide(register, lines)
        self._cs = None if links.cs is None else CsLine(links.cs)
        self._rounds = self._way_to_cs()
        self._wake, self._over = Event(), Event()
        door = Door(register, guests, self._side.take, self._wake.set)
        self._server: Any = server(door.handle)
        self._threads = (
            Thread(target=self._server.serve_forever, args=(POLL,), daemon=True),
            Thread(target=self._carry, daemon=True),
        )
        for thread in self._threads:
            thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def round(self) -> int:
        """Carry and fetch once; how much was done."""
        done = sum(work() for work in self._rounds)
        if done:
            self._wake.set()
        return done

    def close(self) -> None:
        """Take nothing more; what is owed stays in the store."""
        self._server.shutdown()
        self._server.server_close()
        self._over.set()
        self._wake.set()
        for thread in self._threads:
            thread.join()
        for client in (self._links.cs, *self._links.city.values()):
            if client is not None:
                client.close()
        self.register.close()

    def _way_to_cs(self) -> tuple[Callable[[], int], ...]:
        if self._cs is None:
            return (self._side.carry,)
        courier = Courier(self.register, self._cs.post)
        arrivals = Arrivals(self.register, self._cs)
        return (courier.carry, arrivals.fetch, self._side.carry, self._reconcile)

    def _reconcile(self) -> int:
        assert self._cs is not None  # it is a part of the way to it
        every = self._links.reconcile_every
        return self.register.reconciliation.step(self._cs.page, every)

    def _carry(self) -> None:
        while not self._over.is_set():
            self._wake.wait(IDLE_SECONDS)
            self._wake.clear()
            if self._over.is_set():
                return
            try:
                self.round()
            except Exception as error:  # it is tried again; the text may tell too much
                print(type(error).__name__, file=sys.stderr, flush=True)


Serve = Callable[[Callable[..., Any]], Any]
"""Given what handles a request, a server that listens."""


def users_of(organisation: str) -> frozenset[StationName]:
    """Who may use the desks of a municipality's register."""
    roles = (EXISTING, EXISTING_TERMINAL)
    return frozenset(StationName(organisation, role) for role in roles)
