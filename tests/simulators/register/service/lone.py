# SPDX-License-Identifier: Apache-2.0
"""A register behind its door, without a network, and a CS that a test plays."""

import json
from typing import Any

from pki.names import StationName
from schemas.messages import SubmissionAccepted, write_payload
from schemas.systems import EXISTING
from simulators.city.taken import Taken
from simulators.register.service.arrivals import Arrivals, Waiting
from simulators.register.service.door import Door, Guests
from simulators.register.service.running import users_of
from simulators.web import Reply
from tests.simulators.register.desk import Desk

OWN = StationName("102024", EXISTING)
ALICE = {"name": "alice", "terminal": "T-01"}
BOB = {"name": "bob", "terminal": "T-02"}


class Lone:
    """The desk of the other tests, with its door; no certificate is looked at."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.register = desk.register
        self.woken = 0
        guests: Any = Guests(None, lambda: desk.now, users_of("102024"))  # type: ignore[arg-type]
        self.door = Door(desk.register, guests, lambda *_: Taken(200, b""), self._woke)

    def _woke(self) -> None:
        self.woken += 1

    def ask(self, name: str, body: Any, by: StationName = OWN) -> Reply:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.door.answer("POST", f"/v1/desk/{name}", data, by)

    def done(self, name: str, /, **body: Any) -> Any:
        """What an act gives; it has to be done."""
        reply = self.ask(name, {"by": ALICE, **body})
        assert reply.status == 200, reply.body
        return json.loads(reply.body)

    def refused(self, name: str, /, **body: Any) -> tuple[str, set[tuple[str, str]]]:
        """Kind and reasons of a refusal."""
        reply = self.ask(name, body)
        assert reply.status != 200
        told = json.loads(reply.body)
        return told["refused"], {(one["field"], one["rule"]) for one in told["reasons"]}

    def look(self, name: str) -> Any:
        reply = self.door.answer("GET", f"/v1/desk/{name}", b"", OWN)
        assert reply.status == 200, reply.body
        return json.loads(reply.body)


class PlayedCs:
    """The CS, as the register sees it; what it does is set by the test."""

    def __init__(self) -> None:
        self.up = True
        self.answer: bytes = write_payload(SubmissionAccepted(bytes(16)))
        self.posted: list[tuple[str, bytes]] = []
        self.waits: dict[str, tuple[str, str, bytes]] = {}
        """Id to type, organisation and payload."""
        self.loses_acknowledgements = False

    def post(self, municipality: str, body: bytes) -> bytes:
        if not self.up:
            return b""
        self.posted.append((municipality, body))
        return self.answer

    def waiting(self) -> list[Waiting]:
        if not self.up:
            return []
        return [Waiting(one, kind, of) for one, (kind, of, _) in self.waits.items()]

    def fetch(self, message: str) -> bytes:
        return self.waits[message][2]

    def acknowledge(self, message: str) -> None:
        if not self.loses_acknowledgements:
            del self.waits[message]


def fetched(lone: Lone, cs: PlayedCs) -> int:
    return Arrivals(lone.register, cs).fetch()
