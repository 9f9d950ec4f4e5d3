# SPDX-License-Identifier: Apache-2.0
"""What one row of the catalogue says, and how the tables of rows write it.

A *way* is a sender's role and a receiver's role, together: that a type may go from a to
b and from c to d does not let it go from a to d. The same type can go on from one
organisation to another and then, as plain XML, inside the second; a row keeps these
two kinds of ways apart. Roles are ids of `systems`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, TypeAlias

from schemas.flows import steps_of
from schemas.systems import CORE, INTERMEDIATE

DAY: Final = 86_400
"""The longest life of an envelope: a notice may wait for a peer that is down."""
HOUR: Final = 3_600
"""For what is answered at once: older than this, somebody has asked again."""
REPLY_LIFE: Final = 300
"""A reply travels back on the connection that asked."""
NOT_ENVELOPED: Final = 0
"""The inside network carries plain payloads; no envelope, so nothing expires."""

NO_ARTICLE: Final = "資料に条文の記載なし（本プロジェクトの定め）"
"""Where the source names no article: the way is then this project's own reading."""

Way: TypeAlias = tuple[str, str]
"""The role that sends and the role that receives."""


class Network(StrEnum):
    """Which network a type belongs to."""

    JUKI = "juki"
    """住基ネット."""
    LINKAGE = "linkage"
    """情報連携."""
    LGWAN = "lgwan"
    """総合行政ネットワーク, for what belongs to neither: shops, Ministry of Justice."""
    INSIDE = "inside"
    """Between the systems of one organisation, its station among them."""


class Answer(Enum):
    """What the sender of a type gets back when it is not refused."""

    RECEIPT = "receipt"
    """Taken over, nothing more: a signed receipt; inside, `submission_accepted`."""
    REPLY = "reply"
    """A message of the row's `reply_type`, at once."""
    NONE = "none"
    """Nothing: the type is itself an answer."""


@dataclass(frozen=True, slots=True)
class Row:
    """What holds for every message of one type."""

    name: str
    outside: frozenset[Way]
    """Between stations of different organisations, in an envelope."""
    inside: frozenset[Way]
    """Between systems of one organisation, as plain XML."""
    network: Network
    """The network of the outside ways; INSIDE where there are none."""
    personal: bool
    """Whether the payload holds 特定個人情報 or a code that stands for a person."""
    needs_permit: bool
    answer: Answer
    reply_type: str | None
    """The type of the reply, exactly where `answer` is REPLY."""
    legal_basis: str
    flow_steps: tuple[str, ...]
    function: str
    """System and number of the function that it serves where no step names it."""
    lifetime_seconds: int
    """From created to expires in the header; NOT_ENVELOPED where there is none."""

    @property
    def in_order(self) -> bool:
        """Whether messages about one person reach a peer in the order of their making.

        So on 住基ネット, where each tells a newer state than the one before, and where
        something is asked. What is provided stands by itself, under its number.
        """
        return self.network is Network.JUKI or self.reply_type is not None

    @property
    def jis_only(self) -> bool:
        """Whether its texts are JIS X 0213: they reach the side of linkage."""
        reached = {role for way in self.outside | self.inside for role in way[1:]}
        return bool(reached & {CORE, INTERMEDIATE})


def type_row(
    name: str,
    legal_basis: str,
    *,
    outside: Iterable[Way] = (),
    inside: Iterable[Way] = (),
    network: Network = Network.INSIDE,
    answer: Answer = Answer.RECEIPT,
    reply_type: str | None = None,
    personal: bool = False,
    needs_permit: bool = False,
    also: tuple[str, ...] = (),
    function: str = "",
    life: int = DAY,
) -> Row:
    """A row. `also`: steps that it serves beside those that `flows` gives it.

    A type with a `reply_type` is answered by it.
    """
    return Row(
        name=name,
        outside=frozenset(outside),
        inside=frozenset(inside),
        network=network,
        personal=personal,
        needs_permit=needs_permit,
        answer=Answer.REPLY if reply_type else answer,
        reply_type=reply_type,
        legal_basis=legal_basis,
        flow_steps=steps_of(name) + also,
        function=function,
        lifetime_seconds=NOT_ENVELOPED if network is Network.INSIDE else life,
    )


def back(ways: Iterable[Way]) -> frozenset[Way]:
    """The ways of an answer."""
    return frozenset((receiver, sender) for sender, receiver in ways)
