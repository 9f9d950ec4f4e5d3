# SPDX-License-Identifier: Apache-2.0
"""Targets of HTTP: both ends, whole, byte by byte and cut: the same is heard."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, Final

from protocols.http import (
    ClientConnection,
    HttpRefused,
    ServerConnection,
)
from protocols.http_limits import MAX_PIPELINED
from tests.fuzz.target import Target, same

Connection = ServerConnection | ClientConnection
Heard = tuple[list[Any], str]


def _asking(count: int) -> ClientConnection:
    """A client that waits for so many answers."""
    connection = ClientConnection()
    for _ in range(count):
        connection.request("POST", "/v1/messages", "application/cms", b"x", "station")
    return connection


def _heard(connection: Connection, pieces: list[bytes]) -> Heard:
    """Every event of one connection up to its end, and why it was refused if it was."""
    events: list[Any] = []
    try:
        for piece in [*filter(None, pieces), b""]:
            events += connection.receive(piece)
    except HttpRefused as refused:
        return [*events, *refused.before], refused.reason
    return events, ""


def _cut(data: bytes) -> list[bytes]:
    """Three pieces, at places that follow from the bytes themselves."""
    mark = sha256(data).digest()
    size = len(data) + 1
    first, second = sorted((mark[0] * 256 + mark[1], mark[2] * 256 + mark[3]))
    first, second = sorted((first % size, second % size))
    return [data[:first], data[first:second], data[second:]]


def _any_way(make: Callable[[], Connection], data: bytes) -> list[Any]:
    whole = _heard(make(), [data])
    same("http", _heard(make(), [data[i : i + 1] for i in range(len(data))]), whole)
    same("http", _heard(make(), _cut(data)), whole)
    events, reason = whole
    if reason:
        after = make()
        _heard(after, [data])
        _still_dead(after, reason)
    return events


def _still_dead(connection: Connection, reason: str) -> None:
    """A refused connection stays refused, whatever comes."""
    try:
        connection.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    except HttpRefused as refused:
        same("http", refused.reason, reason)
        return
    same("http", "alive", "dead")


def _server(data: bytes) -> list[Any]:
    return _any_way(ServerConnection, data)


def _client(data: bytes) -> list[Any]:
    """The first octet says how many answers are waited for."""
    count = data[0] % (MAX_PIPELINED + 1) if data else 0
    return _any_way(lambda: _asking(count), data[1:])


def _requests() -> Iterator[bytes]:
    host = b"Host: station\r\n"
    post = b"POST /v1/messages HTTP/1.1\r\n" + host
    get = b"GET /v1/state?id=1 HTTP/1.1\r\n" + host + b"\r\n"
    typed = post + b"Content-Type: application/cms\r\nContent-Length: 5\r\n\r\nhello"
    yield typed
    yield get
    yield typed + get + post + b"Connection: close\r\nContent-Length: 0\r\n\r\n"
    yield post + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx"
    yield post + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    yield post + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy"
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def _answers() -> Iterator[bytes]:
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/cms\r\nContent-Length: 2\r\n"
    yield b"\1" + whole + b"\r\nok"
    yield b"\2" + whole + b"\r\nokHTTP/1.1 204 No Content\r\n\r\n"
    yield b"\1HTTP/1.1 100 Continue\r\n\r\n" + whole + b"Connection: close\r\n\r\nok"
    yield b"\1HTTP/1.1 503 x\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n"
    yield b"\0" + whole + b"\r\nok"
    yield b"\1HTTP/1.0 200 OK\r\n\r\nuntil the end"


WORDS: Final = (
    *(b"\r\n\r\n", b"\r\n", b"Content-Length: ", b"Transfer-Encoding: chunked"),
    *(b"Connection: close", b"Upgrade: h2c", b"Expect: 100-continue", b"HTTP/1.1"),
    *(b"Host: ", b"\n", b"\r", b" \t", b"POST", b"GET", b"CONNECT", b"HEAD"),
)
TARGETS: Final = (
    Target("http-server", _server, (), _requests, longest=600, words=WORDS),
    Target("http-client", _client, (), _answers, longest=600, words=WORDS),
)
