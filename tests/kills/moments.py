# SPDX-License-Identifier: Apache-2.0
"""The instants at which a station can be killed, by name.

Each is a passage through a function of the running daemon: just before it, just after
it, or right after the commit that makes durable what it did. The launcher finds the
functions by these names, so a function that was renamed is missed at once, when a
daemon starts. The gateway knows nothing of this.
"""

from dataclasses import dataclass
from typing import Final

CORE: Final = "core"
PROVIDER: Final = "city"
REQUESTER: Final = "second-city"
STATIONS: Final = (CORE, PROVIDER, REQUESTER)
"""The processes of the network, each with one station."""

DURABLE: Final = "durable"
"""Right after the commit of the transaction in which a passage was: all of it stands,
and nobody has been told."""
COMMITTED: Final = "Journal._write"
"""Whose end is that commit."""
BOTH: Final = ("before", "after")
WORK: Final = ("after", DURABLE)
AFTER: Final = ("after",)
BEFORE: Final = ("before",)

_RECORDS: Final = "gateway.records"
_SERVICES: Final = "gateway.services"
_WORK: Final = f"{_RECORDS}.transaction:Transaction"
_JOURNAL: Final = f"{_RECORDS}.journal:Journal"


@dataclass(frozen=True, slots=True)
class Place:
    """One function."""

    stage: str
    """What the station is at, in the words of its life."""
    function: str
    """``module:name`` or ``module:Class.name``"""
    when: tuple[str, ...]
    stations: tuple[str, ...] = STATIONS
    most: int = 4
    """Passages among which a seed chooses: no more than the traffic surely makes."""

    @property
    def name(self) -> str:
        """As plans tell it: without the module."""
        return self.function.partition(":")[2]


PLACES: Final = (
    Place("receive", f"{_SERVICES}.runtime:Runtime.post", BOTH),
    Place("receive", f"{_SERVICES}.inside_door:InsideDoor.submit", BOTH, (REQUESTER,)),
    Place("check", f"{_SERVICES}.runtime:take", BOTH),
    Place("record", f"{_WORK}.remember", WORK),
    Place("record", f"{_WORK}.record", WORK, STATIONS, 10),
    Place("record", f"{_WORK}.enqueue", WORK),
    Place("record", f"{_WORK}.open_inquiry", WORK, (REQUESTER,)),
    Place("record", f"{_WORK}.announce", WORK, (REQUESTER,)),
    Place("record", f"{_WORK}.finish_inquiry", WORK, (REQUESTER,)),
    Place("record", f"{_WORK}.open_transaction", WORK, (CORE,)),
    Place("record", f"{_WORK}.close_transaction", WORK, (CORE,)),
    Place("record", f"{_WORK}.use_permit", WORK, (PROVIDER,)),
    Place("record", f"{_WORK}.add_notice", WORK, (PROVIDER,)),
    Place("record", f"{_WORK}.drop_notices", WORK, (PROVIDER,), 1),
    Place("record", f"{_JOURNAL}._open", AFTER, STATIONS, 12),
    Place("record", f"{_JOURNAL}._do", AFTER, STATIONS, 12),
    Place("record", f"{_JOURNAL}._write", BOTH, STATIONS, 12),
    Place("record", f"{_JOURNAL}._done", BOTH, STATIONS, 12),
    Place("send", f"{_SERVICES}.peer:PeerClient.post", BEFORE),
    Place("send", f"{_SERVICES}.client_link:ClientLink.ask", BOTH),
    Place("receipt", f"{_SERVICES}.sender:Sender._answered", BEFORE),
    Place("receipt", f"{_SERVICES}.sender:Sender._consequence", BOTH),
    Place("receipt", f"{_WORK}.settle", WORK),
    Place("hold", f"{_WORK}.open_hold", WORK, (PROVIDER,), 1),
    Place("release", f"{_SERVICES}.holds:Holds._decided", BOTH, (PROVIDER,), 1),
    Place("release", f"{_WORK}.close_hold", WORK, (PROVIDER,), 1),
    Place("sweep", f"{_SERVICES}.sweeper:Sweeper.sweep", BOTH, STATIONS, 3),
    Place("sweep", f"{_WORK}.forget_seen", WORK, STATIONS, 3),
    Place("checkpoint", f"{_SERVICES}.merger:Merger.look", BOTH),
    Place("checkpoint", f"{_WORK}.grow", WORK, STATIONS, 3),
    Place("checkpoint", f"{_WORK}.put_head", WORK, STATIONS, 3),
)
STAGES: Final = tuple(dict.fromkeys(place.stage for place in PLACES))
