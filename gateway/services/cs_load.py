# SPDX-License-Identifier: Apache-2.0
"""A city is handed in at once: the first filling of the identity information file.

A CS takes resident data from the existing resident system only (R-028), so there is no
file to be carried to it: the register hands the city in at the inside listener, under
its own certificate, in batches. An operator opened the filling before that, and another
person approved it (`sekisho cs load open`). Each line of a batch is the payload that
the register would post for one person, and goes through the same checks; a bad one is
refused alone, with its number, and so is somebody who is dead and of whom nothing was
known: they are no part of the file (R-011). Nothing is sent to the servers: they know
the city, and the consistency check shows where they do not. What a line does inside, an
update would do as well: a death takes its sending destinations with it (R-099).

    GET  /v1/inside/load                       the filling that is open, in lines
    POST /v1/inside/load/ID/persons[?place=P]  one identity_information_update a line
    POST /v1/inside/load/ID/done?persons=N     that was all: as many are held?

Whoever was cut off asks, and goes on behind the place that it told last; handing in a
person again does nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from gateway.intake import payload_code
from gateway.outcome import Verdict
from gateway.records.event import Event, EventKind, Prepared
from gateway.records.keeping import is_dead
from gateway.records.loads import DONE, Load
from gateway.records.transaction import Transaction
from gateway.roles.cs_destinations import after_death
from gateway.roles.plan import Effect, Plan
from gateway.rules import identity_record
from gateway.rules.resident import update_fault
from gateway.services.clock import Clock
from gateway.services.listener import Answer, Request
from gateway.services.runtime import Runtime
from pki.trust import Identity
from protocols.refusals import refusal
from schemas.messages import IdentityInformationUpdate, IdentityRecord, read_payload
from schemas.systems import EXISTING
from schemas.xml import XmlRefused

LOAD: Final = "/v1/inside/load"
KIND: Final = "identity_information_update"
MAX_LINES: Final = 500
"""Persons in one batch: no other message waits longer than they take."""
NOBODY: Final = Answer(404, "text/plain", b"no filling is open\n")
WRONG: Final = Answer(
    400, "text/plain", f"1 to {MAX_LINES} payloads, one in each line\n".encode()
)
NOT_OPEN: Final = Answer(409, "text/plain", b"this filling is not open\n")
TOO_MANY: Final = Answer(
    409, "text/plain", b"these would be more persons than were approved\n"
)
_PERSONS: Final = re.compile(
    LOAD + r"/([0-9a-f]{32})/persons(?:\?place=([0-9A-Za-z]{1,64}))?", re.ASCII
)
_DONE: Final = re.compile(
    LOAD + r"/([0-9a-f]{32})/done\?persons=([0-9]{1,9})", re.ASCII
)


class _NotOpen(Exception):
    """It was ended meanwhile, or would be too full: nothing of the batch stands."""


@dataclass(slots=True)
class _Batch:
    """One batch, looked through."""

    new: dict[str, IdentityRecord] = field(default_factory=dict)
    again: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    """Number of the line, code, and the person's resident record code if known."""

    @property
    def told(self) -> str:
        """The counts, as they are answered and recorded."""
        return f"taken {len(self.new)}, again {self.again}, refused {len(self.refused)}"


