# SPDX-License-Identifier: Apache-2.0
"""Asks a time-stamp authority over HTTP, as RFC 3161, section 3.4, says.

Once a day and in a thread of its own, so it may wait, but never for longer than
`SECONDS` in all: then its connection is cut, however slowly something still comes. What
comes back is believed by nobody yet (`pki.timestamp`), so the line need not be.
"""

import http.client
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from pki.timestamp import ANSWER_TYPE, MAX_TOKEN, QUERY_TYPE

SECONDS: Final = 5.0
Ask = Callable[[str, bytes], Deferred[bytes]]
"""Address and query, to the answer; fails with `AuthorityAway`."""


class AuthorityAway(Exception):
    """The time-stamp authority gave no answer.

    Its address may be wrong, a firewall may stand between, or it may be down. The next
    round asks again; without a stamp for too long the station stops sending.
    """


def in_thread(reactor: Any) -> Ask:
    """`ask`, done in one of the reactor's threads."""

    def asked(address: str, query: bytes) -> Deferred[bytes]:
        pool = reactor.getThreadPool()
        found: Deferred[bytes] = deferToThreadPool(reactor, pool, ask, address, query)
        return found

    return asked


def ask(address: str, query: bytes, seconds: float = SECONDS) -> bytes:
    """The authority's answer to a query; raises `AuthorityAway`."""
    try:
        where = urlsplit(address)
        path = (where.path or "/") + (f"?{where.query}" if where.query else "")
        line = _line(where, seconds)
        cut = threading.Timer(seconds, _cut, (line,))
        cut.start()
        try:
            line.request("POST", path, query, {"Content-Type": QUERY_TYPE})
            return _read(line.getresponse())
        finally:
            cut.cancel()
            line.close()
    except (OSError, ValueError, http.client.HTTPException, AttributeError) as error:
        raise AuthorityAway(type(error).__name__) from None


def _line(where: SplitResult, seconds: float) -> http.client.HTTPConnection:
    host, port = where.hostname or "", where.port
    if where.scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=seconds)
    return http.client.HTTPConnection(host, port, timeout=seconds)


def _read(answer: http.client.HTTPResponse) -> bytes:
    kind = answer.headers.get_content_type()
    if answer.status != 200 or kind != ANSWER_TYPE:
        raise AuthorityAway(f"it answered {answer.status} with {kind}")
    data = answer.read(MAX_TOKEN + 1)
    if len(data) > MAX_TOKEN:
        raise AuthorityAway("it answered more than any time-stamp")
    if answer.length:
        raise AuthorityAway("its answer broke off")
    return data


def _cut(line: http.client.HTTPConnection) -> None:
    """End the connection under whoever waits on it."""
    with suppress(OSError, AttributeError):  # it ended by itself
        line.sock.shutdown(socket.SHUT_RDWR)
