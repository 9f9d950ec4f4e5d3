# SPDX-License-Identifier: Apache-2.0
"""What must be true of a person's information in the resident-register network.

Numbers carry this network's check digits wherever they stand; an update fits what is
held of the person; a search names enough; an answer is about the person who was asked
for, and nobody else. Pure: who is held comes as an argument.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final

from gateway.records.keeping import PRESENT
from protocols.identifiers import (
    Realm,
    individual_number_is_valid,
    resident_record_code_is_valid,
)
from schemas.people import FourItems, SearchKey
from schemas.resident_messages import IdentityRecord

MOVED_IN: Final = frozenset({"S01", "S15"})
"""転入, 特例転入: reasons for which a person becomes a resident."""
MOVED_WITHIN: Final = frozenset({"S02"})
"""転居."""
MAKES_A_RECORD: Final = MOVED_IN | {"S03", "S08", "S16", "S19"}
"""出生, 職権記載, 帰化, and 個人番号の指定: reasons that bring somebody who is new."""
CODE_CHANGED: Final = "S14"
"""住民票コードの変更."""
KEPT_BY_A_MOVE: Final = (
    "kanji_name",
    "furigana_name",
    "unvoiced_kana_name",
    "date_of_birth",
    "sex",
    "municipality_code",
    "individual_number",
    "date_became_resident",
    "former_surname_kanji",
    "former_surname_furigana",
)
"""What a move within the city leaves as it was (R-074)."""

_NUMBERS: Final = {
    "resident_record_code": resident_record_code_is_valid,
    "old_resident_record_code": resident_record_code_is_valid,
    "individual_number": individual_number_is_valid,
}


def numbers_fault(value: Any, realm: Realm) -> str:
    """SK-X03 for a wrong check digit, SK-X04 for another realm's; empty if neither."""
    other = Realm.STANDARD if realm is Realm.SIMULATION else Realm.SIMULATION
    for name, text in _numbers(value):
        valid = _NUMBERS[name]
        if not valid(text, realm):
            return "SK-X04" if valid(text, other) else "SK-X03"
    return ""


def update_fault(held: IdentityRecord | None, new: IdentityRecord) -> str:
    """The code of the first rule that an update of the file breaks; empty if none.

    It is older than what is held (SK-J03), a move-in of somebody who is a resident
    (SK-J04, R-073), or a move within the city that changes more than the address
    (SK-J05, R-074).
    """
    if held is None or held == new:  # handed in again: it may be told again
        return ""
    if new.update_sequence_number <= held.update_sequence_number:
        return "SK-J03"
    present = held.record_status_flag == PRESENT and not held.planned_person_flag
    if present and new.change_reason in MOVED_IN:
        return "SK-J04"
    moved = new.change_reason in MOVED_WITHIN
    if moved and any(getattr(held, x) != getattr(new, x) for x in KEPT_BY_A_MOVE):
        return "SK-J05"
    return ""


def unknown_fault(new: IdentityRecord, *, whole: bool) -> str:
    """SK-J07 for an update of somebody of whom nothing is held and should be (R-076).

    Whether it should be is known once the file is ``whole``: the register has filled
    it. From then on a person is new only by a reason that makes a record.
    """
    return "SK-J07" if whole and new.change_reason not in MAKES_A_RECORD else ""


def is_enough(items: FourItems) -> bool:
    """Whether a search names two of the four items, sex not counted (R-066)."""
    named = (items.kanji_name, items.address, items.date_of_birth)
    return sum(item is not None for item in named) >= 2


def key_is_enough(key: Any) -> bool:
    """Whether a key may be asked for: a code, a number, or enough items."""
    return key.four_items is None or is_enough(key.four_items)


def fits(key: SearchKey, person: Any) -> bool:
    """Whether somebody who came as an answer is one who was asked for (R-027)."""
    if key.resident_record_code is not None:
        return bool(person.resident_record_code == key.resident_record_code)
    number = getattr(key, "individual_number", None)
    if number is not None:
        return bool(person.individual_number == number)
    asked = key.four_items
    return asked is not None and all(
        getattr(asked, item.name) in (None, getattr(person, item.name))
        for item in fields(asked)
    )


def _numbers(value: object) -> Iterator[tuple[str, str]]:
    """Every number in a message, wherever it stands."""
    if isinstance(value, tuple):
        for one in value:
            yield from _numbers(one)
        return
    for name in _named(type(value)):
        inner: object = getattr(value, name)
        if name in _NUMBERS and isinstance(inner, str) and inner:
            yield name, inner
        elif isinstance(inner, tuple) or _named(type(inner)):
            yield from _numbers(inner)


def _names_of(kind: type) -> tuple[str, ...]:
    """What a part of a message is made of; nothing where it is a text or a number."""
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()


_named: Final[Callable[[type], tuple[str, ...]]] = cache(_names_of)
"""Kept for each type: a city's records pass here one by one."""
