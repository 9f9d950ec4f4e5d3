# SPDX-License-Identifier: Apache-2.0
"""What a hand-in says behind its question mark, and how the same one is taken once.

    submission=ID     32 small hexadecimal digits, chosen by the system: see below
    operator=NAME     whose work it is, for the record
    batch=ID          the batch inquiry that it is a line of, for the record

The same system, id, target and bytes get the answer that was given, and nothing is
done again; anything else under an id that was taken is refused (`SK-M09`). An id is
remembered for `KEPT`, in the transaction that takes what came with it. What was refused
is not remembered, and a question that changes nothing is answered anew.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from msgspec import structs

from gateway.records.event import Event, EventKind
from gateway.records.submissions import Kept
from gateway.records.transaction import Transaction
from gateway.roles.plan import Conflict, NotTaken, Plan
from gateway.services.listener import Answer, Request
from gateway.services.runtime import Runtime, apply
from pki.trust import Identity

KEPT: Final = timedelta(days=7)
"""As long as a system may ask what became of its message."""
XML: Final = "application/xml"
BAD_QUERY: Final = Answer(
    400, "text/plain", b"submission, batch: 32 hex digits; operator: a short name\n"
)
ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
NAME: Final = re.compile(r"[0-9A-Za-z._-]{1,32}", re.ASCII)
_FORMS: Final = {"submission": ID, "batch": ID, "operator": NAME}

Forms = Mapping[str, re.Pattern[str]]
Answering = Callable[[bytes], Answer]
"""Given the id of the first message that leaves; empty if none does."""


@dataclass(frozen=True, slots=True)
class Said:
    """What stood behind the question mark, apart."""

    submission: bytes = b""
    operator: str = ""
    batch: str = ""
    rest: str = ""
    """What is for the station itself, as it was."""


@dataclass(frozen=True, slots=True)
class HandIn:
    """One hand-in, from whom it came."""

    said: Said
    target: str
    body: bytes = field(repr=False)
    system: str
    """organisation/role"""

    @classmethod
    def of(cls, said: Said, request: Request, by: Identity) -> "HandIn":
        """What is known of a request."""
        return cls(said, request.target, request.body, str(by.station))


def said(query: str) -> Said | None:
    """A hand-in's parameters; None where one is repeated or not what it should be."""
    found, rest = parameters(query, _FORMS)
    if found is None:
        return None
    return Said(
        bytes.fromhex(found.get("submission", "")),
        found.get("operator", ""),
        found.get("batch", ""),
        rest,
    )


def parameters(query: str, forms: Forms) -> tuple[dict[str, str] | None, str]:
    """The parameters of these names, and what is left; None where one is not right."""
    found: dict[str, str] = {}
    rest = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name not in forms:
            rest.append(part)
        elif name in found or not forms[name].fullmatch(value):
            return None, query
        else:
            found[name] = value
    return found, "&".join(rest)


class Submissions:
    """Takes each hand-in of one station once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._store = runtime.station.store

    def answered(self, handed: HandIn) -> Answer | None:
        """What was answered to the very same before."""
        kept = self._find(handed)
        if kept is None or kept.tag != self._tag(handed):
            return None
        return Answer(kept.status, XML, kept.answer)

    def must_be_free(self, handed: HandIn) -> None:
        """Raises `NotTaken` where another hand-in was taken under its id."""
        if self._find(handed) is not None:
            raise NotTaken("SK-M09", "its submission id was not used for another")

    async def take(
        self, handed: HandIn, plan: Plan, event: Event, answering: Answering
    ) -> Answer:
        """Make a plan true and give its answer, or the one that came first.

        Raises `Conflict` and `StoreUnavailable`.
        """
        ready = self._runtime.pack(plan.drafts, event.at)
        answer = answering(ready[0].outgoing.message_id if ready else b"")
        token_bytes = self._runtime.station.token_bytes
        record = self._store.prepared(event, token_bytes)
        repeated = structs.replace(event, kind=EventKind.REPEATED)
        again = self._store.prepared(repeated, token_bytes)
        changes = bool(plan.drafts or plan.effects)
        kept = self._kept(handed, answer) if changes else None

        def work(tx: Transaction) -> Kept | None:
            until = event.at + KEPT
            first = tx.remember_submission(kept, until) if kept is not None else None
            if first is None:
                apply(tx, plan, (record,), ready)
            elif kept is None or first.tag != kept.tag:
                raise Conflict("SK-M09")
            else:
                tx.record(again)
            return first

        first = await self._store.commit(work)
        if first is not None:
            return Answer(first.status, XML, first.answer)
        self._runtime.offer(ready)
        return answer

    def _find(self, handed: HandIn) -> Kept | None:
        submission = handed.said.submission
        return self._store.submission(handed.system, submission) if submission else None

    def _kept(self, handed: HandIn, answer: Answer) -> Kept | None:
        submission = handed.said.submission
        if not submission:
            return None
        tag = self._tag(handed)
        return Kept(handed.system, submission, tag, answer.status, answer.body)

    def _tag(self, handed: HandIn) -> bytes:
        return self._store.submission_tag(handed.target, handed.body)
