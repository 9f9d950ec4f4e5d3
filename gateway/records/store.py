# SPDX-License-Identifier: Apache-2.0
"""A station's store: open it, write to it in works, read from it.

Three ways in. `Store.open` is the daemon's: it makes or upgrades the file, writes in
groups (`journal`) and reads at the same time. `StoreReader.open` is for whoever only
looks, while a daemon may run. `commit_once` is one work of another process, such as a
person's decision on a hold.
"""

import logging
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, Self, TypeVar

from twisted.internet.defer import Deferred

from gateway.records.acquisitions import AcquisitionReads
from gateway.records.arrivals import ArrivalReads
from gateway.records.checks import CheckReads
from gateway.records.connection import Database
from gateway.records.copies import CopyReads
from gateway.records.destinations import DestinationReads
from gateway.records.errors import MonthKeyFault, Reason, StoreUnavailable
from gateway.records.event import Event, Prepared, TokenBytes
from gateway.records.finds import FindReads
from gateway.records.holds import HoldReads
from gateway.records.identities import IdentityReads
from gateway.records.journal import Deliver, Journal
from gateway.records.legal_holds import LegalHoldReads
from gateway.records.linkage import LinkageReads
from gateway.records.loads import LoadReads
from gateway.records.log import LogReads
from gateway.records.masters import MasterReads
from gateway.records.media import MediaReads
from gateway.records.opening import bring_up_to_date, checked_reader, writing
from gateway.records.outbox import OutboxReads
from gateway.records.outbox_acts import OutboxActReads
from gateway.records.patches import PatchReads
from gateway.records.proven import ProvenReads
from gateway.records.restoring import RestoringReads
from gateway.records.sealed import StoreKeys
from gateway.records.seen import SeenReads
from gateway.records.submissions import SubmissionReads
from gateway.records.transaction import Transaction
from gateway.records.witnessed import WitnessedReads

log = logging.getLogger(__name__)

T = TypeVar("T")


class StoreReader(
    FindReads,
    SeenReads,
    OutboxReads,
    OutboxActReads,
    HoldReads,
    LinkageReads,
    CopyReads,
    ArrivalReads,
    CheckReads,
    IdentityReads,
    LoadReads,
    SubmissionReads,
    AcquisitionReads,
    MediaReads,
    DestinationReads,
    LogReads,
    ProvenReads,
    WitnessedReads,
    MasterReads,
    PatchReads,
    RestoringReads,
    LegalHoldReads,
):
    """Every look at a store. Reading only; belongs to the thread that opened it."""

    __slots__ = ()

    @classmethod
    def open(cls, path: Path, key: bytes) -> Self:
        """A reader of an existing store.

        Raises `StoreUnavailable`, or `StoreMismatch` for another program's, another
        version's or another key's store.
        """
        keys = StoreKeys(key)
        return cls(checked_reader(path, keys), keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()

    def person_tag(self, code: str) -> str:
        """The tag under which this store's tables speak of a subject.

        The record speaks of them by another one in each month: `EventReads.tags`.
        """
        return self._keys.person_tag(code)


class Store(StoreReader):
    """The daemon's store."""

    __slots__ = ("journal",)

    def __init__(self, reader: Database, keys: StoreKeys, journal: Journal) -> None:
        super().__init__(reader, keys)
        self.journal = journal

    @classmethod
    def open(  # type: ignore[override]  # a daemon's store needs its reactor, too
        cls,
        path: Path,
        key: bytes,
        deliver: Deliver,
        *,
        create: bool = False,
        months: Path | None = None,
    ) -> Self:
        """Open a store for reading and writing; upgrades an older one.

        Only with ``create`` a new one is made where there is none. ``months`` is where
        the keys of its months lie, if not where they lay. Raises `StoreUnavailable`
        and `StoreMismatch` as `StoreReader.open` does.
        """
        keys = StoreKeys(key)
        bring_up_to_date(path, keys, create=create, months=months)
        journal = Journal(path, deliver=deliver)
        try:
            return cls(checked_reader(path, keys), keys, journal)
        except BaseException:
            journal.close()
            raise

    def commit(self, work: Callable[[Transaction], T]) -> "Deferred[T]":
        """Have ``work`` done in one transaction; fires once it is durable.

        Fails with what the work raised (and nothing of it stands), or with
        `StoreUnavailable`.
        """
        keys = self._keys

        def run(db: Database) -> T:
            try:
                return work(Transaction(db, keys))
            except MonthKeyFault as error:
                self.lose_keys(error)
                raise

        return self.journal.submit(run)

    def prepared(self, event: Event, token_bytes: TokenBytes = os.urandom) -> Prepared:
        """As `EventReads.prepared`; without the month's key nothing goes on here."""
        try:
            return super().prepared(event, token_bytes)
        except MonthKeyFault as error:
            self.lose_keys(error)
            raise

    def lose_keys(self, fault: MonthKeyFault) -> None:
        """Write nothing more until a person has seen to the keys of the months."""
        if self.journal.reason is not fault.reason:
            log.critical("%s; nothing is sent until a person decided", fault)
        self.journal.condemn(fault.reason)

    def _failed(self, error: sqlite3.Error) -> NoReturn:
        """As for a reader; a server that tells nothing takes nothing either."""
        try:
            super()._failed(error)
        except StoreUnavailable as found:
            if found.reason is Reason.SERVER and self.unavailable is None:
                self.journal.lose(found.reason)
            raise

    @property
    def unavailable(self) -> Reason | None:
        """Why nothing can be written; None while it can."""
        return self.journal.reason

    def must_be_writable(self) -> None:
        """Raises `StoreUnavailable` unless the store can be written: no store, no send.

        Costs three looks at the file system. Also what brings the store back: when a
        second has passed, a trial write is made.
        """
        self.journal.must_be_writable()

    def condemn(self) -> None:
        """Write nothing more: what is stored cannot be believed. No store, no send."""
        self.journal.condemn()

    def close(self, last: Callable[[Transaction], object] = lambda _: None) -> None:
        """Finish what was handed in, ``last`` after all of it, then let go of the file.

        The writer goes last: it alone can fold SQLite's log back into the file.
        """
        super().close()
        keys = self._keys
        self.journal.close(lambda db: last(Transaction(db, keys)))


def commit_once(path: Path, key: bytes, work: Callable[[Transaction], T]) -> T:
    """One work, durable when this returns; for a command beside a running daemon.

    Raises what the work raised (and nothing of it stands), `StoreUnavailable` or
    `StoreMismatch`.
    """
    keys = StoreKeys(key)
    with writing(path, keys) as db:
        return work(Transaction(db, keys))
