# SPDX-License-Identifier: Apache-2.0
"""照会許可用照合リスト: who may ask whom for what, in which affair.

One item per 項 of the table in 主務省令第２条 (番号法第１９条第８号) whose information
includes 住民票関係情報. Which kinds an item allows, and which requester it names, come
from the two lists of kinds; the wording of the law stands beside them unchanged. A
requester such as 都道府県知事又は市町村長 is one kind, as printed.

The lists are read once, when this module is imported. The one that ships is what a
network's first master is made from: a station judges by the list that its master
carries (`MatchingList`). Whether an inquiry fits it is decided by rules elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from schemas.reference import numbers, rows


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of information (利用特定個人情報)."""

    kind_id: str
    japanese: str
    english: str
    definition: str
    """The definition inside the table, or that there is none."""
    provided_by_this_affair: bool
    """Whether the affair of the resident register is what provides it."""
    item_nos: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RequesterKind:
    """One kind of 情報照会者."""

    requester_id: str
    japanese: str
    english: str
    item_nos: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One 項 of the table."""

    item_no: int
    requester_kind: str
    """The id of a `RequesterKind`."""
    requester: str
    affair: str
    provider: str
    information: str
    """The wording of the fourth column, from which `kinds` was read."""
    kinds: frozenset[str]
    """The ids of the `Kind`s that may be asked for."""
    article: int
    """The article (第N条) that limits the affair and the information further."""

    @property
    def legal_basis(self) -> str:
        """番号法 and the row of the table, as a record or an operator reads it."""
        return f"番号法第19条第8号 主務省令第2条の表 項{self.item_no}"


def _kinds() -> Mapping[str, Kind]:
    return MappingProxyType(
        {
            line["id"]: Kind(
                kind_id=line["id"],
                japanese=line["japanese"],
                english=line["english"],
                definition=line["definition_in_annex"],
                provided_by_this_affair=line["provided_by_this_affair"] == "yes",
                item_nos=numbers(line["item_nos"]),
            )
            for line in rows("information_kinds")
        }
    )


def _requester_kinds() -> Mapping[str, RequesterKind]:
    return MappingProxyType(
        {
            line["id"]: RequesterKind(
                requester_id=line["id"],
                japanese=line["japanese"],
                english=line["english"],
                item_nos=numbers(line["item_nos"]),
            )
            for line in rows("requester_kinds")
        }
    )


KINDS: Final = _kinds()
"""The 8 kinds of information, by id."""

REQUESTER_KINDS: Final = _requester_kinds()
"""The 28 kinds of requester, by id."""


def _items() -> Mapping[int, Item]:
    kinds_of: dict[int, set[str]] = {}
    for kind in KINDS.values():
        for item_no in kind.item_nos:
            kinds_of.setdefault(item_no, set()).add(kind.kind_id)
    requester_of = {
        item_no: requester.requester_id
        for requester in REQUESTER_KINDS.values()
        for item_no in requester.item_nos
    }
    return MappingProxyType(
        {
            item_no: Item(
                item_no=item_no,
                requester_kind=requester_of[item_no],
                requester=line["requester"],
                affair=line["affair"],
                provider=line["provider"],
                information=line["information"],
                kinds=frozenset(kinds_of[item_no]),
                article=int(line["article"]),
            )
            for line in rows("permit_matching_list")
            for item_no in (int(line["item_no"]),)
        }
    )


ITEMS: Final = _items()
"""The 60 items that ship, by item number."""


@dataclass(frozen=True, slots=True)
class MatchingList:
    """One version of the list, with the moment from which it is in force."""

    version: str
    in_force: datetime
    """From this moment on, until the next one's."""
    items: Mapping[int, Item]
    """By item number; what is not here may not be asked for."""


NO_ITEMS: Final[Mapping[int, Item]] = MappingProxyType({})
"""What may be asked for where no list is in force."""


def shipped(in_force: datetime, version: str = "1") -> MatchingList:
    """The list that ships, for a master that has none yet."""
    return MatchingList(version, in_force, ITEMS)
