# SPDX-License-Identifier: Apache-2.0
"""Rows of information linkage (情報連携): intermediate servers and the core.

Data goes from provider to requester; the core mediates. J-LIS joins in only where a
linkage code is made for somebody.
"""

from typing import Final

from schemas.systems import CORE, INTERMEDIATE, JLIS
from schemas.ways import DAY, HOUR, REPLY_LIFE, Answer, Network, Row, Way, type_row

_TO_CORE: Final[Way] = (INTERMEDIATE, CORE)
_FROM_CORE: Final[Way] = (CORE, INTERMEDIATE)
_TO_REQUESTER: Final[Way] = (INTERMEDIATE, INTERMEDIATE)

_INQUIRY: Final = "番号法第21条"
_MEDIATION: Final = "番号法第21条第2項"
_PROVISION: Final = "番号法第19条第8号、第22条"
_RECORD: Final = "番号法第23条"
_CODE: Final = "番号法第21条の2"

_ASKED: Final = ("F1-12-1",)
_PROVIDED: Final = ("F1-12-2",)


def _linkage(
    name: str,
    basis: str,
    way: Way,
    also: tuple[str, ...] = (),
    *,
    answer: Answer = Answer.RECEIPT,
    reply: str | None = None,
    personal: bool = False,
    needs_permit: bool = False,
) -> Row:
    life = HOUR if reply else REPLY_LIFE if answer is Answer.NONE else DAY
    return type_row(
        name,
        basis,
        outside=(way,),
        network=Network.LINKAGE,
        answer=answer,
        reply_type=reply,
        personal=personal,
        needs_permit=needs_permit,
        also=also,
        life=life,
    )


LINKAGE_ROWS: Final = (
    _linkage(
        "information_inquiry",
        _INQUIRY,
        _TO_CORE,
        _ASKED,
        reply="information_inquiry_acceptance",
        personal=True,
    ),
    _linkage(
        "information_inquiry_acceptance",
        _INQUIRY,
        _FROM_CORE,
        _ASKED,
        answer=Answer.NONE,
    ),
    _linkage("provision_order", _MEDIATION, _FROM_CORE, personal=True),
    _linkage(
        "information_provision",
        _PROVISION,
        _TO_REQUESTER,
        personal=True,
        needs_permit=True,
    ),
    _linkage(
        "provision_lapse", _PROVISION, _TO_REQUESTER, _PROVIDED, needs_permit=True
    ),
    _linkage("provision_notice", _RECORD, _TO_CORE, _PROVIDED),
    _linkage(
        "permit_renewal_request",
        _MEDIATION,
        _TO_CORE,
        _PROVIDED,
        reply="permit_renewal",
        needs_permit=True,
    ),
    _linkage("permit_renewal", _MEDIATION, _FROM_CORE, _PROVIDED, answer=Answer.NONE),
    _linkage("permit_notice", _MEDIATION, _FROM_CORE, _PROVIDED),
    _linkage("inquiry_refusal", _MEDIATION, _FROM_CORE, _ASKED),
    _linkage(
        "personal_identifier_code_issue_request",
        _CODE,
        (JLIS, CORE),
        ("F1-11-4",),
        personal=True,
    ),
    _linkage("personal_identifier_code_notice", _CODE, _FROM_CORE, personal=True),
)
