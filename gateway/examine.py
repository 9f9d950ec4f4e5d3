# SPDX-License-Identifier: Apache-2.0
"""Would a station start with this configuration? Every file is read, none is changed.

Unlike a start, which ends at the first fault, this goes on and finds them all. Ports
are not tried: the station may be running. Faults name the key whose file is at fault.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar, cast

from gateway import calendars, patches
from gateway.config import Config, ConfigRefused
from gateway.config_keys import KEYS
from gateway.loading import ROLES
from gateway.log_key import witness_verifiers
from gateway.records.errors import RecordsError
from gateway.records.stamp_chain import roots_of
from gateway.records.store import Store, StoreReader
from gateway.records.survey import awaits_upgrade
from gateway.station import (
    Station,
    load_codes,
    load_directory,
    load_keys,
    load_tables,
    must_follow,
)
from pki.errors import PkiError
from pki.keystore import load_certificate, load_pair, load_secret
from pki.trust import Identity, Purpose, TrustStore, Untrusted
from protocols.directory import Directory
from protocols.master import StationEntry

T = TypeVar("T")

NAMED = (Purpose.SIGNING, Purpose.SEALING)
"""Purposes whose certificates peers take from the master."""


@dataclass(slots=True)
class Found:
    """What an examination came to."""

    about: str = ""
    """The network and master, where they could be read."""
    faults: list[str] = field(default_factory=list)
    """Each one would keep the station from starting."""
    warnings: list[str] = field(default_factory=list)


def examine(config: Config, at: datetime) -> Found:
    """Look at everything that the configuration names, as it is at this moment."""
    found = Found()
    look = _Look(config, at, found)
    look.role_is_played()
    directory = look.tried("master", lambda: load_directory(config, at))
    keys = look.tried("keys", lambda: load_keys(config))
    codes = look.tried("code_key", lambda: load_codes(config))
    look.tried("calendar", lambda: calendars.read(config))
    look.tried("patches.advisories", lambda: patches.read(config.patches.advisories))
    look.tried("tables", lambda: load_tables(config))
    store = look.store()
    if directory is not None and keys is not None and store is not None:
        look.role(Station(config, keys, directory, cast(Store, store), codes))
    if directory is not None and store is not None:
        look.tried("master", lambda: must_follow(config, directory.master, store))
    if store is not None:
        store.close()
    trust = look.tried("keys", lambda: _trust(config))
    if trust is not None:
        look.certificates(trust)
    look.tried("proof.authority_root", lambda: roots_of(config.proof.authority_root))
    if directory is not None:
        look.master(directory)
        look.witnesses(directory)
    return found


@dataclass(frozen=True, slots=True)
class _Look:
    config: Config
    at: datetime
    found: Found

    def tried(self, key: str, read: Callable[[], T]) -> T | None:
        """What could be read; None where it could not, and then it is told."""
        try:
            return read()
        except (ConfigRefused, PkiError, RecordsError, OSError) as error:
            self._fault(key, str(error))
        return None

    def role(self, station: Station) -> None:
        """The role can be played with what is there."""
        play = ROLES.get(self.config.station.role)
        if play is not None:
            self.tried("station.role", lambda: play(station))  # it only reads

    def role_is_played(self) -> None:
        """The role is one of this program's."""
        if self.config.station.role not in ROLES:
            self._fault("station.role", f"this program plays {', '.join(ROLES)}")

    def store(self) -> StoreReader | None:
        """The store, if it is there, ours, and of this program's version."""
        where = self.config.store
        key = self.tried("store.key", lambda: load_secret(where.key))
        if key is None:
            return None
        if self.tried("store.path", lambda: awaits_upgrade(where.path)):
            self._warn("store.path: an older store; the next start upgrades it")
            return None
        return self.tried("store.path", lambda: StoreReader.open(where.path, key))

    def certificates(self, trust: TrustStore) -> None:
        """Each certificate is this station's, fits its key and is believed now."""
        days = timedelta(days=self.config.health.certificate_days)
        for purpose in (Purpose.TLS, *NAMED):
            identity = self.tried("keys", lambda p=purpose: self._own(trust, p))  # type: ignore[misc]
            if identity is not None and identity.not_after - self.at < days:
                self._warn(f"{purpose.value}.crt ends at {identity.not_after:%Y-%m-%d}")
        if trust.list_ends - self.at < timedelta(hours=self.config.health.list_hours):
            self._warn(f"keys.crl: the list ends at {trust.list_ends:%Y-%m-%d %H:%MZ}")

    def master(self, directory: Directory) -> None:
        """The master knows this station, by the certificates that it has."""
        master = directory.master
        self.found.about = (
            f"network {master.network}, master {master.version}, "
            f"{len(master.stations)} stations"
        )
        peer = directory.peer(self.config.station.name)
        if peer is None:
            self._warn(f"master.path: {self.config.station.name} is not in it")
            return
        for purpose in NAMED:
            if self._differs(peer.entry, purpose):
                self._warn(f"master.path: names another {purpose.value}.crt than ours")

    def witnesses(self, directory: Directory) -> None:
        """Each one can be asked, and is known by its record key."""
        for name in self.config.proof.names():
            peer = directory.peer(name)
            if peer is None or peer.endpoint is None:
                self._warn(f"proof.witnesses: the master has no address of {name}")
            elif not witness_verifiers(directory, name, self.at):
                self._warn(f"proof.witnesses: the master has no record key of {name}")

    def _differs(self, entry: StationEntry, purpose: Purpose) -> bool:
        named = {Purpose.SIGNING: entry.signing, Purpose.SEALING: entry.sealing[:1]}
        try:
            own = load_certificate(self.config.keys.certificate(purpose.value))
        except PkiError:
            return False  # a fault that was told of before
        return own not in named[purpose]

    def _own(self, trust: TrustStore, purpose: Purpose) -> Identity:
        files = self.config.keys
        key, path = files.key(purpose.value), files.certificate(purpose.value)
        passphrase = files.passphrase()
        with _as_owner_of(key):
            _, certificate = load_pair(key, path, passphrase)
        try:
            identity = trust.check(certificate, purpose, self.at)
        except Untrusted as error:
            raise ConfigRefused(f"{path}: {error}") from None
        if identity.station != self.config.station.name:
            raise ConfigRefused(f"{path}: is {identity.station}'s certificate")
        return identity

    def _fault(self, key: str, said: str) -> None:
        line = said if said.partition(": ")[0] in KEYS else f"{key}: {said}"
        if line not in self.found.faults:
            self.found.faults.append(line)

    def _warn(self, said: str) -> None:
        self.found.warnings.append(said)


@contextmanager
def _as_owner_of(path: Path) -> Iterator[None]:
    """Root looks at a service's key as the service will, not by its own rights."""
    owner = 0
    with suppress(OSError):
        owner = path.stat().st_uid
    if os.geteuid() != 0 or owner == 0:
        yield
        return
    os.seteuid(owner)
    try:
        yield
    finally:
        os.seteuid(0)


def _trust(config: Config) -> TrustStore:
    return TrustStore.load(config.keys.chain, config.keys.crl)
