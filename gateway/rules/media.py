# SPDX-License-Identifier: Apache-2.0
"""What may be put on a medium (電子記録媒体), for whom, by whom, and what follows.

Law, from the assessment document: only what a law names may go (R-103), and only the
two kinds below are ever said to go by medium. Not on flash memory (R-120). Somebody
else is there (R-116). Much of it only after the manager in charge approved (R-199).
What was handed over does not stay in the city (R-101), and what is destroyed is
destroyed for good, by a named person, in a way that is written down (R-213, R-214).

What happens to a medium is a table: from where it stands, an act leads to where it
stands then. Pure: who, when and what is there come as arguments.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from gateway.records.media import IN, Medium
from pki.names import StationName
from schemas.systems import CARDS, CS, NATIONAL, PREFECTURE


class MediaRefused(Exception):
    """An output to a medium, or an act on one, was refused, and that is on record.

    The sentence says which rule was broken. Nothing was put out and no medium moved.
    """


@dataclass(frozen=True, slots=True)
class Content:
    """One kind of content that a law lets a station hand over by medium."""

    sender: str
    """The role that may put it out."""
    receivers: frozenset[str]
    """The roles that it may be for."""
    law: str
    stays: bool
    """Whether the receiver keeps the medium: it never comes back."""


CONTENTS: Final[Mapping[str, Content]] = {
    "consistency_check": Content(
        CS, frozenset({PREFECTURE, NATIONAL}), "住基法第14条", stays=False
    ),
    "sending_destination": Content(
        CS, frozenset({CARDS}), "個人番号カード命令第23条の2", stays=True
    ),
}
"""本人確認情報の整合性確認 (Ⅱ(2)５ 提供先2), 送付先情報 (Ⅱ(3)３ ④)."""

DEVICES: Final = ("optical_disc", "magnetic_tape", "hard_disk")
"""電子記録媒体（フラッシュメモリを除く。）: what a medium may be."""
FLASH: Final = "flash_memory"
TAKE_IN: Final = timedelta(days=31)
"""How long an output may be taken in after it was written."""
GROWTH: Final = 100
"""A whole file may grow by one in so many between request and writing."""
KEPT: Final = timedelta(days=7 * 366)
"""How long the ledger keeps a medium that is gone: seven years, as all records."""


class State(StrEnum):
    """Where a medium stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    """It is not going to be written."""
    WRITING = "writing"
    """Who is on it is being recorded; no medium can be read yet."""
    WRITTEN = "written"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    DESTROYED = "destroyed"
    TAKEN_IN = "taken_in"


class Act(StrEnum):
    """What a person does."""

    REQUEST = "request"
    APPROVE = "approve"
    DECLINE = "decline"
    BEGIN = "begin"
    PLACE = "place"
    HAND_OVER = "hand_over"
    RETURN = "return"
    DESTROY = "destroy"
    TAKE_IN = "take_in"


WAYS: Final[Mapping[tuple[State, Act], State]] = {
    (State.REQUESTED, Act.APPROVE): State.APPROVED,
    (State.REQUESTED, Act.DECLINE): State.DECLINED,
    (State.REQUESTED, Act.BEGIN): State.WRITING,
    (State.APPROVED, Act.DECLINE): State.DECLINED,
    (State.APPROVED, Act.BEGIN): State.WRITING,
    (State.WRITING, Act.DECLINE): State.DECLINED,
    (State.WRITING, Act.BEGIN): State.WRITING,
    (State.WRITING, Act.PLACE): State.WRITTEN,
    (State.WRITTEN, Act.HAND_OVER): State.HANDED_OVER,
    (State.WRITTEN, Act.DESTROY): State.DESTROYED,
    (State.HANDED_OVER, Act.RETURN): State.RETURNED,
    (State.HANDED_OVER, Act.DESTROY): State.DESTROYED,
    (State.RETURNED, Act.DESTROY): State.DESTROYED,
    (State.TAKEN_IN, Act.RETURN): State.RETURNED,
    (State.TAKEN_IN, Act.DESTROY): State.DESTROYED,
}
UNWRITTEN: Final = frozenset({State.REQUESTED, State.APPROVED, State.WRITING})
"""What lapses by itself when its time is over."""
ENDS: Final = frozenset({State.DECLINED, State.DESTROYED})


