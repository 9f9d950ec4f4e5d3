# SPDX-License-Identifier: Apache-2.0
"""Rows of one city: its register, numbers, affairs and certificates, and its stations.

What never leaves the organisation is plain XML on the inside network. Two peers stand
at the edge, over 総合行政ネットワーク: the center of the convenience stores, and the
Ministry of Justice.

The addressee system (統合宛名) and the CS are no neighbours (R-029): between them
stands the existing resident system.
"""

from collections.abc import Iterable
from typing import Final

from schemas.systems import (
    ADDRESSEE,
    BUSINESS,
    CS,
    EXISTING,
    FAMILY_REGISTER,
    INTERMEDIATE,
    JLIS,
    JUSTICE,
    JUSTICE_TERMINAL,
    PLATFORM,
    SEALS,
    STORES,
    STORES_CENTER,
    TAX,
    TERMINAL,
)
from schemas.ways import (
    HOUR,
    NO_ARTICLE,
    REPLY_LIFE,
    Answer,
    Network,
    Row,
    Way,
    back,
    type_row,
)

_AFFAIR: Final = "番号法第9条第1項"
_CODE: Final = "番号法第21条の2"
_COPY: Final = "番号法第19条第8号"
_CERTIFICATE: Final = "住民基本台帳法第12条"
_FOREIGN: Final = "住民基本台帳法第30条の50"
_NO_LAW: Final = "法令の定めなし（同じ団体の中の応答）"

_ADDRESSEE_TO_SERVER: Final[Way] = (ADDRESSEE, INTERMEDIATE)
_SHOP: Final[Way] = (STORES_CENTER, STORES)
_ASKS_ADDRESSEE: Final = (
    (BUSINESS, ADDRESSEE),
    (TAX, ADDRESSEE),
    (EXISTING, ADDRESSEE),
)
_ASKS_PLATFORM: Final = ((BUSINESS, PLATFORM), (TAX, PLATFORM))


def _told(
    name: str,
    basis: str,
    *inside: Way,
    also: tuple[str, ...] = (),
    function: str = "",
) -> Row:
    return type_row(
        name, basis, inside=inside, personal=True, also=also, function=function
    )


def _asked(
    name: str, basis: str, reply: str, inside: Iterable[Way], function: str
) -> tuple[Row, Row]:
    """A question and its answer, at once."""
    inside = tuple(inside)
    return (
        type_row(
            name,
            basis,
            inside=inside,
            reply_type=reply,
            personal=True,
            function=function,
        ),
        type_row(
            reply,
            basis,
            inside=back(inside),
            answer=Answer.NONE,
            personal=True,
            function=function,
        ),
    )


CITY_ROWS: Final = (
    _told("identity_information_update", "住民基本台帳法第30条の6", (EXISTING, CS)),
    _told("resident_record_change", _AFFAIR, (EXISTING, PLATFORM)),
    _told("numbered_resident_record_change", _AFFAIR, (EXISTING, ADDRESSEE)),
    _told("resident_record_copy", _COPY, _ADDRESSEE_TO_SERVER),
    *_asked(
        "addressee_inquiry",
        _AFFAIR,
        "addressee_reply",
        _ASKS_ADDRESSEE,
        "group_integrated_addressee_system 4",
    ),
    *_asked(
        "common_platform_fetch",
        _AFFAIR,
        "common_platform_reply",
        _ASKS_PLATFORM,
        "common_platform_system 1",
    ),
    _told("number_pair_registration", _CODE, _ADDRESSEE_TO_SERVER),
    *_asked(
        "processing_number_request",
        _CODE,
        "processing_number_notice",
        (_ADDRESSEE_TO_SERVER,),
        "intermediate_server 4",
    ),
    type_row(
        "personal_identifier_code_request",
        _CODE,
        outside=((CS, JLIS),),
        inside=(
            (INTERMEDIATE, ADDRESSEE),
            (ADDRESSEE, EXISTING),
            (EXISTING, CS),
        ),
        network=Network.JUKI,
        personal=True,
    ),
    type_row(
        "foreign_resident_notice",
        NO_ARTICLE,
        outside=((JUSTICE_TERMINAL, JUSTICE),),
        network=Network.LGWAN,
        personal=True,
    ),
    type_row(
        "foreign_resident_change_notice",
        _FOREIGN,
        outside=((JUSTICE, JUSTICE_TERMINAL),),
        network=Network.LGWAN,
        personal=True,
        function="ministry_of_justice 1",
    ),
    _told(
        "business_linkage_data",
        _COPY,
        (BUSINESS, ADDRESSEE),
        (TAX, ADDRESSEE),
        function="group_integrated_addressee_system 5",
    ),
    _told(
        "user_certificate_serial_notice",
        NO_ARTICLE,
        (EXISTING, STORES),
        function="existing_resident_system 12",
    ),
    _told(
        "certificate_information_link",
        _CERTIFICATE,
        *((system, STORES) for system in (EXISTING, SEALS, TAX, PLATFORM)),
        (FAMILY_REGISTER, STORES),
        function="convenience_store_issuance_system 1",
    ),
    _told(
        "certificate_individual_number_link",
        _CERTIFICATE,
        (ADDRESSEE, STORES),
        function="group_integrated_addressee_system 6",
    ),
    type_row(
        "convenience_store_issuance_request",
        _CERTIFICATE,
        outside=(_SHOP,),
        network=Network.LGWAN,
        reply_type="convenience_store_issuance_reply",
        personal=True,
        function="convenience_store_issuance_system 2",
        life=HOUR,
    ),
    type_row(
        "convenience_store_issuance_reply",
        _CERTIFICATE,
        outside=back((_SHOP,)),
        network=Network.LGWAN,
        answer=Answer.NONE,
        personal=True,
        function="convenience_store_issuance_system 2",
        life=REPLY_LIFE,
    ),
    _told(
        "information_inquiry_request",
        "番号法第21条",
        (BUSINESS, INTERMEDIATE),
        also=("F1-12-1",),
    ),
)

_STATIONS: Final = ((CS, EXISTING), (CS, TERMINAL), (INTERMEDIATE, ADDRESSEE))


def answers_to(rows: Iterable[Row]) -> tuple[Row, ...]:
    """What every system that takes something inside may answer, whatever it was."""
    posted = {
        way for row in rows if row.answer is not Answer.NONE for way in row.inside
    }
    statuses = (*_STATIONS, (INTERMEDIATE, BUSINESS))
    ways = {
        "submission_accepted": back(posted),
        "submission_refused": back(posted),
        "inquiry_status": ((INTERMEDIATE, BUSINESS),),
        "submission_status": statuses,
    }
    return tuple(
        type_row(name, _NO_LAW, inside=inside, answer=Answer.NONE)
        for name, inside in ways.items()
    )
