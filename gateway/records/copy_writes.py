# SPDX-License-Identifier: Apache-2.0
"""What messages change in the store of copies: content in its order, and the code.

Beside an import (`copies.import_copies`) this is the only way in (R-145). Content comes
from the addressee system, ordered by its update sequence number: what is older than
what is held changes nothing, so that a late message cannot bring an old household back.
A flag is nobody's message: it stays as the operator set it. The code comes from the
core, before the content or after it.
"""

import msgspec

from gateway.records.base import Writes
from gateway.records.copy_rows import CopyRow, RecordRow
from gateway.records.copy_table import (
    EVERY_COPY,
    NO_MESSAGE,
    Laid,
    addressee_tag,
    code_tag,
    insert,
    next_version,
    read_row,
)


class CopyWrites(Writes):
    """Copies by message, inside a transaction."""

    __slots__ = ()

    def put_copy(self, addressee_number: str, sequence: int, record: RecordRow) -> bool:
        """Keep what the register now says of somebody.

        False if what is held is newer, or of the same number and says something else:
        nothing changed. The same again is taken, and changes nothing.
        """
        held = self._laid(addressee_number)
        same = held.copy.resident_record_information == record
        if sequence < held.sequence or (sequence == held.sequence and not same):
            return False
        if not same:
            copy = msgspec.structs.replace(
                held.copy, resident_record_information=record
            )
            self._replace(held, copy, sequence)
        elif sequence != held.sequence:
            self._changes(
                "UPDATE copies SET sequence = ? WHERE addressee_tag = ?",
                sequence,
                addressee_tag(self._keys, addressee_number),
            )
        return True

    def tie_code(self, addressee_number: str, code: str) -> bool:
        """Tie a linkage code to an addressee number (R-141).

        False if it is tied to another number: nothing changed. A person without a copy
        has from now on a code alone.
        """
        tag = code_tag(self._keys, code)
        owner = self._all("SELECT addressee_tag FROM copies WHERE code_tag = ?", tag)
        if owner:
            return bool(owner[0][0] == addressee_tag(self._keys, addressee_number))
        held = self._laid(addressee_number)
        copy = msgspec.structs.replace(held.copy, linkage_code=code)
        self._replace(held, copy, held.sequence)
        return True

    def _laid(self, addressee_number: str) -> Laid:
        """What is held of somebody; a row of nothing where that is nothing."""
        tag = addressee_tag(self._keys, addressee_number)
        rows = self._all(f"{EVERY_COPY} WHERE addressee_tag = ?", tag)
        if rows:
            return read_row(rows[0], self._keys)
        return Laid(_nothing(addressee_number), 0, NO_MESSAGE)

    def _replace(self, held: Laid, copy: CopyRow, sequence: int) -> None:
        self._changes(
            "DELETE FROM copies WHERE addressee_tag = ?",
            addressee_tag(self._keys, copy.addressee_number),
        )
        version = next_version(self._db)
        insert(self._db, self._keys, Laid(copy, version, sequence))


def _nothing(addressee_number: str) -> CopyRow:
    return CopyRow(addressee_number=addressee_number, suppressed=False)
