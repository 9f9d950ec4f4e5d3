# SPDX-License-Identifier: Apache-2.0
"""The versions of everything that this program runs on, and the list of needed ones.

Versions are those of the process that asks: a running station tells what it has loaded,
which is not what lies on the disk after an upgrade without a restart.
"""

import hashlib
import platform
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from gateway.config import ConfigRefused
from gateway.config_tables import Patches
from gateway.records.connection import SQLITE
from gateway.rules.patches import Advisory, Open, Severity, still_open
from pki.tls import OPENSSL
from schemas.xml import LIBXML2

LARGEST: Final = 1024 * 1024
PROGRAM: Final = "sekisho"
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class AdvisoriesRefused(ConfigRefused):
    """The list of advisories cannot be read, or says something that cannot be used.

    The one in use stays. The message names the file and the advisory: correct it there.
    """


@dataclass(frozen=True, slots=True)
class Advisories:
    """A list as it was laid in."""

    digest: bytes
    """SHA-256 of the file; empty where none is laid in."""
    advisories: tuple[Advisory, ...]


NONE: Final = Advisories(b"", ())


class _Advisory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: _Text
    package: _Text
    below: _Text
    severity: Severity
    since: date


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    advisory: list[_Advisory]


@cache
def versions() -> Mapping[str, str]:
    """Each component of this process with its version, by its name."""
    found = {
        "python": platform.python_version(),
        "openssl": OPENSSL,
        "openssl-of-python": ssl.OPENSSL_VERSION.split()[1],
        "sqlite": SQLITE,
        "libxml2": LIBXML2,
    }
    _libraries(PROGRAM, found)
    return MappingProxyType(dict(sorted(found.items())))


def _libraries(name: str, found: dict[str, str]) -> None:
    """This distribution and every one that it needs here."""
    key = canonicalize_name(name)
    if key in found:
        return
    try:
        here = distribution(name)
    except PackageNotFoundError:
        return
    found[key] = here.version
    for text in here.requires or ():
        needed = Requirement(text)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            _libraries(needed.name, found)


def read(path: Path | None) -> Advisories:
    """The list; raises `AdvisoriesRefused`."""
    if path is None:
        return NONE
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        why = f"{path}: cannot be read ({error.strerror})"
        raise AdvisoriesRefused(why) from None
    if len(data) > LARGEST:
        raise AdvisoriesRefused(f"{path}: holds more than {LARGEST} bytes")
    try:
        listed = msgspec.toml.decode(data, type=_File).advisory
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AdvisoriesRefused(f"{path}: {error}") from None
    advisories = tuple(_advisory(path, one) for one in listed)
    return Advisories(hashlib.sha256(data).digest(), advisories)


def _advisory(path: Path, raw: _Advisory) -> Advisory:
    try:
        Version(raw.below)
    except InvalidVersion:
        why = f"{path}: {raw.id}: below: {raw.below} is no version such as 3.5.4"
        raise AdvisoriesRefused(why) from None
    name = canonicalize_name(raw.package)
    return Advisory(raw.id, name, raw.below, raw.severity, raw.since)


def open_ones(advisories: Advisories, rules: Patches) -> list[Open]:
    """What of the list this process does not meet, the first due first."""
    days = {Severity.CRITICAL: rules.critical_days, Severity.HIGH: rules.high_days}
    return still_open(versions(), advisories.advisories, days)
