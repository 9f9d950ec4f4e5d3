# SPDX-License-Identifier: Apache-2.0
"""The driver's TLS links: HTTP/1.1 with lengths, as far as the gateway speaks it.

Standard library only, as with all simulators: a fault in the gateway's own HTTP or TLS
cannot hide in the same code at the other end.
"""

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Callable

from bench.orders import Ask
from simulators.peer import CMS, MESSAGES, Peer

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_POST = (
    f"POST {MESSAGES} HTTP/1.1\r\nHost: bench\r\n"
    f"Content-Type: {CMS}\r\nContent-Length: %d\r\n\r\n"
).encode()
_OK = f"HTTP/1.1 200 OK\r\nContent-Type: {CMS}\r\nContent-Length: %d\r\n\r\n".encode()


class _Http(asyncio.Protocol, ABC):
    """Cuts what comes into heads and bodies."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head = b""
        self._length = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._next():
            pass

    def _next(self) -> bool:
        if not self._head:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return False
            self._head = bytes(self._buffer[: end + 2])
            length = _LENGTH.search(self._head)
            self._length = int(length[1]) if length else 0
            del self._buffer[: end + 4]
        if len(self._buffer) < self._length:
            return False
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        head, self._head = self._head, b""
        self.received(head, body)
        return True

    @abstractmethod
    def received(self, head: bytes, body: bytes) -> None:
        """One whole message."""


class Asker(_Http):
    """A link to the gateway; one message at a time is on its way."""

    def __init__(self, answered: Callable[["Asker", Ask, bytes, bytes], None]) -> None:
        """``answered`` is called with the link, the question, head and body."""
        super().__init__()
        self._answered = answered
        self._ask: Ask | None = None

    def send(self, ask: Ask) -> None:
        """Post one message."""
        self._ask = ask
        body = ask.packed.envelope
        self.transport.write(_POST % len(body) + body)

    def received(self, head: bytes, body: bytes) -> None:
        ask, self._ask = self._ask, None
        assert ask is not None
        self._answered(self, ask, head, body)


class Taker(_Http):
    """A link that the gateway opened to a station that the driver plays."""

    def __init__(self, station: Peer, taken: Callable[[Peer, bytes], bytes]) -> None:
        """``taken`` is given what came, and gives the receipt for it."""
        super().__init__()
        self._station = station
        self._taken = taken

    def received(self, head: bytes, body: bytes) -> None:
        receipt = self._taken(self._station, body)
        self.transport.write(_OK % len(receipt) + receipt)
