# SPDX-License-Identifier: Apache-2.0
"""Puts content on a medium: asked for, approved where it is much, then written.

The order of a writing, and why:

1. Everything that could refuse it is asked: who, the witness, the approval, its time,
   whether exactly what was chosen then is named now, the receiver's certificate.
2. The ledger says that it is being written.
3. For each part: who is in it is recorded, person by person, and that is durable; then
   it is signed, sealed and laid beside its place. No store, no part.
4. The ledger says that it is written, and the manifest's signature is evidence there.
5. The folder gets its name.

Killed anywhere, nobody is on a medium who is not on record. What was cut short before 4
is removed by the next attempt; what was cut short between 4 and 5 is finished by it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec

from gateway.records.event import Event, EventKind, Prepared, prepare
from gateway.records.media import OUT, Medium
from gateway.records.store import StoreReader
from gateway.records.transaction import Transaction
from gateway.rules import media as rules
from gateway.rules.media import CONTENTS, TAKE_IN, MediaRefused, State
from gateway.services import media_folder as folders
from gateway.services.media_content import Choice, Outgoing, choose
from gateway.services.media_desk import (
    Desk,
    Done,
    must_be_a_writer,
    must_be_written,
    must_have_another,
)
from gateway.station import load_keys
from pki.cms import Signer
from pki.names import BadStationName, StationName
from pki.sealing import Recipient
from pki.trust import Purpose
from protocols import media
from protocols.directory import Directory
from protocols.header import new_id, wire_time
from protocols.identifiers import Realm


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator asks for."""

    content: str
    to: str
    """``organisation/role``."""
    device: str
    reason: str
    file: Path | None
    """The list of residents, or the extract; None: the whole file."""


def request(desk: Desk, operator: str, asked: Asked) -> Medium:
    """Put a new medium into the ledger; raises `MediaRefused`."""
    now, name = desk.clock(), desk.config.station.name
    facts = {"content": asked.content, "to": asked.to, "device": asked.device}
    done = Done(rules.Act.REQUEST, operator, {**facts, "reason": asked.reason})
    with desk.refusing(done):
        must_be_written(done)
        must_be_a_writer(desk.config, operator)
        rules.must_fit(asked.content, asked.device, name, _station(asked.to))
        directory = desk.directory()
        _receiver(directory, asked.to, now)
        choice = _choice(desk, directory, asked.content, asked.file)
        with desk.reader() as store:
            persons = choice.count(store)
            selection = store.selection_tag(choice.digest)
        if not persons:
            raise MediaRefused("there is nobody to put on it")
        medium = Medium(
            direction=OUT,
            peer=asked.to,
            output_id=new_id(now, os.urandom),
            content=asked.content,
            device=asked.device,
            scope=choice.scope,
            selection=selection,
            persons=persons,
            large=persons > desk.config.media.approval_above,
            reason=asked.reason,
            operator=operator,
            opened=now,
            until=now + desk.approval(),
            state=State.REQUESTED.value,
            since=now,
        )
        return desk.commit(lambda tx: _opened(desk, tx, medium, done))


def _opened(desk: Desk, tx: Transaction, medium: Medium, done: Done) -> Medium:
    number = tx.open_medium(medium)
    if number is None:
        raise MediaRefused("an output of this id is in the ledger; ask again")
    opened = msgspec.structs.replace(medium, number=number)
    chosen = {"persons": str(medium.persons), "selection": medium.selection.hex()}
    facts = {**done.facts, "scope": medium.scope, **chosen}
    desk.note(tx, opened, Done(done.act, done.operator, facts))
    return opened


def write(
    desk: Desk, number: int, operator: str, witness: str, into: Path, file: Path | None
) -> Path:
    """Write a medium's folder into ``into``; where it is. Raises `MediaRefused`."""
    medium = desk.medium(number)
    target = into / medium.output_id.hex()
    done = Done(rules.Act.BEGIN, operator, {"witness": witness})
    with desk.refusing(done, medium):
        must_be_written(done)
        must_be_a_writer(desk.config, operator)
        must_have_another(done)
        if medium.state == State.WRITTEN:
            _finish(desk, medium, done, target)
            return target
        now = desk.clock()
        state = rules.after(medium, done.act)
        rules.may_begin(medium, now)
        directory = desk.directory()
        receiver = _receiver(directory, medium.peer, now)
        choice = _choice(desk, directory, medium.content, file)
        _must_be_the_same(desk, medium, choice)
        begun = msgspec.structs.replace(medium, state=state.value, since=now)
        desk.commit(lambda tx: desk.move(tx, medium, begun, done))
        folders.clear(target)
        _Writing(desk, begun, operator, witness, receiver).run(choice, target)
    return target