class CsLoad:
    """The way in for a whole city, at one municipal CS."""

    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self._runtime = runtime
        self._station = runtime.station
        self._clock = clock

    async def handle(self, request: Request, identity: Identity) -> Answer | None:
        """Answer what is about a filling; None for all else, and for all others."""
        method, target = request.method, request.target
        if not target.startswith(LOAD) or identity.station.role != EXISTING:
            return None
        if (method, target) == ("GET", LOAD):
            load = self._station.store.open_load()
            return NOBODY if load is None else _shown(load)
        if method == "POST" and (found := _PERSONS.fullmatch(target)):
            load_id, place = bytes.fromhex(found[1]), found[2] or ""
            return await self._persons(load_id, place, request.body, identity)
        if method == "POST" and (found := _DONE.fullmatch(target)):
            return await self._done(bytes.fromhex(found[1]), int(found[2]), identity)
        return None

    async def _persons(
        self, load_id: bytes, place: str, body: bytes, identity: Identity
    ) -> Answer:
        if self._open(load_id) is None:
            return NOT_OPEN
        lines = body.splitlines()
        if not 0 < len(lines) <= MAX_LINES:
            return WRONG
        batch = self._read(lines)
        keep = partial(_keep, load_id=load_id, batch=batch, place=place)
        try:
            await self._record(
                *self._events(batch, identity), effects=(keep, *self._deaths(batch))
            )
        except _NotOpen:
            if self._open(load_id) is None:
                return NOT_OPEN
            await self._record(self._event(EventKind.REFUSED, identity, "too many"))
            return TOO_MANY
        refused = (f"{number} {code}\n" for number, code, _ in batch.refused)
        told = batch.told.replace(", ", "\n")
        return Answer(200, "text/plain", f"{told}\n{''.join(refused)}".encode())

    def _read(self, lines: Iterable[bytes]) -> _Batch:
        """Each line through the checks of a single update (R-072 to R-074)."""
        batch, store = _Batch(), self._station.store
        for number, line in enumerate(lines, 1):
            try:
                value = read_payload(KIND, line)
            except XmlRefused as error:
                batch.refused.append((number, payload_code(error), ""))
                continue
            assert isinstance(value, IdentityInformationUpdate)
            record = value.record
            person = record.resident_record_code
            held = batch.new.get(person) or store.last_told(person)
            facts = self._station.facts
            known = facts.tables.knows_municipality
            code = identity_record.fault(record, facts.realm, known)
            code = code or update_fault(held, record)
            if held is None and is_dead(record):
                code = code or "SK-J07"
            if code:
                batch.refused.append((number, code, person))
            elif held == record:
                batch.again += 1
            else:
                batch.new[person] = record
        return batch

    def _deaths(self, batch: _Batch) -> Iterator[Effect]:
        now = self._clock()
        for record in batch.new.values():
            yield from after_death(record, self._station, now)

    async def _done(self, load_id: bytes, persons: int, identity: Identity) -> Answer:
        if self._open(load_id) is None:
            return NOT_OPEN
        held = self._station.store.identity_count()
        if held != persons:
            told = f"{held} persons are held, {persons} were told\n"
            return Answer(409, "text/plain", told.encode())
        event = self._event(
            EventKind.RECEIVED, identity, f"all {held} persons are here"
        )
        try:
            await self._record(event, effects=(partial(_close, load_id=load_id),))
        except _NotOpen:
            return NOT_OPEN
        return Answer(200, "text/plain", f"done {held}\n".encode())

    def _open(self, load_id: bytes) -> Load | None:
        load = self._station.store.open_load()
        return load if load is not None and load.load_id == load_id else None

    # -- the record ------------------------------------------------------------------

    def _events(self, batch: _Batch, identity: Identity) -> Iterable[Event]:
        """One for the batch, and one for each person who was refused."""
        yield self._event(EventKind.RECEIVED, identity, batch.told)
        for _, code, person in batch.refused:
            found = refusal(code)
            verdict = Verdict(found.rule, "the checks of one update", False)
            tag = self._station.store.person_tag(person) if person else ""
            yield self._event(
                EventKind.REFUSED, identity, found.en, code, (verdict.row,), tag
            )

    def _event(
        self,
        kind: EventKind,
        identity: Identity,
        detail: str,
        code: str = "",
        verdicts: tuple[tuple[str, str, str], ...] = (),
        tag: str = "",
    ) -> Event:
        return Event(
            kind=kind,
            at=self._clock(),
            direction="in",
            peer=str(identity.station),
            message_type=KIND if code else "",  # a batch is no message, a line is one
            person_tag=tag,
            code=code,
            verdicts=verdicts,
            detail=f"filling: {detail}",
        )

    async def _record(self, *events: Event, effects: tuple[Effect, ...] = ()) -> None:
        """All of it in one transaction; raises `_NotOpen`, and then nothing stands."""
        records: tuple[Prepared, ...] = tuple(
            self._station.store.prepared(one, self._station.token_bytes)
            for one in events
        )
        await self._runtime.carry_out(Plan(effects=effects), records, self._clock())


def _keep(tx: Transaction, load_id: bytes, batch: _Batch, place: str) -> None:
    taken = sum(map(tx.put_identity, batch.new.values()))
    again = batch.again + len(batch.new) - taken  # an update was quicker
    if not tx.go_on_with_load(load_id, taken, again, len(batch.refused), place):
        raise _NotOpen


def _close(tx: Transaction, load_id: bytes) -> None:
    if not tx.close_load(load_id, DONE):
        raise _NotOpen


def _shown(load: Load) -> Answer:
    """What the register needs to go on."""
    told = {
        "load": load.load_id.hex(),
        "persons": load.persons,
        "taken": load.taken,
        "again": load.again,
        "refused": load.refused,
        "place": load.place,
    }
    lines = "".join(f"{name} {value}\n" for name, value in told.items() if value != "")
    return Answer(200, "text/plain", lines.encode())
