# SPDX-License-Identifier: Apache-2.0
"""Who may connect, and a bounded record of who could not.

Whoever fails at the link is a stranger: anybody who reaches the port can cause such
records. The first refusal of a source and reason is written in full; those that follow
within a minute are counted, and the count is one row when the minute is over.

Strangers have as many addresses as they like, so the rows that tell of one address are
bounded, too: `SINGLES` at once and `SINGLES_A_MINUTE` in the long run, a second row
with the count for each, and one row a minute and code for all the others. A proven
station that is cut off stands in the record under its own name, and no stranger can
use up its place.
"""

import logging
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from gateway.records.errors import StoreUnavailable
from gateway.records.event import prepare
from gateway.records.transaction import Transaction
from gateway.services import events
from gateway.services.allowance import Allowance
from gateway.services.clock import Clock
from gateway.services.crowd import neighbourhood
from gateway.services.tls_link import LinkFault
from gateway.station import Station
from pki.names import BadStationName, StationName
from pki.trust import Identity, Reason, Untrusted

log = logging.getLogger(__name__)

WINDOW: Final = timedelta(minutes=1)
SINGLES: Final = 64
"""Addresses and reasons that are told one by one, when it was quiet before."""
SINGLES_A_MINUTE: Final = 4
"""So many more in each minute. With their counts and those of the others that makes
some thirty rows a minute at the worst: a disk holds that for years."""
OTHERS: Final = "others"

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


class _Key(NamedTuple):
    """What is counted apart."""

    source: str
    code: str
    word: str
    """The exact cause; empty where the sources are others."""


@dataclass(slots=True)
class _Count:
    since: datetime
    written: int = 0
    waiting: int = 0

    def is_over(self, now: datetime) -> bool:
        """Whether its minute has passed."""
        return now - self.since >= WINDOW

    def is_due(self, now: datetime) -> bool:
        """Whether there is something to tell, and this is the time for it."""
        return self.waiting > 0 and (self.written == 0 or self.is_over(now))


class Links:
    """One station's refused links."""

    def __init__(self, station: Station, clock: Clock) -> None:
        self._station = station
        self._clock = clock
        self._counts: dict[_Key, _Count] = {}
        rate = SINGLES_A_MINUTE / WINDOW.total_seconds()
        self._singles = Allowance(SINGLES, rate, clock().timestamp())

    def must_be_known(self, identity: Identity, known: Container[StationName]) -> None:
        """Raises `Untrusted` where this listener is not for that station."""
        if identity.station not in known:
            raise Untrusted(Reason.NOT_ADMITTED, identity.certificate)

    def refused(self, source: str, reason: str) -> None:
        """Count one refused link; ``reason`` is the listener's stable word.

        ``source`` is a station that proved itself (`organisation/role`), or an address.
        """
        key = _Key(source, code_of(reason), str(reason))
        if key not in self._counts and not _is_station(source):
            key = self._place(key._replace(source=neighbourhood(source)))
        count = self._counts.setdefault(key, _Count(self._clock()))
        count.waiting += 1

    async def write(self) -> None:
        """Write what is due: new sources at once, repeated ones once a minute."""
        now = self._clock()
        due = {key: one.waiting for key, one in self._counts.items() if one.is_due(now)}
        if due and await self._record(due, now):
            for key, told in due.items():
                self._counts[key].written += told
                self._counts[key].waiting -= told
        for key, one in list(self._counts.items()):
            if one.is_over(now) and not one.waiting:
                del self._counts[key]

    def _place(self, key: _Key) -> _Key:
        """Where a stranger is counted: by himself, or with the others."""
        if key in self._counts or self._singles.take(self._clock().timestamp()):
            return key
        return _Key(OTHERS, key.code, "")

    async def _record(self, due: Mapping[_Key, int], now: datetime) -> bool:
        """Whether they stand in the record; what does not is counted on."""
        records = [
            prepare(events.link_refused(*key, count, now)) for key, count in due.items()
        ]

        def work(tx: Transaction) -> None:
            for record in records:
                tx.record(record)

        try:
            await self._station.store.commit(work)
        except StoreUnavailable as error:
            log.error("refused links are not recorded yet: %s", error)
            return False
        return True


def code_of(reason: str) -> str:
    """The inner code for a word of the link."""
    return CODES.get(reason, "SK-L09" if reason.startswith("http_") else "SK-L07")


def _is_station(source: str) -> bool:
    """Whether a listener named a station; no address is written like one."""
    try:
        StationName.parse(source)
    except BadStationName:
        return False
    return True
