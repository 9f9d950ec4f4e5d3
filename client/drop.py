# SPDX-License-Identifier: Apache-2.0
"""A drop folder at work: files in, acknowledgements and answers out, each once.

Killed at any instruction and started again, it neither loses nor doubles anything,
because each step is one rename and the order is this:

1. ``in/NAME`` becomes ``work/ID~NAME``: from now on it has its submission id.
2. It is handed in under that id. Done twice, the station does it once.
3. The acknowledgement (and an answer at once) is written into ``work``.
4. What is accepted and has an end to come gets an empty file in ``wait``.
5. The file goes to ``done`` or ``refused``. Until here, a restart begins again at 2.
6. The acknowledgement goes to ``out``. A restart before that does this alone.

What waits ends in the same way, see `waiting`. What the station does not take now
stays in ``work``, in order, and is tried again; nothing overtakes it.
"""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from client import drop_words as words
from client.drop_names import (
    ACK,
    ANSWER,
    READY,
    RESULT,
    Item,
    Waiting,
    is_good,
    is_payload,
    receiver,
)
from client.drop_words import Reason
from client.errors import NotUnderstood, Refused
from client.folder import Folder, NotPlain, NotStill
from client.inside import Inside
from client.values import HandedIn
from protocols.header import TokenBytes, new_id
from schemas.xml import MAX_PAYLOAD

log = logging.getLogger(__name__)

AT_ONCE: Final = 100
"""Files taken before the first of them is handed in."""
OFTEN: Final = 5
"""Answers that nobody understands, to one file, before a person must look at it."""
SAFE: Final = timedelta(days=6)
"""A station knows a submission again for seven days; later, nobody can say."""
DONE: Final = "done"
NOT_TAKEN: Final = "refused"


