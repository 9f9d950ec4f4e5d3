# SPDX-License-Identifier: Apache-2.0
"""Moves the clock of a TEST network, and renews what would end by the move.

The order, and why: (1) alone, so that two moves do not become one; (2) certificates
that will be over, under the new time: the stations' own look says "not yet valid" and
keeps the old ones; (3) the master, if it names any of them or would be old by then; (4)
a fresh revocation list, good from the new time on; (5) the clock, in one step. At that
step every process reads its files again before anybody there gets the new time. Cut
short before it, nothing has moved, and the next move makes it all anew.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pki import network_clock
from pki.authority import Authority
from pki.keystore import load_certificate
from pki.names import StationName
from pki.network_clock import ClockRefused, NetworkClock
from pki.profiles import Purpose
from pki.serials import AuthorityError, exclusive
from pki.trust import TrustStore
from simulators.clock import machine
from simulators.network.files import Files
from simulators.network.masters import issue_next, may_follow

LIVE: Final = (Purpose.TLS,)
"""Purposes whose certificates no master names: a station needs no restart for them."""

MASTER_AGE: Final = timedelta(days=90)
"""A core issues a new master more often than this, whatever changes: an old one is not
gone by for ever."""

_STEP: Final = re.compile(r"\+((?:\d{1,9}[wdhms])+)")
_PART: Final = re.compile(r"(\d+)([wdhms])")
_SECONDS: Final = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}


class BadMove(ValueError):
    """A move that cannot be understood, or would go back."""


class Moved(msgspec.Struct, frozen=True):
    """What time it is in a network, and what was done for it."""

    now: datetime
    ahead_seconds: int
    list_ends: datetime
    """When the revocation list in force ends."""
    over: int
    """Certificates of stations that are out of time now."""
    renewed: int = 0
    """Certificates that were made anew."""
    restart: bool = False
    """A new master: stations read it when they start."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be done beside the move itself."""

    renew: bool = False
    keep_list: bool = False


def step(text: str) -> timedelta:
    """``+30d``, ``+2h``, ``+90s``, ``+1d12h``; raises `BadMove`."""
    found = _STEP.fullmatch(text)
    if found is None:
        raise BadMove(
            f"{text}: write + and how far, such as +30d, +2h, +90s or +1w12h; "
            "a clock does not go back: for an earlier time make a new network"
        )
    parts = _PART.findall(found[1])
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    return timedelta(seconds=seconds)


def until(clock: NetworkClock, text: str) -> timedelta:
    """How far from now to an ISO 8601 moment, whole seconds; raises `BadMove`."""
    try:
        wanted = datetime.fromisoformat(text)
    except ValueError:
        wanted = None
    if wanted is None or wanted.tzinfo is None:
        raise BadMove(
            f"{text}: write a moment with its zone, such as 2027-01-01T00:00:00+09:00"
        )
    now = clock()
    if wanted < now:
        raise BadMove(
            f"{text}: is over; it is {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} in this "
            "network, and a clock does not go back: make a new network"
        )
    left = wanted - now
    return timedelta(seconds=-(-left // timedelta(seconds=1)))


def clock_of(files: Files) -> NetworkClock:
    """The network's clock; raises a `PkiError` where it has none or may have none."""
    pki = files.pki
    trust = TrustStore.load(pki.chain, pki.crl)
    if trust.is_test and not pki.clock.exists():
        raise ClockRefused(f"{pki.clock}: this network was made without a clock")
    return NetworkClock(pki.clock, trust, machine)


def is_moving(files: Files) -> bool:
    """Whether a move is under way, so that its files are not yet one whole."""
    try:
        with exclusive(files.root):
            return False
    except AuthorityError:
        return True


def shown(files: Files) -> Moved:
    """What time it is."""
    clock = clock_of(files)
    return _told(files, clock)


def move(files: Files, by: timedelta, choice: Choice) -> Moved:
    """Move everybody; raises a `PkiError`, and then nothing has moved."""
    clock = clock_of(files)
    with exclusive(files.root):
        ahead = clock.ahead + by
        if ahead > network_clock.MAX_AHEAD:
            raise ClockRefused("more than 200 years ahead: no certificate lasts so far")
        at = machine() + ahead
        authority = Authority.open(files.pki.directory)
        renewed = list(_renewed(authority, at)) if choice.renew else []
        named = any(purpose not in LIVE for purpose in renewed)
        if named or may_follow(files, at, MASTER_AGE):
            issue_next(files, at)
        if not choice.keep_list:
            authority.publish_crl(at)
        network_clock.write(files.pki.clock, ahead)
    told = _told(files, clock)
    return msgspec.structs.replace(told, renewed=len(renewed), restart=named)


def _told(files: Files, clock: NetworkClock) -> Moved:
    now = clock()
    trust = TrustStore.load(files.pki.chain, files.pki.crl)
    return Moved(
        now=now,
        ahead_seconds=int(clock.ahead.total_seconds()),
        over=sum(1 for _ in _over(Authority.open(files.pki.directory), now)),
        list_ends=trust.list_ends,
    )


# -- renewals ----------------------------------------------------------------------


def _over(authority: Authority, at: datetime) -> Iterator[tuple[StationName, Purpose]]:
    """Whose certificates, and for what, are out of time at that moment."""
    layout = authority.layout
    for planned in authority.plan.stations:
        for purpose in planned.needed:
            path = layout.certificate(planned.station, purpose)
            if load_certificate(path).not_valid_after_utc < at:
                yield planned.station, purpose


def _renewed(authority: Authority, at: datetime) -> Iterator[Purpose]:
    for station, purpose in list(_over(authority, at)):
        authority.renew(station, purpose, at)
        yield purpose
