# SPDX-License-Identifier: Apache-2.0
"""The plan of a network: which stations, which certificates, for how long.

Written by an operator as TOML, read once into frozen values that are valid from then
on. Nothing is guessed: a key that is not known, a value of another kind, a station
named twice is refused with the file, the key and what to do. ``pki/plans/example.toml``
explains every key; `example` reads it.
"""

import ipaddress
import json
import re
import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from pki.errors import PkiError
from pki.keystore import KeyFileError, read_public
from pki.names import StationName
from pki.profiles import PERMIT_ROLE, TEST_MARK, Purpose

MAX_NAME = 40
"""Characters of a station's name, UTF-8 bytes of the network's; RFC 5280 gives 64
(``cryptography`` counts a common name's bytes), and words are added to both."""

MAX_DAYS = 36_500
"""A hundred years; more is a typing error."""

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")

_LABEL = r"[0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_DNS_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*", re.ASCII)

T = TypeVar("T")


class PlanError(PkiError, ValueError):
    """A plan says something that cannot be done, or something unknown.

    Usually a typing error of whoever wrote the file; nothing was made from it.
    ``place`` is the file and the key in it. Correct that key: the example plan in
    ``pki/plans/example.toml`` explains each one.
    """

    def __init__(self, text: str, place: str = "") -> None:
        super().__init__(f"{place}: {text}" if place else text)
        self.place = place


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class Network(_Table, frozen=True):
    """What the network is called, and whether it is a real one."""

    name: str
    test: bool

    def __post_init__(self) -> None:
        _check_name(self.name, len(self.name.encode()), "bytes of UTF-8")
        if TEST_MARK in self.name.split():
            raise PlanError(f"name: set test = true; the word {TEST_MARK} is added")


class Validity(_Table, frozen=True):
    """Days from issue until a certificate, or the revocation list, is too old."""

    root_days: int = 7300
    issuing_days: int = 3650
    tls_days: int = 397
    signing_days: int = 730
    sealing_days: int = 730
    permit_days: int = 730
    record_days: int = 3650
    """Long: its checkpoints are checked while the record is kept, seven years."""
    crl_days: int = 7

    def __post_init__(self) -> None:
        for key in self.__struct_fields__:
            if not 1 <= getattr(self, key) <= MAX_DAYS:
                raise PlanError(f"{key}: write a number of days from 1 to {MAX_DAYS}")
        if self.issuing_days > self.root_days:
            raise PlanError(
                "issuing_days: no more than root_days, which vouches for it"
            )
        for purpose in Purpose:
            if self.days(purpose) > self.issuing_days:
                raise PlanError(f"{purpose.value}_days: no more than issuing_days")

    def days(self, purpose: Purpose) -> int:
        """How long a station's certificate of this purpose lives."""
        return int(getattr(self, f"{purpose.value}_days"))


class PlannedStation(_Table, frozen=True):
    """One organisation in one role, and the certificates that it is to have."""

    organisation: str
    role: str
    name: str
    purposes: tuple[Purpose, ...] = ()
    """Empty: all that the role needs; `needed` says which."""
    hosts: tuple[str, ...] = LOCAL_HOSTS

    def __post_init__(self) -> None:
        _ = self.station  # raises BadStationName, which `_converted` translates
        _check_name(self.name, len(self.name), "characters")
        for host in self.hosts:
            if not (_is_address(host) or is_dns_name(host)):
                raise PlanError("hosts: write DNS names or IP addresses, no ports")
        if len(set(self.purposes)) != len(self.purposes):
            raise PlanError("purposes: name each purpose once")
        if Purpose.PERMIT in self.purposes and self.role != PERMIT_ROLE:
            raise PlanError(f"purposes: only {PERMIT_ROLE} signs permits")

    @property
    def station(self) -> StationName:
        """The station's name as certificates carry it."""
        return StationName(self.organisation, self.role)

    @property
    def needed(self) -> tuple[Purpose, ...]:
        """The purposes that this station has certificates for."""
        if self.purposes:
            return self.purposes
        return tuple(
            purpose
            for purpose in Purpose
            if purpose is not Purpose.PERMIT or self.role == PERMIT_ROLE
        )


class Plan(_Table, frozen=True):
    """A whole network; valid once it exists."""

    network: Network
    validity: Validity = Validity()
    stations: tuple[PlannedStation, ...] = ()

    def __post_init__(self) -> None:
        seen: set[StationName] = set()
        for planned in self.stations:
            if planned.station in seen:
                raise PlanError(f"station {planned.station} stands in the plan twice")
            seen.add(planned.station)

    def find(self, station: StationName) -> PlannedStation:
        """The planned station of this name; raises `PlanError` if there is none."""
        for planned in self.stations:
            if planned.station == station:
                return planned
        raise PlanError(f"no station {station} in the plan; add it there first")


def is_dns_name(text: str) -> bool:
    """Whether it is a host name of one label or more (RFC 1123)."""
    return _DNS_NAME.fullmatch(text) is not None


def load(path: Path) -> Plan:
    """Read a plan file; raises `PlanError` that names the file and the key."""
    try:
        text = read_public(path).decode()
    except KeyFileError as error:
        raise PlanError(str(error)) from None
    except UnicodeDecodeError:
        raise PlanError("save the file as UTF-8", str(path)) from None
    return read(text, str(path))


def read(text: str, source: str = "plan") -> Plan:
    """Read a plan's text; ``source`` is how errors call it."""
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5000 digits
        raise PlanError(f"not TOML: {error}", source) from None
    unknown = sorted(raw.keys() - {"network", "validity", "station"})
    if unknown:
        raise PlanError(f"unknown key {unknown[0]!r}; take it out", source)
    stations = raw.get("station", [])
    if not isinstance(stations, list):
        raise PlanError("write every station under [[station]]", f"{source}: station")
    network = _converted(raw.get("network", {}), Network, f"{source}: network")
    validity = _converted(raw.get("validity", {}), Validity, f"{source}: validity")
    planned = tuple(
        _converted(table, PlannedStation, f"{source}: station {place}")
        for place, table in enumerate(stations, 1)
    )
    return _placed(
        lambda: Plan(network=network, validity=validity, stations=planned), source
    )


def example() -> Plan:
    """The plan that comes with this package, for trying things out."""
    name = "example.toml"
    text = resources.files("pki").joinpath("plans", name).read_text("utf-8")
    return read(text, name)


def write(plan: Plan) -> str:
    """The plan as TOML that `read` reads to the same plan, defaults written out."""
    lines = ["[network]", *_lines(plan.network), "", "[validity]"]
    lines += _lines(plan.validity)
    for planned in plan.stations:
        lines += ["", "[[station]]", *_lines(planned)]
    return "\n".join(lines) + "\n"


def _lines(table: _Table) -> list[str]:
    # JSON is TOML here: names are printable, so no escape differs between the two.
    return [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in msgspec.to_builtins(table).items()
        if not (key == "purposes" and value == [])  # empty and absent are one
    ]


def _converted(table: Any, kind: type[T], place: str) -> T:
    def convert() -> T:
        return msgspec.convert(table, kind)

    return _placed(convert, place)


def _placed(make: Callable[[], T], place: str) -> T:
    try:
        return make()
    except PkiError as error:
        raise PlanError(str(error), place) from None
    except msgspec.ValidationError as error:
        raise PlanError(f"{error}; the example plan explains each key", place) from None


def _check_name(name: str, length: int, unit: str) -> None:
    if not 1 <= length <= MAX_NAME or not name.isprintable():
        raise PlanError(f"name: write 1 to {MAX_NAME} {unit}, all printable")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
