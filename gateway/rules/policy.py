# SPDX-License-Identifier: Apache-2.0
"""May this requester be given this information for this affair, from this provider?

Answers from the matching list (別紙１) item by item: the one of the master that was in
force when the permit was issued. The core asks first, at that moment; the provider asks
again on its own copy of the list (R-127), about that moment, with the same functions:
the list is law, not opinion. Pure: same question, same list, same answer.
"""

from collections.abc import Iterable, Mapping

from protocols.identifiers import local_government_code_is_valid
from schemas.matching_list import Item

Items = Mapping[int, Item]
"""The items of one matching list, by their numbers."""

PROVIDED_KINDS = frozenset({"resident_record_information"})
"""What the resident affair provides: 住民票関係情報, and nothing else (R-105)."""

PROVIDER_ROLE = "intermediate_server"


def item_is_listed(items: Items, item_no: int) -> bool:
    """Whether the item is on the list at all (R-104)."""
    return item_no in items


def requester_is_the_items(
    items: Items, item_no: int, requester_kinds: Iterable[str]
) -> bool:
    """Whether one of the asking station's kinds is the item's requester (R-127)."""
    return items[item_no].requester_kind in requester_kinds


def kinds_are_the_items(items: Items, item_no: int, kinds: Iterable[str]) -> bool:
    """Whether every asked kind is one that the item allows (R-127)."""
    return set(kinds) <= items[item_no].kinds


def is_municipality(organisation: str) -> bool:
    """Whether it can be an item's provider, 市町村長: every item names just that.

    A code that ends in 000 before its check digit is a prefecture's.
    """
    return local_government_code_is_valid(organisation) and organisation[2:5] != "000"


def kinds_are_provided(kinds: Iterable[str]) -> bool:
    """Whether this affair provides every asked kind (R-105)."""
    return set(kinds) <= PROVIDED_KINDS
