# SPDX-License-Identifier: Apache-2.0
"""Joins what vouches for a station's record: witnesses, time-stamps, their age.

A part of `gateway.assembly`, which builds one for each station; decides nothing.
"""

from collections.abc import Callable, Iterator

from gateway.around import Around
from gateway.log_key import LogKey
from gateway.services.cosigners import Cosigners
from gateway.services.freshness import Freshness
from gateway.services.link_host import Answer
from gateway.services.peer import PeerClient
from gateway.services.rounds import Round
from gateway.services.runtime import Runtime
from gateway.services.stamp_door import in_thread
from gateway.services.stamper import Stamper
from gateway.services.witness import TARGET, Witness
from gateway.station import Station
from pki.names import StationName
from pki.trust import Identity
from protocols.http import Request

STAMP_INTERVAL = 5.0
"""Between two looks whether a time-stamp is due."""
FRESH_INTERVAL = 1.0
"""Between two looks whether what vouches for the record is fresh."""
MakeClient = Callable[[StationName], PeerClient | None]


class Vouching:
    """One station's."""

    def __init__(
        self,
        station: Station,
        key: LogKey,
        make_client: MakeClient,
        around: Around,
    ) -> None:
        clock = around.clock
        self._station = station
        self._make_client = make_client
        self._clients: dict[StationName, PeerClient] = {}
        """Of their own: no message waits in line with a witness's questions."""
        self.witness = Witness(station, key, clock)
        self.cosigners = Cosigners(station, key, self._client, clock)
        self.stamper = Stamper(station, clock, in_thread(around.reactor))
        self.freshness = Freshness(station, clock, self.problems)

    def problems(self) -> Iterator[str]:
        """What did not go well at the last try, though nothing stops for it yet."""
        for name, said in sorted(self.cosigners.problems.items()):
            yield f"witness {name}: {said}"
        if self.stamper.problem:
            yield f"time-stamp authority: {self.stamper.problem}"

    async def post(
        self, runtime: Runtime, request: Request, identity: Identity
    ) -> Answer:
        """Answer one request on the outside listener."""
        if request.target == TARGET:
            return await self.witness.post(request, identity)
        return await runtime.post(request, identity)

    def rounds(self) -> Iterator[Round]:
        """The background work."""
        every = self._station.config.proof.cosign_every
        yield Round("witnesses", every, self.cosigners.look)
        yield Round("stamps", STAMP_INTERVAL, self.stamper.look)
        yield Round("freshness", FRESH_INTERVAL, self.freshness.look)

    def _client(self, peer: StationName) -> PeerClient | None:
        if peer not in self._clients:
            made = self._make_client(peer)
            if made is None:
                return None
            self._clients[peer] = made
        return self._clients[peer]
