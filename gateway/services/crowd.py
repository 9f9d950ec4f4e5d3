# SPDX-License-Identifier: Apache-2.0
"""How many may stand at one listener's door, so that nobody keeps the others out.

Before a link is proven its address is all that is known of the caller; afterwards the
station is, and no address counts any more. So there are three bounds:

1. *All links.* Whoever comes when all are taken is turned away.
2. *Links not proven yet.* When they are too many, or when all links are taken, the
   oldest of the busiest address makes room for the new one. A peer proves itself within
   milliseconds; who opens links to hold them pushes out his own.
3. *Links of one station.* One more than its share is turned away once it is proven.

And one rate: an address whose links fail to be proven has so many failures at once and
so many a second; while they are used up, it is turned away before TLS begins, which
costs nearly nothing. Addresses of IPv6 count by their /64, because a caller has all of
it.
"""

import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from gateway.services.allowance import Allowance
from pki.names import StationName

FAILURES_AT_ONCE: Final = 200
"""Links of one address that may fail in a row: many peers may share it."""
FAILURES_A_SECOND: Final = 10.0
MAX_REMEMBERED: Final = 4096
"""Addresses whose failures are counted; beyond, the one that was quiet longest goes."""
_WIDTH: Final = 64
"""Bits of an IPv6 address that tell one network from another."""

Link = TypeVar("Link", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many links at once."""

    all: int
    unproven: int
    """Of all of them, those that have not shown who they are."""
    per_station: int


class Crowd(Generic[Link]):
    """The links of one listener, counted by who is behind them."""

    def __init__(
        self,
        bounds: Bounds,
        seconds: Callable[[], float],
        push_out: Callable[[Link], None],
    ) -> None:
        self._bounds = bounds
        self._seconds = seconds
        self._push_out = push_out
        self._unproven: dict[str, dict[Link, None]] = {}
        """By neighbourhood, the oldest first."""
        self._waiting = 0
        """How many stand in all of `_unproven`."""
        self._known: dict[Link, str | StationName] = {}
        """Every link, and what it counts for."""
        self._stations: Counter[StationName] = Counter()
        self._failures: OrderedDict[str, Allowance] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    @property
    def unproven(self) -> int:
        """Links that have not been proven yet."""
        return self._waiting

    def has_room(self, host: str) -> bool:
        """Whether a caller from ``host`` may have a link; another may go for it."""
        spent = self._failures.get(neighbourhood(host))
        if spent is not None and not spent.left(self._seconds()):
            return False
        full = len(self._known) >= self._bounds.all
        if full or self._waiting >= self._bounds.unproven:
            if not self._waiting:
                return False
            self._make_room()
        return True

    def came(self, link: Link, host: str) -> None:
        """A link begins."""
        place = neighbourhood(host)
        self._known[link] = place
        self._unproven.setdefault(place, {})[link] = None
        self._waiting += 1

    def proved(self, link: Link, station: StationName) -> bool:
        """Whether the station may have this link too; it is known now either way."""
        self._forget_unproven(link)
        self._known[link] = station
        self._stations[station] += 1
        return self._stations[station] <= self._bounds.per_station

    def left(self, link: Link) -> None:
        """A link has ended; one that was pushed out has left already."""
        known = self._known.pop(link, None)
        if isinstance(known, StationName):
            self._stations[known] -= 1
            if not self._stations[known]:
                del self._stations[known]
        elif known is not None:
            self._take_away(link, known)
            self._failed(known)

    def _make_room(self) -> None:
        """Let the oldest unproven link of the busiest address go."""
        busiest = max(self._unproven.values(), key=len)
        oldest = next(iter(busiest))
        self.left(oldest)
        self._push_out(oldest)

    def _forget_unproven(self, link: Link) -> None:
        place = self._known.get(link)
        if isinstance(place, str):
            self._take_away(link, place)

    def _take_away(self, link: Link, place: str) -> None:
        at_place = self._unproven[place]
        del at_place[link]
        self._waiting -= 1
        if not at_place:
            del self._unproven[place]

    def _failed(self, place: str) -> None:
        now = self._seconds()
        allowance = self._failures.get(place)
        if allowance is None:
            allowance = Allowance(FAILURES_AT_ONCE, FAILURES_A_SECOND, now)
            self._failures[place] = allowance
        allowance.take(now)
        self._failures.move_to_end(place)
        if len(self._failures) > MAX_REMEMBERED:
            self._failures.popitem(last=False)


def neighbourhood(host: str) -> str:
    """What a caller's address counts as: itself, or the network of an IPv6 one."""
    if ":" not in host:
        return host
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, _WIDTH), strict=False))
