# SPDX-License-Identifier: Apache-2.0
"""住民票: one record per person and stay, as the register keeps it.

A record is a value; a change makes another one with the same number, and the one before
stays in the history. Who leaves and comes back gets a new record: the old one is a
removed record (除票). Names and addresses are kept as they were given and are never
normalised; what a search compares is derived beside them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from simulators.register.births import Unknown, shown
from simulators.register.reasons import Reason, Removed
from simulators.register.silent import Silent

__all__ = [
    "HEAD",
    "Change",
    "Domicile",
    "Foreign",
    "Home",
    "Leaving",
    "Placement",
    "Removal",
    "ResidentRecord",
]

HEAD: Final = "世帯主"
SPACE: Final = "　"
"""Between the lot number and the building."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Home(Silent):
    """住所: town, postal code, the text up to the lot number, and 方書."""

    town_code: str
    postal_code: str
    address: str
    building: str | None = None
    """方書: building and room."""

    @property
    def text(self) -> str:
        """The address on one line."""
        return (
            f"{self.address}{SPACE}{self.building}" if self.building else self.address
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Domicile(Silent):
    """本籍 and 筆頭者: where the family register of a Japanese is."""

    municipality: str
    text: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Foreign(Silent):
    """What the record of a foreign resident says in place of a domicile."""

    nationality: str
    status: str
    """在留資格."""
    residence_card: str
    stay_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Placement(Silent):
    """A resident, and the relationship to the head from now on."""

    record: int
    relationship: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Leaving(Silent):
    """転出の予定: when, and where to; no municipality means abroad."""

    on: date
    municipality: str | None
    address: str
    remaining: tuple[Placement, ...] = ()
    """What becomes of those who stay, when the day comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """消除."""

    on: date
    by: Removed


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ResidentRecord(Silent):
    """Everything that the register holds of one stay of one person."""

    number: int
    household: int
    relationship: str
    resident_record_code: str
    old_resident_record_code: str | None = None
    code_used_from: date
    individual_number: str | None = None
    """None from birth until the mayor designates what J-LIS generated."""
    name: str
    furigana: str
    former_surname: str | None = None
    former_surname_furigana: str | None = None
    alias: str | None = None
    """通称 of a foreign resident."""
    born: date
    born_unknown: Unknown | None = None
    """What of the day of birth is not known; `born` is then the first of the rest."""
    sex: str
    home: Home
    became_resident: date
    address_established: date
    previous_municipality: str | None = None
    previous_address: str | None = None
    domicile: Domicile | None = None
    foreign: Foreign | None = None
    leaving: Leaving | None = None
    removal: Removal | None = None
    edition: int = 1
    """How often the record was written out anew (改製), counted from one."""
    protected_until: date | None = None
    """支援措置: the last day on which this person is protected."""
    updates_prohibited: bool = False
    reason: Reason
    """異動事由 of the last change of the identity information."""
    changed: date
    notified: date
    detail: str | None = None
    operator: str
    terminal: str
    sequence: int = 0
    """更新順番号: how often the identity information of this person was told."""
    recorded: datetime

    @property
    def present(self) -> bool:
        return self.removal is None

    @property
    def is_head(self) -> bool:
        return self.relationship == HEAD

    @property
    def born_text(self) -> str:
        """The day of birth as it is read, 不詳 where it is not known."""
        return shown(self.born, self.born_unknown)

    def protected(self, today: date) -> bool:
        """Whether 支援措置 holds on this day."""
        return self.protected_until is not None and today <= self.protected_until


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Change(Silent):
    """One record before and after; nothing before means that it is made."""

    before: ResidentRecord | None
    after: ResidentRecord
    reason: Reason
    on: date
    """異動年月日."""
    notified: date
    detail: str | None = None
