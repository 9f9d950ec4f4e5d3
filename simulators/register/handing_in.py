# SPDX-License-Identifier: Apache-2.0
"""The whole city to its CS at once: the first filling of the identity information file.

The CS has to be told before, by two persons, that it may be filled. The register then
streams everybody in the order of the codes, in batches, one payload in each line, and
tells with each how far it is. Cut off, it asks the CS and goes on behind that place; a
person who is handed in again is known. At the end both sides count.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from schemas.messages import IdentityInformationUpdate, IdentityRecord, write_payload
from simulators.register.consistency import Consistency
from simulators.web import Client, Reply

LOAD: Final = "/v1/inside/load"
LINES: Final = 400
"""Persons in one batch."""
BYTES: Final = 900_000
"""Of one batch: what the CS takes in one request is a little more."""


class NotHandedIn(Exception):
    """The CS does not take the city, or not all of it; the text is its own.

    Somebody at the CS opens a filling (`sekisho cs load open`) for enough persons, or
    corrects whom it refused; then the same is done again, and goes on.
    """


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What came of it."""

    persons: int
    """Members of the register's stream, all of them."""
    sent: int
    """Those that were sent this time."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of the stream, as it is posted."""

    persons: int
    place: str
    body: bytes


class HandingIn:
    """One city's way into its CS."""

    def __init__(self, consistency: Consistency, cs: Client) -> None:
        self._consistency = consistency
        self._cs = cs

    def run(self, told: Callable[[int], object] = lambda _: None) -> HandedIn:
        """Hand everybody in who is not there yet; ``told`` hears how many are.

        Raises `NotHandedIn`, and `LinkFailed` where the CS does not answer.
        """
        standing = self.standing()
        load, place = standing["load"], standing.get("place", "")
        before = self._before(place)
        told(before)
        sent = 0
        for batch in batches(self._consistency.stream(place)):
            path = f"{LOAD}/{load}/persons?place={batch.place}"
            _good(self._cs.post(path, "application/xml", batch.body))
            sent += batch.persons
            told(before + sent)
        persons = before + sent
        path = f"{LOAD}/{load}/done?persons={persons}"
        _good(self._cs.post(path, "text/plain", b""))
        return HandedIn(persons, sent)

    def standing(self) -> dict[str, str]:
        """What the CS says of the filling that is open; raises `NotHandedIn`."""
        lines = _good(self._cs.get(LOAD)).decode().splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def _before(self, place: str) -> int:
        """How many stand before the place from which it goes on."""
        count = 0
        for record in self._consistency.stream():
            if record.resident_record_code > place:
                break
            count += 1
        return count


def batches(records: Iterator[IdentityRecord]) -> Iterator[Batch]:
    """The stream in pieces that the CS takes; holds one piece."""
    lines: list[bytes] = []
    place, size = "", 0
    for record in records:
        line = write_payload(IdentityInformationUpdate(record))
        if lines and (len(lines) == LINES or size + len(line) > BYTES):
            yield Batch(len(lines), place, b"\n".join(lines))
            lines, size = [], 0
        lines.append(line)
        place, size = record.resident_record_code, size + len(line) + 1
    if lines:
        yield Batch(len(lines), place, b"\n".join(lines))


def _good(reply: Reply) -> bytes:
    if reply.status != 200:
        words = reply.body.decode(errors="replace").strip()
        raise NotHandedIn(words or f"the CS answered {reply.status}")
    return reply.body
