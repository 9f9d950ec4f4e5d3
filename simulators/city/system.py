# SPDX-License-Identifier: Apache-2.0
"""What all systems of the city have in common: how they take, answer and owe.

The way of one message: bytes → its type → may this sender post it here → its schema →
numbers of the simulation → what the system does with it, in one transaction together
with what it owes and what is written in the history → the answer. Nothing is changed by
what is refused; that it was tried is on record.

No network, no clock and no chance of its own: all three are given.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import date, timedelta, timezone
from functools import wraps
from http import HTTPStatus
from typing import Any, ClassVar, Concatenate, Final, ParamSpec, TypeAlias, TypeVar

from pki.names import StationName
from schemas.catalogue import Answer, row
from schemas.messages import (
    NotWritable,
    Payload,
    SubmissionAccepted,
    SubmissionRefused,
    read_payload,
    type_name,
    write_payload,
)
from schemas.payload import type_of
from schemas.xml import XmlRefused
from simulators.city.faults import Fault, Faults
from simulators.city.history import AUTOMATIC, History
from simulators.city.outbox import Outbox, Owed
from simulators.city.reasons import Reason, Refused, StoreFault
from simulators.city.store import Store
from simulators.city.taken import NO_ANSWER, Given, Sender, Taken, strangers

Handler: TypeAlias = "Callable[[Any, Sender], Payload | None]"
P = ParamSpec("P")
S = TypeVar("S", bound="System")
T = TypeVar("T")

JAPAN: Final = timezone(timedelta(hours=9), "JST")


class System:
    """One system. A subclass says what it takes, and what can be done at it."""

    role: ClassVar[str]
    schema: ClassVar[str] = ""
    """SQL of its own tables."""

    def __init__(self, organisation: str, given: Given, name: str = "") -> None:
        self.name = StationName(organisation, self.role)
        self.title = name or self.role
        self.clock = given.clock
        self.token_bytes = given.token_bytes
        path = given.folder and given.folder / f"{organisation}-{self.title}.sqlite"
        self.store = Store(path, f"{self.name} {self.title}", self.schema)
        self.faults = Faults()
        self.history = History(self.store, self.clock)
        self.outbox = Outbox(self.store, self.clock, self.faults)
        self.lock = threading.RLock()
        self._last: dict[str, bytes] = {}

    def close(self) -> None:
        self.store.close()

    # -- what a subclass says ------------------------------------------------------

    def handlers(self) -> Mapping[str, Handler]:
        """What it takes: type to what is done with it."""
        return {}

    def learned(self, owed: Owed, asked: Payload, reply: Payload) -> None:
        """The answer to its own question came; raises `Refused` where it cannot be."""

    def awaits(self, kind: str, message_id: str) -> bool:
        """Whether it fetches such a message, of this id, that waits at a station."""
        return False

    # -- taking ---------------------------------------------------------------------

    def take(self, data: bytes, sender: Sender) -> Taken:
        """One post of one sender, and the answer; none where nothing can be kept."""
        with self.lock:
            if self.faults.happens(Fault.DOWN):
                return NO_ANSWER
            kind = ""
            try:
                kind, value = self._read(data, sender)
                answer = self._do(kind, value, sender)
            except Refused as no:
                self.note(no, str(sender), kind)
                answer = Taken(
                    HTTPStatus.UNPROCESSABLE_ENTITY, write_payload(no.payload())
                )
            except StoreFault:
                return NO_ANSWER
            lost = self.faults.happens(Fault.ANSWER_LOST)
            return NO_ANSWER if lost else answer

    def handle(self, kind: str, value: Payload, sender: Sender) -> Payload | None:
        """What the system does with a message that it may take; raises `Refused`.

        A reply for a question, None for what is only taken over.
        """
        found = self.handlers().get(kind)
        if found is None:
            raise Refused("SK-M04")
        return found(value, sender)

    def _do(self, kind: str, value: Payload, sender: Sender) -> Taken:
        if self.faults.happens(Fault.FORGETS):
            self.history.happened("forgot", str(sender), kind)
            return Taken(HTTPStatus.ACCEPTED, write_payload(SubmissionAccepted()))
        with self.store.transaction():
            reply = self.handle(kind, value, sender)
            self.history.happened("taken", str(sender), kind)
        if reply is None:
            return Taken(HTTPStatus.ACCEPTED, write_payload(SubmissionAccepted()))
        body = write_payload(reply)
        before = self._last.get(kind, body)
        if self.faults.happens(Fault.ANOTHERS_ANSWER):
            return Taken(HTTPStatus.OK, before)
        self._last[kind] = body
        return Taken(HTTPStatus.OK, body)

    def _read(self, data: bytes, sender: Sender) -> tuple[str, Payload]:
        kind = _type_of(data)
        known = row(kind)
        way = (sender.role, self.role)
        ours = sender.station.organisation == self.name.organisation
        allowed = way in known.outside or (way in known.inside and ours)
        if not allowed or known.answer is Answer.NONE:
            raise Refused("SK-M05")
        return kind, _read(kind, data)

    # -- sending --------------------------------------------------------------------

    def answered(self, number: int, data: bytes) -> None:
        """What the receiver of an owed message said to it.

        An answer that cannot be one settles nothing: the message goes on waiting.
        Raises `Refused` then.
        """
        with self.lock:
            try:
                with self.store.transaction():
                    self._settle(self.outbox.waiting(number), data)
            except Refused as no:
                self.note(no, AUTOMATIC, f"the answer to message {number}")
                raise

    def _settle(self, owed: Owed, data: bytes) -> None:
        reply = _read(_type_of(data), data)
        about = f"message {owed.number} {owed.kind}"
        if isinstance(reply, SubmissionRefused):
            self.outbox.settle(owed.number, "refused", reply.code)
            self.history.happened("was refused", owed.receiver, about, reply.code)
            return
        asked = row(owed.kind).reply_type
        if type_name(reply) != (asked or "submission_accepted"):
            raise Refused("SK-T04")
        if asked:
            self.learned(owed, read_payload(owed.kind, owed.body), reply)
        given = getattr(reply, "message_id", None)
        sent_as = "" if given is None else given.hex()
        self.outbox.settle(owed.number, "delivered", sent_as=sent_as)
        self.history.happened("delivered", owed.receiver, about)

    # -- for subclasses --------------------------------------------------------------

    @property
    def today(self) -> date:
        """The day in Japan."""
        return self.clock().astimezone(JAPAN).date()

    def note(self, no: Refused, by: str, about: str) -> None:
        """Write down that something was refused, and whom it was about."""
        self.history.happened("refused", by, about, no.code)
        if no.look is not None:
            self.history.looked(no.look, no.code)

    def owe(self, receiver: str, value: Payload, by: str) -> int:
        """Owe a message to a system that may be told it."""
        if (self.role, receiver) not in _ways(type_name(value)):
            raise Refused("SK-M05")
        if strangers(value):
            raise Refused("SK-X04")
        return self.outbox.owe(receiver, type_name(value), written(value), by)


def act(work: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Something that people do at a system: whole or not at all, its refusal on record.

    The management API offers every act under its name.
    """

    @wraps(work)
    def done(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.lock:
            try:
                with self.store.transaction():
                    return work(self, *args, **kwargs)
            except Refused as no:
                self.note(no, "somebody", work.__name__)
                raise

    done.__dict__["is_act"] = True
    return done


def shown(look: Callable[P, T]) -> Callable[P, T]:
    """Something that whoever runs a simulation may look at; it changes nothing.

    The management API gives it as it gives acts, under its name.
    """
    look.__dict__["is_act"] = True
    return look


def written(value: Payload) -> bytes:
    """The payload of what somebody keyed in; raises `Refused` where it can be none."""
    try:
        return write_payload(value)
    except NotWritable:
        raise Refused(Reason.FORM) from None


def _ways(kind: str) -> frozenset[tuple[str, str]]:
    return row(kind).inside | row(kind).outside


def _type_of(data: bytes) -> str:
    try:
        return type_of(data)
    except XmlRefused as error:
        if error.is_schema_fault:
            raise Refused("SK-M04") from None
        raise Refused("SK-X01") from None


def _read(kind: str, data: bytes) -> Payload:
    try:
        value = read_payload(kind, data)
    except XmlRefused as error:
        code = "SK-X02" if error.is_schema_fault else "SK-X01"
        raise Refused(code) from None
    if strangers(value):
        raise Refused("SK-X04")
    return value


def unknown(found: Any) -> Any:
    """The same, or `Refused` where nothing was found."""
    if found is None:
        raise Refused(Reason.UNKNOWN)
    return found
