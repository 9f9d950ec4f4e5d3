# SPDX-License-Identifier: Apache-2.0
"""Where persons work on media: one station's store, and how an act gets on record.

An act moves the ledger, is written down in it and is recorded, in one transaction. What
is refused is recorded too. Everything here runs in a command, beside a daemon or
without one.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import msgspec

from gateway.config import Config, ConfigRefused
from gateway.records.event import Event, EventKind, prepare
from gateway.records.media import IN, Act, Medium
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from gateway.rules import media as rules
from gateway.rules.master import is_over
from gateway.rules.media import MediaRefused, State, is_another, whose
from gateway.services.clock import Clock
from gateway.station import load_directory, must_follow
from protocols.directory import Directory

T = TypeVar("T")

LONGEST = 200
"""Letters of a name or a reason: what an operator writes, not a file."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a person did, and what belongs to it."""

    act: rules.Act
    operator: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """One station, for a command."""

    config: Config
    key: bytes = field(repr=False)
    clock: Clock

    def reader(self) -> StoreReader:
        """The store, to look at."""
        return StoreReader.open(self.config.store.path, self.key)

    def directory(self) -> Directory:
        """The network by the master that lies there.

        Raises `ConfigRefused` or a `PkiError`, also for a master that a running station
        would not go by: one that is older than it had before, or too old for anything.
        """
        now, longest = self.clock(), self.config.master.longest
        found = load_directory(self.config, now)
        with self.reader() as store:
            must_follow(self.config, found.master, store)
        if is_over(found.master, longest, now):
            raise ConfigRefused(
                f"master.path: {self.config.master.path}: is past its greatest age; "
                "fetch the newest one from the core"
            )
        return found

    def commit(self, work: Callable[[Transaction], T]) -> T:
        """One work, durable when this returns."""
        return commit_once(self.config.store.path, self.key, work)

    def medium(self, number: int) -> Medium:
        """One row of the ledger; raises `MediaRefused`."""
        with self.reader() as store:
            found = store.medium(number)
        if found is None:
            raise MediaRefused(f"{number}: no such medium; see 'sekisho media list'")
        return found

    def act(self, medium: Medium, done: Done) -> Medium:
        """Do what only moves the ledger: approve, decline, hand over, give back …"""
        with self.refusing(done, medium):
            must_be_written(done)
            _may(self.config, medium, done)
            now = self.clock()
            if done.act is not rules.Act.DECLINE and rules.has_lapsed(medium, now):
                raise MediaRefused("its time is over; ask for it anew")
            state = rules.after(medium, done.act)
            moved = msgspec.structs.replace(medium, state=state.value, since=now)
            if state is State.APPROVED:
                moved = msgspec.structs.replace(moved, until=now + self.approval())
            self.commit(lambda tx: self.move(tx, medium, moved, done))
            return moved

    def move(
        self,
        tx: Transaction,
        before: Medium,
        after: Medium,
        done: Done,
        kind: EventKind = EventKind.OPERATOR,
        evidence: Mapping[str, bytes] | None = None,
    ) -> None:
        """Move the ledger inside a work; raises `MediaRefused` if it moved before."""
        if not tx.move_medium(before, after):
            raise MediaRefused("it was changed in the meantime; look at it again")
        self.note(tx, after, done, kind, evidence)

    def note(
        self,
        tx: Transaction,
        medium: Medium,
        done: Done,
        kind: EventKind = EventKind.OPERATOR,
        evidence: Mapping[str, bytes] | None = None,
    ) -> None:
        """Write an act down, in the ledger and in the record."""
        now = self.clock()
        tx.add_act(Act(medium.number, now, done.act.value, done.operator, done.facts))
        event = self.event(kind, medium, done.operator, told(medium, done))
        evident = msgspec.structs.replace(event, evidence=evidence or {})
        tx.record(prepare(evident))

    def event(
        self, kind: EventKind, medium: Medium, operator: str, detail: str
    ) -> Event:
        """Something about a medium, as the record has it."""
        outward = kind in (EventKind.ATTEMPTED, EventKind.SENT, EventKind.FAILED)
        inward = kind is EventKind.RECEIVED
        return Event(
            kind=kind,
            at=self.clock(),
            direction="out" if outward else "in" if inward else "local",
            peer=medium.peer,
            message_id=medium.output_id.hex(),
            operator=operator,
            detail=detail,
        )

    @contextmanager
    def refusing(self, done: Done, medium: Medium | None = None) -> Iterator[None]:
        """What is refused inside is on record before the operator reads it."""
        try:
            yield
        except MediaRefused as no:
            event = Event(
                kind=EventKind.OPERATOR,
                at=self.clock(),
                direction="local",
                peer="" if medium is None else medium.peer,
                message_id="" if medium is None else medium.output_id.hex(),
                operator=done.operator[:LONGEST],
                detail=f"medium: {done.act.value} refused: {no}",
            )
            self.commit(lambda tx: tx.record(prepare(event)))
            raise

    def approval(self) -> timedelta:
        """How long a request or an approval is good."""
        return timedelta(hours=self.config.media.approval_hours)


def told(medium: Medium, done: Done) -> str:
    """An act in one line of the record."""
    said = [f"medium {medium.number}: {done.act.value}"]
    said += [f"{name}: {value}" for name, value in done.facts.items()]
    return "; ".join(said)


def must_be_written(done: Done) -> None:
    """Raises `MediaRefused` where something that belongs to it is blank, or a book."""
    for name, value in {"operator": done.operator, **done.facts}.items():
        if not value.strip():
            raise MediaRefused(f"{name} is not said")
        if len(value) > LONGEST or not value.isprintable():
            raise MediaRefused(f"{name} is one line of at most {LONGEST} letters")


def must_have_another(done: Done) -> None:
    """Raises `MediaRefused` where a witness is named who is the operator."""
    witness = done.facts.get("witness")
    if witness is not None and not is_another(done.operator, witness):
        raise MediaRefused("the witness is another person than the operator (R-116)")


def must_be_a_writer(config: Config, operator: str) -> None:
    """Raises `MediaRefused` unless that person may put content on a medium."""
    if not whose(operator, config.media.writers):
        raise MediaRefused("the operator is none of [media] writers")


def _may(config: Config, medium: Medium, done: Done) -> None:
    """Whether that person may do that; raises `MediaRefused`."""
    operator = done.operator
    must_have_another(done)
    if done.act is rules.Act.APPROVE:
        if not whose(operator, config.media.approvers):
            raise MediaRefused("the operator is none of [media] approvers")
        if not is_another(operator, medium.operator):
            raise MediaRefused("whoever asked for it does not approve it")
    elif done.act is rules.Act.DECLINE:
        if not whose(operator, (*config.media.approvers, *config.media.writers)):
            raise MediaRefused("the operator is none of [media] approvers or writers")
    elif medium.direction != IN:
        must_be_a_writer(config, operator)
