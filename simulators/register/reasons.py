# SPDX-License-Identifier: Apache-2.0
"""異動事由: why a record changes, and what each reason may change.

The official codes are not public: these are of the simulation, and the first three are
those of `simulators.residents`. The table is the law behind many checks. A move within
the city changes the address and nothing else of the person, and so on; what a reason
does not name stays as it was, whichever form or program made the change.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

__all__ = ["MAY_CHANGE", "REMOVAL_STATUS", "Reason", "Removed"]


class Reason(Enum):
    """異動事由; the value is its code."""

    MOVED_IN = "S01"
    """転入."""
    MOVED_WITHIN = "S02"
    """転居."""
    BORN = "S03"
    """出生."""
    MOVED_OUT = "S04"
    """転出."""
    DIED = "S05"
    """死亡."""
    HOUSEHOLD = "S06"
    """世帯変更."""
    FAMILY_REGISTER = "S07"
    """戸籍異動."""
    ENTERED_EX_OFFICIO = "S08"
    """職権記載."""
    CHANGED_EX_OFFICIO = "S09"
    """職権修正, such as by a decision of a court."""
    REMOVED_EX_OFFICIO = "S10"
    """職権消除."""
    CANCELLED = "S11"
    """取消 of a move-out."""
    MINOR = "S12"
    """軽微な修正."""
    NUMBER_CHANGED = "S13"
    """個人番号の変更."""
    CODE_CHANGED = "S14"
    """住民票コードの変更."""
    MOVED_IN_BY_CARD = "S15"
    """特例転入."""
    NATURALISED = "S16"
    """帰化."""
    CORRECTED = "S17"
    """訂正 of what was entered wrongly, with a manager's permission."""
    MOVED_ABROAD = "S18"
    """国外への転出."""
    NUMBER_DESIGNATED = "S19"
    """個人番号の指定."""
    REVISED = "S20"
    """改製: the record is written out anew, the one before is kept."""
    LEAVING = "S21"
    """転出の予定 is noted; the record goes when the day comes."""
    FLAGGED = "S22"
    """支援措置 or the prohibition of updates was set or lifted."""


class Removed(Enum):
    """Why a record is a removed one (除票)."""

    MOVED_OUT = "moved out"
    DIED = "died"
    EX_OFFICIO = "ex officio"
    NATURALISED = "naturalised"


REMOVAL_STATUS: Final[Mapping[Removed | None, str]] = {
    None: "0",
    Removed.MOVED_OUT: "1",
    Removed.DIED: "2",
    Removed.EX_OFFICIO: "3",
    Removed.NATURALISED: "4",
}
"""レコード状況フラグ of the identity record; values of the simulation."""

_HOUSEHOLD: Final = frozenset({"household", "relationship"})
_NAMES: Final = frozenset(
    {"name", "furigana", "former_surname", "former_surname_furigana"}
)
_REMOVAL: Final = frozenset({"removal", "leaving", *_HOUSEHOLD})
_PERSON: Final = frozenset(
    {
        *_NAMES,
        "alias",
        "born",
        "born_unknown",
        "sex",
        "domicile",
        "foreign",
        *_HOUSEHOLD,
    }
)

MAY_CHANGE: Final[Mapping[Reason, frozenset[str]]] = {
    Reason.MOVED_IN: _HOUSEHOLD,
    Reason.MOVED_IN_BY_CARD: _HOUSEHOLD,
    Reason.BORN: _HOUSEHOLD,
    Reason.ENTERED_EX_OFFICIO: _HOUSEHOLD,
    Reason.MOVED_WITHIN: frozenset({"home", "address_established", *_HOUSEHOLD}),
    Reason.MOVED_OUT: _REMOVAL,
    Reason.MOVED_ABROAD: _REMOVAL,
    Reason.DIED: _REMOVAL,
    Reason.REMOVED_EX_OFFICIO: _REMOVAL,
    Reason.NATURALISED: _REMOVAL,
    Reason.HOUSEHOLD: _HOUSEHOLD,
    Reason.FAMILY_REGISTER: frozenset({*_NAMES, "domicile", *_HOUSEHOLD}),
    Reason.CHANGED_EX_OFFICIO: _PERSON,
    Reason.CANCELLED: frozenset({"leaving"}),
    Reason.MINOR: frozenset({"name", "former_surname", "home"}),
    Reason.NUMBER_CHANGED: frozenset({"individual_number"}),
    Reason.NUMBER_DESIGNATED: frozenset({"individual_number"}),
    Reason.CODE_CHANGED: frozenset(
        {"resident_record_code", "old_resident_record_code", "code_used_from"}
    ),
    Reason.CORRECTED: frozenset(
        {*_PERSON, "home", "address_established", "became_resident"}
    ),
    Reason.REVISED: frozenset({"edition"}),
    Reason.LEAVING: frozenset({"leaving"}),
    Reason.FLAGGED: frozenset({"protected_until", "updates_prohibited"}),
}
"""What of a present record each reason may change, beside the marks of the change."""
