# SPDX-License-Identifier: Apache-2.0
"""Is the station well? One check for each thing that can be wrong, and what to do.

A *failing* check means that messages are refused or wait because of it: the station is
not ready. A *warning* means that somebody should act before that. Each check says what
it found even where all is well, so that an operator sees that it was looked at.
"""

from datetime import datetime, timedelta

from gateway.records.errors import StoreUnavailable
from gateway.rules.calendar import JST
from gateway.rules.master import NEAR
from gateway.rules.media import to_do
from gateway.services.clock import ahead_of_machine
from gateway.services.clock_watch import is_behind
from gateway.services.health_check import Check, State
from gateway.services.health_cs import comparison
from gateway.services.health_proof import proof
from gateway.services.overview import Ending, Overview
from gateway.services.reconciling import closed_by_restore
from pki.trust import Reason, Untrusted
from schemas.systems import CS

MEGABYTE = 1024 * 1024
LAST_MEGABYTES = 32
"""Free space below which a commit may fail at any moment: two write-ahead logs."""
MANY_PEERS = 3
"""Peers that a warning names; the rest is a number."""
DAY = timedelta(days=1)
APART = {
    "in": "a peer's message was refused as from the future: this clock is slow or the "
    "peer's is fast; look at this machine's time service, then tell the peer",
    "out": "a peer refused a message of ours as from the future: this clock is fast or "
    "the peer's is slow; look at this machine's time service, then ask the peer",
}
"""What a refusal SK-M07 says of the clocks, by its direction."""


def checks(of: Overview) -> list[Check]:
    """Every check, in the order in which an operator should act."""
    now = of.clock()
    found = [
        _running(of),
        _restored(of),
        _store(of),
        _disk(of),
        _clock(of, now),
        _certificates(of, now),
        _revocation_list(of, now),
        _master(of, now),
        _reload(of),
        _outbox(of, now),
        _tasks(of),
        _hours(of, now),
        proof(of, now),
        _patches(of),
        _holds(of, now),
        _media(of, now),
    ]
    if of.station.name.role == CS:
        found.append(comparison(of, now))
    return found


def is_ready(found: list[Check]) -> bool:
    """Whether messages pass: nothing fails."""
    return all(check.state is not State.FAILING for check in found)


def _running(of: Overview) -> Check:
    if of.stopping:
        return Check("running", State.FAILING, "the station is stopping")
    return Check("running", State.OK, "takes messages")


def _restored(of: Overview) -> Check:
    said = closed_by_restore(of.station)
    return Check("restored", State.FAILING if said else State.OK, said or "open")


def _store(of: Overview) -> Check:
    try:
        of.store.must_be_writable()
    except StoreUnavailable as error:
        return Check("store", State.FAILING, str(error))
    return Check("store", State.OK, "can be written")


def _disk(of: Overview) -> Check:
    if of.room is None:
        return Check("disk", State.WARNING, "not looked at yet")
    free = of.room.free // MEGABYTE
    said = f"{free} MB free"
    if free < LAST_MEGABYTES:
        more = "; make room on the store's disk now"
        return Check("disk", State.FAILING, said + more)
    if free < of.station.config.health.free_megabytes:
        return Check("disk", State.WARNING, f"{said}; make room on the store's disk")
    return Check("disk", State.OK, said)


def _clock(of: Overview, now: datetime) -> Check:
    newest = None if of.standing is None else of.standing.last_event
    if newest is not None and is_behind(now, newest):
        said = "stands before the newest record; set this machine's clock right"
        return Check("clock", State.FAILING, said)
    jump = of.clock_watch.jump
    if jump is not None:
        moved = f"was moved by {jump.by.total_seconds():+.0f} s within the last hour"
        return Check("clock", State.WARNING, f"{moved}; look at its time service")
    for way in sorted(of.clock_watch.apart & APART.keys()):
        return Check("clock", State.WARNING, APART[way])
    ahead = ahead_of_machine(of.clock)
    if ahead:
        said = f"the test network's, {ahead} ahead of this machine's"
        return Check("clock", State.OK, said)
    return Check("clock", State.OK, "runs evenly")


