# SPDX-License-Identifier: Apache-2.0
"""Erases the record's months that are past their seven years, and looks at the keys.

Every minute: are the keys of all months there? If not, nothing more is written or sent
until a person decided. Then: what was begun is ended (a station may have been killed on
the way), and one month that may go is begun. What may go is told in
`gateway.records.erasing`; beside that nothing is begun for an hour after the clock
leapt, nor while the chain of time-stamps does not hold.
"""

import logging
from datetime import datetime

from gateway.records import erasing
from gateway.records.erasures import Erasure
from gateway.records.errors import MonthKeyFault, RecordsError
from gateway.records.stamp_chain import faults, roots_of
from gateway.services.clock import Clock
from gateway.services.clock_watch import ClockWatch
from gateway.station import Station

log = logging.getLogger(__name__)


class Eraser:
    """One station's."""

    def __init__(self, station: Station, clock: Clock, watch: ClockWatch) -> None:
        self._station = station
        self._clock = clock
        self._watch = watch

    async def look(self) -> None:
        """End what was begun, and begin what may go by now."""
        store = self._station.store
        try:
            store.month_keys().look(store.recorded_months())
            for erasure in store.unfinished_erasures():
                await self._end(erasure)
            await self._watch.look()  # a leap of this moment, too
            if self._watch.jump is None:
                await self._begin(self._clock())
        except MonthKeyFault as error:
            store.lose_keys(error)
        except RecordsError as error:
            log.error("%s: nothing is erased: %s", self._station.name, error)

    async def _begin(self, now: datetime) -> None:
        store = self._station.store
        for month in store.recorded_months():
            if month.over_at() > now:
                return
            if erasing.why_not(store, month, now):
                continue
            if not self._is_stamped(now):
                log.error("%s: the time-stamps do not hold", self._station.name)
                return
            await store.commit(erasing.begin(store, month, now))
            for erasure in store.unfinished_erasures():
                await self._end(erasure)
            return  # the next month, the next time

    def _is_stamped(self, now: datetime) -> bool:
        """Whether the whole chain is believed, as `records verify` asks."""
        proof = self._station.config.proof
        roots = roots_of(proof.authority_root)
        chain = self._station.store.stamps()
        return not any(faults(chain, roots, proof.authority_policy, now))

    async def _end(self, erasure: Erasure) -> None:
        store, path = self._station.store, self._station.config.store.path
        for step in erasing.steps(erasure):
            await store.commit(step)
        await store.commit(erasing.destroy(store, path, erasure))
        month, count = erasure.extent.month, erasure.extent.count
        log.info("%s: %s is erased: %d records", self._station.name, month, count)
