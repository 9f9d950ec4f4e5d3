# SPDX-License-Identifier: Apache-2.0
"""One station's configuration: a TOML file, read once, refused if unclear.

Paths are relative to the file. Unknown keys are refused: a misspelt limit must not
silently be no limit. Nothing here looks at the network or opens a key.
"""

import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from pki.names import BadStationName, StationName

Port = Annotated[int, Meta(ge=1, le=65535)]
Seconds = Annotated[float, Meta(gt=0, le=10 * 365 * 86400)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
CONFIG_NAME = "station.toml"


class ConfigRefused(Exception):
    """A configuration cannot be used.

    The message names the file, the key and what is wanted there. Nothing was started.
    """


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


class MasterFile(_Part, frozen=True):
    """The signed master and the certificate that it must be signed with."""

    path: Path
    anchor: Path


class StoreFile(_Part, frozen=True):
    """The record store and the key that its contents are encrypted with."""

    path: Path
    key: Path


class Timing(_Part, frozen=True):
    """How long things may take. Our own values: the source document gives none."""

    answer_by: Seconds = 300.0
    """Core: from a permit's issue to the last unheld answer."""
    release_by: Seconds = 7 * 86400.0
    """Core: from a permit's issue to the last release of a hold."""
    route_days: Annotated[int, Meta(ge=1, le=31)] = 1
    hold_longest: Seconds = 7 * 86400.0
    """Provider: how long a hold may wait, within what the permit allows."""
    notice_every: Seconds = 0.5
    """Provider: how often the core is told what was provided."""
    retry_first: Seconds = 0.5
    retry_longest: Seconds = 60.0


class Limits(_Part, frozen=True):
    """How much at once."""

    connections: Count = 1000
    idle_seconds: Seconds = 60.0
    request_seconds: Seconds = 20.0
    handshake_seconds: Seconds = 10.0
    peer_connections: Annotated[int, Meta(ge=1, le=256)] = 4


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
    code_key: Path | None = None
    """Core: the key that linkage codes are made with."""
    timing: Timing = Timing()
    limits: Limits = Limits()


def load(path: Path) -> Config:
    """Read and check ``path``; raises `ConfigRefused`."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigRefused(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigRefused(f"{path}: is not TOML: {error}") from None
    try:
        config = msgspec.convert(raw, Config, dec_hook=_path)
        _check_names(config)
    except (msgspec.ValidationError, BadStationName) as error:
        raise ConfigRefused(f"{path}: {error}") from None
    return _absolute(config, path.parent)


def network_configs(directory: Path) -> list[Path]:
    """The station files of a network made by ``sekisho up``, in a fixed order."""
    found = sorted(directory.glob(f"stations/*/{CONFIG_NAME}"))
    if not found:
        raise ConfigRefused(f"{directory}: holds no stations/*/{CONFIG_NAME}")
    return found


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_names(config: Config) -> None:
    _ = config.station.name
    if config.inside is not None:
        config.inside.names()


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise msgspec.ValidationError("a path is wanted here")


def _absolute(config: Config, base: Path) -> Config:
    def at(path: Path) -> Path:
        return (base / path).absolute()

    replace = msgspec.structs.replace
    keys, store, master = config.keys, config.store, config.master
    return replace(
        config,
        keys=replace(
            keys, directory=at(keys.directory), chain=at(keys.chain), crl=at(keys.crl)
        ),
        store=replace(store, path=at(store.path), key=at(store.key)),
        master=replace(master, path=at(master.path), anchor=at(master.anchor)),
        code_key=None if config.code_key is None else at(config.code_key),
    )
