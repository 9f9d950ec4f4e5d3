# SPDX-License-Identifier: Apache-2.0
"""What each kind of official table consists of, and what makes a row of it wrong. Pure.

A kind has columns of our own names; the first ones together are its key. What the
official file calls them is the business of a mapping (`reading`), because headings
change from edition to edition.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from protocols.identifiers import local_government_code_is_valid
from schemas.charset import unwritable

Row = tuple[str, ...]
"""One row, in the order of its kind's columns."""

_CODE: Final = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_SOURCE: Final = re.compile(r"[0-9A-Za-z+_-]{1,32}", re.ASCII)
_MJ: Final = re.compile(r"MJ[0-9]{6}", re.ASCII)
_PRIVATE: Final = 0xE000
"""From here on registers keep characters of their own."""
_POINTS: Final = re.compile(r"U\+[0-9A-F]{4,6}( U\+[0-9A-F]{4,6}){0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of table."""

    name: str
    japanese: str
    columns: tuple[str, ...]
    key: int
    """How many of the first columns make a row unique."""
    needed: int
    """How many of the first columns may not be empty."""
    fault: Callable[[Row], str]
    """What is wrong with a row, without its values; empty where nothing is."""
    headings: Mapping[str, tuple[str, ...]]
    """By column, the official headings that are understood without a mapping."""


def _municipality(row: Row) -> str:
    good = local_government_code_is_valid(row[0])
    return "" if good else "code: is no six digits with a right check digit"


def _coded(row: Row) -> str:
    return "" if _CODE.fullmatch(row[0]) else "code: is no code of 1 to 64 letters"


def _item(row: Row) -> str:
    if _CODE.fullmatch(row[0]) is None or _CODE.fullmatch(row[1]) is None:
        return "procedure or code: is no code of 1 to 64 letters"
    return ""


def _field(row: Row) -> str:
    number = row[1].isascii() and row[1].isdigit() and len(row[1]) <= 5
    if _CODE.fullmatch(row[0]) is None or not number:
        return "layout or number: is no code, or no number of a field"
    if row[4] and not (row[4].isascii() and row[4].isdigit()):
        return "length: is no number"
    return ""


def _character(row: Row) -> str:
    source, unicode, mj, substitute = row
    if _SOURCE.fullmatch(source) is None:
        return "source: is no code of a character"
    if _POINTS.fullmatch(unicode) is None or not _exist(unicode):
        return "unicode: is not written as U+845B or U+845B U+E0100"
    if mj and _MJ.fullmatch(mj) is None:
        return "mj: is not written as MJ012345"
    if substitute and (len(substitute) > 4 or unwritable(substitute) is not None):
        return "substitute: is not JIS X 0213"
    return ""


def _exist(points: str) -> bool:
    """Whether each is a character, and none half of one or a control."""
    return all(
        point <= sys.maxunicode and (point >= _PRIVATE or chr(point).isprintable())
        for point in _points(points)
    )


def _points(points: str) -> list[int]:
    return [int(one[2:], 16) for one in points.split(" ")]


def text(points: str) -> str:
    """The text of ``U+845B U+E0100``."""
    return "".join(map(chr, _points(points)))


_KINDS: Final = (
    Kind(
        "municipalities",
        "全国地方公共団体コード",
        ("code", "prefecture", "municipality", "prefecture_kana", "municipality_kana"),
        key=1,
        needed=2,
        fault=_municipality,
        headings={
            "code": ("団体コード",),
            "prefecture": ("都道府県名（漢字）",),
            "municipality": ("市区町村名（漢字）",),
            "prefecture_kana": ("都道府県名（カナ）",),
            "municipality_kana": ("市区町村名（カナ）",),
        },
    ),
    Kind(
        "procedures",
        "事務手続コード",
        ("code", "name", "article"),
        key=1,
        needed=2,
        fault=_coded,
        headings={"code": ("事務手続コード",), "name": ("事務手続名",)},
    ),
    Kind(
        "items",
        "特定個人情報項目コード",
        ("procedure", "code", "name"),
        key=2,
        needed=3,
        fault=_item,
        headings={
            "procedure": ("事務手続コード",),
            "code": ("特定個人情報項目コード",),
            "name": ("特定個人情報項目名",),
        },
    ),
    Kind(
        "layouts",
        "データ標準レイアウト",
        ("layout", "number", "name", "type", "length", "repeats", "note"),
        key=2,
        needed=3,
        fault=_field,
        headings={
            "layout": ("レイアウトID", "レイアウト番号"),
            "number": ("項番",),
            "name": ("項目名", "データ項目名"),
            "type": ("型", "データ型"),
            "length": ("桁数",),
            "repeats": ("繰返し",),
            "note": ("備考",),
        },
    ),
    Kind(
        "characters",
        "文字コード変換表",
        ("source", "unicode", "mj", "substitute"),
        key=1,
        needed=2,
        fault=_character,
        headings={
            "source": ("住基統一文字コード",),
            "unicode": ("対応するUCS",),
            "mj": ("MJ文字図形名",),
            "substitute": ("代替文字",),
        },
    ),
)

KINDS: Final[Mapping[str, Kind]] = MappingProxyType({one.name: one for one in _KINDS})
"""Every kind, by name."""
