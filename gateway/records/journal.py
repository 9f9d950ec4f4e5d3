# SPDX-License-Identifier: Apache-2.0
"""Group commit: many works, one synchronised write, in a thread of its own.

Life: starts with its first look at the store (a trial write), waits for works, ends
with `close`, which carries out what was already handed in.

1. A work is handed in from the reactor's thread and waits in a queue.
2. The thread takes all that waits. Where works overlapped lately it first lets more
   come: until the reactor has made one turn, which hands in whatever was ready, but
   no longer than one *window*. A work that is alone is not kept waiting.
3. One transaction. Each work runs under a savepoint of its own: what it raises undoes
   it alone, and goes to its own Deferred.
4. COMMIT, synchronised. Then: do the same files still lie at the same place? What was
   written into a removed file was not recorded.
5. Only now the results are handed to the reactor, the whole group in one call.

If step 3, 4 or 5 finds the store itself failing, every work of the group fails with
`StoreUnavailable` and nothing of it stands (after a failed COMMIT the disk may hold it
or not; nobody acted on it). The journal is then *unavailable* and says so at once,
until a trial write succeeds: the next work after a second makes one.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from twisted.internet.defer import Deferred, fail

from gateway.records.connection import FileSet, open_writer, reason_of, transaction
from gateway.records.errors import Reason, StoreUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
Deliver = Callable[[Callable[[], None]], None]
"""Runs a function in the reactor's thread: ``reactor.callFromThread``."""

WINDOW: Final = 0.002
"""Seconds that works are gathered for at most: a few synchronisations of a disk."""
CROWDED_WINDOWS: Final = 25
"""Windows without any overlap after which a lone work is committed at once again."""
MAX_GROUP: Final = 512
"""Works in one commit: more gain nothing and keep the first one waiting."""
RETRY_SECONDS: Final = 1.0
"""Between two trial writes of an unavailable store."""

_PROBE: Final = (
    "INSERT INTO settings (name, value) VALUES ('probe', x'01') ON CONFLICT (name)"
    " DO UPDATE SET value = CASE value WHEN x'01' THEN x'02' ELSE x'01' END"
)

_Item = tuple[Work[Any], "Deferred[Any]", bool]
"""The work, who waits for it, and whether it may try an unavailable store."""
_Settled = tuple["Deferred[Any]", Any, Exception | None]


