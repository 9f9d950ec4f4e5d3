# SPDX-License-Identifier: Apache-2.0
"""The master (配信マスター): the signed list of stations, certificates and endpoints.

JSON inside CMS, signed by the core's signing key under its own content type, so that
no other signed thing can be shown as a master. A station that cannot verify its master
does not start (R-137). It carries the matching list (照会許可用照合リスト, R-126): each
version with the moment from which it is in force.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.cms import Signer, Verifier, parse_signed
from pki.errors import PkiError
from pki.names import MALFORMED, StationName
from pki.oids import ID_CT_MASTER
from pki.trust import Purpose, TrustStore
from protocols import master_lists
from protocols.identifiers import Realm
from schemas.matching_list import NO_ITEMS, REQUESTER_KINDS, Item, MatchingList

CORE_ROLE = "information_provision_network_system"
"""The role of the station that may issue masters, permits and routes."""

FIRST_LAYOUT = "1"
"""The version of the layouts in force where a master names none."""
_LAYOUT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-]{0,15}", re.ASCII)
"""As the schemas have it."""


class MasterRefused(PkiError):
    """The master file is damaged, not the core's, or made for another network.

    Nothing is sent or taken without a master. Fetch it again from the core.
    """


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a station's outside listener is reached."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class StationEntry:
    """One station of the network."""

    name: StationName
    label: str
    """The organisation's Japanese name."""
    requester_kinds: frozenset[str]
    """Under which requesters of the matching list it may ask (ids)."""
    endpoint: Endpoint | None
    signing: tuple[x509.Certificate, ...]
    sealing: tuple[x509.Certificate, ...]
    permit: tuple[x509.Certificate, ...]
    record: tuple[x509.Certificate, ...] = ()
    """What its log's heads are signed with, and what it co-signs others' with."""


@dataclass(frozen=True, slots=True)
class LayoutVersion:
    """One version of the data layouts (標準レイアウトの版)."""

    version: str
    in_force: datetime
    """From this moment on, until the next one's."""


@dataclass(frozen=True, slots=True)
class Master:
    """A verified master; its version only grows."""

    version: int
    network: str
    issued: datetime
    realm: str
    """Whose check digits this network uses: ``simulation`` or ``standard``."""
    stations: tuple[StationEntry, ...]
    layouts: tuple[LayoutVersion, ...] = ()
    """The oldest first; before the first of them `FIRST_LAYOUT` is in force."""
    lists: tuple[MatchingList, ...] = ()
    """The oldest first; before the first of them nothing may be asked for."""
    digest: bytes = field(default=b"", compare=False)
    """SHA-256 of the signed bytes that it was read from; empty where it was made."""

    def layout(self, at: datetime) -> str:
        """The version of the layouts in force at a moment."""
        begun = [one.version for one in self.layouts if one.in_force <= at]
        return begun[-1] if begun else FIRST_LAYOUT

    def matching_list(self, at: datetime) -> MatchingList | None:
        """The matching list in force at a moment; None before the first."""
        for one in reversed(self.lists):
            if one.in_force <= at:
                return one
        return None

    def items(self, at: datetime) -> Mapping[int, Item]:
        """The items that may be asked for at a moment, by their numbers."""
        found = self.matching_list(at)
        return NO_ITEMS if found is None else found.items

    def core(self) -> StationEntry | None:
        """The one core system of this network, if it has one."""
        for entry in self.stations:
            if entry.name.role == CORE_ROLE:
                return entry
        return None


