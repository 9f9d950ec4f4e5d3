# SPDX-License-Identifier: Apache-2.0
"""Co-signs the heads of peers' logs, as C2SP tlog-witness says.

Asked over mutual TLS at the listener for peers. A peer brings the log of its own name
and no other, signed by the record key that the master names for it. What is co-signed
is remembered durably before the co-signature leaves; a head that does not go on from
there is not co-signed, ever. A log that showed two trees is put on record with both of
its heads, which are the proof of it (SK-L12).

Nothing of this touches a message. One request costs two signatures checked, one made
and one small commit; a request that is not in order costs no commit.
"""

import logging
from datetime import datetime
from typing import Final

from gateway.log_key import LogKey, log_verifiers, origin_of
from gateway.records.errors import StoreUnavailable
from gateway.records.event import Event, EventKind, prepare
from gateway.records.transaction import Transaction
from gateway.records.witnessed import Witnessed
from gateway.services.allowance import Allowance
from gateway.services.clock import Clock
from gateway.services.link_host import Answer
from gateway.station import Station
from pki.trust import Identity
from protocols.http import Request
from protocols.refusals import refusal
from protocols.tlog import checkpoint, witness
from protocols.tlog.errors import Malformed
from protocols.tlog.generation import base_of
from protocols.tlog.note import Verifier
from protocols.tlog.witness import Known, Verdict

log = logging.getLogger(__name__)

PREFIX: Final = "/v1/witness"
TARGET: Final = PREFIX + witness.PATH
TEXT: Final = "text/plain; charset=utf-8"
FORKED: Final = "SK-L12"
FORKS: Final = 8
"""Contradictions that are put on record at once; one more every minute after that."""
GENERATIONS: Final = 64
"""Logs of one peer that are co-signed: it begins a new one at each restore."""
UNAVAILABLE: Final = Answer(503, TEXT, b"not now\n")
ONLY_POST: Final = Answer(405, TEXT, b"POST only\n")


class Witness:
    """One station, as the witness of its peers' logs."""

    def __init__(self, station: Station, key: LogKey, clock: Clock) -> None:
        self._station = station
        self._key = key
        self._clock = clock
        self._forks = Allowance(FORKS, 1 / 60, clock().timestamp())

    async def post(self, request: Request, identity: Identity) -> Answer:
        """Answer one request to `TARGET`."""
        if request.method != "POST":
            return ONLY_POST
        try:
            origin = self._origin(request.body, identity)
            key = self._key_of(request.body, identity, origin)
            known = self._station.store.witnessed_as(origin)
            verdict = _judged(request.body, origin, key, known)
            if verdict.contradicts(_known(known)):
                await self._contradicted(verdict, request.body, known, identity)
            if verdict.status != 200:
                return Answer(verdict.status, verdict.content_type, verdict.body)
            return await self._cosign(request.body, origin, key)
        except StoreUnavailable as error:
            log.error("%s: no head is co-signed: %s", self._station.name, error)
            return UNAVAILABLE

    def _origin(self, body: bytes, identity: Identity) -> str:
        """Which of the peer's logs it is about: after a restore it begins a new one."""
        first = origin_of(identity.station)
        try:
            told = witness.origin_of(body)
        except Malformed:
            return first
        if base_of(told) != first or told == first:
            return first
        known = [one.origin for one in self._station.store.witnessed()]
        logs = [one for one in known if base_of(one) == first]
        return told if told in logs or len(logs) < GENERATIONS else first

    def _key_of(self, body: bytes, identity: Identity, origin: str) -> Verifier | None:
        """The peer's key, of several the one that signed; None: it has none."""
        keys = log_verifiers(
            self._station.directory, identity.station, self._clock(), origin
        )
        try:
            _, signed = checkpoint.read(witness.read(body).checkpoint)
        except Malformed:
            return None
        named = {one.key_id for one in signed.signatures}
        fitting = [one for one in keys if one.key_id in named]
        return next(iter(fitting or keys), None)

    async def _cosign(self, body: bytes, origin: str, key: Verifier | None) -> Answer:
        """Look again inside the transaction, remember, and only then sign."""
        now = self._clock()

        def work(tx: Transaction) -> Verdict:
            verdict = _judged(body, origin, key, tx.witnessed_now(origin))
            head = verdict.head
            if head is not None:
                note = witness.read(body).checkpoint
                tx.put_witnessed(Witnessed(origin, head.size, head.root, now, note))
            return verdict

        verdict = await self._station.store.commit(work)
        if verdict.head is None:
            return Answer(verdict.status, verdict.content_type, verdict.body)
        line = self._key.cosigned(verdict.head, now).line
        return Answer(200, TEXT, line.encode())

    async def _contradicted(
        self,
        verdict: Verdict,
        body: bytes,
        known: Witnessed | None,
        identity: Identity,
    ) -> None:
        """Put it on record, with what the log signed then and now."""
        now = self._clock()
        if not self._forks.take(now.timestamp()):
            return
        shown = witness.read(body).checkpoint
        event = _contradiction(verdict, shown, known, identity, now)
        log.critical("%s: %s", identity.station, event.detail)
        record = prepare(event, self._station.token_bytes)
        await self._station.store.commit(lambda tx: tx.record(record))


def _contradiction(
    verdict: Verdict,
    shown: bytes,
    known: Witnessed | None,
    peer: Identity,
    at: datetime,
) -> Event:
    size = 0 if verdict.shown is None else verdict.shown.size
    before = b"" if known is None else known.note
    told = f"{refusal(FORKED).en}: {size} entries now, {_known(known).size} before"
    return Event(
        kind=EventKind.LINK_REFUSED,
        at=at,
        direction="in",
        peer=str(peer.station),
        code=FORKED,
        detail=told,
        evidence={"checkpoint_before": before, "checkpoint_now": shown},
    )


def _judged(
    body: bytes, origin: str, key: Verifier | None, known: Witnessed | None
) -> Verdict:
    logs = {} if key is None else {origin: key}
    return witness.judge(body, logs, _known(known))


def _known(found: Witnessed | None) -> Known:
    return Known() if found is None else Known(found.size, found.root)
