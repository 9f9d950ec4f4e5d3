# SPDX-License-Identifier: Apache-2.0
"""The resident identity record (本人確認情報), and the messages that carry it.

`IdentityRecord` has the 40 fields of `record_fields` under their English names. A
register hands it to its municipal CS as `IdentityInformationUpdate`; the CS notifies
the prefecture of eight of them with `IdentityInformationUpdateNotice`. All is personal:
none of it is in any repr.

The form of a field follows from its type alone (`_FORMS`), so that 40 readers and 40
writers are one table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from types import NoneType
from typing import Any, Final, NamedTuple, get_args, get_type_hints

from schemas import forms
from schemas.payload import document
from schemas.xml import Element


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IdentityRecord:
    """The 40 fields, in the order of the list; None where a field is absent."""

    resident_record_code: str
    kanji_name: str
    name_external_character_count: int
    furigana_name: str
    unvoiced_kana_name: str
    date_of_birth: date
    sex: str
    municipality_code: str
    oaza_aza_code: str
    postal_code: str
    address: str
    address_external_character_count: int
    individual_number: str
    date_became_resident: date
    date_address_established: date
    notification_date: date
    previous_municipality_code: str | None = None
    previous_address: str | None = None
    previous_address_external_character_count: int | None = None
    relationship: str
    change_reason: str
    change_date: date
    change_reason_detail: str | None = None
    old_resident_record_code: str | None = None
    resident_record_code_use_date: date | None = None
    request_management_number: str | None = None
    operator_id: str
    operation_terminal_id: str
    update_sequence_number: int
    abnormal_update_sequence_number: int | None = None
    update_prohibited_flag: bool
    planned_person_flag: bool
    exclusive_lock_flag: bool
    external_character_flag: bool
    record_status_flag: str
    timestamp: datetime
    former_surname_kanji: str | None = None
    former_surname_external_character_count: int | None = None
    former_surname_furigana: str | None = None
    former_surname_external_character_change_serial: int | None = None

    def __repr__(self) -> str:
        return "IdentityRecord(<hidden>)"


@dataclass(frozen=True, slots=True)
class IdentityInformationUpdate:
    """The resident register to its municipal CS: the record as it now stands."""

    record: IdentityRecord


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IdentityInformationUpdateNotice:
    """Municipal CS to prefecture: the eight items of 30条の6の通知, and no others.

    The document names exactly these (R-078); the rest of the record stays in the city.
    """

    resident_record_code: str
    kanji_name: str
    date_of_birth: date
    sex: str
    address: str
    individual_number: str
    change_reason: str
    change_date: date

    def __repr__(self) -> str:
        return "IdentityInformationUpdateNotice(<hidden>)"

    @classmethod
    def of(cls, record: IdentityRecord) -> "IdentityInformationUpdateNotice":
        """What of ``record`` the prefecture is to know."""
        return cls(**{name: getattr(record, name) for name in _NOTICE_FORMS})


class _Form(NamedTuple):
    read: Callable[[str], Any]
    write: Callable[[Any], str]


_BY_TYPE: Final = {
    str: _Form(str, str),
    int: _Form(int, str),
    bool: _Form(forms.flag_of, forms.flag),
    date: _Form(date.fromisoformat, date.isoformat),
    datetime: _Form(forms.moment_of, forms.moment),
}


def _form(hint: Any) -> _Form:
    """The form of a field that holds `hint`, or `hint` or None."""
    plain = [part for part in get_args(hint) if part is not NoneType]
    return _BY_TYPE[plain[0] if plain else hint]


_FORMS: Final = {
    name: _form(hint) for name, hint in get_type_hints(IdentityRecord).items()
}


_NOTICE_FORMS: Final = {
    name: _form(hint)
    for name, hint in get_type_hints(IdentityInformationUpdateNotice).items()
}


def _read_record(element: Element) -> IdentityRecord:
    found = forms.fields(element[0])
    return IdentityRecord(
        **{name: _FORMS[name].read(text) for name, text in found.items()}
    )


def _write_record(record: IdentityRecord) -> str:
    parts = []
    for name, form in _FORMS.items():
        value = getattr(record, name)
        if value is not None:
            parts.append(forms.leaf(name, form.write(value)))
    return forms.node("record", *parts)


def read_identity_information_update(element: Element) -> IdentityInformationUpdate:
    return IdentityInformationUpdate(_read_record(element))


def write_identity_information_update(value: IdentityInformationUpdate) -> bytes:
    return document("identity_information_update", _write_record(value.record))


def read_identity_information_update_notice(
    element: Element,
) -> IdentityInformationUpdateNotice:
    found = forms.fields(element)
    return IdentityInformationUpdateNotice(
        **{name: _NOTICE_FORMS[name].read(text) for name, text in found.items()}
    )


def write_identity_information_update_notice(
    value: IdentityInformationUpdateNotice,
) -> bytes:
    return document(
        "identity_information_update_notice",
        *(
            forms.leaf(name, form.write(getattr(value, name)))
            for name, form in _NOTICE_FORMS.items()
        ),
    )
