# SPDX-License-Identifier: Apache-2.0
"""A station's store: open it, write to it in works, read from it.

Three ways in. `Store.open` is the daemon's: it makes or upgrades the file, writes in
groups (`journal`) and reads at the same time. `StoreReader.open` is for whoever only
looks, while a daemon may run. `commit_once` is one work of another process, such as a
person's decision on a hold.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from twisted.internet.defer import Deferred

from gateway.records.acquisitions import AcquisitionReads
from gateway.records.arrivals import ArrivalReads
from gateway.records.checks import CheckReads
from gateway.records.copies import CopyReads
from gateway.records.destinations import DestinationReads
from gateway.records.errors import Reason
from gateway.records.events import EventReads
from gateway.records.holds import HoldReads
from gateway.records.identities import IdentityReads
from gateway.records.journal import Deliver, Journal
from gateway.records.linkage import LinkageReads
from gateway.records.loads import LoadReads
from gateway.records.log import LogReads
from gateway.records.media import MediaReads
from gateway.records.opening import bring_up_to_date, checked_reader, writing
from gateway.records.outbox import OutboxReads
from gateway.records.sealed import StoreKeys
from gateway.records.seen import SeenReads
from gateway.records.submissions import SubmissionReads
from gateway.records.transaction import Transaction

T = TypeVar("T")


class StoreReader(
    EventReads,
    SeenReads,
    OutboxReads,
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
        """The tag under which this store's record speaks of a subject."""
        return self._keys.person_tag(code)


class Store(StoreReader):
    """The daemon's store."""

    __slots__ = ("journal",)

    def __init__(
        self, reader: sqlite3.Connection, keys: StoreKeys, journal: Journal
    ) -> None:
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
    ) -> Self:
        """Open a store for reading and writing; upgrades an older one.

        Only with ``create`` a new one is made where there is none. Raises
        `StoreUnavailable` and `StoreMismatch` as `StoreReader.open` does.
        """
        keys = StoreKeys(key)
        bring_up_to_date(path, keys, create=create)
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
        return self.journal.submit(lambda db: work(Transaction(db, keys)))

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
