# SPDX-License-Identifier: Apache-2.0
"""The matching lists that a master carries: to and from their JSON.

Each list stands there whole, with the wording of the law, so that whoever holds the
master holds the list (R-126). The kinds of requester and of information are this
program's vocabulary: a list that names one that it does not know is refused, because
half a list would allow half of the law.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

from schemas.matching_list import KINDS, REQUESTER_KINDS, Item, MatchingList

MAX_ITEM: Final = 999
"""As the schemas and the permit have it."""
Version = Annotated[
    str, msgspec.Meta(pattern=r"\A[0-9A-Za-z][0-9A-Za-z.\-]{0,15}\Z", max_length=16)
]


class RawItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item as it is written."""

    item: Annotated[int, msgspec.Meta(ge=1, le=MAX_ITEM)]
    requester_kind: str
    requester: str
    affair: str
    provider: str
    information: str
    kinds: Annotated[list[str], msgspec.Meta(min_length=1)]
    article: Annotated[int, msgspec.Meta(ge=1)]


class RawList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One list as it is written."""

    version: Version
    in_force: Annotated[datetime, msgspec.Meta(tz=True)]
    items: list[RawItem]


def raw(lists: Iterable[MatchingList]) -> list[RawList]:
    """As they are written."""
    return [
        RawList(one.version, one.in_force, [_raw(each) for each in one.items.values()])
        for one in lists
    ]


def lists(raw: Sequence[RawList]) -> tuple[MatchingList, ...]:
    """As they are used; raises `ValueError` for lists that nobody could follow."""
    if any(
        later.in_force <= one.in_force or later.version == one.version
        for one, later in pairwise(raw)
    ):
        raise ValueError("the matching lists are not in the order of their moments")
    if any(one.in_force.microsecond for one in raw):
        raise ValueError("a matching list begins at a whole second, as permits do")
    return tuple(
        MatchingList(
            one.version, one.in_force.astimezone(UTC), MappingProxyType(_items(one))
        )
        for one in raw
    )


def _items(raw: RawList) -> dict[int, Item]:
    found = {each.item_no: each for each in map(_item, raw.items)}
    if len(found) != len(raw.items):
        raise ValueError("an item of a matching list stands there twice")
    return found


def _item(raw: RawItem) -> Item:
    unknown = set(_unknown(raw))
    if unknown:
        raise ValueError("a matching list names a kind that this program does not know")
    return Item(
        item_no=raw.item,
        requester_kind=raw.requester_kind,
        requester=raw.requester,
        affair=raw.affair,
        provider=raw.provider,
        information=raw.information,
        kinds=frozenset(raw.kinds),
        article=raw.article,
    )


def _unknown(raw: RawItem) -> Iterator[str]:
    yield from {raw.requester_kind} - set(REQUESTER_KINDS)
    yield from set(raw.kinds) - set(KINDS)


def _raw(item: Item) -> RawItem:
    return RawItem(
        item=item.item_no,
        requester_kind=item.requester_kind,
        requester=item.requester,
        affair=item.affair,
        provider=item.provider,
        information=item.information,
        kinds=sorted(item.kinds),
        article=item.article,
    )
