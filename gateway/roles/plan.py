# SPDX-License-Identifier: Apache-2.0
"""What a role wants done about a message: all of it, or nothing.

A plan is carried out in one transaction together with the record of the message: its
effects on the store, the messages that it puts into the outbox, and the reply.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.dispatch import Draft
from gateway.records.transaction import Transaction

Effect = Callable[[Transaction], None]
"""One change of the store. Raises `Conflict` where the store knows better."""


class Conflict(Exception):
    """The store holds something that a check could not yet see: two at once.

    The whole plan is undone and the message refused with the code.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotTaken(Exception):
    """What one of our own systems handed in and cannot be taken, with the code why."""

    def __init__(self, code: str, check: str) -> None:
        super().__init__(code)
        self.code = code
        self.check = check


@dataclass(frozen=True, slots=True)
class About:
    """What the record says a message is about."""

    item_no: int | None = None
    kinds: tuple[str, ...] = ()
    person_tag: str = ""
    permit_digest: bytes | None = None
    code: str = ""
    """A refusal that a peer tells of, or why nothing will be provided."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Effects, messages to send, and the sealed reply if the type is answered so."""

    about: About = About()
    effects: tuple[Effect, ...] = ()
    drafts: tuple[Draft, ...] = ()
    reply: Draft | None = None
    evidence: tuple[tuple[str, bytes], ...] = ()


NOTHING = Plan()
"""Nothing to do but to record that it came."""
