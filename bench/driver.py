# SPDX-License-Identifier: Apache-2.0
"""The other side of the network, in this process: cheap, but never wrong.

Life of a run: listeners for the stations that the gateway will send to; eight TLS links
to the gateway; messages that were made before are sent, one at a time on each link,
while no more than a window of transactions is unfinished; what the gateway sends is
opened once and answered with a signed receipt. The first of each are verified in full,
and of all others the status: a refusal ends the run.
"""

import asyncio
import gc
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from bench.links import Asker, Taker
from bench.measured import Mark, Measured
from bench.orders import Ask
from bench.station import Gateway
from bench.world import World
from pki.cms import parse_signed
from pki.names import StationName
from protocols import answers
from protocols.answers import Offered, Receipt, SignedRefusal, write_receipt
from protocols.envelope import digest, unpack, unseal
from protocols.header import Header, wire_time
from simulators.peer import Peer
from simulators.web import client_context, server_context

CONNECTIONS = 8
WINDOW = 32
"""Transactions under way at once: four for each link."""
VERIFIED = 10
"""Answers, and messages, that each run verifies in full before it trusts the rest."""
STALL_SECONDS = 15.0

T = TypeVar("T")


class WrongAnswer(Exception):
    """The gateway answered or sent something else than the run expects, or nothing."""


@dataclass(frozen=True, slots=True)
class Path:
    """Who plays what on one path."""

    asker: StationName
    gateway: StationName
    takers: tuple[StationName, ...]
    ends_with: str
    """The message of the gateway whose receipt finishes a transaction."""
    answered_at_once: bool
    """Whether the latency is that of the answer, or that of `ends_with`."""


