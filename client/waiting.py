# SPDX-License-Identifier: Apache-2.0
"""What a drop folder waits for: the ends of what was accepted, and what arrives.

An end is told once, whenever the drop is killed or the power goes:

1. Answer and result are written into ``work``, and their names are on the disk.
2. The station is told that the answer is kept, and erases it.
3. The empty file in ``wait`` goes. Before that, a restart begins again at 2.
4. Answer and then result go to ``out``. A restart before that does this alone.

An arrival is written into ``work`` in the same way, acknowledged, and then laid out.
The answer to a question is no arrival here: it comes with the end of its question,
never twice.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from client import drop_words as words
from client.drop_names import (
    ANSWER,
    RESULT,
    Item,
    Waiting,
    arrival_name,
    arrival_of,
)
from client.errors import Unknown
from client.folder import Folder
from client.inside import Inside
from client.values import Arrival
from schemas.catalogue import ROWS
from schemas.catalogue import Answer as AnswerKind

log = logging.getLogger(__name__)

FIRST: Final = 1.0
MOST: Final = 60.0
"""Seconds between two looks at one end, which double."""
AT_ONCE: Final = 200
"""Ends looked at in one round."""


class Ends:
    """Looks for the ends of what was accepted."""

    def __init__(
        self,
        folder: Folder,
        station: Inside,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._folder = folder
        self._station = station
        self._clock = clock
        self._monotonic = monotonic
        self._next: dict[str, tuple[float, float]] = {}
        """By name: when to look again, and the wait after that."""

    def recover(self) -> None:
        """After a start: finish the ends that were written and not laid out."""
        waiting = {one.item.submission: one for one in self._waiting()}
        for name in self._folder.names("work"):
            item = Item.parse(name)
            if item is None or not item.name.endswith(RESULT):
                continue
            one = waiting.get(item.submission)
            if one is None:
                self._lay_out(Item(item.submission, item.name.removesuffix(RESULT)))
            else:
                self._tell(one)

    def look(self) -> int:
        """Look at those whose time has come; how many are left.

        Raises an `InsideError` where the station cannot be asked.
        """
        waiting, now = self._waiting(), self._monotonic()
        names = {str(one) for one in waiting}
        self._next = {name: at for name, at in self._next.items() if name in names}
        due = [one for one in waiting if self._due(str(one)) <= now][:AT_ONCE]
        ended = sum(self._one(one, now) for one in due)
        return len(waiting) - ended

    def _waiting(self) -> list[Waiting]:
        found = [Waiting.parse(name) for name in self._folder.names("wait")]
        return [one for one in found if one is not None]

    def _due(self, name: str) -> float:
        return self._next.get(name, (0.0, FIRST))[0]

    def _one(self, one: Waiting, now: float) -> bool:
        """Look at one; whether it has its end."""
        try:
            ended = self._station.look(one.handed)
        except Unknown:
            ended = words.FORGOTTEN
        name = str(one)
        if ended is None:
            _, wait = self._next.get(name, (0.0, FIRST))
            self._next[name] = (now + wait, min(MOST, wait * 2))
            return False
        item = one.item
        if ended.answer is not None:
            self._folder.write("work", str(item) + ANSWER, ended.answer)
        result = words.result(item, ended, self._clock())
        self._folder.write("work", str(item) + RESULT, result)
        self._tell(one)
        log.info("%s: %s", item.submission.hex(), ended.code or ended.state)
        return True

    def _tell(self, one: Waiting) -> None:
        """Steps 2 to 4."""
        message_id = one.handed.message_id
        kept = self._folder.has("work", str(one.item) + ANSWER)
        if kept and message_id is not None and one.handed.processing_number is None:
            self._folder.settle("work")
            self._station.answer_taken(message_id)
        self._folder.remove("wait", str(one))
        self._lay_out(one.item)

    def _lay_out(self, item: Item) -> None:
        for suffix in (ANSWER, RESULT):
            if self._folder.has("work", str(item) + suffix):
                self._folder.move("work", str(item) + suffix, "out", item.name + suffix)


class Arrivals:
    """Fetches what waits at the station for this system."""

    def __init__(self, folder: Folder, station: Inside) -> None:
        self._folder = folder
        self._station = station

    def recover(self) -> None:
        """After a start: acknowledge and lay out what is kept."""
        for name in self._folder.names("work"):
            arrival_id = arrival_of(name)
            if arrival_id is not None:
                self._hand_over(arrival_id, name)

    def fetch(self) -> int:
        """Fetch all that waits; how many it were. Raises an `InsideError`."""
        fetched = 0
        while waiting := [one for one in self._station.arrivals() if _is_told(one)]:
            self._folder.must_have_room()
            before = fetched
            fetched += sum(self._one(arrival) for arrival in waiting)
            if fetched == before:
                break
        return fetched

    def _one(self, arrival: Arrival) -> bool:
        try:
            payload = self._station.fetch(arrival.message_id)
        except Unknown:
            return False
        name = arrival_name(arrival)
        self._folder.write("work", name, payload)
        self._hand_over(arrival.message_id, name)
        log.info("%s: arrived", arrival.message_id.hex())
        return True

    def _hand_over(self, arrival_id: bytes, name: str) -> None:
        self._folder.settle("work")
        self._station.acknowledge(arrival_id)
        self._folder.move("work", name, "out")


def _is_told(arrival: Arrival) -> bool:
    """Whether it comes of itself; the answer to a question comes with its end."""
    row = ROWS.get(arrival.message_type)
    return row is None or row.answer is not AnswerKind.NONE
