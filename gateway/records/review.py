# SPDX-License-Identifier: Apache-2.0
"""What of people's acts deserves a look: the query of a review (R-193).

Reads acts that bear an operator's name, in their order, and says of each why somebody
should ask about it. A finding is no offence: who reviews decides. The signs are few,
each is told with what was counted, and none needs anything but the record.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Final

import msgspec

from gateway.records.event import Event, EventKind, StoredEvent
from gateway.records.jst import JST

MANY_LOOKS: Final = 20
"""Looks at people's information by one operator in a day; more are asked about."""
SAME_PERSON: Final = 3
"""Looks at one person's by one operator in a day."""
MUCH: Final = 1000
"""Events or copies taken out at once."""
_DAWN, _DUSK = 7, 22
"""Hours in Japan between which somebody is at work where no calendar says it."""
_SATURDAY: Final = 5
_LOOKS: Final = (
    "hold viewed",
    "copy viewed",
    "copy looked for",
    "shown",
    "disclosure:",
)
_TAKEN: Final = re.compile(
    r"(?:proof bundle of )?([0-9]{1,12}) (?:events|copies)(?: exported)?\b"
)
_REFUSED: Final = re.compile(r"\brefused\b")


class Finding(msgspec.Struct, frozen=True):
    """One act, and why somebody should ask about it."""

    seq: int
    at: datetime
    operator: str
    act: str
    sign: str
    """In one word: refused, hours, looks, person, much, unseen."""
    why: str


class Counted:
    """Reads acts, and counts them on the way.

    ``had_looked`` tells of a release whether its operator looked at the content before.
    """

    def __init__(
        self,
        had_looked: Callable[[Event], bool],
        is_open: Callable[[datetime], bool] | None = None,
    ) -> None:
        self.acts = 0
        self._had_looked = had_looked
        self._is_open = is_open or _somebody_works
        self._looks: Counter[tuple[str, date]] = Counter()
        self._persons: Counter[tuple[str, date, str]] = Counter()

    def findings(self, acts: Iterable[StoredEvent]) -> Iterator[Finding]:
        """What deserves a look, in order."""
        for stored in acts:
            event = stored.event
            if not event.operator:
                continue
            self.acts += 1
            for sign, why in self._signs(event):
                act = event.detail.partition(":")[0] or event.kind.value
                if event.kind is not EventKind.OPERATOR:
                    act = event.kind.value
                yield Finding(stored.seq, event.at, event.operator, act, sign, why)

    def _signs(self, event: Event) -> Iterator[tuple[str, str]]:
        if event.kind is EventKind.OPERATOR and _REFUSED.search(_told(event)):
            yield "refused", "it was tried and not allowed"
        if event.direction == "local" and not self._is_open(event.at):
            yield "hours", "nobody is at work at that time"
        yield from self._of_looks(event)
        taken = _TAKEN.match(event.detail)
        if taken is not None and int(taken[1]) > MUCH:
            yield "much", f"{taken[1]} at once, more than {MUCH}"
        if event.kind is EventKind.RELEASED and not self._had_looked(event):
            yield "unseen", "released by somebody who had not looked at the content"

    def _of_looks(self, event: Event) -> Iterator[tuple[str, str]]:
        if not event.detail.startswith(_LOOKS):
            return
        day = event.operator, event.at.astimezone(JST).date()
        self._looks[day] += 1
        if self._looks[day] == MANY_LOOKS + 1:
            yield "looks", f"more than {MANY_LOOKS} looks on that day"
        if not event.person_tag:
            return
        self._persons[*day, event.person_tag] += 1
        if self._persons[*day, event.person_tag] == SAME_PERSON + 1:
            yield "person", f"more than {SAME_PERSON} looks at one person on that day"


def _told(event: Event) -> str:
    """What an act's record begins with: what the program says, not the person."""
    return event.detail.partition(":")[0] if ":" in event.detail else event.detail


def _somebody_works(at: datetime) -> bool:
    local = at.astimezone(JST)
    return local.weekday() < _SATURDAY and _DAWN <= local.hour < _DUSK
