# SPDX-License-Identifier: Apache-2.0
"""A made-up station behind a link: it takes, answers, forgets and fails as it is told.

It keeps the one promise that clients build on: the same submission is taken once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from client.errors import NotReached
from client.inside import Inside
from client.patience import Patience
from client.settings import Station
from protocols.http import Response
from protocols.refusals import REFUSALS
from schemas.messages import (
    InquiryStatus,
    SubmissionAccepted,
    SubmissionRefused,
    SubmissionStatus,
    write_payload,
)
from schemas.payload import type_of
from tests.schemas.samples import sample

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
XML = "application/xml"
QUESTION = sample("identity_confirmation_request")
ANSWER = sample("identity_confirmation_result")
UPDATE = sample("identity_information_update")
INQUIRY = sample("information_inquiry_request")
PROVISION = sample("information_provision")
NOTICE = sample("move_in_notice")


class Killed(BaseException):
    """The process ended here, and nothing behind this point was done."""


def reply(status: int, body: bytes = b"", kind: str = XML) -> Response:
    return Response(status, kind, body, True)


def refusal(code: str) -> bytes:
    row = REFUSALS[code]
    return write_payload(
        SubmissionRefused(
            code=code,
            rules=(row.rule,),
            text_ja=row.ja,
            text_en=row.en,
            what_to_do=row.mend,
            retry=row.retry,
        )
    )


@dataclass
class Clock:
    """Moves when it is told, and a little with each sleep."""

    now: datetime = NOON
    passed: float = 0.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.go(seconds)

    def go(self, seconds: float) -> None:
        self.passed += seconds
        self.now += timedelta(seconds=seconds)


@dataclass
class FakeStation:
    """Takes what is handed in; what it answers to questions is laid down beforehand."""

    seen: dict[str, Response] = field(default_factory=dict)
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    """Target and body of each submission that had an effect."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    state: str = "delivered"
    """Of every message; `waiting` until a test says otherwise."""
    inquiry: str = "provided"
    answers: bool = True
    waiting: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Arrivals: id to type and payload."""
    acknowledged: list[str] = field(default_factory=list)
    refuse: Callable[[bytes], str] = lambda _: ""
    """The code with which a body is refused; empty if it is taken."""
    trouble: Callable[[str, str], object] = lambda *_: None
    """Called before each question; may raise, or give back an answer."""
    after: Callable[[str, str], object] = lambda *_: None
    """The same, when the station has done its work and its answer is on its way."""

    def ask(self, method: str, target: str, body: bytes, kind: str = "") -> Response:
        self.asked.append((method, target))
        early = self.trouble(method, target)
        if isinstance(early, Response):
            return early
        answer = self._answer(method, target, body)
        self.after(method, target)
        return answer

    def close(self) -> None:
        pass

    def _answer(self, method: str, target: str, body: bytes) -> Response:
        path = urlsplit(target).path.removeprefix("/v1/inside")
        match [method, *path.strip("/").split("/")]:
            case ["POST", "messages"]:
                return self._post(target, body)
            case ["POST", "batches"]:
                return reply(204)
            case ["GET", "messages", number]:
                status = SubmissionStatus(bytes.fromhex(number), self.state, None)
                return reply(200, write_payload(status))
            case ["GET", "inquiries", number]:
                how = InquiryStatus(bytes.fromhex(number), self.inquiry, None)
                return reply(200, write_payload(how))
            case ["GET", "inquiries", _, "answer"]:
                return reply(200, PROVISION)
            case ["GET", "messages", number, "answer"]:
                gone = not self.answers or number in self.acknowledged
                return reply(404) if gone else reply(200, ANSWER)
            case ["POST", "messages", number, "answer", "taken"]:
                return self._gone(number)
            case ["GET", "arrivals"]:
                lines = [
                    f"{one} {kind} 102016/municipal_cs\n" for one, kind in self._heads()
                ]
                return reply(200, "".join(lines).encode(), "text/plain")
            case ["GET", "arrivals", one]:
                return (
                    reply(200, self.waiting[one][1])
                    if one in self.waiting
                    else reply(404)
                )
            case ["POST", "arrivals", one, "taken"]:
                self.waiting.pop(one, None)
                return self._gone(one)
            case _:
                return reply(404)

    def _heads(self) -> list[tuple[str, str]]:
        return [(one, kind) for one, (kind, _) in self.waiting.items()][:100]

    def _gone(self, one: str) -> Response:
        known = one in self.acknowledged
        self.acknowledged.append(one)
        return reply(404 if known else 204)

    def _post(self, target: str, body: bytes) -> Response:
        submission = parse_qs(urlsplit(target).query).get("submission", [""])[0]
        if submission and submission in self.seen:
            return self.seen[submission]
        code = self.refuse(body)
        if code:
            return reply(422, refusal(code))
        number = len(self.taken).to_bytes(16)
        self.taken.append((target, body))
        if type_of(body) == "information_inquiry_request":
            told = SubmissionAccepted(number, number)
        else:
            told = SubmissionAccepted(number)
        answer = reply(202, write_payload(told))
        self.seen[submission] = answer
        return answer


def settings(**changes: object) -> Station:
    """The settings of a station that nobody goes to."""
    known = {
        "name": "102024/municipal_cs",
        "host": "127.0.0.1",
        "port": 1,
        "chain": "chain.pem",
        "crl": "crl.pem",
        "certificate": "tls.crt",
        "key": "tls.key",
    }
    return Station(**{**known, **changes})  # type: ignore[arg-type]


def inside(station: FakeStation, clock: Clock | None = None) -> Inside:
    """Hands at that station, whose waits do not last."""
    clock = clock or Clock()
    patience = Patience(clock.sleep, clock.monotonic, lambda: 1.0)
    return Inside(settings(), clock=clock, patience=patience, link=station)


def lost(*times: int) -> Callable[[str, str], None]:
    """The link breaks at these questions, counted from 1."""
    count = 0

    def trouble(method: str, target: str) -> None:
        nonlocal count
        count += 1
        if count in times:
            raise NotReached("made up")

    return trouble
