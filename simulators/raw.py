# SPDX-License-Identifier: Apache-2.0
"""A link on which anything may be said: bytes of HTTP that no library would send.

For those who try a listener, well or badly. It writes what it is told, reads until the
other end is done with it, and says in one word how the link ended.
"""

import re
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulators.web import TIMEOUT

HOME = "127.0.0.1"
_HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) .*?\r\n\r\n", re.DOTALL)
_LENGTH = re.compile(rb"^Content-Length: (\d+)\r$", re.MULTILINE)
_MOST = 4 * 1024 * 1024


class Fate(StrEnum):
    """How a link ended."""

    ALERT = "a TLS alert"
    CLOSED = "closed"
    RESET = "reset"
    OPEN = "still open"


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back over a link, and its end."""

    data: bytes = field(repr=False)
    fate: Fate
    alert: str = ""
    """OpenSSL's name of the alert, if there was one."""

    @property
    def answers(self) -> list[tuple[int, bytes]]:
        """Status and body of each HTTP answer, read by its length."""
        found, rest = [], self.data
        while (head := _HEAD.match(rest)) is not None:
            size = _LENGTH.search(head[0])
            end = head.end() + (int(size[1]) if size else 0)
            found.append((int(head[1]), rest[head.end() : end]))
            rest = rest[end:]
        return found

    @property
    def statuses(self) -> list[int]:
        """The status of each HTTP answer."""
        return [status for status, _ in self.answers]


class RawLink:
    """One connection; with TLS if a context is given."""

    def __init__(
        self,
        port: int,
        context: ssl.SSLContext | None,
        *,
        source: str = HOME,
        timeout: float = TIMEOUT,
    ) -> None:
        """Connect from ``source``; raises what `socket` and `ssl` raise."""
        plain = socket.create_connection((HOME, port), timeout, (source, 0))
        try:
            self._sock: Any = plain if context is None else context.wrap_socket(plain)
        except BaseException:
            plain.close()
            raise

    def send(self, *pieces: bytes) -> bool:
        """Write, piece by piece; whether the other end still took all of it."""
        try:
            for piece in pieces:
                self._sock.sendall(piece)
        except OSError:
            return False
        return True

    def answer(self, ends_with: bytes) -> bytes:
        """Read until the bytes end so, or the link does."""
        got = b""
        while not got.endswith(ends_with):
            piece = self._sock.recv(65536)
            if not piece:
                break
            got += piece
        return got

    def to_the_end(self) -> Heard:
        """Read until the other end closes, and close as well."""
        got = bytearray()
        try:
            while len(got) < _MOST and (piece := self._sock.recv(65536)):
                got += piece
            fate, alert = Fate.CLOSED, ""
        except TimeoutError:
            fate, alert = Fate.OPEN, ""
        except OSError as error:
            fate, alert = fate_of(error)
        finally:
            self.close()
        return Heard(bytes(got), fate, alert)

    def close(self) -> None:
        """Close this end."""
        self._sock.close()


def converse(
    port: int,
    context: ssl.SSLContext | None,
    pieces: Iterable[bytes] = (),
    *,
    source: str = HOME,
    timeout: float = TIMEOUT,
) -> Heard:
    """Say ``pieces`` on a new link and listen to the end.

    With nothing to say, only whether there is a link is found out: an answer to the
    handshake that comes as an alert is not lost behind bytes of our own.
    """
    try:
        link = RawLink(port, context, source=source, timeout=timeout)
    except OSError as error:
        return Heard(b"", *fate_of(error))
    link.send(*pieces)
    return link.to_the_end()


def fate_of(error: OSError) -> tuple[Fate, str]:
    """What an error of a socket says of the link's end."""
    if isinstance(error, ssl.SSLError) and "ALERT" in str(error.reason or ""):
        return Fate.ALERT, str(error.reason)
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return Fate.RESET, ""
    return Fate.CLOSED, ""
