# SPDX-License-Identifier: Apache-2.0
"""The asking end of one HTTP connection: requests to bytes; bytes in, answers out.

Life: starts with the connection; ends with `Closed`, with an answer that said
``Connection: close``, or with the first `HttpRefused`. Answers come out whole, in the
order of the requests. An answer must say its length: an answer that ends where the
connection ends cannot be told from one that was cut.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import httptools

from protocols.http_events import (
    ClientEvent,
    Closed,
    HttpFault,
    HttpRefused,
    Response,
)
from protocols.http_head import (
    Headers,
    HeadReader,
    content_length,
    keeps_alive,
    sendable,
)
from protocols.http_limits import (
    MAX_BODY,
    MAX_INTERIM,
    MAX_PIPELINED,
    MAX_REMEMBERED,
    MAX_TARGET,
    METHODS,
)
from protocols.http_stream import Stream

_TARGET: Final = re.compile(r"/[!-~]*")
_NO_CONTENT: Final = 204


@dataclass(frozen=True, slots=True)
class _Begun:
    """An answer whose head is read and whose body is still coming."""

    status: int
    content_type: str
    length: int
    keep_alive: bool


class ClientConnection(Stream[ClientEvent]):
    """One connection as its asking end sees it. See the module."""

    __slots__ = ("_begun", "_interim", "_waiting")

    def __init__(self) -> None:
        super().__init__()
        self._begun: _Begun | None = None
        self._waiting = 0
        self._interim = 0

    def request(
        self, method: str, target: str, content_type: str, body: bytes, host: str
    ) -> bytes:
        """The bytes of one request. ``host`` is said because HTTP/1.1 wants it said.

        Raises `HttpRefused` (``unsendable``) for a text that could be read as more than
        one header, for what a station's listener would refuse, and after the end.
        """
        if self._last or self._fault is not None or self._waiting >= MAX_PIPELINED:
            raise HttpRefused(HttpFault.UNSENDABLE)
        if len(target) > MAX_TARGET or _TARGET.fullmatch(target) is None:
            raise HttpRefused(HttpFault.UNSENDABLE)
        if method not in METHODS or len(body) > MAX_BODY or (body and method == "GET"):
            raise HttpRefused(HttpFault.UNSENDABLE)
        parts = [sendable(f"{method} {target} HTTP/1.1"), b"\r\nHost: ", sendable(host)]
        if content_type:
            parts += (b"\r\nContent-Type: ", sendable(content_type))
        if method != "GET":
            parts.append(b"\r\nContent-Length: %d" % len(body))
        parts += (b"\r\n\r\n", body)
        self._waiting += 1
        return b"".join(parts)

    def _next(self) -> ClientEvent | None:
        while self._begun is None:
            head = self._next_head()
            if head is None:
                return None
            self._begun = self._begin(head)
        begun = self._begun
        body = self._take(begun.length)
        if body is None:
            return None
        self._begun = None
        self._interim = 0
        self._waiting -= 1
        self._last = not begun.keep_alive
        return Response(begun.status, begun.content_type, body, begun.keep_alive)

    def _ended(self) -> ClientEvent:
        if self._waiting or self._buffer:
            raise HttpRefused(HttpFault.CUT_SHORT)
        self._last = True
        return Closed()

    def _next_head(self) -> bytes | None:
        if not self._buffer:
            return None
        if self._last:
            raise HttpRefused(HttpFault.BYTES_AFTER_CLOSE)
        if not self._waiting:
            raise HttpRefused(HttpFault.UNASKED_ANSWER)
        return self._take_head()

    def _begin(self, head: bytes) -> _Begun | None:
        """Read one head; None for an interim answer, which is passed over."""
        begun = _read_head(head)
        if begun is None:
            self._interim += 1
            if self._interim > MAX_INTERIM:
                raise HttpRefused(HttpFault.TOO_MANY_INTERIM)
        return begun


@lru_cache(maxsize=MAX_REMEMBERED)
def _read_head(head: bytes) -> _Begun | None:
    """None for an interim answer. The same bytes are the same head, always."""
    reader = HeadReader()
    parser = httptools.HttpResponseParser(reader)
    headers = reader.read(parser, head)
    status = parser.get_status_code()
    if 100 <= status < 200 and status != 101:
        return None
    if not 200 <= status < 600 or status == 304:
        raise HttpRefused(HttpFault.BAD_STATUS)
    return _Begun(
        status,
        headers.get(b"content-type", b"").decode("ascii"),
        _body_length(status, headers),
        keeps_alive(headers),
    )


def _body_length(status: int, headers: Headers) -> int:
    length = content_length(headers)
    if status == _NO_CONTENT:
        if length:
            raise HttpRefused(HttpFault.UNEXPECTED_BODY)
        return 0
    if length is None:
        raise HttpRefused(HttpFault.NO_LENGTH)
    return length
