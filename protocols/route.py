# SPDX-License-Identifier: Apache-2.0
"""The route (経路情報): where a requester is reached, and under which certificate.

Signed by the core's signing key. A route lives longer than a permit, so that a
provider may remember that its signature held; validity and revocation of the signer
are looked at on every use.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pki import der
from pki.cms import Signer, parse_signed
from pki.errors import CmsError, PkiError
from pki.names import StationName
from pki.oids import ID_CT_ROUTE
from pki.trust import Identity, Purpose, Untrusted
from protocols import limits
from protocols.directory import Directory
from protocols.errors import Refused, Unreadable
from protocols.header import station_named, whole_second
from protocols.master import CORE_ROLE

VERSION: Final = 1
MAX_HOST: Final = 253
"""Characters of a host name (RFC 1035)."""
REMEMBERED: Final = 4096
"""Routes whose signature is remembered: one a requester, with room for renewals."""


@der.sequence
class _Route:
    version: int
    route_id: Annotated[bytes, der.Size.exact(16)]
    requester: str
    host: str
    port: int
    sealing_certificate_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    not_before: der.GeneralizedTime
    not_after: der.GeneralizedTime


@dataclass(frozen=True, slots=True)
class Route:
    """One route (ASN.1 `Route`)."""

    route_id: bytes
    requester: StationName
    host: str
    port: int
    sealing_certificate: bytes
    not_before: datetime
    not_after: datetime

    def encode(self) -> bytes:
        """The DER that the core signs."""
        return der.encode(
            _Route(
                version=VERSION,
                route_id=self.route_id,
                requester=str(self.requester),
                host=self.host,
                port=self.port,
                sealing_certificate_digest=self.sealing_certificate,
                not_before=der.GeneralizedTime(self.not_before),
                not_after=der.GeneralizedTime(self.not_after),
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> "Route":
        """Read DER; raises `Refused` (SK-C13)."""
        try:
            raw = der.decode(_Route, data)
            if raw.version != VERSION or not 0 < raw.port < 65536:
                raise Refused("SK-C13")
            if not 0 < len(raw.host) <= MAX_HOST:
                raise Refused("SK-C13")
            return cls(
                route_id=raw.route_id,
                requester=station_named(raw.requester),
                host=raw.host,
                port=raw.port,
                sealing_certificate=raw.sealing_certificate_digest,
                not_before=whole_second(raw.not_before.as_datetime()),
                not_after=whole_second(raw.not_after.as_datetime()),
            )
        except (PkiError, ValueError):
            raise Refused("SK-C13") from None


def issue(route: Route, signer: Signer, at: datetime) -> bytes:
    """Sign ``route`` with the core's signing key."""
    return signer.sign(route.encode(), ID_CT_ROUTE, at)


def digest(data: bytes) -> bytes:
    """How a permit names a route: SHA-256 of its signed bytes."""
    return hashlib.sha256(data).digest()


class RouteReader:
    """Reads routes, remembering whose signature held. Bounded."""

    def __init__(self, directory: Directory, remembered: int = REMEMBERED) -> None:
        self._directory = directory
        self._master = directory.master
        self._limit = remembered
        self._known: OrderedDict[bytes, tuple[Route, Identity]] = OrderedDict()

    def read(self, data: bytes, at: datetime) -> Route:
        """Verify and read a route; raises `Refused` (SK-C13), also when expired."""
        if self._directory.master is not self._master:
            self._master = self._directory.master  # it may name others
            self._known.clear()
        name = digest(data)
        known = self._known.get(name)
        if known is None:
            known = self._verify(data, at)
            self._known[name] = known
            if len(self._known) > self._limit:
                self._known.popitem(last=False)
        route, identity = known
        self._still_trusted(identity, at)
        if not route.not_before - limits.MAX_SKEW <= at <= route.not_after:
            raise Refused("SK-C13")
        return route

    def _verify(self, data: bytes, at: datetime) -> tuple[Route, Identity]:
        try:
            signed = parse_signed(data)
            if signed.content_type != ID_CT_ROUTE:
                raise Refused("SK-C13")
            identity = self._directory.signer(signed, Purpose.SIGNING, at)
        except (CmsError, Unreadable):
            raise Refused("SK-C13") from None
        if identity.station.role != CORE_ROLE:
            raise Refused("SK-C13")
        return Route.decode(signed.content), identity

    def _still_trusted(self, identity: Identity, at: datetime) -> None:
        try:
            self._directory.trust.still(identity, at)
        except Untrusted:
            raise Refused("SK-C13") from None
