# SPDX-License-Identifier: Apache-2.0
"""Is what vouches for the record fresh enough to send on? Looks once a second.

Three things stop the station, as X-Road stops where no time-stamp comes: no head that
the quorum co-signed for longer than `proof.cosigned_hours`, no time-stamp for longer
than `proof.stamped_hours`, and a clock that stands before what was signed already. The
first two only where witnesses, or an authority, are configured. At half of the time it
warns. While it is stopped, peers' messages are refused for a while (SK-M13), and our
own wait in the outbox (SK-T09); it goes on by itself once the reason is gone.

A clock that was wrong once, years ahead, may have signed heads that it stands before
now that it is right. That looks the same as a clock that is wrong now: a person says
which (`sekisho records believe-clock`).

What is old must be so at two looks, except at the start: where a clock is moved, those
who vouch are asked first.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.config import Proof
from gateway.records.log import Head
from gateway.records.proven import Cosigned, Stamp
from gateway.records.store import StoreReader
from gateway.services.clock import Clock
from gateway.station import Station
from protocols.limits import MAX_SKEW

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Vouchers:
    """What vouches for a record at one moment."""

    head: Head | None
    cosigned: Cosigned | None
    stamp: Stamp | None
    first: datetime | None
    """When the oldest event was recorded: what never was vouched for is so old."""
    believed: int
    """Up to this size a person has said that heads bear wrong times."""

    @classmethod
    def of(cls, store: StoreReader) -> "Vouchers":
        """As the store has them now."""
        return cls(
            store.log_head(),
            store.cosigned(),
            store.last_stamp(),
            store.first_event_at(),
            store.clock_believed(),
        )

    @property
    def newest(self) -> datetime | None:
        """The latest moment that anybody signed."""
        signed = (self.head, self.cosigned, self.stamp)
        times = [one.at for one in signed if one and one.size > self.believed]
        return max(times, default=None)


class Freshness:
    """One station's."""

    def __init__(
        self, station: Station, clock: Clock, problems: Callable[[], Iterable[str]]
    ) -> None:
        """``problems``: what of it did not go well when it was last tried."""
        self._station = station
        self._clock = clock
        self.problems = problems
        self._suspected = True
        self.warning = ""
        """What will stop the station before long; empty where nothing will."""

    async def look(self) -> None:
        """Look, and write down why nothing may pass."""
        now, proof = self._clock(), self._station.config.proof
        there = Vouchers.of(self._station.store)
        stops = problem(there, proof, now, 1.0)
        self._say(stops if self._suspected else "")
        self._suspected = bool(stops)
        warns = "" if stops else problem(there, proof, now, 0.5)
        if warns and not self.warning:
            log.warning("before long nothing will be sent: %s", warns)
        self.warning = warns

    def _say(self, stops: str) -> None:
        vouched = self._station.facts.vouched
        if bool(stops) == bool(vouched):  # it changes
            if stops:
                log.error("nothing is sent or taken: %s", stops)
            else:
                log.warning("the record is vouched for again; messages pass")
        vouched.problem = stops


def problem(there: Vouchers, proof: Proof, now: datetime, share: float) -> str:
    """Why nothing may pass once that share of the longest ages is over; or empty."""
    newest = there.newest
    if newest is not None and now < newest - MAX_SKEW:
        return "the clock stands before what was signed already; set it right"
    if proof.witnesses:
        longest = timedelta(hours=proof.cosigned_hours) * share
        age = _age(there.cosigned, there, now)
        if age > longest:
            return f"no head was co-signed by its quorum for {_told(age)}"
    if proof.authority:
        longest = timedelta(hours=proof.stamped_hours) * share
        age = _age(there.stamp, there, now)
        if age > longest:
            return f"no time-stamp was got for {_told(age)}"
    return ""


def _age(newest: Cosigned | Stamp | None, there: Vouchers, now: datetime) -> timedelta:
    since = there.first if newest is None else newest.at
    return timedelta(0) if since is None else now - since


def _told(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.1f} hours" if hours >= 1 else f"{hours * 60:.1f} minutes"
