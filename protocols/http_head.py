# SPDX-License-Identifier: Apache-2.0
"""The head of an HTTP message: start line and headers.

Law: a head is given to the parser *whole*, never in pieces. It is first found (its end
is the first empty line) and its text held against a narrow alphabet; then httptools
(llhttp, no leniency) reads it; then the few headers that say where the message ends are
looked at. So the way TCP cut the bytes cannot change what a head means, and a reader
that differs from ours in its tolerance finds nothing to tolerate: no bare LF or CR, no
folded line, no byte outside printable ASCII and TAB.

A body is never given to the parser: its length is the one Content-Length of the head,
and there is no other way to end it (no chunks, no upgrade, no end of connection).

Promise: whatever bytes come, only `HttpRefused` leaves this module and the two that
stand on it. Anything else is a bug of ours.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import httptools

from protocols.http_events import HttpFault, HttpRefused
from protocols.http_limits import MAX_BODY, MAX_HEAD, MAX_HEADERS

Parser = httptools.HttpRequestParser | httptools.HttpResponseParser

NEED_DATA: Final = -1
"""The head is not whole yet: no position in a buffer is below zero."""

Headers = Mapping[bytes, bytes]
"""By small-letter name; the names of `_ONCE` stood in the head once at most, the values
of any other that was repeated are joined by commas, as RFC 9110 has it."""

_END_OR_BARE: Final = re.compile(rb"\r\n\r\n|(?<!\r)\n")
_TEXT: Final = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_LENGTH: Final = re.compile(rb"0|[1-9][0-9]{0,9}")
_ONCE: Final = frozenset(
    {
        b"content-length",
        b"content-type",
        b"expect",
        b"host",
        b"transfer-encoding",
        b"upgrade",
    }
)


def find_end(buffer: bytearray, seen: int) -> int:
    """Where the head at the front of ``buffer`` ends, or `NEED_DATA`.

    ``seen`` bytes were looked at by earlier calls, so a head that comes byte by byte
    costs what a whole one does. Raises `HttpRefused` for a bare LF and for a head
    larger than `MAX_HEAD`.
    """
    found = _END_OR_BARE.search(buffer, max(0, seen - 3), MAX_HEAD)
    if found is None:
        if len(buffer) >= MAX_HEAD:
            raise HttpRefused(HttpFault.HEAD_TOO_LARGE)
        return NEED_DATA
    if found.end() - found.start() == 1:
        raise HttpRefused(HttpFault.BARE_NEWLINE)
    return found.end()


class HeadReader:
    """Hears the parser while it reads one head; one reader reads one head."""

    __slots__ = ("headers", "target")

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.target = b""

    def on_url(self, url: bytes) -> None:
        """The request target (from a server's parser only)."""
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; a second one of a kind that must be alone is refused."""
        key = name.lower()
        value = value.strip(b" \t")
        if key in self.headers:
            if key in _ONCE:
                raise HttpRefused(HttpFault.REPEATED_HEADER)
            value = self.headers[key] + b"," + value
        self.headers[key] = value

    def read(self, parser: Parser, head: bytes) -> Headers:
        """Let ``parser``, made for this reader, read one whole head."""
        _check_text(head)
        try:
            parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            raise HttpRefused(HttpFault.UPGRADE) from None
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, HttpRefused):
                raise HttpRefused(error.__context__.fault) from None
            raise HttpRefused(HttpFault.MALFORMED) from None
        if parser.get_http_version() != "1.1":
            raise HttpRefused(HttpFault.VERSION)
        return self.headers


def content_length(headers: Headers) -> int | None:
    """The one length of the body; None where the head gives none.

    Raises `HttpRefused` for any Transfer-Encoding or Upgrade, for a length that is not
    plain decimal without leading zeros, and for one above `MAX_BODY`.
    """
    if b"transfer-encoding" in headers:
        raise HttpRefused(HttpFault.TRANSFER_ENCODING)
    if b"upgrade" in headers:
        raise HttpRefused(HttpFault.UPGRADE)
    text = headers.get(b"content-length")
    if text is None:
        return None
    if _LENGTH.fullmatch(text) is None:
        raise HttpRefused(HttpFault.BAD_LENGTH)
    length = int(text)
    if length > MAX_BODY:
        raise HttpRefused(HttpFault.BODY_TOO_LARGE)
    return length


def keeps_alive(headers: Headers) -> bool:
    """Whether the connection stays open after this message (HTTP/1.1: unless told)."""
    options = headers.get(b"connection", b"").lower().split(b",")
    return b"close" not in [option.strip(b" \t") for option in options]


@lru_cache(maxsize=64)
def sendable(text: str) -> bytes:
    """One header value or target of ours as bytes; refused if it could say more."""
    if not text.isascii() or not text.isprintable():
        raise HttpRefused(HttpFault.UNSENDABLE)
    return text.encode("ascii")


def _check_text(head: bytes) -> None:
    """Refuse what two readers could read in two ways."""
    if head.translate(None, _TEXT):
        raise HttpRefused(HttpFault.FORBIDDEN_BYTE)
    lines = head.count(b"\r\n")
    if head.count(b"\r") != lines or head.startswith(b"\r"):
        raise HttpRefused(HttpFault.BARE_NEWLINE)
    if b"\r\n " in head or b"\r\n\t" in head:
        raise HttpRefused(HttpFault.FOLDED_HEADER)
    if lines - 2 > MAX_HEADERS:
        raise HttpRefused(HttpFault.TOO_MANY_HEADERS)
