# SPDX-License-Identifier: Apache-2.0
"""What one station counts while it runs: plain numbers, read when somebody asks.

Every word that a number is counted under is one of ours: what a peer chose (a message
type, a refusal's code) is looked up in our own tables, and what is not there is counted
as ``other``. So nobody outside can make the counts grow in number.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from gateway.records.event import EventKind
from gateway.records.survey import Kind
from gateway.services.link_host import NoMessage
from gateway.services.tls_link import LinkFault
from pki.trust import Reason
from protocols.http import HttpFault
from protocols.refusals import REFUSALS
from schemas.catalogue import ROWS

OTHER: Final = "other"
DIRECTIONS: Final = frozenset({"in", "out", "local"})
KINDS: Final = frozenset(map(str, EventKind))
CERTIFICATE_WORDS: Final = frozenset(reason.name.lower() for reason in Reason)
HANDSHAKE: Final = CERTIFICATE_WORDS | {
    LinkFault.NO_CLIENT_CERTIFICATE,
    LinkFault.MALFORMED_CERTIFICATE,
    LinkFault.CHAIN_REFUSED,
    LinkFault.EXAMINATION_FAILED,
    LinkFault.NO_COMMON_ALGORITHM,
    LinkFault.TLS_VERSION,
    LinkFault.NOT_TLS,
    LinkFault.PEER_REFUSES_US,
    LinkFault.HANDSHAKE_FAILED,
    LinkFault.HANDSHAKE_TIMEOUT,
    LinkFault.HANDSHAKE_ABANDONED,
}
"""Why a link was never proven."""
WORDS: Final = (
    CERTIFICATE_WORDS
    | frozenset(map(str, LinkFault))
    | frozenset(map(str, NoMessage))
    | frozenset(f"http_{fault.reason}" for fault in HttpFault)
)
"""Every word that a link or a request is cut off with."""


class Counters:
    """One station's numbers since it started."""

    def __init__(self) -> None:
        self.messages: Counter[Kind] = Counter()
        """What stands on record, by kind, direction, message type and code."""
        self.strangers: Counter[str] = Counter()
        """Links and requests that were cut off, by reason."""
        self.handshakes: Counter[str] = Counter()
        """Links that were never proven, by listener."""
        self.task_failures: Counter[str] = Counter()
        """Rounds of background work that failed, by task."""
        self.failing: set[str] = set()
        """Tasks whose last round failed."""

    def refused(self, listener: str, reason: str) -> None:
        """A listener cut a link off, for this reason."""
        self.strangers[reason if reason in WORDS else OTHER] += 1
        if reason in HANDSHAKE:
            self.handshakes[listener] += 1

    def recorded(self, counts: Mapping[Kind, int]) -> None:
        """So many events came on record."""
        for kind, count in counts.items():
            self.messages[bounded(kind)] += count

    def task_failed(self, task: str) -> None:
        """A round of a background task ended by an error."""
        self.task_failures[task] += 1
        self.failing.add(task)

    def task_done(self, task: str) -> None:
        """A round of it ended well."""
        self.failing.discard(task)


def bounded(found: Kind) -> Kind:
    """The same in words of ours only."""
    return Kind(
        found.kind if found.kind in KINDS else OTHER,
        found.direction if found.direction in DIRECTIONS else OTHER,
        found.message_type if found.message_type in {"", *ROWS} else OTHER,
        found.code if found.code in {"", *REFUSALS} else OTHER,
    )
