# SPDX-License-Identifier: Apache-2.0
"""What an erasure takes of the record, and how its event says so.

The words of that event are read again when the record is verified: they stand in the
log, and nothing else may say what is gone.
"""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from gateway.records.errors import StoreDamaged
from gateway.records.event import Event, EventKind
from gateway.records.months import Month

TYPE: Final = "record_erasure"
"""Message type of the event that tells of an erasure."""
RULE: Final = "R-110"
_SAID: Final = re.compile(
    r"records of (\d{4}-\d{2}) erased: (\d+(?:-\d+)?(?:, \d+(?:-\d+)?)*) "
    r"\((\d+) in all\); .*; commitments ([0-9a-f]{64})"
)

Range = tuple[int, int]
"""The first and the last number of records that follow each other."""


class Extent(msgspec.Struct, frozen=True):
    """What an erasure takes."""

    month: Month
    ranges: tuple[Range, ...]
    """Numbers of the records, ascending; a clock that went back makes several."""
    count: int
    digest: str
    """SHA-256 (hex) over the commitments in the order of the numbers."""


class Erased:
    """Which records are gone because an erasure took them."""

    __slots__ = ("_firsts", "_ranges")

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self._ranges = sorted(ranges)
        self._firsts = [first for first, _ in self._ranges]

    def others(self, first: int, last: int) -> Iterator[Range]:
        """What lies from ``first`` to ``last`` and in none of its ranges."""
        place = max(0, bisect_right(self._firsts, first) - 1)
        for begins, ends in self._ranges[place:]:
            if begins > last:
                break
            if ends < first:
                continue
            if begins > first:
                yield first, begins - 1
            first = ends + 1
        if first <= last:
            yield first, last

    def __contains__(self, seq: int) -> bool:
        place = bisect_right(self._firsts, seq) - 1
        return place >= 0 and seq <= self._ranges[place][1]


class Measure:
    """Takes the records of a month in order; tells their extent."""

    def __init__(self, month: Month) -> None:
        self._month = month
        self._ranges: list[list[int]] = []
        self._digest = hashlib.sha256()
        self._count = 0

    def add(self, seq: int, entry: bytes) -> None:
        """The next one."""
        if self._ranges and self._ranges[-1][1] == seq - 1:
            self._ranges[-1][1] = seq
        else:
            self._ranges.append([seq, seq])
        self._digest.update(entry)
        self._count += 1

    def extent(self) -> Extent:
        """Of what was added."""
        ranges = tuple((first, last) for first, last in self._ranges)
        return Extent(self._month, ranges, self._count, self._digest.hexdigest())


def erasure_event(extent: Extent, at: datetime, operator: str = "") -> Event:
    """What the record says of an erasure: who, what range, how many."""
    numbers = ", ".join(
        str(first) if first == last else f"{first}-{last}"
        for first, last in extent.ranges
    )
    by = "by a person" if operator else "by the station itself"
    return Event(
        kind=EventKind.ERASED,
        at=at,
        direction="local",
        message_type=TYPE,
        operator=operator,
        detail=(
            f"records of {extent.month} erased: {numbers} ({extent.count} in all); "
            f"7 years are over ({RULE}, 番号法第23条), {by}; "
            f"commitments {extent.digest}"
        ),
    )


def read_extent(event: Event) -> Extent:
    """What an erasure's event says it took; raises `StoreDamaged`."""
    found = _SAID.fullmatch(event.detail)
    if found is None or event.message_type != TYPE or event.kind != EventKind.ERASED:
        raise StoreDamaged("an erasure")
    month, numbers, count, digest = found.groups()
    ranges = tuple(_range(one) for one in numbers.split(", "))
    try:
        return Extent(Month.read(month), ranges, int(count), digest)
    except ValueError:
        raise StoreDamaged("an erasure") from None


def _range(text: str) -> Range:
    first, _, last = text.partition("-")
    return int(first), int(last or first)