class Journal:
    """The one writer of a store within a process."""

    def __init__(
        self,
        path: Path,
        *,
        deliver: Deliver,
        window: float = WINDOW,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the store; raises `StoreUnavailable` if it cannot be written."""
        self.works = 0
        """Works carried out so far; with `commits`, how well they share."""
        self.commits = 0
        self._path = path
        self._deliver = deliver
        self._window = window
        self._monotonic = monotonic
        self._reason: Reason | None = None
        self._tried = 0.0
        self._crowded_until = 0.0
        self._inbox: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._db = open_writer(path)
        try:
            with transaction(self._db):
                self._db.execute(_PROBE)
        except BaseException:
            self._db.close()
            raise
        self._files = FileSet.of(path)
        self._thread = threading.Thread(
            target=self._run, name=f"journal {path.name}", daemon=True
        )
        self._thread.start()

    @property
    def reason(self) -> Reason | None:
        """Why the store cannot be used; None while it can."""
        return self._reason

    def submit(self, work: Work[T]) -> "Deferred[T]":
        """Have ``work`` done; fires in the reactor's thread once it is durable.

        Fails with what the work raised, or with `StoreUnavailable`. The work runs in
        the journal's thread and must not keep the connection.
        """
        reason = self._reason
        trial = reason is not None and self._may_try(reason)
        if reason is not None and not trial:
            return fail(StoreUnavailable(reason))
        deferred: Deferred[T] = Deferred()
        self._inbox.put((work, deferred, trial))
        return deferred

    def must_be_writable(self) -> None:
        """Raises `StoreUnavailable` if the store cannot be used now.

        Looks for the files, and makes a trial write when it is time for one.
        """
        if self._reason is None and not self._files.is_unchanged():
            self._lose(Reason.REMOVED)
        reason = self._reason
        if reason is None:
            return
        if self._may_try(reason):
            self._inbox.put((_nothing, _ignored(), True))
        raise StoreUnavailable(reason)

    def close(self) -> None:
        """Carry out what was handed in, then end. Later works fail."""
        if self._reason is Reason.CLOSED:
            return
        self._reason = Reason.CLOSED
        self._inbox.put(None)
        self._thread.join()

    def _may_try(self, reason: Reason) -> bool:
        now = self._monotonic()
        if reason is Reason.CLOSED or now < self._tried + RETRY_SECONDS:
            return False
        self._tried = now
        return True

    def _run(self) -> None:
        going_on = True
        while going_on:
            group, going_on = self._gather()
            if group:
                self._settle(group)
        self._db.close()

    def _gather(self) -> tuple[list[_Item], bool]:
        """What waits, after waiting for it; False with it if there is no more."""
        first = self._inbox.get()
        if first is None:
            return [], False
        if self._monotonic() < self._crowded_until:
            self._let_more_come()
        group = [first]
        while len(group) < MAX_GROUP:
            try:
                item = self._inbox.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return group, False
            group.append(item)
        return group, True

    def _let_more_come(self) -> None:
        turned = threading.Event()
        self._deliver(turned.set)
        turned.wait(self._window)

    def _settle(self, group: list[_Item]) -> None:
        settled = self._attempt(group)
        overlapping = len(group) > 1 or not self._inbox.empty()
        if overlapping:
            now = self._monotonic()
            self._crowded_until = now + CROWDED_WINDOWS * self._window
        self._deliver(lambda: _fire(settled))

    def _attempt(self, group: list[_Item]) -> list[_Settled]:
        """Do the works of a group, or nothing of it; what each is answered."""
        closing = self._reason is Reason.CLOSED
        trial = any(item[2] for item in group)
        if self._reason is not None and not trial and not closing:
            return _all_fail(group, self._reason)
        try:
            settled = self._commit(group, trial)
        except StoreUnavailable as error:
            self._lose(error.reason)
            return _all_fail(group, error.reason)
        except Exception as error:
            reason = reason_of(error) if isinstance(error, sqlite3.Error) else None
            log.exception("the journal failed")
            self._lose(reason or Reason.DISK)
            return _all_fail(group, reason or Reason.DISK)
        if trial and not closing:
            self._reason = None
            log.info("the store can be written again")
        return settled

    def _commit(self, group: list[_Item], trial: bool) -> list[_Settled]:
        if not self._files.is_unchanged():
            raise StoreUnavailable(Reason.REMOVED)
        with transaction(self._db):
            if trial:
                self._db.execute(_PROBE)
            settled = [self._one(item) for item in group]
        if not self._files.is_unchanged():
            raise StoreUnavailable(Reason.REMOVED)
        self.commits += 1
        self.works += len(group)
        return settled

    def _one(self, item: _Item) -> _Settled:
        """One work under its savepoint; raises where the store is at fault."""
        work, deferred, _ = item
        self._db.execute("SAVEPOINT work")
        try:
            value = work(self._db)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and reason_of(error) is not None:
                raise
            self._db.execute("ROLLBACK TO work")
            self._db.execute("RELEASE work")
            return deferred, None, error
        self._db.execute("RELEASE work")
        return deferred, value, None

    def _lose(self, reason: Reason) -> None:
        if self._reason is None:
            log.error("the store is unavailable: %s", reason.value)
        if self._reason is not Reason.CLOSED:
            self._reason = reason
        self._tried = self._monotonic()


def _all_fail(group: list[_Item], reason: Reason) -> list[_Settled]:
    return [(deferred, None, StoreUnavailable(reason)) for _, deferred, _ in group]


def _fire(settled: list[_Settled]) -> None:
    """In the reactor's thread: tell each work's owner."""
    for deferred, value, error in settled:
        if error is None:
            deferred.callback(value)
        else:
            deferred.errback(error)


def _nothing(_: sqlite3.Connection) -> None:
    """The work of a trial write alone."""


def _ignored() -> "Deferred[None]":
    deferred: Deferred[None] = Deferred()
    return deferred.addErrback(lambda _: None)