def _certificates(of: Overview, now: datetime) -> Check:
    endings = of.endings()
    bad = [one for one in endings if not one.begins <= now <= one.ends]
    if bad:
        said = f"{_names(bad)}: out of time; renew, or set the clock right"
        return Check("certificates", State.FAILING, said)
    if _own_is(of, now, Reason.REVOKED):
        said = "tls: revoked by the authority; renew it and find out why"
        return Check("certificates", State.FAILING, said)
    days = of.station.config.health.certificate_days
    near = [one for one in endings if one.ends - now < days * DAY]
    if near:
        return Check("certificates", State.WARNING, f"{_names(near)}: renew")
    first = min(endings, key=lambda one: one.ends)
    return Check("certificates", State.OK, f"the first to end is {_names([first])}")


def _revocation_list(of: Overview, now: datetime) -> Check:
    ends = of.list_ends
    said = f"good until {ends:%Y-%m-%d %H:%MZ}"
    fetch = "fetch the authority's new one ('sekisho pki crl' makes it)"
    if now > ends or _own_is(of, now, Reason.STALE_REVOCATION):
        why = f"{said}: out of time, so nobody is believed; {fetch}"
        return Check("revocation_list", State.FAILING, why)
    if ends - now < timedelta(hours=of.station.config.health.list_hours):
        return Check("revocation_list", State.WARNING, f"{said}; {fetch}")
    return Check("revocation_list", State.OK, said)


def _reload(of: Overview) -> Check:
    found = (of.certificates.problem, of.revocation.problem, _not_followed(of))
    problems = [p for p in found if p]
    if problems:
        said = f"new files are not used, the old ones are: {'; '.join(problems)}"
        return Check("reload", State.WARNING, said)
    waiting = [path.name for path in of.certificates.waiting_for_restart]
    if waiting:
        said = f"changed, and read at a restart only: {', '.join(waiting)}"
        return Check("reload", State.WARNING, said)
    return Check("reload", State.OK, "what is on the disk is in use")


def _not_followed(of: Overview) -> str:
    """Why the master that lies there is not the one in use."""
    problem = "" if of.master is None else of.master.problem
    return f"master: {problem}" if problem else ""


def _master(of: Overview, now: datetime) -> Check:
    """Whether the master may still be gone by, and which list of it is in force."""
    facts = of.station.facts
    master, ends = facts.directory.master, facts.directory.master.issued + facts.longest
    listed = master.matching_list(now)
    word = "no matching list" if listed is None else f"matching list {listed.version}"
    said = f"version {master.version} of {master.issued:%Y-%m-%d}, {word}"
    fetch = "fetch the newest master from the core"
    if facts.is_frozen(now):
        why = (
            f"{said}: too old since {ends:%Y-%m-%d}, nothing is sent or taken; {fetch}"
        )
        return Check("master", State.FAILING, why)
    if ends - now < NEAR:
        why = f"{said}: nothing is sent by it after {ends:%Y-%m-%d}; {fetch}"
        return Check("master", State.WARNING, why)
    return Check("master", State.OK, said)


def _outbox(of: Overview, now: datetime) -> Check:
    if of.standing is None:
        return Check("outbox", State.WARNING, "not looked at yet")
    oldest, waiting = of.standing.oldest_waiting, of.standing.waiting
    total = sum(waiting.values())
    if oldest is None:
        return Check("outbox", State.OK, "nothing waits")
    age = max(0.0, (now - oldest).total_seconds())
    said = f"{total} waiting, the oldest for {age:.0f} s"
    if age <= of.station.config.health.outbox_seconds:
        return Check("outbox", State.OK, said)
    peers = sorted(waiting, key=lambda peer: -waiting[peer])
    named = ", ".join(peers[:MANY_PEERS])
    rest = f" and {len(peers) - MANY_PEERS} others" if len(peers) > MANY_PEERS else ""
    ask = f"{said}, for {named}{rest}: see whether these peers can be reached"
    return Check("outbox", State.WARNING, ask)