class Run:
    """One run against one gateway. See the module."""

    def __init__(
        self, world: World, path: Path, gateway: Gateway, asks: Iterable[Ask]
    ) -> None:
        self._world = world
        self._path = path
        self._gateway = gateway
        self._asks = deque(asks)
        self._idle: list[Asker] = []
        self._under_way: dict[bytes, float] = {}
        self._to_verify = {"answers": VERIFIED, "messages": VERIFIED}
        self._sizes: dict[str, int] = {}
        self._latencies: list[float] = []
        self._notices = 0
        self._failure: Exception | None = None
        self.finished = 0

    # -- a whole run -----------------------------------------------------------

    def timed(self, warm_up: float, seconds: float) -> Measured:
        """Run for ``seconds`` after ``warm_up``, or while there is work to send."""

        async def measure() -> Measured:
            await self._wait(lambda: not self._asks, warm_up)
            begun = self._mark()
            self._latencies.clear()
            await self._wait(lambda: not self._asks, seconds)
            ended = self._mark()
            batch = self.finished / max(1, self._notices)
            return Measured.between(begun, ended, self._latencies, self._sizes, batch)

        return asyncio.run(self._linked(measure))

    def whole(self) -> None:
        """Run until everything that there is to send is finished."""

        async def finish() -> None:
            while self._asks or self._under_way:
                before = self.finished
                await self._wait(lambda: not self._under_way, STALL_SECONDS)
                if self.finished == before:
                    raise WrongAnswer("the gateway does not go on")

        asyncio.run(self._linked(finish))

    async def _linked(self, work: Callable[[], Awaitable[T]]) -> T:
        asyncio.get_running_loop().set_exception_handler(self._unexpected)
        async with AsyncExitStack() as stack:
            for name in self._path.takers:
                server = await self._listen(self._world.peer(name))
                stack.push_async_callback(server.wait_closed)
                stack.callback(server.close)
            self._idle = [await self._link() for _ in range(CONNECTIONS)]
            links = tuple(self._idle)
            gc.collect()
            gc.freeze()
            self._fill()
            try:
                return await work()
            finally:
                gc.unfreeze()
                for link in links:
                    link.transport.abort()

    async def _listen(self, station: Peer) -> asyncio.Server:
        keys, chain = station.keys.directory, self._world.files.pki.chain
        context = server_context(chain, keys / "tls.crt", keys / "tls.key")
        host, port = self._address(station.name)
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: Taker(station, self._taken), host, port, ssl=context
        )

    async def _link(self) -> Asker:
        keys = self._world.peer(self._path.asker).keys.directory
        context = client_context(
            self._world.files.pki.chain, keys / "tls.crt", keys / "tls.key"
        )
        host, port = self._address(self._path.gateway)
        loop = asyncio.get_running_loop()
        _, link = await loop.create_connection(
            lambda: Asker(self._answered), host, port, ssl=context
        )
        return link

    def _address(self, station: StationName) -> tuple[str, int]:
        peer = self._world.directory.peer(station)
        assert peer is not None
        assert peer.endpoint is not None
        return peer.endpoint.host, peer.endpoint.port

    async def _wait(self, over: Callable[[], bool], seconds: float) -> None:
        """Until something is over, or for ``seconds``; raises what went wrong."""
        deadline = time.perf_counter() + seconds
        while not over() and self._failure is None:
            left = deadline - time.perf_counter()
            if left <= 0:
                break
            await asyncio.sleep(min(left, 0.05))
        if self._failure is not None:
            raise self._failure

    def _mark(self) -> Mark:
        return Mark(
            time.perf_counter(),
            self.finished,
            self._gateway.cpu_seconds(),
            time.process_time(),
        )

    # -- one transaction after the other ---------------------------------------------

    def _fill(self) -> None:
        while self._idle and self._asks and len(self._under_way) < WINDOW:
            ask = self._asks.popleft()
            self._under_way[ask.number] = time.perf_counter()
            self._sizes[ask.packed.header.message_type] = ask.size
            self._idle.pop().send(ask)

    def _answered(self, link: Asker, ask: Ask, head: bytes, body: bytes) -> None:
        """The gateway answered on one of our links."""
        now = time.perf_counter()
        if not head.startswith(b"HTTP/1.1 200 ") or self._doubtful("answers"):
            self._guarded(lambda: self._verify_answer(ask, head, body))
        if self._path.answered_at_once and ask.number in self._under_way:
            self._latencies.append(now - self._under_way[ask.number])
        self._idle.append(link)
        self._fill()

    def _taken(self, station: Peer, body: bytes) -> bytes:
        """The gateway sent something to a station that we play: its receipt."""
        moment = datetime.now(UTC)
        if self._doubtful("messages"):
            self._guarded(
                lambda: unpack(body, station.opener, station.directory, moment)
            )
        parts = unseal(body, station.opener)
        header = Header.decode(parse_signed(parts.signed_header).content)
        self._count(header, len(parts.signed_header) + len(parts.payload) + 50)
        receipt = Receipt(
            message_id=header.message_id,
            header_digest=digest(parts.signed_header),
            receiver=station.name,
            at=wire_time(moment),
            record_commitment=os.urandom(32),
        )
        return write_receipt(receipt, station.signer)

    def _count(self, header: Header, size: int) -> None:
        self._sizes[header.message_type] = size
        if header.message_type != self._path.ends_with:
            self._notices += 1
            return
        begun = self._under_way.pop(header.processing_number or b"", None)
        if begun is None:
            self._failure = WrongAnswer("the same transaction came twice, or another's")
            return
        self.finished += 1
        if not self._path.answered_at_once:
            self._latencies.append(time.perf_counter() - begun)
        self._fill()

    # -- trust -----------------------------------------------------------------

    def _doubtful(self, what: str) -> bool:
        self._to_verify[what] -= 1
        return self._to_verify[what] >= 0

    def _guarded(self, verify: Callable[[], object]) -> None:
        try:
            verify()
        except Exception as error:
            self._failure = error

    def _unexpected(self, _: object, context: dict[str, object]) -> None:
        error = context.get("exception")
        self._failure = error if isinstance(error, Exception) else WrongAnswer(context)

    def _verify_answer(self, ask: Ask, head: bytes, body: bytes) -> None:
        asker = self._world.peer(self._path.asker)
        packed = ask.packed
        offered = Offered(
            digest(packed.envelope),
            packed.header.message_id,
            packed.header_digest,
            self._path.gateway,
        )
        answer = answers.read(
            body, offered, asker.opener, asker.directory, datetime.now(UTC)
        )
        if isinstance(answer, SignedRefusal):
            raise WrongAnswer(f"refused: {answer.code}")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise WrongAnswer(head.splitlines()[0].decode("ascii", "replace"))
