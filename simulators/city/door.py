# SPDX-License-Identifier: Apache-2.0
"""A face over mutual TLS for any system of the city: plain XML, as inside listeners.

    POST /v1/inside/messages         a payload that the system takes
    GET  /v1/applications            the portal alone: what was sent to the asking city
    POST /v1/applications/NUMBER     the portal's alone: what an application came to

and for those who run the simulation, known by their certificates as everybody is:

    GET  /v1/manage/status           faults that wait, what is owed to whom
    GET  /v1/manage/history          what happened, after a number
    GET  /v1/manage/looks            who looked at whom
    GET  /v1/manage/acts             what can be done at this system
    POST /v1/manage/acts/NAME        do it, with its parameters as JSON
    POST /v1/manage/faults           {"fault": "down", "times": 1}

Who posts is read from the certificate. Business systems share one role; which of them
it is, the digest of its certificate says, as it was enrolled: never a word of its own.
"""

import hashlib
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_type_hints
from urllib.parse import parse_qs, urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.names import StationName
from pki.trust import Purpose, TrustStore, Untrusted
from simulators.city.faults import Fault
from simulators.city.portal import Portal
from simulators.city.reasons import Reason, Refused, StoreFault
from simulators.city.system import System
from simulators.city.taken import Sender
from simulators.web import Reply

XML: Final = "application/xml"
JSON: Final = "application/json"
MESSAGES: Final = "/v1/inside/messages"
_APPLICATION: Final = re.compile(r"/v1/applications/([1-9][0-9]{0,8})", re.ASCII)
_ACT: Final = re.compile(r"/v1/manage/acts/([a-z_]{1,40})", re.ASCII)
NOT_FOUND: Final = Reply(404, "text/plain", b"unknown\n")


@dataclass(frozen=True, slots=True)
class Guests:
    """Who may come to one system's door."""

    trust: TrustStore
    managers: frozenset[StationName]
    """Who may run the simulation; the others only speak to the system."""
    enrolled: Mapping[str, str] = field(default_factory=dict)
    """Digest of a business system's certificate to its name."""

    def sender(self, certificate: x509.Certificate, station: StationName) -> Sender:
        """Who this is."""
        return Sender(station, self.enrolled.get(digest_of(certificate), ""))


class _SetFault(msgspec.Struct, forbid_unknown_fields=True):
    fault: Fault
    times: int = 1


class _Settle(msgspec.Struct, forbid_unknown_fields=True):
    outcome: str


class Door:
    """The face of one system; `handle` is what `simulators.web.serve` needs."""

    def __init__(self, system: System, guests: Guests) -> None:
        self.system = system
        self._guests = guests

    def handle(
        self, method: str, target: str, body: bytes, certificate: x509.Certificate
    ) -> Reply:
        """Answer one request."""
        now = self.system.clock()
        try:
            identity = self._guests.trust.check(certificate, Purpose.TLS, now)
        except Untrusted:
            return Reply(403, "text/plain", b"")
        sender = self._guests.sender(certificate, identity.station)
        return self.answer(method, target, body, sender)

    def answer(self, method: str, target: str, body: bytes, sender: Sender) -> Reply:
        """Answer one request of somebody who is known; raises nothing."""
        if (method, target) == ("POST", MESSAGES):
            taken = self.system.take(body, sender)
            return Reply(taken.status, XML, taken.body)
        try:
            return self._other(method, target, body, sender)
        except (msgspec.ValidationError, msgspec.DecodeError, ValueError) as error:
            return _told(400, {"error": _named(error)})
        except Refused as no:
            return _told(422, {"code": no.code, "error": str(no)})
        except StoreFault as fault:
            return _told(503, {"error": str(fault)})

    def _other(self, method: str, target: str, body: bytes, sender: Sender) -> Reply:
        split = urlsplit(target)
        after = int(parse_qs(split.query).get("after", ["0"])[0])
        if isinstance(self.system, Portal) and split.path.startswith("/v1/app"):
            return self._applications(method, split.path, after, body, sender)
        if sender.station not in self._guests.managers:
            return NOT_FOUND
        if method == "GET":
            look = self._looks().get(split.path)
            return NOT_FOUND if look is None else _told(200, look(after))
        if split.path == "/v1/manage/faults":
            wanted = msgspec.json.decode(body, type=_SetFault)
            self.system.faults.set(wanted.fault, wanted.times)
            return _told(200, self.system.faults.waiting())
        found = _ACT.fullmatch(split.path)
        acts = acts_of(self.system)
        if found is None or found[1] not in acts:
            return NOT_FOUND
        return _told(200, {"result": _do(acts[found[1]], body)})

    def _looks(self) -> dict[str, Callable[[int], Any]]:
        system = self.system
        return {
            "/v1/manage/status": lambda _: {
                "system": str(system.name),
                "faults": system.faults.waiting(),
                "owed": system.outbox.receivers(),
            },
            "/v1/manage/history": system.history.events,
            "/v1/manage/looks": lambda _: system.history.looks(),
            "/v1/manage/acts": lambda _: sorted(acts_of(system)),
        }

    def _applications(
        self, method: str, path: str, after: int, body: bytes, sender: Sender
    ) -> Reply:
        assert isinstance(self.system, Portal)
        if (method, path) == ("GET", "/v1/applications"):
            return _told(200, self.system.fetch(sender, after))
        found = _APPLICATION.fullmatch(path)
        if method != "POST" or found is None:
            return NOT_FOUND
        wanted = msgspec.json.decode(body, type=_Settle)
        self.system.settle(sender, int(found[1]), wanted.outcome)
        return _told(200, {})


def acts_of(system: System) -> dict[str, Callable[..., Any]]:
    """What people can do at a system, by name."""
    return {
        name: getattr(system, name)
        for name, member in inspect.getmembers(type(system), inspect.isfunction)
        if member.__dict__.get("is_act")
    }


def digest_of(certificate: x509.Certificate) -> str:
    """By what a business system is enrolled."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def _do(work: Callable[..., Any], body: bytes) -> Any:
    """Call an act with what the body says; its types say what that may be."""
    hints = get_type_hints(inspect.unwrap(work))
    hints.pop("return", None)
    given = msgspec.json.decode(body or b"{}", type=dict[str, msgspec.Raw])
    if not given.keys() <= hints.keys():
        raise Refused(Reason.FORM)
    words = {
        name: msgspec.json.decode(raw, type=hints[name]) for name, raw in given.items()
    }
    try:
        inspect.signature(work).bind(**words)
    except TypeError:
        raise Refused(Reason.FORM) from None
    return work(**words)


def _told(status: int, what: Any) -> Reply:
    return Reply(status, JSON, msgspec.json.encode(what))


def _named(error: Exception) -> str:
    """What was wrong with the words, without what they said."""
    return f"the request is not of its form ({type(error).__name__})"
