# SPDX-License-Identifier: Apache-2.0
"""Rows of the resident-register network (住基ネット).

Two topologies. Identity information goes municipality → prefecture → national server
(住民基本台帳法第30条の6、第30条の7); what municipalities tell each other goes CS to CS.
Inside a city the CS has two neighbours: the existing resident system, and the
integrated terminal, which is a part of the network itself. It has none of linkage.
"""

from typing import Final

from schemas.systems import (
    CARDS,
    CS,
    EXISTING,
    FAMILY_REGISTER,
    JLIS,
    NATIONAL,
    PREFECTURE,
    TERMINAL,
)
from schemas.ways import (
    HOUR,
    REPLY_LIFE,
    Answer,
    Network,
    Row,
    Way,
    back,
    type_row,
)

_REGISTER: Final[Way] = (EXISTING, CS)
_TO_REGISTER: Final[Way] = (CS, EXISTING)
_DESK: Final[Way] = (TERMINAL, CS)
_TO_DESK: Final[Way] = (CS, TERMINAL)
_NEIGHBOUR: Final[Way] = (CS, CS)
_TO_PREFECTURE: Final[Way] = (CS, PREFECTURE)
_TO_NATIONAL: Final[Way] = (CS, NATIONAL)
_TO_JLIS: Final[Way] = (CS, JLIS)
_TO_CARDS: Final[Way] = (CS, CARDS)

_CONFIRM: Final = "住民基本台帳法第30条の10、第30条の12"
_ACCURATE: Final = "住民基本台帳法第14条"
_NUMBER: Final = "番号法第7条"
_CODE: Final = "番号法第21条の2"
_SPECIAL_MOVE: Final = "住民基本台帳法第24条の2"
_WIDE_AREA: Final = "住民基本台帳法第12条の4"
_SUPPLEMENT: Final = "住民基本台帳法第19条第1項"
_DESTINATION: Final = "個人番号カード命令第23条の2"
_CARD: Final = "番号法第17条"


def _told(
    name: str,
    basis: str,
    *outside: Way,
    inside: tuple[Way, ...] = (),
    function: str = "",
) -> Row:
    """What is told once and receipted."""
    return type_row(
        name,
        basis,
        outside=outside,
        inside=inside,
        network=Network.JUKI,
        personal=True,
        function=function,
    )


def _asked(
    name: str, reply: str, basis: str, *outside: Way, inside: tuple[Way, ...] = ()
) -> Row:
    """What is answered at once, to somebody who stands at a counter."""
    return type_row(
        name,
        basis,
        outside=outside,
        inside=inside,
        network=Network.JUKI if outside else Network.INSIDE,
        reply_type=reply,
        personal=True,
        life=HOUR,
    )


def _answer(name: str, basis: str, *asked: Way, also: tuple[str, ...] = ()) -> Row:
    """The answer to what came along these ways, and to the desk that asked first."""
    return type_row(
        name,
        basis,
        outside=back(asked),
        inside=(_TO_DESK,),
        network=Network.JUKI,
        answer=Answer.NONE,
        personal=True,
        also=also,
        life=REPLY_LIFE,
    )


JUKI_ROWS: Final = (
    _told(
        "identity_information_update_notice",
        "住民基本台帳法第30条の6、第30条の7",
        _TO_PREFECTURE,
        (PREFECTURE, NATIONAL),
    ),
    _asked(
        "identity_confirmation_request",
        "identity_confirmation_result",
        _CONFIRM,
        _TO_NATIONAL,
        inside=(_DESK,),
    ),
    _answer("identity_confirmation_result", _CONFIRM, _TO_NATIONAL),
    _asked(
        "identity_information_search",
        "identity_information_search_result",
        _CONFIRM,
        inside=(_DESK,),
    ),
    _asked(
        "identity_information_search_request",
        "identity_information_search_result",
        _CONFIRM,
        _TO_PREFECTURE,
        _TO_NATIONAL,
    ),
    _answer(
        "identity_information_search_result",
        _CONFIRM,
        _TO_PREFECTURE,
        _TO_NATIONAL,
        also=("F23-04-1", "F23-04-N1a", "F23-04-N1b"),
    ),
    _asked(
        "jlis_identity_information_inquiry",
        "jlis_identity_information_response",
        _CONFIRM,
        _TO_JLIS,
        inside=(_DESK,),
    ),
    _answer("jlis_identity_information_response", _CONFIRM, _TO_JLIS),
    _told(
        "individual_number_generation_request", _NUMBER, _TO_JLIS, inside=(_REGISTER,)
    ),
    _told(
        "individual_number_generation_response",
        _NUMBER,
        (JLIS, CS),
        inside=(_TO_REGISTER,),
    ),
    _told(
        "move_out_certificate_information",
        _SPECIAL_MOVE,
        _NEIGHBOUR,
        inside=(_REGISTER, _TO_REGISTER),
    ),
    _told(
        "move_out_certificate_resend_request",
        _SPECIAL_MOVE,
        _NEIGHBOUR,
        inside=(_DESK, _TO_REGISTER),
    ),
    _told(
        "move_in_notice",
        "住民基本台帳法第9条第1項",
        _NEIGHBOUR,
        inside=(_REGISTER, _TO_REGISTER),
    ),
    _told(
        "wide_area_issuance_request",
        f"{_WIDE_AREA}第2項",
        _NEIGHBOUR,
        inside=(_DESK, _TO_REGISTER),
        function="municipal_cs 2",
    ),
    _told(
        "wide_area_issuance_reply",
        f"{_WIDE_AREA}第3項",
        _NEIGHBOUR,
        inside=(_REGISTER, _TO_DESK),
        function="municipal_cs 2",
    ),
    _told(
        "family_register_supplement_information",
        _SUPPLEMENT,
        _NEIGHBOUR,
        inside=(_REGISTER,),
    ),
    type_row(
        "family_register_supplement_update",
        _SUPPLEMENT,
        inside=(_TO_REGISTER, (EXISTING, FAMILY_REGISTER)),
        personal=True,
    ),
    _told(
        "family_register_supplement_mismatch",
        "住民基本台帳法第19条第2項",
        _NEIGHBOUR,
        inside=(_REGISTER, _TO_REGISTER),
        function="existing_resident_system 7",
    ),
    type_row(
        "consistency_check_manifest",
        _ACCURATE,
        outside=(_TO_PREFECTURE, _TO_NATIONAL),
        network=Network.JUKI,
        also=("F23-06-1a", "F23-06-1b"),
    ),
    _told("consistency_check_information", _ACCURATE, _TO_PREFECTURE, _TO_NATIONAL),
    _told("consistency_check_result", _ACCURATE, (PREFECTURE, CS), (NATIONAL, CS)),
    type_row(
        "sending_destination_extract", _DESTINATION, inside=(_REGISTER,), personal=True
    ),
    _told("sending_destination_notice", _DESTINATION, _TO_CARDS),
    _told(
        "card_management_information_update_request",
        _CARD,
        _TO_CARDS,
        inside=(_REGISTER,),
    ),
    _told("card_status_notice", _CARD, _TO_CARDS, inside=(_REGISTER,)),
)
