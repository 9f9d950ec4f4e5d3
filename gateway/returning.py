# SPDX-License-Identifier: Apache-2.0
"""Joins what a return from a backup takes: a station asks, answers, and stays closed.

A part of `gateway.assembly`, which builds one for each station; decides nothing. While
the station is closed, its own systems are told to come again, and the rounds that send
or decide do nothing.
"""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from gateway.log_key import LogKey
from gateway.roles.role import Role
from gateway.services.clock import Clock
from gateway.services.link_host import Answer, LinkRefused
from gateway.services.peer import PeerClient
from gateway.services.reconcile_answers import TARGET, ReconcileAnswers
from gateway.services.reconciling import Reconciling
from gateway.services.rounds import Round
from gateway.services.runtime import Runtime
from pki.names import StationName
from pki.trust import Identity
from protocols.http import Request

Handle = Callable[[Request, Identity], Coroutine[Any, Any, Answer]]

INTERVAL: Final = 2.0
"""Between two looks for peers that have not told what they have on record."""
RESTING: Final = frozenset(
    {"outbox", "sweeper", "holds", "notices", "consistency", "keeping"}
)
"""The rounds that rest while the station is closed."""
CLOSED: Final = Answer(
    503, "text/plain", b"the station is being restored from a backup; come again\n"
)


class Returning:
    """One station's."""

    def __init__(
        self,
        runtime: Runtime,
        role: Role,
        make_client: Callable[[StationName], PeerClient | None],
        key: LogKey,
        clock: Clock,
        cut_off: LinkRefused,
    ) -> None:
        self._restored = runtime.station.facts.restored
        self._answers = ReconcileAnswers(runtime.station, clock, cut_off)
        self._reconciling = Reconciling(runtime, role, make_client, key.verifier, clock)

    def outside(self, handle: Handle) -> Handle:
        """The handler for peers, who may ask what we have on record."""
        return partial(self._outside, handle)

    def inside(self, handle: Handle) -> Handle:
        """The handler for our own systems, who come again while we are closed."""
        return partial(self._inside, handle)

    def rounds(self, others: Iterator[Round]) -> Iterator[Round]:
        """The background work, with this one's own."""
        yield Round("restore", INTERVAL, self._reconciling.look)
        for one in others:
            if one.name in RESTING:
                yield replace(one, work=partial(self._unless_closed, one))
            else:
                yield one

    async def _outside(
        self, handle: Handle, request: Request, identity: Identity
    ) -> Answer:
        if request.target == TARGET:
            return await self._answers.post(request, identity)
        return await handle(request, identity)

    async def _inside(
        self, handle: Handle, request: Request, identity: Identity
    ) -> Answer:
        return CLOSED if self._restored.closed else await handle(request, identity)

    async def _unless_closed(self, one: Round) -> None:
        if not self._restored.closed:
            await one.work()
