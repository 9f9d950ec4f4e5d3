# SPDX-License-Identifier: Apache-2.0
"""Has the log's newest head time-stamped each day, and keeps the chain of stamps.

A round looks whether a stamp is due: none was got yet, the last is of another day in
Japan, or it is a third of its longest age old. Then the newest head is shown to the
authority, together with the stamp before (`gateway.records.stamp_chain`). Where
witnesses are configured it is the newest head that their quorum co-signed: what is
stamped then is proven both ways.

A stamp is kept only if everything about it holds and its time is ours: a clock that is
wrong gets none, and after the longest age sends nothing any more.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from gateway.records import stamp_chain
from gateway.records.errors import StoreUnavailable
from gateway.records.jst import JST
from gateway.records.proven import Stamp
from gateway.services.clock import Clock
from gateway.services.stamp_door import Ask, AuthorityAway
from gateway.station import Station
from pki import timestamp
from pki.timestamp import NONCE_SIZE, Stamped, StampRefused, Wanted
from protocols.limits import MAX_SKEW

log = logging.getLogger(__name__)

SHARE: Final = 3
"""A stamp is got at the latest when the last is this part of its longest age old."""


class Stamper:
    """One station's."""

    def __init__(self, station: Station, clock: Clock, ask: Ask) -> None:
        """Raises `KeyFileError` where the authority's root cannot be read."""
        self._station = station
        self._clock = clock
        self._ask = ask
        self.roots = stamp_chain.roots_of(station.config.proof.authority_root)
        self.problem = ""
        """Why the last stamp that was due was not got; empty where it was."""

    async def look(self) -> None:
        """Get a stamp, if one is due."""
        store, proof = self._station.store, self._station.config.proof
        last, now = store.last_stamp(), self._clock()
        longest = timedelta(hours=proof.stamped_hours)
        if not proof.authority or not _is_due(last, now, longest):
            return
        note, size = self._newest()
        if note and (last is None or size >= last.size):
            await self._stamp(last, note, size)

    def _newest(self) -> tuple[bytes, int]:
        """The newest head that can be stamped; empty where there is none yet."""
        store = self._station.store
        found = store.cosigned() if self._station.config.proof.witnesses else None
        if found is not None:
            return found.note, found.size
        head = store.log_head()
        if head is None or self._station.config.proof.witnesses:
            return b"", 0
        return head.note, head.size

    async def _stamp(self, last: Stamp | None, note: bytes, size: int) -> None:
        before = b"" if last is None else last.token
        try:
            token, stamped = await self._asked(stamp_chain.digest(before, note))
        except (AuthorityAway, StampRefused) as error:
            if self.problem != str(error):
                log.warning("no time-stamp from the authority: %s", error)
            self.problem = str(error)
            return
        self.problem = ""
        stamp = Stamp(
            number=1 if last is None else last.number + 1,
            size=size,
            at=stamped.at,
            until=stamped.until,
            cosigned=bool(self._station.config.proof.witnesses),
            note=note,
            token=token,
        )
        try:
            await self._station.store.commit(lambda tx: tx.put_stamp(stamp))
        except StoreUnavailable as error:
            log.error("a time-stamp is not kept: %s", error)

    async def _asked(self, digest: bytes) -> tuple[bytes, Stamped]:
        """A token over this, all of it verified."""
        proof = self._station.config.proof
        nonce = int.from_bytes(self._station.token_bytes(NONCE_SIZE)) | 1
        query = timestamp.query(digest, nonce, proof.authority_policy)
        answer = await self._ask(proof.authority, query)
        token = timestamp.read_answer(answer)
        wanted = Wanted(digest, self.roots, proof.authority_policy, nonce)
        stamped = timestamp.verify(token, wanted)
        apart = abs(stamped.at - self._clock())
        if apart > MAX_SKEW + stamped.accuracy:
            seconds = f"{apart.total_seconds():.0f} s"
            raise StampRefused(f"its clock and ours are {seconds} apart")
        return token, stamped


def _is_due(last: Stamp | None, now: datetime, longest: timedelta) -> bool:
    if last is None:
        return True
    another_day = now.astimezone(JST).date() != last.at.astimezone(JST).date()
    return another_day or abs(now - last.at) > longest / SHARE
