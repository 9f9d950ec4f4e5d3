# SPDX-License-Identifier: Apache-2.0
"""The whole of a station's standing as one value, for `sekisho gateway status`.

The fields are what the command prints and what programs may read; a field, once
released, stays. Times are UTC. No field holds content or a person.
"""

from datetime import UTC, date, datetime
from importlib.metadata import version

import msgspec

from gateway.patches import versions
from gateway.records.errors import StoreUnavailable
from gateway.services import health
from gateway.services.health import DAY
from gateway.services.overview import Overview
from gateway.services.vouched_state import Vouched, vouched_of


class CheckState(msgspec.Struct, frozen=True):
    """One check of its health."""

    name: str
    state: str
    said: str


class Listener(msgspec.Struct, frozen=True):
    """One address that it listens on."""

    name: str
    host: str
    port: int
    connections: int
    limit: int
    turned_away: int


class Certificate(msgspec.Struct, frozen=True):
    """One certificate, or the revocation list."""

    name: str
    ends: datetime
    days_left: float


class StoreState(msgspec.Struct, frozen=True):
    """The record store."""

    path: str
    available: bool
    bytes: int | None
    free_bytes: int | None
    commits: int


class Hours(msgspec.Struct, frozen=True):
    """When it is open."""

    open: bool
    why: str
    """What closes it: hours, holiday or maintenance."""
    until: datetime | None
    """None without a calendar: it is always open."""


class Peer(msgspec.Struct, frozen=True):
    """One station of the master that we had to do with."""

    name: str
    waiting: int
    last_sent: datetime | None
    """When it last took a message of ours."""
    last_received: datetime | None
    """When we last took one of its messages."""


class Patch(msgspec.Struct, frozen=True):
    """An advisory that the running process does not meet."""

    id: str
    component: str
    version: str
    below: str
    severity: str
    due: date | None
    overdue: bool


class Patches(msgspec.Struct, frozen=True):
    """The versions that the running process has loaded, and what they need."""

    versions: dict[str, str]
    open: list[Patch]
    confirmed: datetime | None
    """When a person last confirmed any."""
    operator: str
    """Who did; empty: nobody."""
    is_confirmed: bool
    """Whether it was these versions, held against this list."""


class Status(msgspec.Struct, frozen=True):
    """A station as it stands."""

    station: str
    version: str
    now: datetime
    since: datetime
    ready: bool
    checks: list[CheckState]
    listeners: list[Listener]
    certificates: list[Certificate]
    store: StoreState
    outbox_waiting: int
    outbox_oldest: datetime | None
    holds_waiting: int
    holds_oldest: datetime | None
    peers: list[Peer]
    hours: Hours
    log: Vouched | None
    """None while the store cannot be read."""
    patches: Patches


def status(of: Overview) -> Status:
    """Everything, now."""
    found, standing = health.checks(of), of.standing
    now = of.clock()
    return Status(
        station=str(of.station.name),
        version=version("sekisho"),
        now=now,
        since=of.since,
        ready=health.is_ready(found),
        checks=[CheckState(one.name, one.state.value, one.said) for one in found],
        listeners=_listeners(of),
        certificates=_certificates(of, now),
        store=_store(of),
        outbox_waiting=0 if standing is None else sum(standing.waiting.values()),
        outbox_oldest=None if standing is None else standing.oldest_waiting,
        holds_waiting=0 if standing is None else standing.holds,
        holds_oldest=None if standing is None else standing.oldest_hold,
        peers=_peers(of),
        hours=_hours(of, now),
        log=_log(of),
        patches=_patches(of),
    )


def _log(of: Overview) -> Vouched | None:
    try:
        return vouched_of(of.store)
    except StoreUnavailable:  # the check `store` tells of it
        return None


def _hours(of: Overview, now: datetime) -> Hours:
    window = of.station.facts.hours.window(now)
    limited = of.station.facts.hours.calendar is not None
    until = window.ends.astimezone(UTC) if limited else None
    return Hours(window.is_open, window.why.value, until)


def _patches(of: Overview) -> Patches:
    watch, loaded = of.patches, dict(versions())
    if watch is None:
        return Patches(loaded, [], None, "", False)
    late = watch.overdue()
    made = watch.confirmed
    found = [
        Patch(
            one.advisory.id,
            one.advisory.package,
            one.version,
            one.advisory.below,
            one.advisory.severity.value,
            one.due,
            one in late,
        )
        for one in watch.open
    ]
    at, operator = (None, "") if made is None else (made.at, made.operator)
    return Patches(loaded, found, at, operator, watch.is_confirmed)


def _listeners(of: Overview) -> list[Listener]:
    config = of.station.config
    return [
        Listener(
            name,
            address.host,
            address.port,
            of.listeners[name].connections,
            config.limits.connections,
            of.listeners[name].turned_away,
        )
        for name, address in config.listeners()
        if name in of.listeners
    ]


def _certificates(of: Overview, now: datetime) -> list[Certificate]:
    ends = {one.name: one.ends for one in of.endings()}
    ends["revocation_list"] = of.list_ends
    return [
        Certificate(name, end, round((end - now) / DAY, 2))
        for name, end in ends.items()
    ]


def _store(of: Overview) -> StoreState:
    return StoreState(
        path=str(of.station.config.store.path),
        available=of.store.unavailable is None,
        bytes=None if of.room is None else of.room.used,
        free_bytes=None if of.room is None else of.room.free,
        commits=of.store.journal.commits,
    )


def _peers(of: Overview) -> list[Peer]:
    waiting = {} if of.standing is None else of.standing.waiting
    names = {*waiting, *(peer for peer, _ in of.successes)}
    return [
        Peer(
            name,
            waiting.get(name, 0),
            of.successes.get((name, "out")),
            of.successes.get((name, "in")),
        )
        for name in sorted(names)
    ]
