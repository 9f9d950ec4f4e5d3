# SPDX-License-Identifier: Apache-2.0
"""Is each field of a record in its form? Asked of every record before it is written.

Pure: same record, same tables, same answer. Numbers are of the simulation's realm only;
one with the real check digit is refused, whoever brought it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from protocols.identifiers import (
    Realm,
    individual_number_is_valid,
    local_government_code_is_valid,
    resident_record_code_is_valid,
)
from simulators.register.births import is_first
from simulators.register.errors import Fault, Rule
from simulators.register.record import Domicile, Foreign, Home, Leaving, ResidentRecord
from simulators.residence_card import is_simulated

__all__ = ["code_is_valid", "format_faults", "is_line", "number_is_valid"]

_TEXT: Final = 100
_LINE: Final = 300
_NOTE: Final = 40
_KANA: Final = re.compile(r"[ぁ-ゖァ-ヺー゙゚・　 ]+")
_POSTAL: Final = re.compile(r"[0-9]{7}")
_NATION: Final = re.compile(r"[A-Z]{3}")
SEXES: Final = frozenset({"0", "1", "2", "9"})
_WORDS: Final = re.compile(r"\S+")
_KIN: Final = frozenset(
    _WORDS.findall(
        "世帯主 妻 夫 子 父 母 兄 弟 姉 妹 孫 祖父 祖母 縁故者 同居人"
        " 妻（未届） 夫（未届） 子（未届）"
    )
)
STATUSES: Final = frozenset(
    _WORDS.findall(
        "特別永住者 永住者 定住者 日本人の配偶者等 永住者の配偶者等 家族滞在 留学"
        " 技術・人文知識・国際業務 技能実習 特定技能 経営・管理 教授 介護 特定活動"
    )
)


def number_is_valid(text: str) -> bool:
    """Whether this is an individual number of the simulation."""
    return individual_number_is_valid(text, Realm.SIMULATION)


def code_is_valid(text: str) -> bool:
    """Whether this is a resident record code of the simulation."""
    return resident_record_code_is_valid(text, Realm.SIMULATION)


def format_faults(record: ResidentRecord, towns: Mapping[str, str]) -> list[Fault]:
    """What is wrong with the fields; ``towns`` has each town's address by its code."""
    faults = [
        Fault(name, rule)
        for name, (passes, rule) in _FIELDS.items()
        if (value := getattr(record, name)) is not None and not passes(value)
    ]
    faults += _home_faults(record.home, towns)
    if record.domicile is not None:
        faults += _domicile_faults(record.domicile)
    if record.foreign is not None:
        faults += _foreign_faults(record.foreign)
    if record.leaving is not None:
        faults += _leaving_faults(record.leaving)
    return [*faults, *_together(record)]


def _together(record: ResidentRecord) -> Iterator[Fault]:
    """Fields that are there only with each other."""
    if (record.domicile is None) is (record.foreign is None):
        yield Fault("domicile", Rule.DOMICILE)
    if record.alias is not None and record.foreign is None:
        yield Fault("alias", Rule.DOMICILE)
    if record.former_surname is None and record.former_surname_furigana is not None:
        yield Fault("former_surname", Rule.MISSING)
    if not is_first(record.born, record.born_unknown):
        yield Fault("born", Rule.NOT_THE_FIRST)


def _text(most: int) -> Callable[[str], bool]:
    def passes(text: str) -> bool:
        return 0 < len(text) <= most and not _CONTROL.search(text)

    return passes


_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NAME: Final = (_text(_TEXT), Rule.FORMAT)
_READING: Final = (_KANA.fullmatch, Rule.FORMAT)
_CODE: Final = (code_is_valid, Rule.NUMBER)


def is_line(text: str) -> bool:
    """Whether this can be an address."""
    return 0 < len(text) <= _LINE and not _CONTROL.search(text)


@lru_cache(maxsize=2_000)
def _is_municipality(text: str) -> bool:
    """There are fewer than two thousand, and each comes over and over."""
    return local_government_code_is_valid(text)


def _is_kin(text: str) -> bool:
    """A relationship to the head: words of the table, joined by の."""
    return all(part in _KIN for part in text.split("の"))


_FIELDS: Final[Mapping[str, tuple[Callable[[Any], Any], Rule]]] = {
    "relationship": (_is_kin, Rule.UNKNOWN_CODE),
    "resident_record_code": _CODE,
    "old_resident_record_code": _CODE,
    "individual_number": (number_is_valid, Rule.NUMBER),
    "name": _NAME,
    "furigana": _READING,
    "former_surname": _NAME,
    "former_surname_furigana": _READING,
    "alias": _NAME,
    "sex": (SEXES.__contains__, Rule.UNKNOWN_CODE),
    "previous_municipality": (_is_municipality, Rule.UNKNOWN_CODE),
    "previous_address": (is_line, Rule.FORMAT),
    "detail": (_text(_NOTE), Rule.FORMAT),
}
"""What each field of text has to pass, and the rule that it breaks otherwise."""


def _home_faults(home: Home, towns: Mapping[str, str]) -> Iterator[Fault]:
    town = towns.get(home.town_code)
    if town is None:
        yield Fault("home.town_code", Rule.UNKNOWN_CODE)
    elif not home.address.startswith(town):
        yield Fault("home.address", Rule.OTHER_TOWN)
    if not _POSTAL.fullmatch(home.postal_code):
        yield Fault("home.postal_code", Rule.FORMAT)
    if not is_line(home.text):
        yield Fault("home.address", Rule.FORMAT)


def _leaving_faults(leaving: Leaving) -> Iterator[Fault]:
    municipality = leaving.municipality
    if municipality is not None and not _is_municipality(municipality):
        yield Fault("destination_municipality", Rule.UNKNOWN_CODE)
    if not is_line(leaving.address):
        yield Fault("destination_address", Rule.FORMAT)


def _domicile_faults(domicile: Domicile) -> Iterator[Fault]:
    if not _is_municipality(domicile.municipality):
        yield Fault("domicile.municipality", Rule.UNKNOWN_CODE)
    if not is_line(domicile.text):
        yield Fault("domicile.text", Rule.FORMAT)
    if not _text(_TEXT)(domicile.holder):
        yield Fault("domicile.holder", Rule.FORMAT)


def _foreign_faults(foreign: Foreign) -> Iterator[Fault]:
    if not _NATION.fullmatch(foreign.nationality):
        yield Fault("foreign.nationality", Rule.FORMAT)
    if foreign.status not in STATUSES:
        yield Fault("foreign.status", Rule.UNKNOWN_CODE)
    if not is_simulated(foreign.residence_card):
        yield Fault("foreign.residence_card", Rule.FORMAT)