def whose(name: str, named: Collection[str]) -> bool:
    """Whether a person is one of those named, however the name is spelt."""
    return _letters(name) in {_letters(one) for one in named} - {""}


def is_another(name: str, other: str) -> bool:
    """Whether two names are of two persons, and neither is empty."""
    return bool(_letters(name) and _letters(other)) and _letters(name) != _letters(
        other
    )


def must_fit(content: str, device: str, sender: StationName, to: StationName) -> None:
    """Raises `MediaRefused` unless this may go from one to the other on that device."""
    known = CONTENTS.get(content)
    if known is None or known.sender != sender.role:
        raise MediaRefused(f"no law lets {sender.role} put {content} on a medium")
    if to.role not in known.receivers or to.organisation == sender.organisation:
        raise MediaRefused(f"{content} is not for {to} ({known.law})")
    if device == FLASH:
        raise MediaRefused("flash memory is not used (R-120)")
    if device not in DEVICES:
        raise MediaRefused(f"{device} is none of {', '.join(DEVICES)}")


def after(medium: Medium, act: Act) -> State:
    """Where the act leads to; raises `MediaRefused` where it leads nowhere."""
    found = WAYS.get((State(medium.state), act))
    if found is None or _is_elsewhere(medium):
        raise MediaRefused(f"it is {medium.state}, so there is nothing to {act.value}")
    return found


def may_begin(medium: Medium, now: datetime) -> None:
    """Raises `MediaRefused` unless it may be written now."""
    if has_lapsed(medium, now):
        raise MediaRefused("its time is over; ask for it anew")
    if medium.large and medium.state == State.REQUESTED:
        raise MediaRefused(
            f"{medium.persons} persons are many: an approver must approve it first"
        )


def most(medium: Medium) -> int:
    """How many persons may be written of what was asked for."""
    if medium.scope != "all" or not medium.large:
        return medium.persons
    return medium.persons + medium.persons // GROWTH


def has_lapsed(medium: Medium, now: datetime) -> bool:
    """Whether it was not approved, or not written, in its time."""
    return medium.state in UNWRITTEN and now > medium.until


def is_over(medium: Medium, now: datetime) -> bool:
    """Whether nothing is to be done about it any more."""
    return medium.state in ENDS or has_lapsed(medium, now) or _is_elsewhere(medium)


def waits(medium: Medium, now: datetime) -> bool:
    """Whether an approver is waited for."""
    asked = medium.state == State.REQUESTED and medium.large
    return asked and not has_lapsed(medium, now)


def to_do(media: Iterable[Medium], days: int, now: datetime) -> tuple[int, int]:
    """How many wait for an approver, and how many stand too long at one step."""
    found = [(waits(one, now), is_overdue(one, days, now)) for one in media]
    return sum(one for one, _ in found), sum(late for _, late in found)


def may_be_forgotten(medium: Medium, now: datetime) -> bool:
    """Whether it is over and its time of keeping is, too."""
    return is_over(medium, now) and now - medium.since > KEPT


def is_overdue(medium: Medium, days: int, now: datetime) -> bool:
    """Whether it stands at one step of its way for too long."""
    waits = medium.state in UNWRITTEN or is_over(medium, now)
    return not waits and now - medium.since > timedelta(days=days)


def _is_elsewhere(medium: Medium) -> bool:
    """Whether another has it, and keeps it: it is theirs to destroy."""
    known = CONTENTS.get(medium.content)
    stays = known is not None and known.stays
    return (medium.state == State.HANDED_OVER and stays) or (
        medium.state == State.RETURNED and medium.direction == IN
    )


def _letters(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
