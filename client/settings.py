# SPDX-License-Identifier: Apache-2.0
"""The settings of a system that talks to its station: one TOML file, read once.

Paths are relative to the file. Unknown keys are refused: a misspelt limit must not
silently be no limit. What was found is never repeated in a message, because a file that
is read by mistake may hold anything.

    [station]
    name = "102024/municipal_cs"     whom we mean; its certificate must say so
    host = "127.0.0.1"
    port = 8443
    chain = "chain.pem"              the authority
    crl = "crl.pem"                  its revocation list, in time
    certificate = "tls.crt"          this system's own
    key = "tls.key"
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from client.errors import SettingsRefused
from pki.names import BadStationName, StationName

T = TypeVar("T", bound=msgspec.Struct)

LARGEST = 64 * 1024
"""Bytes of a settings file; a larger file is another file."""

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Seconds = Annotated[float, msgspec.Meta(ge=0.01, le=3600)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Station(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which station, where it is, and with which keys this system goes there."""

    name: Text
    """organisation/role"""
    host: Text
    port: Port
    chain: Path
    crl: Path
    certificate: Path
    key: Path
    passphrase_file: Path | None = None
    """What opens the key; None if it is open."""
    clock: Path | None = None
    """A TEST network's own clock; None: this machine's."""
    timeout_seconds: Seconds = 30.0
    """For one question and its answer."""
    patience_seconds: Seconds = 60.0
    """How long one call goes on trying while the station is not there."""

    @property
    def station(self) -> StationName:
        """The name, read."""
        return StationName.parse(self.name)


class _Alone(msgspec.Struct, frozen=True):
    """A file of which only the station counts."""

    station: Station


def station_of(path: Path) -> Station:
    """The table ``[station]`` of a file, whatever else is in it.

    Raises `SettingsRefused`.
    """
    return read(path, _Alone).station


def read(path: Path, kind: type[T]) -> T:
    """The settings in ``path``; raises `SettingsRefused`."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise SettingsRefused(f"{path}: is no settings file: over {LARGEST} bytes")
        raw = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise SettingsRefused(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise SettingsRefused(f"{path}: is not TOML; check quotes and brackets") from (
            None
        )
    try:
        settings = msgspec.convert(raw, kind, dec_hook=_Paths(path.parent))
    except msgspec.ValidationError as error:
        raise SettingsRefused(f"{path}: {_told(str(error))}") from None
    station = getattr(settings, "station", None)
    if isinstance(station, Station):
        _check(path, station)
    return settings


def _check(path: Path, station: Station) -> None:
    try:
        StationName.parse(station.name)
    except BadStationName:
        text = "station.name: write organisation/role, such as 102024/municipal_cs"
        raise SettingsRefused(f"{path}: {text}") from None


def _told(said: str) -> str:
    """msgspec's words, with the key in front."""
    what, _, where = said.partition(" - at ")
    if "enum value" in what:
        what = "is not one of the words that are allowed"
    key = where.strip("`").removeprefix("$.").removeprefix("$")
    return f"{key}: {what}" if key else what


class _Paths:
    """Makes paths that are relative to the file absolute."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, kind: type[Any], value: Any) -> Any:
        if kind is Path and isinstance(value, str) and value and "\0" not in value:
            return self._folder / value
        raise ValueError("write a path between quotes")
