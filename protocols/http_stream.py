# SPDX-License-Identifier: Apache-2.0
"""What both ends of an HTTP connection share: the buffer, and how it ends.

Whole messages are taken off the front of one buffer. What was looked at once is not
looked at again, and a body waits in the buffer until all of it is there: a sender who
sends byte by byte costs a test of a length per byte and no more.
"""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from protocols.http_events import ClientEvent, HttpFault, HttpRefused, ServerEvent
from protocols.http_head import NEED_DATA, find_end

Event = TypeVar("Event", ServerEvent, ClientEvent)


class Stream(ABC, Generic[Event]):
    """The receiving half of a connection; an heir says what a message is."""

    __slots__ = ("_buffer", "_fault", "_last", "_seen")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._seen = 0
        self._last = False
        """The last message said that none follows."""
        self._fault: HttpFault | None = None

    @property
    def held(self) -> int:
        """Bytes of a message that is not whole yet."""
        return len(self._buffer)

    def receive(self, data: bytes) -> list[Event]:
        """What ``data`` completes; empty ``data`` means that the other end closed.

        Raises `HttpRefused`, and nothing else; then again at every later call. The
        exception carries the events that were complete before the fault.
        """
        if self._fault is not None:
            raise HttpRefused(self._fault)
        events: list[Event] = []
        try:
            if not data:
                return [self._ended()]
            self._buffer += data
            while (event := self._next()) is not None:
                events.append(event)
        except HttpRefused as refused:
            self._fault = refused.fault
            self._buffer.clear()
            raise HttpRefused(refused.fault, tuple(events)) from None
        return events

    @abstractmethod
    def _next(self) -> Event | None:
        """The next event that the buffer holds, taken off it; None: more is needed."""

    @abstractmethod
    def _ended(self) -> Event:
        """The sign for a proper end; raises `HttpRefused` for an end in mid-message."""

    def _take_head(self) -> bytes | None:
        """A whole head off the front of the buffer; None: more is needed."""
        end = find_end(self._buffer, self._seen)
        if end == NEED_DATA:
            self._seen = len(self._buffer)
            return None
        self._seen = 0
        return self._take(end)

    def _take(self, length: int) -> bytes | None:
        """So many bytes off the front of the buffer; None: more are needed."""
        if len(self._buffer) < length:
            return None
        with memoryview(self._buffer) as buffer:
            taken = bytes(buffer[:length])
        del self._buffer[:length]
        return taken
