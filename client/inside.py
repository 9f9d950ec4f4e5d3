# SPDX-License-Identifier: Apache-2.0
"""An existing system's hands at the inside listener of its station.

Blocking, one thread, a context manager. Everything that it asks may be asked twice: a
hand-in carries a submission id, under which the station takes the same bytes once and
gives the same answer again. So a lost link costs patience and never a second message.

    with Inside(settings) as station:
        handed = station.hand_in(payload, to="102016")
        ended = station.wait(handed, seconds=60)

Every method raises an `InsideError` and nothing else.
"""

import os
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from client.errors import (
    BadParameter,
    InsideError,
    NotInTime,
    NotUnderstood,
    Refused,
    TooLarge,
    Unavailable,
    Unknown,
)
from client.link import Clock, Link, machine
from client.patience import Patience
from client.settings import Station
from client.values import Arrival, Ended, HandedIn
from protocols.header import new_id
from protocols.http import Response
from schemas.errors import UnknownType
from schemas.extracts import said_of
from schemas.messages import (
    InquiryStatus,
    SubmissionAccepted,
    SubmissionRefused,
    SubmissionStatus,
    read_payload,
)
from schemas.payload import type_of
from schemas.xml import MAX_PAYLOAD, XmlRefused

XML: Final = "application/xml"
OK, ACCEPTED, GONE, NOT_FOUND, REFUSED, UNAVAILABLE = 200, 202, 204, 404, 422, 503
WAITING: Final = frozenset({"waiting", "in_progress"})
"""States that are not the last one."""
_ANSWERED: Final = frozenset({"provided", "delivered"})
"""States in which there may be an answer."""
_MESSAGES: Final = "/v1/inside/messages"
_ARRIVALS: Final = "/v1/inside/arrivals"
_INQUIRIES: Final = "/v1/inside/inquiries"
_LINE: Final = re.compile(
    r"([0-9a-f]{32}) ([a-z_]{1,64}) ([0-9A-Z]{6}/[a-z_]{1,64})", re.ASCII
)
_TO: Final = re.compile(r"[0-9A-Z]{6}", re.ASCII)
_NAME: Final = re.compile(r"[0-9A-Za-z._-]{1,32}", re.ASCII)


