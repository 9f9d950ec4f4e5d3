# SPDX-License-Identifier: Apache-2.0
"""A batch inquiry at work: every line asked once, each person's lines in their order.

A line is written down before it is handed in, and handed in under an id that follows
from batch and line; so it is asked once, whenever the process is killed. The next line
about a person leaves only when the one before has its end; other people's go on
meanwhile. No more leave in a second than was set, and no more are open at once.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from client.batch_journal import Entry, Journal, submission_of
from client.batch_lines import Line
from client.errors import Refused, Unknown
from client.inside import Inside
from client.patience import Patience
from client.values import Ended, HandedIn

SAFE: Final = timedelta(days=6)
"""A station knows a submission again for seven days; later, nobody can say."""
FIRST: Final = 0.2
MOST: Final = 30.0
"""Seconds between two looks at one inquiry, which double."""
UNCERTAIN: Final = "uncertain"
FORGOTTEN: Final = "forgotten"


class Batch:
    """See the module."""

    def __init__(
        self,
        journal: Journal,
        station: Inside,
        lines: Iterable[Line],
        clock: Callable[[], datetime],
        patience: Patience,
        *,
        per_second: float,
        most_open: int,
    ) -> None:
        self._journal = journal
        self._station = station
        self._clock = clock
        self._patience = patience
        self._pause = 1 / per_second
        self._most_open = most_open
        self._next_post = 0.0
        self._ready: deque[Line] = deque()
        """Lines that may be asked now, in order."""
        self._behind: dict[str, deque[Line]] = defaultdict(deque)
        """By person: lines without an end, the first of which is being asked."""
        self._open: list[tuple[float, int, float, Line]] = []
        """A heap: when to look, line, wait after that."""
        self.answers: dict[int, bytes] = {}
        """By line: what was provided."""
        for line in lines:
            self._enter(line)

    def run(self, seconds: float) -> int:
        """Ask and look until all have their end or the time is over; how many lack it.

        Raises an `InsideError` where the station cannot be asked; nothing is lost.
        """
        monotonic = self._patience.monotonic
        until = monotonic() + seconds
        while self._ready or self._open:
            now = monotonic()
            if now >= until:
                break
            if self._may_post(now):
                self._next_post = now + self._pause
                self._post(self._ready.popleft())
            elif self._open and self._open[0][0] <= now:
                self._look()
            else:
                self._patience.sleep(max(0.001, min(self._wake(), until) - now))
        return sum(len(one) for one in self._behind.values())

    def _enter(self, line: Line) -> None:
        """Put a line where it belongs, as the journal has it."""
        standing = self._journal.standing(line.number)
        if standing.end:
            return
        queue = self._behind[line.addressee_number]
        queue.append(line)
        if len(queue) == 1:
            self._begin(line)

    def _begin(self, line: Line) -> None:
        if self._journal.standing(line.number).number:
            heappush(self._open, (0.0, line.number, FIRST, line))
        else:
            self._ready.append(line)

    def _may_post(self, now: float) -> bool:
        free = len(self._open) < self._most_open
        return bool(self._ready) and free and now >= self._next_post

    def _wake(self) -> float:
        """When there is something to do again."""
        times = [self._open[0][0]] if self._open else []
        if self._ready and len(self._open) < self._most_open:
            times.append(self._next_post)
        return min(times)

    def _post(self, line: Line) -> None:
        journal, now = self._journal, self._clock()
        before = journal.standing(line.number).posting
        if before is not None and now - before > SAFE:
            self._end(line, UNCERTAIN)
            return
        if before is None:
            journal.add(Entry(line.number, posting=now))
        head = journal.head
        try:
            handed = self._station.hand_in(
                line.payload,
                submission=submission_of(head.batch, line.number),
                operator=head.operator,
                batch=bytes.fromhex(head.batch),
            )
        except Refused as refused:
            self._end(line, "refused", refused.told.code)
            return
        number = handed.processing_number or b""
        journal.add(Entry(line.number, number=number.hex()))
        due = self._patience.monotonic() + FIRST
        heappush(self._open, (due, line.number, FIRST, line))

    def _look(self) -> None:
        _, number, wait, line = heappop(self._open)
        ended = look(self._station, self._journal, number)
        if ended is None:
            wait = min(MOST, wait * 2)
            due = self._patience.monotonic() + wait
            heappush(self._open, (due, number, wait, line))
            return
        if ended.answer is not None:
            self.answers[number] = ended.answer
        self._end(line, ended.state, ended.code)

    def _end(self, line: Line, state: str, code: str = "") -> None:
        self._journal.add(Entry(line.number, end=state, code=code))
        queue = self._behind[line.addressee_number]
        queue.popleft()
        if queue:
            self._begin(queue[0])
        else:
            del self._behind[line.addressee_number]


def look(station: Inside, journal: Journal, line: int) -> Ended | None:
    """How a line's inquiry stands at the station; None while it goes on."""
    number = bytes.fromhex(journal.standing(line).number)
    try:
        return station.look(HandedIn(b"", processing_number=number))
    except Unknown:
        return Ended(FORGOTTEN, "")