class _Station(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    station: str
    label: str
    requester_kinds: list[str]
    host: str | None
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None
    signing: list[str]
    sealing: list[str]
    permit: list[str]
    record: list[str] = []


class _Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    in_force: Annotated[datetime, msgspec.Meta(tz=True)]


class _Master(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    version: int
    network: str
    issued: Annotated[datetime, msgspec.Meta(tz=True)]
    realm: str
    stations: list[_Station]
    layouts: list[_Layout] = []
    matching_lists: list[master_lists.RawList] = []


def write(master: Master, signer: Signer, at: datetime) -> bytes:
    """The signed bytes of ``master``."""
    raw = _Master(
        version=master.version,
        network=master.network,
        issued=master.issued,
        realm=master.realm,
        stations=[_raw_station(entry) for entry in master.stations],
        layouts=[_Layout(one.version, one.in_force) for one in master.layouts],
        matching_lists=master_lists.raw(master.lists),
    )
    return signer.sign(msgspec.json.encode(raw), ID_CT_MASTER, at)


def read(
    data: bytes,
    core_certificates: Iterable[x509.Certificate],
    trust: TrustStore,
    at: datetime,
) -> Master:
    """Verify and read a master; raises `MasterRefused`.

    ``core_certificates`` are the signing certificates that the operator was given
    for the core: the anchor from which everything else in the master follows.
    """
    try:
        signed = parse_signed(data)
        if signed.content_type != ID_CT_MASTER:
            raise MasterRefused("this is signed, but it is not a master")
        verifiers = {v.key_id: v for v in map(Verifier, core_certificates)}
        verifier = verifiers.get(signed.key_id)
        if verifier is None:
            raise MasterRefused("the master is not signed with the core's key")
        verifier.verify(signed)
        identity = trust.check(verifier.certificate, Purpose.SIGNING, at)
    except MasterRefused:
        raise
    except PkiError as error:
        raise MasterRefused(f"the master does not verify: {error}") from error
    if identity.station.role != CORE_ROLE:
        raise MasterRefused("the master's signer is not a core system")
    return replace(_decode(signed.content), digest=hashlib.sha256(data).digest())


def unverified(data: bytes) -> Master:
    """What it says, whoever signed it: for its own writer, who makes the next one.

    Raises `MasterRefused` or a `CmsError`.
    """
    return _decode(parse_signed(data).content)


def _decode(content: bytes) -> Master:
    try:
        raw = msgspec.json.decode(content, type=_Master)
        if len({each.station for each in raw.stations}) != len(raw.stations):
            raise ValueError("a station stands there twice")
        return Master(
            version=raw.version,
            network=raw.network,
            issued=raw.issued.astimezone(UTC),
            realm=Realm(raw.realm).value,
            stations=tuple(map(_station, raw.stations)),
            layouts=_layouts(raw.layouts),
            lists=master_lists.lists(raw.matching_lists),
        )
    except (OverflowError, PkiError, *MALFORMED) as error:
        raise MasterRefused(f"the master's content is malformed: {error}") from error


def _layouts(raw: list[_Layout]) -> tuple[LayoutVersion, ...]:
    layouts = tuple(
        LayoutVersion(each.version, each.in_force.astimezone(UTC)) for each in raw
    )
    if any(later.in_force <= one.in_force for one, later in pairwise(layouts)):
        raise ValueError("the layouts are not in the order of their moments")
    if any(_LAYOUT.fullmatch(one.version) is None for one in layouts):
        raise ValueError("a layout's version is not one that the schemas know")
    return layouts


def _station(raw: _Station) -> StationEntry:
    unknown = set(raw.requester_kinds) - set(REQUESTER_KINDS)
    if unknown:
        raise ValueError("a requester kind that the matching list does not know")
    return StationEntry(
        name=StationName.parse(raw.station),
        label=raw.label,
        requester_kinds=frozenset(raw.requester_kinds),
        endpoint=_endpoint(raw),
        signing=_certificates(raw.signing),
        sealing=_certificates(raw.sealing),
        permit=_certificates(raw.permit),
        record=_certificates(raw.record),
    )


def _endpoint(raw: _Station) -> Endpoint | None:
    if raw.host is None and raw.port is None:
        return None
    if raw.host is None or raw.port is None:
        raise ValueError("a host and its port go together")
    return Endpoint(raw.host, raw.port)


def _raw_station(entry: StationEntry) -> _Station:
    return _Station(
        station=str(entry.name),
        label=entry.label,
        requester_kinds=sorted(entry.requester_kinds),
        host=entry.endpoint.host if entry.endpoint else None,
        port=entry.endpoint.port if entry.endpoint else None,
        signing=_texts(entry.signing),
        sealing=_texts(entry.sealing),
        permit=_texts(entry.permit),
        record=_texts(entry.record),
    )


def _certificates(texts: list[str]) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_der_x509_certificate(base64.b64decode(t)) for t in texts)


def _texts(certificates: tuple[x509.Certificate, ...]) -> list[str]:
    return [
        base64.b64encode(c.public_bytes(Encoding.DER)).decode() for c in certificates
    ]
