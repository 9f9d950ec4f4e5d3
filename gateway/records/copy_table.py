# SPDX-License-Identifier: Apache-2.0
"""The table of copies (副本), row by row: how one is laid down and read again.

Laws of a row: it is one addressee number's; its linkage code, once it has one, is no
other row's (R-141); its content and flag are one sealed value, bound to both tags and
to its version. A version that was used never comes again, whoever writes: what was made
from a copy can so tell whether the copy is still the same.
"""

from typing import Final, NamedTuple

from gateway.records.base import Row, Value
from gateway.records.connection import Database
from gateway.records.copy_rows import CopyRow, decode_row, encode_row
from gateway.records.sealed import StoreKeys

EVERY_COPY: Final = (
    "SELECT addressee_tag, code_tag, flag_version, sealed, sequence FROM copies"
)
NO_MESSAGE: Final = -1
"""The sequence of a copy of which no message told."""


class Laid(NamedTuple):
    """One row, opened."""

    copy: CopyRow
    version: int
    sequence: int
    """Of the newest message that told of it; `NO_MESSAGE` if none did."""


def read_row(row: Row, keys: StoreKeys) -> Laid:
    """A row of `EVERY_COPY`; raises `StoreDamaged`."""
    addressee_tag, code_tag, version, sealed, sequence = row
    bound = _bound(addressee_tag, code_tag, version)
    return Laid(decode_row(keys.open("copies", bound, sealed)), version, sequence)


def next_version(db: Database) -> int:
    """A version that no copy ever had."""
    sql = "UPDATE copy_version SET last = last + 1 RETURNING last"
    return int(db.execute(sql).fetchall()[0][0])


def addressee_tag(keys: StoreKeys, number: str) -> bytes:
    """Under which a copy is found by its addressee number."""
    return keys.lookup_tag("addressee", number)


def code_tag(keys: StoreKeys, code: str) -> bytes:
    """Under which it is found by its linkage code."""
    return keys.lookup_tag("code", code)


def insert(db: Database, keys: StoreKeys, laid: Laid) -> None:
    """Lay a row down; an `IntegrityError` if its number or code is another row's."""
    db.execute(
        "INSERT INTO copies (addressee_tag, code_tag, flag_version, sealed, sequence)"
        " VALUES (?, ?, ?, ?, ?)",
        columns_of(keys, laid),
    )


def columns_of(keys: StoreKeys, laid: Laid) -> tuple[Value, ...]:
    """A row as its columns, in the order of `EVERY_COPY`."""
    copy = laid.copy
    number = addressee_tag(keys, copy.addressee_number)
    code = None if copy.linkage_code is None else code_tag(keys, copy.linkage_code)
    bound = _bound(number, code, laid.version)
    sealed = keys.seal("copies", bound, encode_row(copy))
    return number, code, laid.version, sealed, laid.sequence


def _bound(number: bytes, code: bytes | None, version: int) -> bytes:
    return number + (code or b"") + version.to_bytes(8)
