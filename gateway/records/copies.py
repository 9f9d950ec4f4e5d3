# SPDX-License-Identifier: Apache-2.0
"""Copies (副本) of residents' information, and the flags that keep them back.

Tied both ways: one linkage code (符号), one addressee number (団体内統合宛名番号)
(R-141). At rest a copy is one sealed value, its flag included: who is protected is
itself a secret. It is found by keyed tags. Copies are changed by the messages of
`copy_writes`, and by a person with `import_copies` (R-145): each row's format is
checked first (R-146), then the whole file is taken in one transaction, with the record
of who imported it. A running daemon's next look sees it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.records.base import Reads
from gateway.records.copy_import import Imported, import_copies
from gateway.records.copy_table import (
    EVERY_COPY,
    Laid,
    addressee_tag,
    code_tag,
    read_row,
)
from gateway.records.errors import ImportRefused

RESIDENT_RECORD: Final = "resident_record_information"
"""住民票関係情報: the kind of information that this affair provides."""

__all__ = ["Copy", "CopyReads", "ImportRefused", "Imported", "import_copies"]


@dataclass(frozen=True, slots=True)
class ResidentRecord:
    """The content of one copy: 住民基本台帳法第7条第4号."""

    head_of_household: bool = field(repr=False)
    head_name: str = field(repr=False)
    relationship: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Copy:
    """What a provider holds of one subject."""

    addressee_number: str = field(repr=False)
    linkage_code: str = field(repr=False)
    """Empty until the core told it; then nobody can be asked about the subject."""
    kinds: Mapping[str, ResidentRecord] = field(repr=False)
    """By the id of the kind of information; empty where nothing is held."""
    suppressed: bool = field(repr=False)
    """自動応答不可フラグ: a person looks before anything is answered."""
    flag_version: int
    """Rises whenever the flag or the content changes."""


class CopyReads(Reads):
    """Looking up copies."""

    __slots__ = ()

    def copy_by_code(self, code: str) -> Copy | None:
        """The copy of the subject with that linkage code."""
        tag = code_tag(self._keys, code)
        return self._copy(f"{EVERY_COPY} WHERE code_tag = ?", tag)

    def copy_by_addressee(self, number: str) -> Copy | None:
        """The copy of the subject with that addressee number."""
        tag = addressee_tag(self._keys, number)
        return self._copy(f"{EVERY_COPY} WHERE addressee_tag = ?", tag)

    def copy_version(self, code: str) -> int | None:
        """The `flag_version` of that subject's copy, without opening it."""
        tag = code_tag(self._keys, code)
        row = self._one("SELECT flag_version FROM copies WHERE code_tag = ?", tag)
        return None if row is None else int(row[0])

    def copy_count(self) -> int:
        """How many copies are held."""
        return int(self._all("SELECT count(*) FROM copies")[0][0])

    def _copy(self, sql: str, tag: bytes) -> Copy | None:
        row = self._one(sql, tag)
        if row is None:
            return None
        return _as_copy(read_row(row, self._keys))


def _as_copy(laid: Laid) -> Copy:
    row = laid.copy
    record = row.resident_record_information
    kinds = {}
    if record is not None:
        kinds[RESIDENT_RECORD] = ResidentRecord(
            record.head_of_household, record.head_name, record.relationship
        )
    return Copy(
        addressee_number=row.addressee_number,
        linkage_code=row.linkage_code or "",
        kinds=kinds,
        suppressed=row.suppressed,
        flag_version=laid.version,
    )
