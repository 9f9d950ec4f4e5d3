# SPDX-License-Identifier: Apache-2.0
"""Several systems in one process: each with its own face, and one courier for all.

A system is heard at its own port under its own certificate, and speaks over links of
its own, to the other systems of the house too: what crosses between two of them crosses
a wire. The courier looks when somebody was heard, and after a while in any case, since
a receiver that did not answer is to be offered the same again.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from typing import Any, Final

from cryptography import x509

from simulators.city import courier
from simulators.city.courier import Line
from simulators.city.door import Door, Guests
from simulators.city.fetched import Station
from simulators.city.system import System
from simulators.web import Reply, serve

IDLE_SECONDS: Final = 0.5
"""Between two looks for something to carry, when nobody was heard."""
POLL: Final = 0.05
"""Seconds between two looks whether to end."""
HOME: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Face:
    """Where a system is heard, and who may come there."""

    port: int
    context: Any
    guests: Guests


class House:
    """The systems that run here."""

    def __init__(self) -> None:
        self._systems: list[System] = []
        self._work: list[Callable[[], int]] = []
        self._servers: list[Any] = []
        self._threads: list[Thread] = []
        self._wake, self._over = Event(), Event()
        self._start(self._carry)

    def open(
        self,
        system: System,
        face: Face,
        lines: Mapping[str, Line],
        stations: Sequence[Station] = (),
    ) -> None:
        """Let a system be heard, and carry what it owes over these lines.

        What waits for it at ``stations`` is fetched.
        """
        door = Door(system, face.guests)

        def handle(
            method: str, target: str, body: bytes, certificate: x509.Certificate
        ) -> Reply:
            reply = door.handle(method, target, body, certificate)
            self._wake.set()
            return reply

        server = serve(HOME, face.port, face.context, handle)
        self._servers.append(server)
        self._start(server.serve_forever, POLL)
        self._work.append(partial(courier.run, system, lines))
        self._work += [partial(one.fetch, system) for one in stations]
        self._systems.append(system)

    def close(self) -> None:
        """Hear nobody more, and leave what is owed where it is kept."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._over.set()
        self._wake.set()
        for thread in self._threads:
            thread.join()
        for system in self._systems:
            system.close()

    def _start(self, work: Any, *words: Any) -> None:
        thread = Thread(target=work, args=words, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _carry(self) -> None:
        while not self._over.is_set():
            if not sum(map(_done, tuple(self._work))):
                self._wake.wait(IDLE_SECONDS)
                self._wake.clear()


def _done(work: Callable[[], int]) -> int:
    """How much of one kind of work was done."""
    try:
        return work()
    except Exception as error:  # it is tried again; the text may tell too much
        print(type(error).__name__, file=sys.stderr, flush=True)
        return 0
