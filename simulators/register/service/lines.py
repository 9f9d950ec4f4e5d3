# SPDX-License-Identifier: Apache-2.0
"""The links of a running register: to its CS, and to the other systems of its city.

Where the other end does not answer, no link brings anything: what is owed waits.
"""

import re
from collections.abc import Callable
from typing import Final

from schemas.extracts import query_of
from simulators.city.courier import Line
from simulators.register.reconciliation import Page
from simulators.register.service.arrivals import Waiting
from simulators.web import Client, LinkFailed, Reply

XML: Final = "application/xml"
MESSAGES: Final = "/v1/inside/messages"
ARRIVALS: Final = "/v1/inside/arrivals"
RECONCILIATION: Final = "/v1/inside/reconciliation"
NOT_FILLED: Final = 409
_PARTS: Final = 3
_PERSON: Final = re.compile(rb"person ([0-9]{11}) ([0-9a-f]{64})")
_PLACE: Final = re.compile(rb"place ([0-9a-f]{64})")
_NONE: Final = Reply(0, "", b"")


class CsLine:
    """The inside listener of the register's CS; an `arrivals.Post`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def post(self, municipality: str, body: bytes) -> bytes:
        """Hand something in; the answer, no bytes where there was none."""
        target = MESSAGES + query_of(body, municipality)
        return _asked(lambda: self._client.post(target, XML, body)).body

    def waiting(self) -> list[Waiting]:
        """What waits for the register."""
        reply = _asked(lambda: self._client.get(ARRIVALS))
        if reply.status != 200:
            return []
        rows = [line.split() for line in reply.body.decode("ascii").splitlines()]
        return [
            Waiting(row[0], row[1], row[2].partition("/")[0])
            for row in rows
            if len(row) == _PARTS
        ]

    def fetch(self, message: str) -> bytes:
        """What one says; it stays at the CS until it is acknowledged."""
        reply = _asked(lambda: self._client.get(f"{ARRIVALS}/{message}"))
        return reply.body if reply.status == 200 else b""

    def acknowledge(self, message: str) -> None:
        """It was taken over; where this gets lost it is said again."""
        target = f"{ARRIVALS}/{message}/taken"
        _asked(lambda: self._client.post(target, XML, b""))

    def page(self, place: str) -> Page | None:
        """A page of the CS's file; None where it has none that could be compared.

        Raises `ConnectionError` where nothing came that could be read.
        """
        after = f"?after={place}" if place else ""
        reply = _asked(lambda: self._client.get(RECONCILIATION + after))
        if reply.status == NOT_FILLED:
            return None
        if reply.status != 200:
            raise ConnectionError("the CS gave no page of its file")
        return _page(reply.body)

    def close(self) -> None:
        self._client.close()


def _page(body: bytes) -> Page:
    persons, place = [], ""
    for line in body.splitlines():
        if found := _PERSON.fullmatch(line):
            persons.append((found[1].decode(), bytes.fromhex(found[2].decode())))
        elif (last := _PLACE.fullmatch(line)) and not place:
            place = last[1].decode()
        else:
            raise ConnectionError("the CS gave a page that is none")
    return Page(tuple(persons), place)


def line_to(client: Client) -> Line:
    """The line to a system of the city."""
    return lambda body: _asked(lambda: client.post(MESSAGES, XML, body)).body


def _asked(work: Callable[[], Reply]) -> Reply:
    try:
        return work()
    except LinkFailed:
        return _NONE
