# SPDX-License-Identifier: Apache-2.0
"""Takes a medium in that another station wrote: all of it, once, or nothing.

Read first is the manifest: whom it is for, who signed it, whether a law lets those two,
its time, and whether it was taken in before. Then every part, against the manifest and
against what its content has to be. Only then does the ledger say that it was taken in,
with the manifest's signature as evidence, and the payloads appear in a new folder. A
refusal is recorded with its code, and nothing appears.

Killed between the two, the payloads are on the disk under no name, and the ledger says
that they are here: the same command, given again, proves them by the medium and gives
them their name.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from gateway.records.event import Event, EventKind, prepare
from gateway.records.media import IN, Medium
from gateway.records.transaction import Transaction
from gateway.rules import media as rules
from gateway.rules.media import CONTENTS, DEVICES, MediaRefused, State
from gateway.services import media_folder as folders
from gateway.services.media_arrived import ARRIVED, NotTakenIn
from gateway.services.media_desk import Desk, Done, must_be_written
from gateway.station import load_keys
from protocols import media
from protocols.errors import Unreadable
from protocols.identifiers import Realm
from protocols.refusals import refusal
from schemas.errors import SchemaError
from schemas.messages import read_payload


def take_in(desk: Desk, source: Path, to: Path, operator: str, device: str) -> Medium:
    """Take a medium's folder in, and lay its payloads in the clear into ``to``.

    Raises `NotTakenIn` or another `MediaRefused`.
    """
    done = Done(rules.Act.TAKE_IN, operator, {"device": device})
    with desk.refusing(done):
        must_be_written(done)
        if device not in DEVICES:
            raise MediaRefused(f"{device} is none of {', '.join(DEVICES)}")
    reading = _Reading(desk, source)
    try:
        reading.open()
        before, mark = reading.before(), reading.opened.manifest.output_id.hex()
        if before is not None:
            _finish(desk, reading, before, done, to)
            return before
        folders.clear(to, mark)
        with folders.Folder(to, mark) as folder:
            for number, payload in enumerate(reading.payloads(), 1):
                folder.write(_name(number), payload)
            medium = reading.row(operator, device)
            taken = desk.commit(
                lambda tx: _taken(desk, tx, medium, done, reading.opened.signed)
            )
            folder.keep = True
            folder.place()
    except MediaRefused as no:
        event = reading.refused(no, operator)
        desk.commit(lambda tx: tx.record(prepare(event)))
        raise
    return taken


def _taken(
    desk: Desk, tx: Transaction, medium: Medium, done: Done, signed: bytes
) -> Medium:
    number = tx.open_medium(medium)
    if number is None:  # another command was faster
        raise NotTakenIn("SK-M09", "it was taken in before")
    taken = msgspec.structs.replace(medium, number=number)
    told = {
        "content": medium.content,
        "persons": str(medium.persons),
        "manifest": medium.manifest.hex(),
    }
    written = Done(done.act, done.operator, {**done.facts, **told})
    desk.note(tx, taken, written, EventKind.RECEIVED, {"media_manifest": signed})
    return taken


def _finish(
    desk: Desk, reading: "_Reading", before: Medium, done: Done, to: Path
) -> None:
    """A taking in that was cut short when all was done but the name."""
    if before.state == State.TAKEN_IN and reading.again:
        for found in folders.remains(to, before.output_id.hex()):
            if _holds(found, reading):
                desk.commit(lambda tx: desk.note(tx, before, done))
                folders.finish(found, to)
                return
    raise NotTakenIn("SK-M09", f"it was taken in before, as medium {before.number}")


def _holds(found: Path, reading: "_Reading") -> bool:
    """Whether a folder has every payload of the medium, byte for byte."""
    for number, payload in enumerate(reading.payloads(), 1):
        try:
            held = folders.read_file(found, _name(number), len(payload))
        except MediaRefused:  # it is not there, or is more: it is not this one
            return False
        if held != payload:
            return False
    return True


def _name(number: int) -> str:
    """The file of a payload; numbers begin at 1. It names nobody."""
    return f"{number:04}.xml"


class _Reading:
    """One attempt at one medium."""

    opened: media.OpenedManifest
    """The manifest, once `open` came back."""

    def __init__(self, desk: Desk, source: Path) -> None:
        self._desk = desk
        self._source = source
        self._keys = load_keys(desk.config)
        self._now = desk.clock()
        self._directory = desk.directory()
        self._digest = b""
        self._told: media.Manifest | None = None
        self.again = False
        """Whether what was taken in before is this very medium."""

    def open(self) -> None:
        """Read the manifest; raises `NotTakenIn` where that already says no."""
        data = folders.read_file(self._source, media.MANIFEST, media.MAX_MANIFEST)
        self._digest = sha256(data).digest()
        try:
            self.opened = media.open_manifest(
                data, self._keys.opener, self._directory, self._now
            )
        except Unreadable as no:
            raise NotTakenIn(no.code) from None
        self._told = self.opened.manifest
        self._may_be_here(self._told)

    def payloads(self) -> Iterator[bytes]:
        """Every payload in its order; raises `MediaRefused` where one is not good."""
        manifest = self.opened.manifest
        kinds, check = ARRIVED[manifest.content]
        arrived = check(manifest, Realm(self._directory.master.realm))
        for number, told in enumerate(manifest.parts, 1):
            kind = told.message_type
            if kind not in kinds:
                raise NotTakenIn("SK-M04", f"part {number} is not of this content")
            payload = self._part(number, told)
            try:
                value = read_payload(kind, payload)
            except SchemaError:
                raise NotTakenIn("SK-X02", f"part {number}: not of its type") from None
            arrived.take(kind, value, payload)
            yield payload
        arrived.must_be_whole()

    def _part(self, number: int, told: media.Part) -> bytes:
        name = media.part_name(number)
        data = folders.read_file(self._source, name, media.MAX_PART)
        try:
            return media.open_part(
                data,
                told,
                self.opened.manifest.sender,
                self._keys.opener,
                self._directory,
                self._now,
            )
        except Unreadable as no:
            raise NotTakenIn(no.code, f"{name}: {refusal(no.code).en}") from None

    def _may_be_here(self, manifest: media.Manifest) -> None:
        """Raises `NotTakenIn` unless this station may take it in now, once."""
        known = CONTENTS.get(manifest.content)
        if manifest.receiver != self._desk.config.station.name:
            raise NotTakenIn("SK-M03")
        if (
            known is None
            or known.sender != manifest.sender.role
            or manifest.receiver.role not in known.receivers
            or known.law != manifest.legal_basis
        ):
            raise NotTakenIn("SK-M05")
        if manifest.sealing_certificate != self._keys.sealing_digest:
            raise NotTakenIn("SK-M10")
        if not manifest.is_of_time(self._now):
            early = self._now < manifest.created
            raise NotTakenIn("SK-M07" if early else "SK-M06")

    def before(self) -> Medium | None:
        """What this output became here, if it was taken in."""
        manifest = self.opened.manifest
        with self._desk.reader() as store:
            found = store.medium_taken(str(manifest.sender), manifest.output_id)
        self.again = found is not None and found.manifest == self._digest
        return found

    def row(self, operator: str, device: str) -> Medium:
        """Its row of the ledger."""
        manifest = self.opened.manifest
        return Medium(
            direction=IN,
            peer=str(manifest.sender),
            output_id=manifest.output_id,
            content=manifest.content,
            device=device,
            scope="received",
            selection=b"",
            persons=manifest.persons,
            large=False,
            reason=manifest.legal_basis,
            operator=operator,
            opened=self._now,
            until=manifest.take_in_by,
            state=State.TAKEN_IN.value,
            since=self._now,
            manifest=self._digest,
        )

    def refused(self, no: MediaRefused, operator: str) -> Event:
        """Why it was not taken in, as the record has it."""
        told = self._told
        return Event(
            kind=EventKind.REPEATED if self.again else EventKind.REFUSED,
            at=self._desk.clock(),
            direction="in",
            peer="" if told is None else str(told.sender),
            message_id="" if told is None else told.output_id.hex(),
            code=no.code if isinstance(no, NotTakenIn) else "SK-U01",
            operator=operator,
            detail=f"medium: {no}",
        )