class Inside:
    """See the module."""

    def __init__(
        self,
        station: Station,
        *,
        clock: Clock = machine,
        patience: Patience | None = None,
        link: Any = None,
        token_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """``link`` is anything with `Link.ask` and `Link.close`; by default, TLS."""
        self._patience = patience or Patience()
        self._link = link or Link(station, clock, self._patience.monotonic)
        self._seconds = station.patience_seconds
        self._clock = clock
        self._token_bytes = token_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the link. The next call makes a new one."""
        self._link.close()

    # -- handing in ------------------------------------------------------------------

    def new_submission(self) -> bytes:
        """A fresh submission id: keep it where a crash does not reach it."""
        return new_id(self._clock(), self._token_bytes)

    def hand_in(
        self,
        payload: bytes,
        *,
        to: str = "",
        submission: bytes | None = None,
        operator: str = "",
        batch: bytes = b"",
    ) -> HandedIn:
        """Give the station a payload; it is durably there when this returns.

        ``to`` is the municipality that it is for, where the payload does not say. With
        a ``submission`` that was handed in before, the earlier answer comes back.
        Raises `Refused` where the station does not take it.
        """
        if len(payload) > MAX_PAYLOAD:
            raise TooLarge(f"a payload is at most {MAX_PAYLOAD} bytes")
        submission = submission or self.new_submission()
        said = {
            "to": _fits(to, _TO),
            "submission": submission.hex(),
            "operator": _fits(operator, _NAME),
            "batch": batch.hex(),
            **said_of(payload),
        }
        query = "&".join(f"{name}={value}" for name, value in said.items() if value)
        answer = self._ask("POST", f"{_MESSAGES}?{query}", payload, XML)
        if answer.status not in (OK, ACCEPTED, REFUSED):
            raise _odd(answer)
        told = _read(answer)
        if isinstance(told, SubmissionRefused):
            raise Refused(told)
        if isinstance(told, SubmissionAccepted):
            return HandedIn(submission, told.message_id, told.processing_number)
        return HandedIn(submission, answer=answer.body)

    def announce_batch(
        self, batch: bytes, count: int, operator: str, reason: str, approved: str = ""
    ) -> None:
        """Have it recorded that a batch inquiry begins: who asks, and why."""
        query = f"batch={batch.hex()}&operator={_fits(operator, _NAME)}&count={count}"
        if approved:
            query += f"&approved={_fits(approved, _NAME)}"
        target = f"/v1/inside/batches?{query}"
        answer = self._ask("POST", target, reason.encode(), "text/plain")
        if answer.status != GONE:
            raise _odd(answer)

    # -- what became of it -------------------------------------------------------------

    def status(self, message_id: bytes) -> SubmissionStatus:
        """What became of a message; raises `Unknown`."""
        told = self._value(f"{_MESSAGES}/{message_id.hex()}")
        if not isinstance(told, SubmissionStatus):
            raise NotUnderstood("no status was told")
        return told

    def inquiry(self, processing_number: bytes) -> InquiryStatus:
        """How an inquiry stands; raises `Unknown`."""
        told = self._value(f"{_INQUIRIES}/{processing_number.hex()}")
        if not isinstance(told, InquiryStatus):
            raise NotUnderstood("no status was told")
        return told

    def look(self, handed: HandedIn) -> Ended | None:
        """The end of what was handed in, with its answer if there is one.

        None while it is on its way. Raises `Unknown` where the station forgot it.
        """
        if handed.answer is not None:
            return Ended("answered", "", handed.answer)
        told: InquiryStatus | SubmissionStatus
        if handed.processing_number is not None:
            told = self.inquiry(handed.processing_number)
            target = f"{_INQUIRIES}/{handed.processing_number.hex()}"
        elif handed.message_id is not None:
            told = self.status(handed.message_id)
            target = f"{_MESSAGES}/{handed.message_id.hex()}"
        else:
            return Ended("accepted", "")
        if told.status in WAITING:
            return None
        answered = told.status in _ANSWERED
        answer = self._payload(f"{target}/answer") if answered else None
        return Ended(told.status, told.code or "", answer)

    def wait(self, handed: HandedIn, seconds: float) -> Ended:
        """`look` until there is an end; raises `NotInTime`."""
        for _ in self._patience.attempts(seconds):
            ended = self.look(handed)
            if ended is not None:
                return ended
        raise NotInTime("nothing came so far")

    def answer_taken(self, message_id: bytes) -> bool:
        """Say that the answer is kept here: the station erases it.

        False if it has none, or none any more.
        """
        return self._gone(f"{_MESSAGES}/{message_id.hex()}/answer/taken")

    # -- what arrives ------------------------------------------------------------------

    def arrivals(self) -> tuple[Arrival, ...]:
        """What waits for this system, oldest first; at most a hundred."""
        answer = self._ask("GET", _ARRIVALS)
        if answer.status != OK:
            raise _odd(answer)
        lines = answer.body.decode("ascii", "replace").splitlines()
        found = []
        for line in lines:
            one = _LINE.fullmatch(line)
            if one is None:
                raise NotUnderstood("a line of the list is not as it should be")
            found.append(Arrival(bytes.fromhex(one[1]), one[2], one[3]))
        return tuple(found)

    def fetch(self, arrival_id: bytes) -> bytes:
        """One payload; it stays at the station until `acknowledge`.

        Raises `Unknown` where it is gone.
        """
        payload = self._payload(f"{_ARRIVALS}/{arrival_id.hex()}")
        if payload is None:
            raise Unknown("nothing waits under that id")
        return payload

    def acknowledge(self, arrival_id: bytes) -> bool:
        """Say that it is kept here: the station erases it. False if it is gone."""
        return self._gone(f"{_ARRIVALS}/{arrival_id.hex()}/taken")

    # -- the wire ----------------------------------------------------------------------

    def _ask(
        self, method: str, target: str, body: bytes = b"", kind: str = ""
    ) -> Response:
        """Ask until there is an answer, while patience lasts."""
        last: InsideError = NotInTime("the station was not asked")
        for _ in self._patience.attempts(self._seconds):
            try:
                answer: Response = self._link.ask(method, target, body, kind)
                if answer.status != UNAVAILABLE:
                    return answer
                last = Unavailable("the station's record store is unavailable")
            except InsideError as error:
                if not error.again:
                    raise
                last = error
        raise last

    def _value(self, target: str) -> Any:
        answer = self._ask("GET", target)
        if answer.status == NOT_FOUND:
            raise Unknown("the station does not know that id")
        if answer.status != OK:
            raise _odd(answer)
        return _read(answer)

    def _payload(self, target: str) -> bytes | None:
        answer = self._ask("GET", target)
        if answer.status == NOT_FOUND:
            return None
        if answer.status != OK or answer.content_type != XML:
            raise _odd(answer)
        return answer.body

    def _gone(self, target: str) -> bool:
        answer = self._ask("POST", target, b"", XML)
        if answer.status not in (GONE, NOT_FOUND):
            raise _odd(answer)
        return answer.status == GONE


def _read(answer: Response) -> Any:
    """The value of an answer, which must be a valid payload."""
    try:
        return read_payload(type_of(answer.body), answer.body)
    except (XmlRefused, UnknownType):
        raise NotUnderstood(f"status {answer.status} without its payload") from None


def _odd(answer: Response) -> NotUnderstood:
    return NotUnderstood(f"status {answer.status}")


def _fits(text: str, form: re.Pattern[str]) -> str:
    """A parameter that says one thing only; raises `BadParameter`."""
    if text and not form.fullmatch(text):
        raise BadParameter(f"not {form.pattern}")
    return text
