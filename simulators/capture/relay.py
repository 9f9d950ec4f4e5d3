# SPDX-License-Identifier: Apache-2.0
"""Stands between a vendor's system and its station, on loopback, in a TEST network.

It holds the test keys of both ends: to the system it shows the station's certificate,
to the station the system's own. What it passes on is byte for byte what came; what it
keeps is `recording`'s. A network whose root is not TEST is refused before anything is
opened: there, nobody may stand in between.
"""

from dataclasses import dataclass
from typing import Any

from cryptography import x509

from pki.names import BadStationName, StationName
from pki.trust import TrustStore
from protocols.identifiers import Realm
from simulators.capture.recording import Recording
from simulators.clock import belief_of, clock_of
from simulators.network import build as building
from simulators.network.files import Files
from simulators.peer import load_directory
from simulators.web import (
    Client,
    LinkFailed,
    Reply,
    client_context,
    serve,
    server_context,
)

HOST = "127.0.0.1"
UNREACHABLE = Reply(502, "text/plain", b"the station does not answer\n")


class CaptureRefused(Exception):
    """Nothing is captured here.

    The network is no TEST network, or has no such station or system. Only what a test
    network's own stations say can be captured.
    """


@dataclass(frozen=True, slots=True)
class Between:
    """A station, and where its own systems reach it."""

    files: Files
    station: StationName
    inside: int


def between(files: Files, station: StationName) -> Between:
    """The station to capture at; raises `CaptureRefused` or a `PkiError`."""
    trust = TrustStore.load(files.pki.chain, files.pki.crl)
    if not trust.is_test:
        raise CaptureRefused("this network's root is not TEST: nothing is captured")
    clock = clock_of(files.pki)
    anchor = next(
        (p for p in files.pki.directory.rglob("signing.crt") if _is_core(p)), None
    )
    if anchor is None:
        raise CaptureRefused("this network has no core whose master could be read")
    directory = load_directory(
        files.pki.chain, files.pki.crl, files.master, anchor, clock
    )
    if Realm(directory.master.realm) is not Realm.SIMULATION:
        raise CaptureRefused("this network's numbers are real ones: not captured")
    inside = building.load(files).inside.get(str(station))
    if inside is None:
        raise CaptureRefused(f"{station}: has no inside listener in this network")
    return Between(files, station, inside)


def _is_core(path: Any) -> bool:
    return "information_provision_network_system" in path.parent.name


class Relay:
    """One listener, and a link to the station for each system that came."""

    def __init__(self, at: Between, recording: Recording, port: int = 0) -> None:
        pki = at.files.pki
        self._at = at
        self._recording = recording
        self._links: dict[StationName, Client] = {}
        clock = clock_of(pki)
        trust = TrustStore.load(pki.chain, pki.crl)
        self._belief = belief_of(trust, clock)
        own = pki.station(at.station)
        context = server_context(
            pki.chain, own / "tls.crt", own / "tls.key", self._belief
        )
        self.server: Any = serve(HOST, port, context, self._pass_on)

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def close(self) -> None:
        """Close every link and the listener."""
        self.server.server_close()
        for link in self._links.values():
            link.close()

    def _pass_on(
        self, method: str, target: str, body: bytes, shown: x509.Certificate
    ) -> Reply | None:
        try:
            system = StationName.of_certificate(shown)
            link = self._link(system)
        except (BadStationName, OSError):
            return None
        try:
            reply = (
                link.get(target)
                if method == "GET"
                else link.post(target, "application/xml", body)
            )
        except LinkFailed:
            return UNREACHABLE
        self._recording.said(system, method, target, body, reply)
        return reply

    def _link(self, system: StationName) -> Client:
        if system not in self._links:
            pki = self._at.files.pki
            own = pki.station(system)
            context = client_context(
                pki.chain, own / "tls.crt", own / "tls.key", belief=self._belief
            )
            self._links[system] = Client(HOST, self._at.inside, context)
        return self._links[system]
