# SPDX-License-Identifier: Apache-2.0
"""What crosses to another organisation: in an envelope, over 総合行政ネットワーク.

The shops' system answers its center, the link terminal tells the ministry. Neither has
a gateway in front of it in the document, so each is a station here: `Enveloped` lets a
system take under a station of `simulators.peers`, which judges link, seal, signature,
times and repeats; `line` seals what a system owes for the station that is to have it.
"""

from collections.abc import Mapping
from typing import Any, Final

from pki.names import StationName
from protocols.answers import Receipt, SignedRefusal
from protocols.errors import AnswerInvalid
from schemas.catalogue import ROWS, Answer
from schemas.messages import Payload, SubmissionAccepted, write_payload
from schemas.payload import type_of
from simulators.city.courier import Line
from simulators.city.faults import Fault
from simulators.city.reasons import Refused
from simulators.city.system import System
from simulators.city.taken import Sender
from simulators.peer import Peer
from simulators.peers.errors import BadRequest, NotTaken
from simulators.peers.system import Looked, Owed, Take, Taken, Told
from simulators.web import LinkFailed

ON_THE_WIRE: Final = "SK-M05"
"""What another organisation is told of a refusal that is the city's own business. A
link that fails is the station's to play, not the system's."""


class Enveloped:
    """A system of the city as `simulators.peers` needs it behind a station."""

    def __init__(self, system: System) -> None:
        self._system = system

    @property
    def takes(self) -> Mapping[str, Take]:
        """What may come from another organisation, and is not an answer."""
        return {
            kind: self._take
            for kind in self._system.handlers()
            if ROWS[kind].answer is not Answer.NONE
            and any(way[1] == self._system.role for way in ROWS[kind].outside)
        }

    @property
    def looks(self) -> Mapping[str, Looked]:
        return {}

    def count(self) -> Mapping[str, int]:
        return {"taken": len(self._system.history.events(what="taken"))}

    def load(self, lines: list[Mapping[str, Any]]) -> int:
        raise BadRequest("nothing is loaded here: its own systems tell it")

    def someone_else(self, reply: Payload) -> Payload:
        """The next answer but this one is the one before: the system's own fault."""
        self._system.faults.set(Fault.ANOTHERS_ANSWER)
        return reply

    def work(self, now: Any) -> list[Owed] | None:
        return None

    def _take(self, told: Told) -> Taken:
        taken = self._system.take(told.payload, Sender(told.sender))
        if not taken.body or taken.code.startswith("SK-Y"):
            raise NotTaken(ON_THE_WIRE)
        if taken.code:
            raise NotTaken(taken.code)
        value = taken.value
        return Taken("taken", None if isinstance(value, SubmissionAccepted) else value)


def line(peer: Peer, receiver: StationName) -> Line:
    """Seals for a station, posts, and gives the verified answer as plain XML."""

    def post(body: bytes) -> bytes:
        packed = peer.write(type_of(body), receiver, body)
        try:
            answer = peer.understand(packed, peer.post(packed), receiver)
        except (LinkFailed, AnswerInvalid):
            return b""
        if isinstance(answer, Receipt):
            return write_payload(SubmissionAccepted())
        if isinstance(answer, SignedRefusal):
            return write_payload(_refused(answer.code))
        return answer.payload

    return post


def _refused(code: str) -> Payload:
    return Refused(code).payload()
