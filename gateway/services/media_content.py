# SPDX-License-Identifier: Apache-2.0
"""What goes on a medium: the payloads that would have gone by line, one after another.

The check information is made as a consistency check makes it: batches of eight items,
then a manifest (`gateway.services.consistency`), of the whole file or of the residents
of a list. Sending destinations are the register's extract, byte for byte. Whoever puts
them out need not hold more than one payload at a time.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from gateway.records.identities import decode_identity
from gateway.records.store import StoreReader
from gateway.rules.media import MediaRefused
from gateway.rules.resident import numbers_fault
from protocols.header import wire_time
from protocols.identifiers import Realm, resident_record_code_is_valid
from schemas.errors import SchemaError
from schemas.messages import read_payload, write_payload
from schemas.resident_messages import EightItems, IdentityRecord
from schemas.stream_messages import (
    BATCH,
    ConsistencyCheckInformation,
    ConsistencyCheckManifest,
    SendingDestinationNotice,
)
from schemas.xml import MAX_PAYLOAD

ALL: Final = "all"
LISTED: Final = "listed"
EXTRACT: Final = "extract"
MAX_LIST: Final = 16 * 1024 * 1024
"""Bytes of a list of resident record codes: a city of a million."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One payload, and whom it is about."""

    message_type: str
    payload: bytes = field(repr=False)
    codes: tuple[str, ...] = field(repr=False)
    """The resident record code of each person in it."""


class Choice(Protocol):
    """What was chosen to go on a medium."""

    @property
    def scope(self) -> str:
        """How the persons were chosen."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of exactly what was chosen."""

    def count(self, store: StoreReader) -> int:
        """How many persons it is now."""

    def parts(
        self, store: StoreReader, output_id: bytes, at: datetime
    ) -> Iterator[Outgoing]:
        """The payloads, in their order."""


def choose(content: str, file: Path | None, organisation: str, realm: Realm) -> Choice:
    """What an operator chose; raises `MediaRefused`, in words that tell no person."""
    if content == "sending_destination":
        if file is None:
            raise MediaRefused("the extract that is to go out is named as a file")
        return _Destinations(_read(file, MAX_PAYLOAD), organisation, realm)
    if file is None:
        return _Check(organisation)
    return _Check(organisation, _codes(_read(file, MAX_LIST), realm))


class _Check:
    """The identity information file for the consistency check, or a part of it."""

    def __init__(self, organisation: str, codes: Sequence[str] | None = None) -> None:
        self._organisation = organisation
        self._codes = codes
        self.scope = ALL if codes is None else LISTED
        chosen = "" if codes is None else "\n".join(codes)
        self.digest = sha256(f"{self.scope}\n{chosen}".encode()).digest()

    def count(self, store: StoreReader) -> int:
        if self._codes is None:
            return store.identity_count()
        for _ in self._records(store):
            pass
        return len(self._codes)

    def _records(self, store: StoreReader) -> Iterator[IdentityRecord]:
        if self._codes is None:
            for _, data in store.every_identity():
                yield decode_identity(data)
            return
        for place, code in enumerate(self._codes, 1):
            found = store.identity_by_code(code)
            if found is None:
                raise MediaRefused(f"code {place} of the sorted list is not held here")
            yield found

    def parts(
        self, store: StoreReader, output_id: bytes, at: datetime
    ) -> Iterator[Outgoing]:
        records, digests = self._records(store), sha256()
        batches = persons = 0
        while some := tuple(map(EightItems.of, islice(records, BATCH))):
            batches, persons = batches + 1, persons + len(some)
            payload = write_payload(
                ConsistencyCheckInformation(
                    check_id=output_id, batch=batches, persons=some
                )
            )
            digests.update(sha256(payload).digest())
            codes = tuple(one.resident_record_code for one in some)
            yield Outgoing("consistency_check_information", payload, codes)
        manifest = ConsistencyCheckManifest(
            check_id=output_id,
            municipality_code=self._organisation,
            taken_at=wire_time(at),
            batches=batches,
            records=persons,
            digest=digests.digest(),
        )
        yield Outgoing("consistency_check_manifest", write_payload(manifest), ())


class _Destinations:
    """One extract of sending destinations, as the register wrote it."""

    scope = EXTRACT

    def __init__(self, extract: bytes, organisation: str, realm: Realm) -> None:
        self._extract = extract
        self._value = extract_value(extract, organisation, realm)
        self.digest = sha256(b"extract\n" + extract).digest()

    def count(self, store: StoreReader) -> int:
        return len(self._value.destinations)

    def parts(
        self, store: StoreReader, output_id: bytes, at: datetime
    ) -> Iterator[Outgoing]:
        notice = SendingDestinationNotice(
            batch_id=self._value.batch_id, extract=self._extract
        )
        codes = tuple(one.resident_record_code for one in self._value.destinations)
        yield Outgoing("sending_destination_notice", write_payload(notice), codes)


def extract_value(extract: bytes, organisation: str, realm: Realm) -> Any:
    """An extract of that city's register; raises `MediaRefused`."""
    try:
        value: Any = read_payload("sending_destination_extract", extract)
    except SchemaError as error:
        raise MediaRefused(f"the extract is none: {error}") from None
    if value.municipality_code != organisation:
        raise MediaRefused("the extract is another municipality's")
    if any(numbers_fault(one, realm) for one in value.destinations):
        raise MediaRefused("a number of the extract is none of this network")
    codes = {one.resident_record_code for one in value.destinations}
    if len(codes) != len(value.destinations):
        raise MediaRefused("the extract has somebody twice")
    return value


def _codes(data: bytes, realm: Realm) -> tuple[str, ...]:
    """A list of resident record codes, one a line; told by its lines alone."""
    lines: list[str] = []
    with suppress(UnicodeDecodeError):
        lines = data.decode("ascii").split()
    for place, code in enumerate(lines, 1):
        if not resident_record_code_is_valid(code, realm):
            raise MediaRefused(f"entry {place} of the list is no code of this network")
    if not lines:
        raise MediaRefused("the list holds no resident record code")
    if len(set(lines)) != len(lines):
        raise MediaRefused("the list names somebody twice")
    return tuple(sorted(lines))


def _read(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(most + 1)
    except OSError as error:
        raise MediaRefused(f"{file}: {error.strerror}") from None
    if len(data) > most:
        raise MediaRefused(f"{file}: is larger than {most} bytes")
    return data
