# SPDX-License-Identifier: Apache-2.0
"""What a municipal CS does with sending-destination extracts (送付先情報).

The register says how many persons are in an extract and what its digest is; an extract
that is not that is refused (R-045), and so is one with somebody who died (R-099). What
is taken is kept in the sending-destination file for a set time, and sent to the card
management system and to nobody else (R-092). It goes on byte for byte: nobody edits it
on the way (R-083), and under one id there is one extract (R-093).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Final

from gateway.dispatch import Draft
from gateway.records.destinations import NOTICE, Batch
from gateway.records.event import Event, EventKind, prepare
from gateway.records.keeping import is_dead
from gateway.records.rows import Outgoing
from gateway.records.transaction import Transaction
from gateway.roles.plan import NOTHING, Conflict, Effect, NotTaken, Plan
from gateway.station import Station
from pki.names import StationName
from schemas.messages import IdentityRecord, write_payload
from schemas.stream_messages import (
    Destination,
    SendingDestinationExtract,
    SendingDestinationNotice,
)

EXPIRED: Final = frozenset({"SK-T03", "SK-T07"})
"""Its message came to its end before the card management system took it."""
_SAID: Final = re.compile(r"persons=([0-9]{1,6})&sha256=([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Said:
    """What the register says of an extract behind the question mark."""

    persons: int
    digest: bytes

    @classmethod
    def of(cls, query: str) -> "Said | None":
        """None where it says nothing, or not in these words."""
        found = _SAID.fullmatch(query)
        return None if found is None else cls(int(found[1]), bytes.fromhex(found[2]))


class Destinations:
    """The sending-destination file's way in and out."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def take(
        self,
        value: SendingDestinationExtract,
        extract: bytes,
        said: Said | None,
        receiver: StationName,
        now: datetime,
    ) -> Plan:
        """Keep an extract and send it; raises `NotTaken`."""
        digest, persons = sha256(extract).digest(), len(value.destinations)
        if said is None or (said.persons, said.digest) != (persons, digest):
            raise NotTaken("SK-J09", "it is as many and the same as its register says")
        if any(map(self._died, value.destinations)):
            raise NotTaken("SK-J08", "nobody in it has died")
        codes = [one.resident_record_code for one in value.destinations]
        days = self._station.config.keeping.destination_days
        batch = Batch(value.batch_id, now, now + timedelta(days=days), persons, digest)
        keep = partial(_keep, batch=batch, extract=extract, codes=codes)
        return Plan(
            effects=(keep,), drafts=(_draft(batch.batch_id, extract, receiver),)
        )

    def again(self, outgoing: Outgoing, code: str, now: datetime) -> Plan:
        """Its message expired: it goes in another one, as long as it is kept."""
        if outgoing.message_type != NOTICE or code not in EXPIRED:
            return NOTHING
        extract = self._station.store.extract_to_send(outgoing.context, now)
        if extract is None:
            return NOTHING
        receiver = StationName.parse(outgoing.peer)
        return Plan(drafts=(_draft(outgoing.context, extract, receiver),))

    def is_gone(self, outgoing: Outgoing) -> bool:
        """Whether a message would carry what is in the file no more."""
        if outgoing.message_type != NOTICE:
            return False
        return self._station.store.destinations(outgoing.context) is None

    def _died(self, one: Destination) -> bool:
        """Under that code, or under another one that they had with the number."""
        store = self._station.store
        told = store.last_told(one.resident_record_code)
        if told is not None and is_dead(told):
            return True
        earlier = store.earlier_by_number(one.individual_number)
        if not earlier or not is_dead(earlier[0].record):
            return False
        return store.identity_by_number(one.individual_number) is None


def after_death(
    record: IdentityRecord, station: Station, now: datetime
) -> tuple[Effect, ...]:
    """What a record that tells of a death changes in the file; nothing if it does not.

    Whoever changed their code may stand in an extract under an earlier one.
    """
    if not is_dead(record):
        return ()
    earlier = station.store.earlier_by_number(record.individual_number)
    codes = {record.resident_record_code, record.old_resident_record_code or ""}
    codes.update(one.record.resident_record_code for one in earlier)
    return (partial(_without, codes=codes, station=station, now=now),)


def _without(tx: Transaction, codes: set[str], station: Station, now: datetime) -> None:
    """Somebody died: no extract with their number stays (R-099), and that is noted."""
    count = sum(map(tx.erase_destinations_of, codes))
    if count:
        event = Event(
            kind=EventKind.ERASED,
            at=now,
            direction="local",
            message_type="sending_destination_extract",
            detail=f"sending destinations erased: {count}; somebody in them died",
        )
        tx.record(prepare(event, station.token_bytes))


def _keep(tx: Transaction, batch: Batch, extract: bytes, codes: list[str]) -> None:
    if not tx.keep_destinations(batch, extract, codes):
        raise Conflict("SK-M09")


def _draft(batch_id: bytes, extract: bytes, receiver: StationName) -> Draft:
    notice = SendingDestinationNotice(batch_id=batch_id, extract=extract)
    return Draft(
        message_type=NOTICE,
        receiver=receiver,
        payload=write_payload(notice),
        context=batch_id,
    )