class _Writing:
    """One attempt at a folder."""

    def __init__(
        self,
        desk: Desk,
        medium: Medium,
        operator: str,
        witness: str,
        receiver: Recipient,
    ) -> None:
        self._desk = desk
        self._medium = medium
        self._operator = operator
        self._witness = witness
        self._receiver = receiver
        self._signer: Signer = load_keys(desk.config).signer
        self._persons = 0
        self._parts: list[media.Part] = []

    def run(self, choice: Choice, target: Path) -> None:
        """Raises `MediaRefused`; then no folder is there, and that is recorded."""
        desk, medium = self._desk, self._medium
        try:
            with desk.reader() as store, folders.Folder(target) as folder:
                now = desk.clock()
                for part in choice.parts(store, medium.output_id, now):
                    self._put(folder, store, part)
                self._complete(folder)
                folder.keep = True  # it is in the ledger: the next attempt finishes it
                folder.place()
        except MediaRefused as no:
            said = f"medium {medium.number}: not written: {no}"
            event = desk.event(EventKind.FAILED, medium, self._operator, said)
            desk.commit(lambda tx: tx.record(prepare(event)))
            raise

    def _put(self, folder: folders.Folder, store: StoreReader, out: Outgoing) -> None:
        """One part: who is in it is durable before it is made."""
        number = len(self._parts) + 1
        self._persons += len(out.codes)
        if self._persons > rules.most(self._medium):
            raise MediaRefused("it is more persons than were asked for; ask anew")
        if number > media.MAX_PARTS:
            raise MediaRefused(f"it is more than {media.MAX_PARTS} parts")
        events = [store.prepared(one) for one in self._events(store, out)]
        self._desk.commit(partial(_record, events))
        at = wire_time(self._desk.clock())
        data = media.sealed_part(out.payload, self._signer, self._receiver, at)
        folder.write(media.part_name(number), data)
        self._parts.append(media.part_of(out.message_type, data))

    def _events(self, store: StoreReader, out: Outgoing) -> Iterator[Event]:
        """One for each person: who put whom on what, for whom, why, and who saw it."""
        medium = self._medium
        said = f"medium {medium.number}, {medium.device}: {medium.reason}; witness: "
        event = self._desk.event(
            EventKind.ATTEMPTED, medium, self._operator, said + self._witness
        )
        for code in out.codes:
            yield msgspec.structs.replace(
                event,
                message_type=out.message_type,
                person_tag=store.person_tag(code),
            )

    def _complete(self, folder: folders.Folder) -> None:
        desk, medium = self._desk, self._medium
        now = wire_time(desk.clock())
        manifest = media.Manifest(
            output_id=medium.output_id,
            content=medium.content,
            legal_basis=CONTENTS[medium.content].law,
            sender=desk.config.station.name,
            receiver=StationName.parse(medium.peer),
            created=now,
            take_in_by=now + TAKE_IN,
            sealing_certificate=self._receiver.digest,
            persons=self._persons,
            parts=tuple(self._parts),
        )
        data, signed = media.sealed_manifest(
            manifest, self._signer, self._receiver, now
        )
        folder.write(media.MANIFEST, data)
        written = msgspec.structs.replace(
            medium,
            state=rules.after(medium, rules.Act.PLACE).value,
            since=desk.clock(),
            persons=self._persons,
            manifest=sha256(data).digest(),
        )
        facts = {
            "witness": self._witness,
            "persons": str(self._persons),
            "parts": str(len(self._parts)),
            "manifest": written.manifest.hex(),
        }
        done = Done(rules.Act.PLACE, self._operator, facts)
        evidence = {"media_manifest": signed}
        desk.commit(
            lambda tx: desk.move(tx, medium, written, done, EventKind.SENT, evidence)
        )


def _record(events: list[Prepared], tx: Transaction) -> None:
    for event in events:
        tx.record(event)


def _finish(desk: Desk, medium: Medium, done: Done, target: Path) -> None:
    """A writing that was cut short when all was written but the name."""
    for found in folders.remains(target):
        data = folders.read_file(found, media.MANIFEST, media.MAX_MANIFEST)
        if sha256(data).digest() == medium.manifest:
            desk.commit(lambda tx: desk.note(tx, medium, done))
            folders.finish(found, target)
            return
    raise MediaRefused("it is written already; nothing is written twice")


def _must_be_the_same(desk: Desk, medium: Medium, choice: Choice) -> None:
    with desk.reader() as store:
        same = store.selection_tag(choice.digest) == medium.selection
        persons = choice.count(store)
    if not same or choice.scope != medium.scope:
        raise MediaRefused("it is not what was asked for; name the same, or ask anew")
    if persons > rules.most(medium):
        raise MediaRefused("it is more persons than were asked for; ask anew")


def _choice(
    desk: Desk, directory: Directory, content: str, file: Path | None
) -> Choice:
    realm = Realm(directory.master.realm)
    return choose(content, file, desk.config.station.organisation, realm)


def _receiver(directory: Directory, to: str, now: datetime) -> Recipient:
    """Whom it is sealed for; raises `MediaRefused` unless that is to be believed."""
    name = _station(to)
    peer = directory.peer(name)
    if peer is None or peer.recipient is None:
        raise MediaRefused(f"{name} has no sealing certificate in the master")
    if not directory.trusted(name, Purpose.SEALING, now):
        raise MediaRefused(f"the sealing certificate of {name} is not believed now")
    return peer.recipient


def _station(text: str) -> StationName:
    try:
        return StationName.parse(text)
    except BadStationName:
        raise MediaRefused("the receiver is written organisation/role") from None
