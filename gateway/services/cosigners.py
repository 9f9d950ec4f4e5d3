# SPDX-License-Identifier: Apache-2.0
"""Brings the newest head of our log to the witnesses, and keeps what they co-sign.

A round looks whether there is a newer head than the last that the quorum co-signed, or
whether that one gets old; then every witness is asked at once, each from where it said
that it was. What they answer is believed by the record keys that the master names for
them. Nothing of a message waits for it.

Two answers say that our log is not the one that a witness saw: it knows more of it than
we have, or another tree of the same size, or no proof of ours leads from its tree to
ours. Then an old state was brought back over a newer one, or somebody changed the
store: it is condemned, and the station sends nothing until a person decided.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from twisted.internet.defer import Deferred, gatherResults

from gateway.log_key import LogKey, witness_verifiers
from gateway.records.errors import StoreUnavailable
from gateway.records.log import Head
from gateway.records.proven import Cosigned, Seen
from gateway.records.transaction import Transaction
from gateway.services.clock import Clock
from gateway.services.peer_errors import PeerError
from gateway.services.witness_client import (
    Client,
    LogDiffers,
    WitnessError,
    cosigned_by,
)
from gateway.station import Station
from pki.names import StationName
from protocols.limits import MAX_SKEW
from protocols.tlog import note
from protocols.tlog.errors import FalseSignature, LogError, NotSigned
from protocols.tlog.note import Signature, Verifier

log = logging.getLogger(__name__)

REFRESHED: Final = 8
"""A head that stands still is co-signed anew so many times within its longest age."""


class Given(NamedTuple):
    """A co-signature that is believed."""

    witness: StationName
    signature: Signature


class Cosigners:
    """One station's witnesses."""

    def __init__(
        self,
        station: Station,
        key: LogKey,
        client_of: Callable[[StationName], Client | None],
        clock: Clock,
    ) -> None:
        self._station = station
        self._key = key
        self._client_of = client_of
        self._clock = clock
        self._told: dict[StationName, str] = {}
        """What each witness failed with last: said once."""

    @property
    def problems(self) -> dict[StationName, str]:
        """Why each witness that did not co-sign at the last round did not."""
        return dict(self._told)

    async def look(self) -> None:
        """Have the newest head co-signed, if it is time."""
        store, proof = self._station.store, self._station.config.proof
        head, newest, now = store.log_head(), store.cosigned(), self._clock()
        longest = timedelta(hours=proof.cosigned_hours)
        if (
            head is None
            or not proof.witnesses
            or not _is_due(head, newest, now, longest)
        ):
            return
        names = proof.names()
        asked = [Deferred.fromCoroutine(self._ask(name, head)) for name in names]
        given = [one for one in await gatherResults(asked) if one is not None]
        await self._keep(head, newest, given, now)

    async def _ask(self, name: StationName, head: Head) -> Given | None:
        """One witness's co-signature; None where it gave none, which is told."""
        client, store = self._client_of(name), self._station.store
        keys = witness_verifiers(self._station.directory, name, self._clock())
        seen = {one.witness: one.size for one in store.seen_by()}
        try:
            if client is None or not keys:
                raise WitnessError("the master names no address or no record key of it")
            old = min(seen.get(str(name), 0), head.size)
            answer = await cosigned_by(client, store, head, old)
            found = _believed(answer, head, keys, self._clock())
        except LogDiffers as error:
            log.critical("witness %s: %s; nothing is sent any more", name, error)
            store.condemn()
            self._told[name] = str(error)
            return None
        except (WitnessError, PeerError, LogError) as error:
            said = str(error)
            if self._told.get(name) != said:
                log.warning("witness %s did not co-sign: %s", name, said)
            self._told[name] = said
            return None
        self._told.pop(name, None)
        return Given(name, found)

    async def _keep(
        self,
        head: Head,
        newest: Cosigned | None,
        given: list[Given],
        now: datetime,
    ) -> None:
        """Keep each co-signature's size, and the head if the quorum is complete."""
        signatures = self._earlier(head, newest)
        signatures.update((one.witness, one.signature) for one in given)
        times = sorted(map(_time_of, signatures.values()), reverse=True)
        quorum = self._station.config.proof.quorum
        signed = note.read(head.note).signed(*signatures.values()).encode()

        def work(tx: Transaction) -> None:
            for one in given:
                tx.put_seen(Seen(str(one.witness), head.size, now))
            if len(times) >= quorum:
                tx.put_cosigned(Cosigned(head.size, times[quorum - 1], signed))

        if not given:
            return
        try:
            await self._station.store.commit(work)
        except StoreUnavailable as error:
            log.error("co-signatures are not kept: %s", error)

    def _earlier(
        self, head: Head, newest: Cosigned | None
    ) -> dict[StationName, Signature]:
        """Co-signatures that this very head has already."""
        if newest is None or newest.size != head.size:
            return {}
        had, now = note.read(newest.note), self._clock()
        if had.text != note.read(head.note).text:
            return {}
        found = {}
        for name in self._station.config.proof.names():
            for key in witness_verifiers(self._station.directory, name, now):
                for one in had.signatures:
                    if (one.name, one.key_id) == (key.name, key.key_id):
                        found[name] = one
        return found


def _believed(
    answer: list[Signature], head: Head, keys: list[Verifier], now: datetime
) -> Signature:
    """The co-signature by one of those keys, of this moment; raises `LogError`."""
    text = note.read(head.note).text
    for one in answer:
        signers = _signers(text, one, keys)
        for at in signers.values():
            if at is None or abs(at - now) > MAX_SKEW:
                raise FalseSignature("its co-signature is of another time than now")
            return one
    raise NotSigned("it answered with no co-signature of its own")


def _signers(
    text: str, one: Signature, keys: list[Verifier]
) -> dict[Verifier, datetime | None]:
    try:
        return note.verify(note.Note(text, (one,)), keys)
    except NotSigned:
        return {}


def _is_due(
    head: Head, newest: Cosigned | None, now: datetime, longest: timedelta
) -> bool:
    if newest is None or head.size > newest.size:
        return True
    return abs(now - newest.at) > longest / REFRESHED


def _time_of(signature: Signature) -> datetime:
    seconds = int.from_bytes(signature.data[: note.TIME_SIZE], "big")
    return datetime.fromtimestamp(seconds, UTC)
