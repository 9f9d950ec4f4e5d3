# SPDX-License-Identifier: Apache-2.0
"""Management of a peer, over its own port and under its own TLS certificate.

Whoever has a station's keys may manage it, and nobody else: there is no second port,
no password and no other certificate. It answers when the station is "down", too.

    GET  /v1/manage/history[?after=N]   lines of history, at most `MOST`, JSON lines
    GET  /v1/manage/count               how much it keeps of what, and owes
    GET  /v1/manage/faults              how its faults are set
    POST /v1/manage/faults              set all of them anew (`faults.Setting`)
    POST /v1/manage/people              JSON lines: the eight items and a municipality;
                                        at the ministry: what changed of a person
    POST /v1/manage/isolate             {"organisation": …, "isolated": true | false}
    POST /v1/manage/look/NAME           what its system shows, by what is in the body
"""

import json
from collections.abc import Callable
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from cryptography import x509

from pki.trust import Purpose, Untrusted
from simulators.peers.errors import BadRequest
from simulators.peers.faults import Setting
from simulators.peers.station import NOT_FOUND, NOT_LET_IN, PeerStation
from simulators.web import Reply

PREFIX: Final = "/v1/manage/"
MOST: Final = 1_000
"""Lines of history in one answer."""
JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"


class Isolation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether anything is taken from an organisation."""

    organisation: str
    isolated: bool


class Door:
    """Everything that is asked at a peer's port: messages, and management."""

    def __init__(self, station: PeerStation) -> None:
        self._station = station

    def handle(
        self, method: str, path: str, body: bytes, certificate: x509.Certificate
    ) -> Reply | None:
        """Answer one request; None where none is given."""
        if not path.startswith(PREFIX):
            return self._station.handle(method, path, body, certificate)
        if not self._is_own(certificate):
            return NOT_LET_IN
        try:
            return self._manage(method, path.removeprefix(PREFIX), body)
        except BadRequest as error:
            return Reply(400, "text/plain", str(error).encode())

    def _is_own(self, certificate: x509.Certificate) -> bool:
        peer = self._station.peer
        trust = peer.directory.trust
        try:
            found = trust.check(certificate, Purpose.TLS, peer.clock())
        except Untrusted:
            return False
        return found.station == peer.name

    def _manage(self, method: str, path: str, body: bytes) -> Reply:
        split = urlsplit(path)
        name, _, rest = split.path.partition("/")
        if method == "GET" and name == "history":
            return self._history(split.query)
        act = _ACTS.get((method, name))
        if act is None:
            return NOT_FOUND
        return Reply(200, JSON, msgspec.json.encode(act(self._station, rest, body)))

    def _history(self, query: str) -> Reply:
        try:
            after = int(parse_qs(query).get("after", ["0"])[0])
        except ValueError:
            raise BadRequest("after is the number of a line") from None
        lines = islice(self._station.history.lines(after), MOST)
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines)
        return Reply(200, LINES, text.encode())


Act = Callable[[PeerStation, str, bytes], Any]


def _count(station: PeerStation, _: str, body: bytes) -> dict[str, int]:
    return {**station.system.count(), **station.outbox.count()}


def _faults(station: PeerStation, _: str, body: bytes) -> Setting:
    return station.faults.now


def _set_faults(station: PeerStation, _: str, body: bytes) -> Setting:
    station.faults.become(_decoded(body, Setting))
    return station.faults.now


def _people(station: PeerStation, _: str, body: bytes) -> dict[str, int]:
    try:
        lines = msgspec.json.Decoder(dict[str, str]).decode_lines(body)
    except msgspec.MsgspecError:
        raise BadRequest("people are JSON lines of texts by name") from None
    return {"loaded": station.system.load([*lines])}


def _isolate(station: PeerStation, _: str, body: bytes) -> Isolation:
    wanted: Isolation = _decoded(body, Isolation)
    station.isolate(wanted.organisation, wanted.isolated)
    return wanted


def _look(station: PeerStation, name: str, body: bytes) -> Any:
    look = station.system.looks.get(name)
    if look is None:
        raise BadRequest(f"it shows {', '.join(station.system.looks)}")
    return look(_decoded(body or b"{}", dict[str, Any]))


def _decoded(body: bytes, kind: Any) -> Any:
    """A body of JSON; the text of an error names fields and types, no values."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise BadRequest(str(error)) from None
    except msgspec.MsgspecError:
        raise BadRequest("the body is no JSON") from None


_ACTS: Final[dict[tuple[str, str], Act]] = {
    ("GET", "count"): _count,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _set_faults,
    ("POST", "people"): _people,
    ("POST", "isolate"): _isolate,
    ("POST", "look"): _look,
}
