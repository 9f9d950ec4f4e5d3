# SPDX-License-Identifier: Apache-2.0
"""The tables of a station's configuration, as values with their bounds and defaults.

One struct for each table. Unknown keys are refused everywhere: a misspelt limit must
not silently be no limit. What each key means to an operator stands in
`gateway.config_keys`.
"""

import enum
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pki.names import StationName
from pki.passphrase import from_file

Port = Annotated[int, Meta(ge=1, le=65535)]
Seconds = Annotated[float, Meta(gt=0, le=10 * 365 * 86400)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Hours = Annotated[float, Meta(gt=0, le=8760)]
CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts the secrets that a unit names (``LoadCredential``)."""


class Profile(enum.Enum):
    """How an intermediate server gets linkage codes (番号法第21条の2)."""

    DOCUMENT = "document"
    """別添１ １１: it is given individual numbers, and makes the request."""
    SEPARATED = "separated"
    """It gives processing numbers alone, and never meets an individual number."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file."""


class Station(_Part, frozen=True):
    """Who this station is."""

    organisation: str
    role: str

    @property
    def name(self) -> StationName:
        return StationName(self.organisation, self.role)


class Listen(_Part, frozen=True):
    """A listener's address. Loopback unless the operator writes another."""

    port: Port
    host: str = "127.0.0.1"


class Admin(_Part, frozen=True):
    """Where metrics, health and status are served; never beyond this machine."""

    port: Port
    host: str = "127.0.0.1"


class Inside(_Part, frozen=True):
    """The listener for the organisation's own systems."""

    port: Port
    clients: tuple[str, ...]
    """The stations (`organisation/role`) that may connect; nobody else."""
    host: str = "127.0.0.1"

    def names(self) -> frozenset[StationName]:
        return frozenset(map(StationName.parse, self.clients))


class Keys(_Part, frozen=True):
    """Where keys, certificates and revocation lists lie."""

    directory: Path
    chain: Path
    crl: Path
    passphrase_file: Path | None = None
    """Of the private keys, all of which are locked with it; None if they are open."""

    def passphrase(self) -> bytes | None:
        """What opens the private keys; raises a `PkiError`."""
        path = self.passphrase_file
        return None if path is None else from_file(secret(path))

    def key(self, purpose: str) -> Path:
        """The private key for a purpose, where this process may read it."""
        return secret(self.directory / f"{purpose}.key")

    def certificate(self, purpose: str) -> Path:
        """Its certificate."""
        return self.directory / f"{purpose}.crt"


class MasterFile(_Part, frozen=True):
    """The signed master and the certificate that it must be signed with."""

    path: Path
    anchor: Path
    longest_days: Annotated[int, Meta(ge=1, le=3650)] = 400
    """From its issue; then nothing is sent by it. Layouts and lists change yearly."""

    @property
    def longest(self) -> timedelta:
        return timedelta(days=self.longest_days)


class StoreFile(_Part, frozen=True):
    """The record store and the keys that its contents are encrypted with."""

    path: Path
    key: Path
    month_keys: Path | None = None
    """The folder of the keys of its months; apart from the store and its backups."""


class Timing(_Part, frozen=True):
    """How long things may take. Our own values: the source document gives none."""

    answer_by: Seconds = 300.0
    """Core: from a permit's issue to the last unheld answer."""
    release_by: Seconds = 7 * 86400.0
    """Core: from a permit's issue to the last release of a hold."""
    route_days: Annotated[int, Meta(ge=1, le=31)] = 1
    hold_longest: Seconds = 7 * 86400.0
    """Provider: how long a hold may wait, within what the permit allows."""
    hold_business_days: Annotated[int, Meta(ge=1, le=60)] | None = None
    """Provider: instead by the closing of this business day after its own."""
    notice_every: Seconds = 0.5
    """Provider: how often the core is told what was provided."""
    retry_first: Seconds = 0.5
    retry_longest: Seconds = 60.0
    trust_every: Annotated[float, Meta(gt=0, le=60)] = 1.0
    """How soon a peer whose certificate was revoked is cut off."""


class Limits(_Part, frozen=True):
    """How much at once."""

    connections: Count = 1000
    unproven_connections: Count = 256
    station_connections: Count = 32
    idle_seconds: Seconds = 60.0
    request_seconds: Seconds = 20.0
    handshake_seconds: Seconds = 10.0
    peer_connections: Annotated[int, Meta(ge=1, le=256)] = 4


class Log(_Part, frozen=True):
    """What is logged, and how it is written."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "text"] = "auto"


class Health(_Part, frozen=True):
    """When an operator is told, before it is too late."""

    certificate_days: Annotated[int, Meta(ge=1, le=3650)] = 30
    list_hours: Annotated[float, Meta(gt=0, le=8760)] = 24.0
    free_megabytes: Count = 256
    outbox_seconds: Seconds = 3600.0


class Patches(_Part, frozen=True):
    """Which versions are needed, and how soon (R-149). The days are ours."""

    advisories: Path | None = None
    """The operator's list; None: versions are told, and held against nothing."""
    critical_days: Annotated[int, Meta(ge=0, le=3650)] = 14
    """From the day that an advisory names until it is overdue."""
    high_days: Annotated[int, Meta(ge=0, le=3650)] = 30


class Media(_Part, frozen=True):
    """Output to media: who may, and from how much on it takes an approval.

    The source document gives no number: these are ours.
    """

    writers: tuple[str, ...] = ()
    """The names of those who may put anything on a medium; nobody else does."""
    approvers: tuple[str, ...] = ()
    """The names of the managers in charge, who approve much of it beforehand."""
    approval_above: Annotated[int, Meta(ge=0, le=1_000_000)] = 100
    """Persons that one output may hold without it."""
    approval_hours: Annotated[float, Meta(gt=0, le=8760)] = 24.0
    """How long a request waits for approval, and an approval for the writing."""
    days_out: Annotated[int, Meta(ge=1, le=3650)] = 14
    """How long a medium may stand at one step of its way."""


class Keeping(_Part, frozen=True):
    """How long a municipal CS keeps what no law gives a time for."""

    destination_days: Annotated[int, Meta(ge=1, le=364)] = 30
    """The sending-destination file. Less than one year (R-096); the number is ours."""


class Proof(_Part, frozen=True):
    """Who vouches for the record: witnesses of its log, and a time-stamp authority."""

    witnesses: tuple[str, ...] = ()
    """Stations (`organisation/role`) that co-sign our heads; each one reachable."""
    quorum: Annotated[int, Meta(ge=1, le=63)] = 1
    """How many of them must have co-signed a head."""
    cosign_every: Seconds = 10.0
    """Between two heads that witnesses are asked about: they keep each durably."""
    cosigned_hours: Hours = 4.0
    """Nothing is sent once the newest co-signed head is older (X-Road: four hours)."""
    authority: str = ""
    """Address of the time-stamp authority (RFC 3161 over HTTP); empty: none."""
    authority_root: Path | None = None
    """The certificate that its certificates must lead to."""
    authority_policy: str = ""
    """The policy that its time-stamps must name, as dotted numbers; empty: any."""
    stamped_hours: Hours = 72.0
    """Nothing is sent once the newest time-stamp is older. One is got each day."""

    def names(self) -> tuple[StationName, ...]:
        return tuple(map(StationName.parse, self.witnesses))


class Config(_Part, frozen=True):
    """The whole file."""

    station: Station
    outside: Listen
    keys: Keys
    master: MasterFile
    store: StoreFile
    inside: Inside | None = None
    prefecture: str | None = None
    """Municipal CS: the organisation code of its prefecture."""
    profile: Profile = Profile.DOCUMENT
    """Intermediate server: how linkage codes are got."""
    code_key: Path | None = None
    """Core: the key that linkage codes are made with."""
    clock: Path | None = None
    """The clock of a TEST network; any other goes by the machine's."""
    calendar: Path | None = None
    """When this station is open; None: always."""
    peer_calendars: Path | None = None
    """A folder with the calendars of peers; None: they are always open."""
    tables: Path | None = None
    """The folder of official tables; None: none are asked."""
    timing: Timing = Timing()
    limits: Limits = Limits()
    admin: Admin | None = None
    log: Log = Log()
    health: Health = Health()
    patches: Patches = Patches()
    media: Media = Media()
    keeping: Keeping = Keeping()
    proof: Proof = Proof()

    def listeners(self) -> Iterator[tuple[str, Listen | Inside | Admin]]:
        """Every address that is listened on, by its table."""
        yield "outside", self.outside
        if self.inside is not None:
            yield "inside", self.inside
        if self.admin is not None:
            yield "admin", self.admin


def secret(path: Path) -> Path:
    """The service manager's copy of a secret file, if it gave us one; else ``path``."""
    folder = os.environ.get(CREDENTIALS)
    given = Path(folder) / path.name if folder else path
    return given if given.exists() else path
