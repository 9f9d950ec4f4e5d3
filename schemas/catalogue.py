# SPDX-License-Identifier: Apache-2.0
"""One row per message type: who may send it to whom, on what legal basis, and how.

The row says what is true of every message of the type; whether one message may pass is
for rules elsewhere, which read the row. A new type needs a row here, an XSD, a sample
and a reader with its writer in `messages`; a test holds the four together.

Roles are ids of `systems`. Flow steps are those of the assessment document's 別添１
(F1: resident register file, F23: identity information and sending destination files).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final

from schemas.errors import UnknownType
from schemas.systems import BUSINESS, CORE, CS, EXISTING, INTERMEDIATE, PREFECTURE

__all__ = ["REPLIES", "ROWS", "Answer", "Network", "Row", "UnknownType", "row"]

DAY: Final = 86_400
"""The longest life of an envelope: a notice may wait for a peer that is down."""
HOUR: Final = 3_600
"""For what is answered at once: older than this, somebody has asked again."""
REPLY_LIFE: Final = 300
"""A reply travels back on the connection that asked."""
NOT_ENVELOPED: Final = 0
"""The inside network carries plain payloads; no envelope, so nothing expires."""

_RESIDENT_NOTICE: Final = "住民基本台帳法第30条の6"
_INQUIRY: Final = "番号法第21条"
_MEDIATION: Final = "番号法第21条第2項"
_PROVISION: Final = "番号法第19条第8号、第22条"
_RECORD: Final = "番号法第23条"
_OWN_ANSWER: Final = "法令の定めなし（同じ団体の中の応答）"


class Network(StrEnum):
    """Which network a type belongs to."""

    JUKI = "juki"
    """住基ネット."""
    LINKAGE = "linkage"
    """情報連携."""
    INSIDE = "inside"
    """Between a station and the other systems of its own organisation."""


class Answer(Enum):
    """What the sender of a type gets back when it is not refused."""

    RECEIPT = "receipt"
    """A signed receipt: taken over, nothing more."""
    REPLY = "reply"
    """A message of the row's `reply_type`, at once."""
    NONE = "none"
    """Nothing: the type is itself an answer."""


@dataclass(frozen=True, slots=True)
class Row:
    """What holds for every message of one type."""

    name: str
    sender_roles: frozenset[str]
    receiver_roles: frozenset[str]
    network: Network
    personal: bool
    """Whether the payload holds 特定個人情報 or a code that stands for a person."""
    needs_permit: bool
    answer: Answer
    reply_type: str | None
    """The type of the reply, exactly where `answer` is REPLY."""
    legal_basis: str
    flow_steps: tuple[str, ...]
    lifetime_seconds: int
    """From created to expires in the header; NOT_ENVELOPED inside."""


def _row(
    name: str,
    way: tuple[str, str],
    network: Network,
    legal_basis: str,
    flow_steps: tuple[str, ...],
    *,
    answer: Answer = Answer.RECEIPT,
    reply_type: str | None = None,
    personal: bool = False,
    needs_permit: bool = False,
    life: int = DAY,
) -> Row:
    sender, receiver = way
    return Row(
        name=name,
        sender_roles=frozenset({sender}),
        receiver_roles=frozenset({receiver}),
        network=network,
        personal=personal,
        needs_permit=needs_permit,
        answer=answer,
        reply_type=reply_type,
        legal_basis=legal_basis,
        flow_steps=flow_steps,
        lifetime_seconds=NOT_ENVELOPED if network is Network.INSIDE else life,
    )


def _own_answer(name: str) -> Row:
    return Row(
        name=name,
        sender_roles=frozenset({CS, INTERMEDIATE}),
        receiver_roles=frozenset({EXISTING, BUSINESS}),
        network=Network.INSIDE,
        personal=False,
        needs_permit=False,
        answer=Answer.NONE,
        reply_type=None,
        legal_basis=_OWN_ANSWER,
        flow_steps=(),
        lifetime_seconds=NOT_ENVELOPED,
    )


_TO_CORE: Final = (INTERMEDIATE, CORE)
_FROM_CORE: Final = (CORE, INTERMEDIATE)
_TO_REQUESTER: Final = (INTERMEDIATE, INTERMEDIATE)
_ASKED: Final = ("F1-12-1",)
_PROVIDED: Final = ("F1-12-2",)

_TABLE: Final = (
    _row(
        "identity_information_update",
        (EXISTING, CS),
        Network.INSIDE,
        _RESIDENT_NOTICE,
        ("F1-07-1", "F23-01-3"),
        answer=Answer.REPLY,
        reply_type="submission_accepted",
        personal=True,
    ),
    _row(
        "identity_information_update_notice",
        (CS, PREFECTURE),
        Network.JUKI,
        _RESIDENT_NOTICE,
        ("F23-01-4", "F1-07-2b", "F23-03-5c"),
        personal=True,
    ),
    _row(
        "information_inquiry_request",
        (BUSINESS, INTERMEDIATE),
        Network.INSIDE,
        _INQUIRY,
        _ASKED,
        answer=Answer.REPLY,
        reply_type="submission_accepted",
        personal=True,
    ),
    _row(
        "information_inquiry",
        _TO_CORE,
        Network.LINKAGE,
        _INQUIRY,
        _ASKED,
        answer=Answer.REPLY,
        reply_type="information_inquiry_acceptance",
        personal=True,
        life=HOUR,
    ),
    _row(
        "information_inquiry_acceptance",
        _FROM_CORE,
        Network.LINKAGE,
        _INQUIRY,
        _ASKED,
        answer=Answer.NONE,
        life=REPLY_LIFE,
    ),
    _row(
        "provision_order",
        _FROM_CORE,
        Network.LINKAGE,
        _MEDIATION,
        _ASKED,
        personal=True,
    ),
    _row(
        "information_provision",
        _TO_REQUESTER,
        Network.LINKAGE,
        _PROVISION,
        _PROVIDED,
        personal=True,
        needs_permit=True,
    ),
    _row(
        "provision_lapse",
        _TO_REQUESTER,
        Network.LINKAGE,
        _PROVISION,
        _PROVIDED,
        needs_permit=True,
    ),
    _row("provision_notice", _TO_CORE, Network.LINKAGE, _RECORD, _PROVIDED),
    _row(
        "permit_renewal_request",
        _TO_CORE,
        Network.LINKAGE,
        _MEDIATION,
        _PROVIDED,
        answer=Answer.REPLY,
        reply_type="permit_renewal",
        needs_permit=True,
        life=HOUR,
    ),
    _row(
        "permit_renewal",
        _FROM_CORE,
        Network.LINKAGE,
        _MEDIATION,
        _PROVIDED,
        answer=Answer.NONE,
        life=REPLY_LIFE,
    ),
    _row("permit_notice", _FROM_CORE, Network.LINKAGE, _MEDIATION, _PROVIDED),
    _row("inquiry_refusal", _FROM_CORE, Network.LINKAGE, _MEDIATION, _ASKED),
    _own_answer("submission_accepted"),
    _own_answer("submission_refused"),
    _own_answer("inquiry_status"),
    _own_answer("submission_status"),
)

ROWS: Final[Mapping[str, Row]] = MappingProxyType({row.name: row for row in _TABLE})
"""Every message type, by name."""

REPLIES: Final = frozenset(row.reply_type for row in _TABLE if row.reply_type)
"""The types that only come as the answer to another message."""


def row(name: str) -> Row:
    """The row of a message type; raises `UnknownType`."""
    found = ROWS.get(name)
    if found is None:
        raise UnknownType(f"no message type of this name among {len(ROWS)}")
    return found
