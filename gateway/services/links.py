# SPDX-License-Identifier: Apache-2.0
"""Who may connect, and a bounded record of who could not.

Whoever fails at the link is a stranger: anybody who reaches the port can cause such
records. The first refusal of a source and reason in a minute is written in full; the
others are counted, and the count is written when the minute is over.
"""

import logging
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.records.errors import StoreUnavailable
from gateway.records.event import prepare
from gateway.services import events
from gateway.services.clock import Clock
from gateway.services.tls_link import LinkFault
from gateway.station import Station
from pki.names import StationName
from pki.trust import Identity, Reason, Untrusted

log = logging.getLogger(__name__)

WINDOW = timedelta(minutes=1)
MAX_SOURCES = 1024
"""Sources counted one by one in a window; what is beyond shares one row."""
OTHERS = "others"

CODES: dict[str, str] = {
    LinkFault.NO_CLIENT_CERTIFICATE: "SK-L01",
    "unknown_authority": "SK-L02",
    "bad_signature": "SK-L02",
    "expired": "SK-L03",
    "not_yet_valid": "SK-L03",
    "revoked": "SK-L04",
    "wrong_purpose": "SK-L05",
    "not_admitted": "SK-L06",
    "stale_revocation": "SK-L08",
    LinkFault.CHAIN_REFUSED: "SK-L02",
    "weak_algorithm": "SK-L10",
    "bad_profile": "SK-L10",
    "no_station_name": "SK-L10",
    LinkFault.MALFORMED_CERTIFICATE: "SK-L10",
    LinkFault.TOO_MANY_CONNECTIONS: "SK-L11",
    LinkFault.SLOW_REQUEST: "SK-L11",
    LinkFault.SLOW_READER: "SK-L11",
    LinkFault.HANDSHAKE_TIMEOUT: "SK-L11",
}
"""From the listener's word to the refusal; another word is `SK-L07`, HTTP `SK-L09`."""


@dataclass(slots=True)
class _Count:
    since: datetime
    written: int = 0
    waiting: int = 0


class Links:
    """One station's refused links."""

    def __init__(self, station: Station, clock: Clock) -> None:
        self._station = station
        self._clock = clock
        self._counts: dict[tuple[str, str], _Count] = {}

    def must_be_known(self, identity: Identity, known: Container[StationName]) -> None:
        """Raises `Untrusted` where this listener is not for that station."""
        if identity.station not in known:
            raise Untrusted(Reason.NOT_ADMITTED, identity.certificate)

    def refused(self, source: str, reason: str) -> None:
        """Count one refused link; ``reason`` is the listener's stable word."""
        key = (source, code_of(reason))
        if key not in self._counts and len(self._counts) >= MAX_SOURCES:
            key = (OTHERS, key[1])
        count = self._counts.setdefault(key, _Count(self._clock()))
        count.waiting += 1

    async def write(self) -> None:
        """Write what is due: new sources at once, repeated ones once a minute."""
        now = self._clock()
        for (source, code), count in list(self._counts.items()):
            over = now - count.since >= WINDOW
            if count.waiting and (count.written == 0 or over):
                told = count.waiting
                if not await self._record(source, code, told, now):
                    continue
                count.written += told
                count.waiting -= told
            if over and count.waiting:
                count.since = now
            elif over:
                del self._counts[(source, code)]

    async def _record(self, source: str, code: str, count: int, now: datetime) -> bool:
        """Whether it stands in the record; what does not is counted on."""
        record = prepare(events.link_refused(source, code, count, now))
        try:
            await self._station.store.commit(lambda tx: tx.record(record))
        except StoreUnavailable as error:
            log.error("%s: a refused link is not recorded: %s", source, error)
            return False
        return True


def code_of(reason: str) -> str:
    """The inner code for a word of the link."""
    return CODES.get(reason, "SK-L09" if reason.startswith("http_") else "SK-L07")
