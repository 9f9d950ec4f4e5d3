# SPDX-License-Identifier: Apache-2.0
"""The listening end of one HTTP connection: bytes in, requests out; answers to bytes.

Life: starts with the connection; ends with `Closed`, with a request that said
``Connection: close``, or with the first `HttpRefused`, after which it only writes one
last answer. Requests come out whole and in order; the answers are written in the same
order, one `respond` for each. No clock: who sends too slowly is the shell's concern.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Final

import httptools

from protocols.http_events import (
    Closed,
    ContinueExpected,
    HttpFault,
    HttpRefused,
    Request,
    ServerEvent,
)
from protocols.http_head import (
    Headers,
    HeadReader,
    content_length,
    keeps_alive,
    sendable,
)
from protocols.http_limits import (
    MAX_PIPELINED,
    MAX_REMEMBERED,
    MAX_TARGET,
    METHODS,
)
from protocols.http_stream import Stream

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
"""What answers `ContinueExpected`."""

_TARGET: Final = re.compile(rb"/[!\"$-~]*")
"""Origin form only: a path and perhaps a query, no fragment, no other host's name."""

_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii")
    for status in HTTPStatus
}


@dataclass(frozen=True, slots=True)
class _Begun:
    """A request whose head is read and whose body is still coming."""

    method: str
    target: str
    content_type: str
    length: int
    keep_alive: bool
    continue_expected: bool


class ServerConnection(Stream[ServerEvent]):
    """One connection as its listening end sees it. See the module."""

    __slots__ = ("_begun", "_waiting")

    def __init__(self) -> None:
        super().__init__()
        self._begun: _Begun | None = None
        self._waiting = 0

    @property
    def midway(self) -> bool:
        """Whether a request has begun to come and is not whole yet."""
        return self._begun is not None or bool(self._buffer)

    def respond(
        self, status: int, content_type: str, body: bytes, *, close: bool = False
    ) -> bytes:
        """The bytes that answer the oldest unanswered request, or a refusal.

        ``Connection: close`` is said when asked for, after a refusal, and to a request
        that asked for it. No Date is sent: this room has no clock.
        """
        self._waiting = max(0, self._waiting - 1)
        last = self._last and self._waiting == 0
        parts = [_STATUS_LINES[status]]
        if content_type:
            parts += (b"Content-Type: ", sendable(content_type), b"\r\n")
        if close or last or self._fault is not None:
            parts.append(b"Connection: close\r\n")
        parts += (b"Content-Length: %d\r\n\r\n" % len(body), body)
        return b"".join(parts)

    def _next(self) -> ServerEvent | None:
        if self._begun is None:
            self._begun = self._begin()
            if self._begun is None:
                return None
            if self._begun.continue_expected:
                return ContinueExpected()
        begun = self._begun
        body = self._take(begun.length)
        if body is None:
            return None
        self._begun = None
        self._last = not begun.keep_alive
        self._waiting += 1
        return Request(
            begun.method, begun.target, begun.content_type, body, begun.keep_alive
        )

    def _ended(self) -> ServerEvent:
        if self.midway:
            raise HttpRefused(HttpFault.CUT_SHORT)
        self._last = True
        return Closed()

    def _begin(self) -> _Begun | None:
        if not self._buffer:
            return None
        if self._last:
            raise HttpRefused(HttpFault.BYTES_AFTER_CLOSE)
        head = self._take_head()
        if head is None:
            return None
        if self._waiting >= MAX_PIPELINED:
            raise HttpRefused(HttpFault.TOO_MANY_WAITING)
        return _read_head(head)


@lru_cache(maxsize=MAX_REMEMBERED)
def _read_head(head: bytes) -> _Begun:
    """The same bytes are the same head: a client's next is like its last."""
    reader = HeadReader()
    parser = httptools.HttpRequestParser(reader)
    headers = reader.read(parser, head)
    method = parser.get_method().decode("ascii")
    if method not in METHODS:
        raise HttpRefused(HttpFault.METHOD)
    if len(reader.target) > MAX_TARGET:
        raise HttpRefused(HttpFault.TARGET_TOO_LONG)
    if _TARGET.fullmatch(reader.target) is None:
        raise HttpRefused(HttpFault.BAD_TARGET)
    if b"host" not in headers:
        raise HttpRefused(HttpFault.HOST_NOT_ONE)
    length = _body_length(method, headers)
    return _Begun(
        method,
        reader.target.decode("ascii"),
        headers.get(b"content-type", b"").decode("ascii"),
        length,
        keeps_alive(headers),
        _expects_continue(headers) and length > 0,
    )


def _body_length(method: str, headers: Headers) -> int:
    length = content_length(headers)
    if method == "GET":
        if length:
            raise HttpRefused(HttpFault.UNEXPECTED_BODY)
        return 0
    if length is None:
        raise HttpRefused(HttpFault.NO_LENGTH)
    return length


def _expects_continue(headers: Headers) -> bool:
    expected = headers.get(b"expect")
    if expected is None:
        return False
    if expected.lower() != b"100-continue":
        raise HttpRefused(HttpFault.EXPECTATION)
    return True
