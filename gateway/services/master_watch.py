# SPDX-License-Identifier: Apache-2.0
"""Follows the master file when it changes: a newer one is in force within seconds.

Life: looks every second whether the file is another one than before and has come to
rest, reads it then, and at SIGHUP. A master is taken only whole and only if it is the
core's, of this network, newer than every one that this station ever went by, and names
this station's own certificates as they are in use. That it was taken is durable before
it counts, so that an older one is refused after a restart as well. Whatever else lies
there leaves the one in use in force; the cause is told, and the file is tried again
until it is gone.

A message is judged by the master that is in use when it is taken in hand: the exchange
is one step of the reactor's thread, between two messages.
"""

import logging
from collections.abc import Callable, Mapping

from cryptography import x509

from gateway.config import Config, ConfigRefused
from gateway.records.errors import StoreUnavailable
from gateway.records.event import Event, EventKind, prepare
from gateway.records.masters import HeldMaster
from gateway.records.transaction import Transaction
from gateway.rules.master import another_network, objection
from gateway.services.clock import Clock
from gateway.services.file_watch import stamp
from gateway.station import Station, load_anchor, load_master
from pki.errors import PkiError
from protocols.master import Master, MasterRefused

log = logging.getLogger(__name__)


class MasterWatch:
    """One station's."""

    def __init__(
        self,
        station: Station,
        own: Mapping[str, x509.Certificate],
        taken: Callable[[], None],
        clock: Clock,
    ) -> None:
        """``own``: our certificates in use, by purpose; ``taken`` is called after."""
        self._station = station
        self._own = own
        self._taken = taken
        self._clock = clock
        self._anchor = load_anchor(station.config)
        self._seen = self._settling = stamp(station.config.master.path)
        self._again = False
        self.problem = ""
        """Why the file is not what is in use; empty where it is."""

    async def begin(self) -> None:
        """Remember the master that the station started with."""
        await self._remember(self._station.directory.master)

    def reload(self) -> None:
        """Read the file at the next look, whatever its stamp says."""
        self._again = True

    async def look(self) -> None:
        """Take the file over if it is another one than before, and rests."""
        found = stamp(self._station.config.master.path)
        resting, self._settling = found == self._settling, found
        if not resting:
            return
        if found != self._seen or self.problem or self._again:
            self._seen, self._again = found, False
            await self._follow()

    async def _follow(self) -> None:
        directory = self._station.directory
        try:
            new = self._read()
            if new.digest != directory.master.digest:
                await self._remember(new)
                directory.renew(new)
                self._taken()
                log.info("%s: %s", self._station.name, _told(new))
        except (ConfigRefused, PkiError) as error:
            self._tell(str(error))
        except StoreUnavailable as error:
            self._tell(f"it cannot be remembered: {error}")
        else:
            self._tell("")

    def _read(self) -> Master:
        station = self._station
        known = station.directory
        new = load_master(station.config, self._anchor, known.trust, self._clock())
        for why in (
            objection(new, station.store.newest_master()),
            another_network(new, known.master),
            _own_differ(station.config, new, self._own),
        ):
            if why:
                raise MasterRefused(why)
        return new

    async def _remember(self, master: Master) -> None:
        """Durable before it counts; one that replaces another is on record."""
        store, now = self._station.store, self._clock()
        held = store.newest_master()
        if held is not None and held.digest == master.digest:
            return
        row = HeldMaster(master.version, master.digest, master.issued, now)
        event = _event(master, self._station, row)
        record = prepare(event, self._station.token_bytes)

        def work(tx: Transaction) -> None:
            tx.hold_master(row)
            if held is not None:
                tx.record(record)

        await store.commit(work)

    def _tell(self, problem: str) -> None:
        if problem and problem != self.problem:
            log.error("%s: the master in use stays: %s", self._station.name, problem)
        elif self.problem and not problem:
            log.info("%s: the master on the disk is in use", self._station.name)
        self.problem = problem


def _own_differ(
    config: Config, new: Master, own: Mapping[str, x509.Certificate]
) -> str:
    """Whether it names other certificates of ours than we work with."""
    for entry in new.stations:
        if entry.name != config.station.name:
            continue
        named = {
            "signing": entry.signing,
            "sealing": entry.sealing[:1],
            "permit": entry.permit,
        }
        for purpose, certificates in named.items():
            if certificates and purpose in own and own[purpose] not in certificates:
                return (
                    f"it names another {purpose}.crt of this station than is in use: "
                    "restart the station with the key that belongs to it"
                )
    return ""


def _told(master: Master) -> str:
    lists = ", ".join(f"{one.version} from {one.in_force}" for one in master.lists)
    return f"master {master.version} is in use; matching lists: {lists or 'none'}"


def _event(master: Master, station: Station, row: HeldMaster) -> Event:
    core = station.core()
    return Event(
        kind=EventKind.IMPORTED,
        at=row.taken,
        direction="local",
        peer="" if core is None else str(core),
        detail=f"master {master.version} of {master.issued:%Y-%m-%d %H:%M:%SZ}",
        evidence={"master": master.digest},
    )
