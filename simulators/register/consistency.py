# SPDX-License-Identifier: Apache-2.0
"""整合性確認: all identity information as a stream, its digest, and what differs.

Members are residents and those removed for another reason than death (R-011), each
person once: the newest record of a code. The stream is in the order of the codes and
holds one page of the city in memory; two such streams are compared like a zip.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

import msgspec

from schemas.hidden import Hidden
from schemas.messages import IdentityRecord
from schemas.reconciliation import compared
from simulators.register.books import Books, decode
from simulators.register.events import Events
from simulators.register.identity import different, identity_of
from simulators.register.reasons import Removed
from simulators.register.record import ResidentRecord
from simulators.register.store import Store

LEFT_OUT: Final = frozenset({Removed.DIED, Removed.NATURALISED})


class Side(Enum):
    """Where something is missing."""

    HERE = "missing here"
    THERE = "missing there"
    BOTH_DIFFER = "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """One person of whom the two sides do not say the same."""

    code: Hidden[str]
    kind: Side
    fields: tuple[str, ...] = ()
    """The names of the fields that differ."""


@dataclass(frozen=True, slots=True)
class Digest:
    """How many, and the SHA-256 of them all."""

    count: int
    sha256: str


class Consistency:
    """The register's side of the consistency check."""

    def __init__(self, store: Store, books: Books, events: Events) -> None:
        self._store = store
        self._books = books
        self._events = events

    def stream(self, after: str = "") -> Iterator[IdentityRecord]:
        """The identity information of everybody with a greater code, in order."""
        sql = (
            "SELECT code, body FROM records AS one WHERE code > ?"
            " AND number = (SELECT max(number) FROM records WHERE code = one.code)"
            " ORDER BY code LIMIT ?"
        )
        for _, body in self._store.pages(sql, (after,)):
            record = decode(body)
            if is_member(record):
                yield identity_of(record, self._books.municipality)

    def digest(self) -> Digest:
        """The digest that the other side's stream has where nothing differs."""
        return digest_of(self.stream())

    def compare(self, theirs: Iterable[IdentityRecord]) -> Iterator[Difference]:
        """What differs from a stream in the order of the codes; at the end, on record.

        A stream out of order is a `ValueError`: it would show differences that are not.
        """
        count = 0
        for difference in differences(self.stream(), theirs):
            count += 1
            yield difference
        self._events.happened("consistency checked", about=f"{count} differences")


def is_member(record: ResidentRecord) -> bool:
    """Whether the identity information file covers this record."""
    if record.individual_number is None:
        return False
    return record.removal is None or record.removal.by not in LEFT_OUT


def digest_of(records: Iterable[IdentityRecord]) -> Digest:
    """Count and SHA-256 of what both sides can compare, in the given order."""
    hashed = hashlib.sha256()
    count = 0
    for record in records:
        line = msgspec.json.encode(compared(record))
        hashed.update(len(line).to_bytes(4, "big") + line)
        count += 1
    return Digest(count, hashed.hexdigest())


def differences(
    ours: Iterable[IdentityRecord], theirs: Iterable[IdentityRecord]
) -> Iterator[Difference]:
    """Two streams in the order of the codes, side by side."""
    left, right = _ordered(ours), _ordered(theirs)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and _code(one) < _code(other)):
            assert one is not None
            yield Difference(Hidden(_code(one)), Side.THERE)
            one = next(left, None)
        elif one is None or _code(other) < _code(one):
            yield Difference(Hidden(_code(other)), Side.HERE)
            other = next(right, None)
        else:
            fields = different(one, other)
            if fields:
                yield Difference(Hidden(_code(one)), Side.BOTH_DIFFER, fields)
            one, other = next(left, None), next(right, None)


def _ordered(records: Iterable[IdentityRecord]) -> Iterator[IdentityRecord]:
    last = ""
    for record in records:
        if record.resident_record_code <= last:
            raise ValueError("the stream is not in the order of its codes")
        last = record.resident_record_code
        yield record


def _code(record: IdentityRecord) -> str:
    return record.resident_record_code
