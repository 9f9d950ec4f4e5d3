# SPDX-License-Identifier: Apache-2.0
"""The format of an import file of copies: JSON Lines, one copy in each (R-146).

A row is refused for what it is, by its number; what it says never shows, because an
error text ends up in a log.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from gateway.records.errors import ImportRefused
from schemas.messages import (
    InformationProvision,
    NotWritable,
    ResidentRecordInformation,
    write_payload,
)

MAX_ROW: Final = 64 * 1024
"""Bytes of one row; a copy takes about 300."""
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What XML, and so an answer, could not carry."""

Text = Annotated[str, Meta(max_length=200)]
Code = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]


class RecordRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """住民票関係情報 as the file carries it."""

    head_of_household: bool
    head_name: Annotated[Text, Meta(min_length=1)]
    relationship: Text


class CopyRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of the file."""

    addressee_number: Annotated[str, Meta(pattern=r"\A[0-9]{15}\Z")]
    linkage_code: Code | None = None
    """Left out, a code that is tied already stays; one may come from the core."""
    suppressed: bool
    resident_record_information: RecordRow | None = None

    def __repr__(self) -> str:
        return "CopyRow(<hidden>)"


_DECODER = msgspec.json.Decoder(CopyRow)
_ENCODER = msgspec.json.Encoder()


def decode_row(line: bytes) -> CopyRow:
    """One row; raises msgspec's own errors, whose texts name fields, not values."""
    return _DECODER.decode(line)


def encode_row(row: CopyRow) -> bytes:
    """The one spelling of a row; what is not held does not appear."""
    fields = msgspec.structs.asdict(row)
    return _ENCODER.encode({k: v for k, v in fields.items() if v is not None})


def check_rows(lines: Iterable[bytes]) -> Iterator[CopyRow]:
    """Every row of a file; raises `ImportRefused` at the first that is wrong."""
    for number, line in enumerate(lines, 1):
        yield _check(number, line.rstrip(b"\r\n"))


def _check(number: int, line: bytes) -> CopyRow:
    if len(line) > MAX_ROW:
        raise ImportRefused(number, f"it is longer than {MAX_ROW} bytes")
    try:
        row = decode_row(line)
    except msgspec.ValidationError as error:
        raise ImportRefused(number, _where(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ImportRefused(number, "it is not a JSON object in UTF-8") from None
    record = row.resident_record_information
    if record is not None:
        for name in ("head_name", "relationship"):
            if _UNPRINTABLE.search(getattr(record, name)):
                raise ImportRefused(number, f"{name} holds a control character")
        _must_be_answerable(number, record)
    return row


def _must_be_answerable(number: int, record: RecordRow) -> None:
    """What is imported can be provided as it is: it is not looked at again then."""
    answer = InformationProvision(
        item_no=1,
        layout_version="1",
        resident_record_information=ResidentRecordInformation(
            record.head_of_household, record.head_name, record.relationship
        ),
    )
    try:
        write_payload(answer)
    except NotWritable:
        raise ImportRefused(number, "an answer could not carry its texts") from None


def _where(text: str) -> str:
    """Of msgspec's sentence only our own field's name, never what stood there."""
    _, _, path = text.rpartition("`$")
    name = path.strip("`.").rpartition(".")[2]
    if name in _FIELDS:
        return f"{name} is not as the format says"
    return "a field is missing, unknown or of another type"


_FIELDS: Final = frozenset(CopyRow.__struct_fields__ + RecordRow.__struct_fields__)
