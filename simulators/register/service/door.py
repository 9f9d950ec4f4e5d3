# SPDX-License-Identifier: Apache-2.0
"""The register's face over mutual TLS: its desks, and what the addressee system posts.

    POST /v1/desk/NAME               an act, with its fields as JSON
    GET  /v1/desk/NAME[?after=N]     a look: counts, states, lists without a person
    POST /v1/inside/messages         a request for a code, of the addressee system

Who may use the desks is named by certificate: whoever holds the register's own, or
that of its terminals. Every answer of a desk is JSON. A refusal gives its kind and all
its reasons, each by field and rule; no value is repeated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec
from cryptography import x509

from pki.names import StationName
from pki.trust import Purpose, TrustStore, Untrusted
from simulators.city.taken import Sender, Taken
from simulators.clock import Clock
from simulators.register import Register, RegisterError
from simulators.register.errors import (
    EntryRefused,
    Fault,
    NotAllowed,
    NotNow,
    NotThere,
    Rule,
    StillKept,
    StoreFault,
    WrongSource,
)
from simulators.register.service.doing import ACTS, do
from simulators.register.service.looks import LOOKS
from simulators.register.service.strict import MAX_BODY
from simulators.web import Reply

JSON: Final = "application/json"
XML: Final = "application/xml"
MESSAGES: Final = "/v1/inside/messages"
DESK: Final = "/v1/desk/"
_STATUS: Final = {
    EntryRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotThere: HTTPStatus.NOT_FOUND,
    NotNow: HTTPStatus.CONFLICT,
    WrongSource: HTTPStatus.CONFLICT,
    StillKept: HTTPStatus.CONFLICT,
    StoreFault: HTTPStatus.SERVICE_UNAVAILABLE,
}
NOT_LET_IN: Final = Reply(HTTPStatus.FORBIDDEN, "text/plain", b"")
UNKNOWN: Final = Reply(HTTPStatus.NOT_FOUND, "text/plain", b"unknown\n")


@dataclass(frozen=True, slots=True)
class Guests:
    """Who may come to the door."""

    trust: TrustStore
    clock: Clock
    users: frozenset[StationName]
    """Who may use the desks; others only post what they may post."""


class Door:
    """`handle` is what `simulators.web.serve` needs."""

    def __init__(
        self,
        register: Register,
        guests: Guests,
        take: Callable[[bytes, Sender], Taken],
        done: Callable[[], None],
    ) -> None:
        """``take`` is for what is posted; ``done`` hears of each act."""
        self._register = register
        self._guests = guests
        self._take = take
        self._done = done

    def handle(
        self, method: str, target: str, body: bytes, certificate: x509.Certificate
    ) -> Reply:
        """Answer one request; raises nothing."""
        try:
            now = self._guests.clock()
            found = self._guests.trust.check(certificate, Purpose.TLS, now)
        except Untrusted:
            return NOT_LET_IN
        return self.answer(method, target, body, found.station)

    def answer(
        self, method: str, target: str, body: bytes, station: StationName
    ) -> Reply:
        """Answer one request of somebody who is known."""
        if (method, target) == ("POST", MESSAGES):
            taken = self._take(body, Sender(station))
            self._done()
            return Reply(taken.status, XML, taken.body)
        if not target.startswith(DESK):
            return UNKNOWN
        if station not in self._guests.users:
            return NOT_LET_IN
        if len(body) > MAX_BODY:
            large = EntryRefused(Fault("body", Rule.FORMAT))
            return refusal(large, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            return self._desk(method, target, body)
        except RegisterError as error:
            return refusal(error, _STATUS[type(error)])

    def _desk(self, method: str, target: str, body: bytes) -> Reply:
        split = urlsplit(target)
        name = split.path.removeprefix(DESK)
        if method == "GET":
            look = LOOKS.get(name)
            if look is None:
                return UNKNOWN
            return _told(look(self._register, _after(split.query)))
        if method != "POST" or name not in ACTS or split.query:
            return UNKNOWN
        result = do(self._register, name, body)
        self._done()
        return _told(result)


def refusal(error: RegisterError, status: int) -> Reply:
    """What the register said, as JSON."""
    faults = error.faults if isinstance(error, EntryRefused) else ()
    reasons = [
        {"field": one.field, "rule": one.rule.name.lower(), "text": one.rule.value}
        for one in faults
    ]
    told = {"refused": type(error).__name__, "text": str(error), "reasons": reasons}
    return Reply(status, JSON, msgspec.json.encode(told))


def _told(what: Any) -> Reply:
    return Reply(HTTPStatus.OK, JSON, msgspec.json.encode(what))


def _after(query: str) -> int:
    """The number behind which a look goes on; raises `EntryRefused`."""
    if not query:
        return 0
    found = parse_qsl(query)
    if len(found) == 1 and found[0][0] == "after":
        text = found[0][1]
        if text.isascii() and text.isdigit() and len(text) <= 9:
            return int(text)
    raise EntryRefused(Fault("after", Rule.FORMAT))