def _tasks(of: Overview) -> Check:
    failing = sorted(of.counters.failing)
    if failing:
        said = f"the last round failed: {', '.join(failing)}; look at the log"
        return Check("tasks", State.WARNING, said)
    return Check("tasks", State.OK, "background work goes on")


def _hours(of: Overview, now: datetime) -> Check:
    problem = "" if of.calendars is None else of.calendars.problem
    if problem:
        said = f"new calendars are not used, the old ones are: {problem}"
        return Check("hours", State.WARNING, said)
    hours = of.station.facts.hours
    if hours.calendar is None:
        return Check("hours", State.OK, "always open")
    window = hours.window(now)
    word = "open" if window.is_open else f"closed ({window.why.value})"
    said = f"{word} until {window.ends.astimezone(JST):%Y-%m-%d %H:%M} JST"
    listed = hours.calendar.listed_until
    if listed is not None and now.astimezone(JST).date() > listed:
        more = f"{said}; the list of national holidays ends with {listed.year}"
        return Check("hours", State.WARNING, f"{more}: fetch the new one")
    return Check("hours", State.OK, said)


def _patches(of: Overview) -> Check:
    """Whether this process needs a patch, and whether somebody looked (R-149)."""
    watch = of.patches
    if watch is None or not (watch.has_list or watch.problem):
        return Check("patches", State.OK, "no list of advisories is laid in")
    see = "see 'sekisho gateway patches show'"
    if watch.problem:
        return Check("patches", State.WARNING, f"the list is not used: {watch.problem}")
    late = watch.overdue()
    if late:
        said = f"{len(late)} overdue, such as {late[0].advisory.id}; patch, restart"
        return Check("patches", State.WARNING, f"{said}; {see}")
    if watch.open:
        first = watch.open[0]
        by = "" if first.due is None else f" by {first.due}"
        said = f"{len(watch.open)} needed, the first{by}: {first.advisory.id}"
        return Check("patches", State.WARNING, f"{said}; {see}")
    if not watch.is_confirmed:
        said = "nobody confirmed these versions, held against this list"
        mend = "look, then 'sekisho gateway patches confirm'"
        return Check("patches", State.WARNING, f"{said}; {mend}")
    return Check("patches", State.OK, "every advisory of the list is met")


def _holds(of: Overview, now: datetime) -> Check:
    """Whether somebody is at work once more before the first hold is over."""
    first = None if of.standing is None else of.standing.hold_ends
    if first is None:
        return Check("holds", State.OK, "nothing waits for a person")
    calendar = of.station.facts.hours.calendar
    by = first if calendar is None else calendar.last_open(first) or first
    said = f"the first is to be decided by {by.astimezone(JST):%Y-%m-%d %H:%M} JST"
    if by.astimezone(JST).date() <= now.astimezone(JST).date():
        return Check("holds", State.WARNING, f"{said}: see 'sekisho holds list'")
    return Check("holds", State.OK, said)


def _media(of: Overview, now: datetime) -> Check:
    """Whether an output to a medium waits for a person, or a medium is overdue."""
    media = () if of.standing is None else of.standing.media
    waiting, overdue = to_do(media, of.station.config.media.days_out, now)
    said = f"{waiting} wait for approval, {overdue} overdue"
    if waiting or overdue:
        return Check("media", State.WARNING, f"{said}: see 'sekisho media list'")
    return Check("media", State.OK, said)


def _own_is(of: Overview, now: datetime, reason: Reason) -> bool:
    """Whether our own TLS certificate is not believed, for this reason."""
    try:
        of.station.directory.trust.still(of.certificates.identity, now)
    except Untrusted as error:
        return error.reason is reason
    return False


def _names(endings: list[Ending]) -> str:
    return ", ".join(f"{one.name} ({one.ends:%Y-%m-%d})" for one in endings)