class Drop:
    """Hands in what lies in a folder. Waits for nothing: `rounds` does."""

    def __init__(
        self,
        folder: Folder,
        station: Inside,
        clock: Callable[[], datetime],
        token_bytes: TokenBytes,
        *,
        ready: bool = False,
    ) -> None:
        """``ready``: a file counts once ``NAME.xml.ready`` lies beside it."""
        self._folder = folder
        self._station = station
        self._clock = clock
        self._token_bytes = token_bytes
        self._ready = ready
        self._last = datetime.fromtimestamp(0, UTC)
        """When the newest id was made: ids are in the order of taking."""
        self._odd: Counter[bytes] = Counter()

    def recover(self) -> None:
        """After a start: finish what was cut off behind its last deciding step."""
        folder = self._folder
        for part in ("work", "wait"):
            folder.clear(part)
        made = [item for name in folder.names("work") if (item := Item.parse(name))]
        payloads = {item.submission: item.name for item in made if is_whole(item.name)}
        for name in payloads.values():
            folder.remove("in", name + READY)
        for item in made:
            self._last = max(self._last, item.taken)
            if item.name.endswith(ACK) and item.submission not in payloads:
                self._tell(Item(item.submission, item.name.removesuffix(ACK)))

    def take(self) -> bool:
        """Give the next files their ids; whether there may be more."""
        folder, names = self._folder, self._folder.names("in")
        there = set(names)
        busy = self._busy()
        taken, more = 0, False
        for name in names:
            if name.endswith(READY) and name.removesuffix(READY) not in there:
                folder.remove("in", name)
            if not is_payload(name) or name in busy or not self._is_whole(name, there):
                continue
            if taken == AT_ONCE:
                more = True
                break
            self._take(name)
            taken += 1
        if taken:
            folder.settle("work", "in")
        return more

    def hand_in(self) -> int:
        """Hand in what was taken, in order; how many are settled.

        Raises an `InsideError` where the station cannot be asked: the rest waits.
        """
        settled = 0
        for name in self._folder.names("work"):
            item = Item.parse(name)
            if item is not None and is_whole(item.name):
                settled += self._one(item)
        return settled

    # -- one file ----------------------------------------------------------------------

    def _is_whole(self, name: str, there: set[str]) -> bool:
        if self._ready:
            return name + READY in there
        return not self._folder.is_written("in", name)

    def _busy(self) -> set[str]:
        """Names whose earlier file is not finished, or not yet told to the system."""
        folder = self._folder
        items = [Item.parse(name) for name in folder.names("work")]
        busy = {item.name for item in items if item is not None}
        waiting = [Waiting.parse(name) for name in folder.names("wait")]
        busy |= {one.item.name for one in waiting if one is not None}
        for name in folder.names("out"):
            for suffix in (ACK, RESULT, ANSWER):
                if name.endswith(suffix):
                    busy.add(name.removesuffix(suffix))
        return busy

    def _take(self, name: str) -> None:
        self._last = max(self._clock(), self._last + timedelta(milliseconds=1))
        submission = new_id(self._last, self._token_bytes)
        item = Item(submission, name if is_good(name) else nameless(submission))
        self._folder.move("in", name, "work", str(item))
        self._folder.remove("in", name + READY)

    def _one(self, item: Item) -> bool:
        """Hand one file in and settle it; False while it is not still."""
        if item.name == nameless(item.submission):
            self._settle(item, Reason.NAME)
            return True
        if self._clock() - item.taken > SAFE or self._odd[item.submission] >= OFTEN:
            self._settle(item, Reason.UNCERTAIN)
            return True
        self._folder.must_have_room()
        try:
            payload = self._folder.read("work", str(item), MAX_PAYLOAD)
        except NotStill:
            return False
        except NotPlain:
            self._settle(item, Reason.NOT_A_FILE)
            return True
        except OSError:
            self._settle(item, Reason.UNREADABLE)
            return True
        if len(payload) > MAX_PAYLOAD:
            self._settle(item, Reason.TOO_LARGE)
            return True
        self._post(item, payload)
        return True

    def _post(self, item: Item, payload: bytes) -> None:
        try:
            handed = self._station.hand_in(
                payload, to=receiver(item.name), submission=item.submission
            )
        except Refused as refused:
            ack = words.refused(item, refused.told, self._clock())
            self._finish(item, ack, NOT_TAKEN, refused.told.code)
            return
        except NotUnderstood:
            self._odd[item.submission] += 1
            raise
        ack = words.accepted(item, handed, self._clock())
        if handed.answer is not None:
            self._folder.write("work", str(item) + ANSWER, handed.answer)
        elif has_end(handed):
            self._folder.write("wait", str(Waiting(item, handed)), b"")
        self._finish(item, ack, DONE, "accepted")

    def _settle(self, item: Item, reason: Reason) -> None:
        ack = words.not_handed_in(item, reason, self._clock())
        self._finish(item, ack, NOT_TAKEN, reason.code)

    def _finish(self, item: Item, ack: bytes, to: str, outcome: str) -> None:
        """Steps 3, 5 and 6."""
        folder, told = self._folder, str(item) + ACK
        folder.write("work", told, ack)
        folder.touch("work", str(item), self._clock())
        folder.move("work", str(item), to)
        self._tell(item)
        log.info("%s: %s", item.submission.hex(), outcome)

    def _tell(self, item: Item) -> None:
        """Step 6: the answer first, so that it is there when it is told of."""
        for suffix in (ANSWER, ACK):
            if self._folder.has("work", str(item) + suffix):
                out = item.name + suffix
                self._folder.move("work", str(item) + suffix, "out", out)


def nameless(submission: bytes) -> str:
    """The name of a file whose own may not be kept."""
    return f"{submission.hex()}.xml"


def is_whole(name: str) -> bool:
    """Whether a name in ``work`` is a system's file, not one that belongs to it."""
    return not name.endswith((ACK, RESULT, ANSWER))


def has_end(handed: HandedIn) -> bool:
    """Whether something is still to come of it."""
    return handed.message_id is not None or handed.processing_number is not None
