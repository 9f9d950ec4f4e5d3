# SPDX-License-Identifier: Apache-2.0
"""What was said and answered, already replaced: nothing else is ever kept.

A request is replaced when it comes, its answer is told by its kind alone. Only the ids
that the station made are remembered as they were, in memory, to know them again in a
later request; a text has their marks instead.
"""

import re
import threading
from dataclasses import dataclass, field
from typing import Final

from pki.names import StationName
from protocols.refusals import REFUSALS
from schemas.errors import XmlRefused
from schemas.payload import type_of
from simulators.capture.marks import ids_in
from simulators.capture.replaced import Replaced
from simulators.web import Reply

MOST: Final = 5000
"""Exchanges of one capture; what is said beyond is passed on and not kept."""
_CODE: Final = re.compile(rb"<code>(SK-[A-Z]\d\d)</code>")
_STATUS: Final = re.compile(rb"<status>([a-z_]{1,20})</status>")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a vendor's system and the kind of its answer."""

    step: str
    by: StationName
    method: str
    target: str = field(repr=False)
    body: str = field(repr=False)
    answer: str


class Recording:
    """The exchanges of one capture, in order."""

    def __init__(self, replaced: Replaced, given: dict[str, str]) -> None:
        """``given`` is the table of ids that ``replaced`` looks into."""
        self._replaced = replaced
        self._given = given
        self._lock = threading.Lock()
        self.exchanges: list[Exchange] = []
        self.left_out = 0

    def said(
        self, by: StationName, method: str, target: str, body: bytes, reply: Reply
    ) -> None:
        """Keep one exchange, replaced."""
        with self._lock:
            if len(self.exchanges) >= MOST:
                self.left_out += 1
                return
            step = f"s{len(self.exchanges) + 1}"
            told = self._replaced.target(target), self._replaced.body(body)
            self.exchanges.append(Exchange(step, by, method, *told, kind_of(reply)))
            for place, one in enumerate(ids_in(reply.body)):
                self._given.setdefault(one, f"${{{step}.{place}}}")


def kind_of(reply: Reply) -> str:
    """The kind of an answer: its status, its type, its code; none of its content."""
    words = [str(reply.status)]
    try:
        words.append(type_of(reply.body))
    except XmlRefused:
        words.append("nothing" if not reply.body else "text")
    for found in (_CODE.search(reply.body), _STATUS.search(reply.body)):
        word = "" if found is None else found[1].decode()
        if word in REFUSALS or word in _STATUSES:
            words.append(word)
    return " ".join(words)


_STATUSES: Final = frozenset(
    {
        "in_progress",
        "refused",
        "lapsed",
        "provided",
        "waiting",
        "delivered",
        "expired",
        "withdrawn",
    }
)
