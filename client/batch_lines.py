# SPDX-License-Identifier: Apache-2.0
"""The lines of a batch inquiry (一括照会): a CSV file, read line by line.

    reference,item_no,kinds,addressee_number,provider
    整理番号,項番,情報の種類,宛名番号,提供者

One of the two heads, exactly. ``reference`` is the asker's own and comes back with the
result; several kinds stand in one cell with spaces between. Each line is read by
itself: a line that is not right is refused with its number, its column and the mend,
and takes nothing of the next one with it. What stood there is never repeated.

UTF-8, with or without BOM, or CP932 (Shift_JIS as Windows writes it): what is valid
UTF-8 is read as that.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from client.errors import InsideError
from schemas.matching_list import ITEMS
from schemas.messages import InformationInquiryRequest, write_payload

COLUMNS: Final = ("reference", "item_no", "kinds", "addressee_number", "provider")
HEADS: Final = (
    COLUMNS,
    ("整理番号", "項番", "情報の種類", "宛名番号", "提供者"),
)
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of one batch; a larger file is another file."""
_REFERENCE: Final = 64
_ITEM: Final = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_ADDRESSEE: Final = re.compile(r"[0-9]{15}", re.ASCII)
_PROVIDER: Final = re.compile(r"[0-9A-Z]{6}", re.ASCII)
_KINDS: Final = 8


class BatchRefused(InsideError):
    """A batch cannot be begun, or cannot go on as it is: the message says the mend."""


@dataclass(frozen=True, slots=True)
class Line:
    """One inquiry to be made."""

    number: int
    """Of the line in the file; the head is line 1."""
    reference: str = field(repr=False)
    item_no: int
    kinds: tuple[str, ...]
    addressee_number: str = field(repr=False)
    provider: str

    @property
    def payload(self) -> bytes:
        """What is handed in."""
        return write_payload(
            InformationInquiryRequest(
                item_no=self.item_no,
                kinds=self.kinds,
                addressee_number=self.addressee_number,
                provider=self.provider,
            )
        )


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not asked: which column, and what to write there."""

    number: int
    reference: str = field(repr=False)
    """Empty where it could not be read."""
    column: str
    ja: str
    en: str


class _Bad(Exception):
    def __init__(self, column: str, ja: str, en: str) -> None:
        super().__init__(column)
        self.column, self.ja, self.en = column, ja, en


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole file, read."""

    data: bytes = field(repr=False)
    lines: tuple[Line, ...]
    bad: tuple[BadLine, ...]

    @property
    def persons(self) -> int:
        """How many people are asked about."""
        return len({line.addressee_number for line in self.lines})


def read(path: Path, encoding: str = "auto") -> Sheet:
    """Read a file; raises `BatchRefused` where it is no batch at all."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise BatchRefused(f"the file cannot be read ({error.strerror})") from None
    if len(data) > LARGEST:
        raise BatchRefused(f"the file is over {LARGEST} bytes: divide it")
    return sheet(data, encoding)


def sheet(data: bytes, encoding: str = "auto") -> Sheet:
    """Read the bytes of a file."""
    texts = decoded(data, encoding).replace("\r\n", "\n").split("\n")
    head = tuple(_cells(texts[0]) or ())
    if head not in HEADS:
        raise BatchRefused(
            f"line 1: the head is not one of ours; write {','.join(COLUMNS)}"
        )
    lines: list[Line] = []
    bad: list[BadLine] = []
    seen: set[str] = set()
    for number, text in _numbered(texts):
        cells = _cells(text)
        try:
            line = _line(number, cells, seen)
        except _Bad as why:
            reference = cells[0] if cells and why.column != "reference" else ""
            bad.append(BadLine(number, reference, why.column, why.ja, why.en))
        else:
            lines.append(line)
            seen.add(line.reference)
    return Sheet(data, tuple(lines), tuple(bad))


def decoded(data: bytes, encoding: str) -> str:
    """The text of a file; raises `BatchRefused` with the byte where it ends."""
    names = ("utf-8-sig", "cp932") if encoding == "auto" else (encoding,)
    place = 0
    for name in names:
        try:
            return data.decode("utf-8-sig" if name == "utf-8" else name)
        except UnicodeDecodeError as error:
            place = error.start
    line = data.count(b"\n", 0, place) + 1
    raise BatchRefused(f"line {line}: is not {encoding}; save it as UTF-8 or CP932")


def _numbered(texts: list[str]) -> Iterator[tuple[int, str]]:
    """Lines behind the head, empty ones left out."""
    for number, text in enumerate(texts[1:], 2):
        if text.strip():
            yield number, text


def _cells(text: str) -> list[str] | None:
    """The cells of one line; None where its quotes do not fit."""
    try:
        found = list(csv.reader([text], strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None


def _line(number: int, cells: list[str] | None, seen: set[str]) -> Line:
    if cells is None:
        raise _Bad(
            "", "引用符の組を合わせる。", "Close every quote in the line it opens in."
        )
    if len(cells) != len(COLUMNS):
        raise _Bad("", "5列で書く。", "Write five cells.")
    reference, item, kinds, addressee, provider = cells
    if not 0 < len(reference) <= _REFERENCE or not reference.isprintable():
        raise _Bad("reference", "1〜64文字で書く。", "Write 1 to 64 letters.")
    if reference in seen:
        raise _Bad("reference", "同じ番号を二度使わない。", "Use each only once.")
    if not _ITEM.fullmatch(item) or int(item) not in ITEMS:
        raise _Bad(
            "item_no",
            "照会許可用照合リストの項番を書く。",
            "Write an item of the matching list.",
        )
    asked = tuple(kinds.split())
    allowed = ITEMS[int(item)].kinds
    once = len(set(asked)) == len(asked)
    if not asked or not once or len(asked) > _KINDS or not set(asked) <= allowed:
        raise _Bad(
            "kinds",
            f"この項で照会できる種類を書く: {' '.join(sorted(allowed))}",
            f"Write kinds that the item allows: {' '.join(sorted(allowed))}",
        )
    if not _ADDRESSEE.fullmatch(addressee):
        raise _Bad("addressee_number", "15桁の数字で書く。", "Write fifteen digits.")
    if not _PROVIDER.fullmatch(provider):
        raise _Bad(
            "provider", "団体コード6文字で書く。", "Write a code of six letters."
        )
    return Line(number, reference, int(item), asked, addressee, provider)
