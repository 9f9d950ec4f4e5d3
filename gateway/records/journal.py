# SPDX-License-Identifier: Apache-2.0
"""Group commit: many works, one synchronised write.

Life: starts with its first look at the store (a trial write), waits for works, ends
with `close`, which carries out what was already handed in.

1. A work is handed in from the reactor's thread and waits in a queue.
2. A second thread begins a transaction: another process may hold the lock, and the
   reactor must not wait for it.
3. In the reactor's next turn all that waits by then becomes one group. Each work runs
   under a savepoint of its own: what it raises undoes it alone, and goes to its own
   Deferred. This is done in the reactor's thread because statements are short, and
   two threads that share one interpreter cost each other more than they save.
4. COMMIT, synchronised, in the second thread: the disk is what takes long. What is
   handed in meanwhile is the next group: the busier the station, the larger it is.
5. Do the same files still lie at the same place? What was written into a removed file
   was not recorded.
6. Only now the results are handed to the reactor, the whole group in one call.

If a step finds the store itself failing, every work of the group fails with
`StoreUnavailable` and nothing of it stands (after a failed COMMIT the disk may hold it
or not; nobody acted on it). The journal is then *unavailable* and says so at once,
until a trial write succeeds: the next work after a second makes one.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from twisted.internet.defer import Deferred, fail

from gateway.records import works
from gateway.records.connection import (
    Files,
    open_writer,
    reason_of,
    store_errors,
    transaction,
)
from gateway.records.errors import Reason, StoreUnavailable
from gateway.records.works import Item, Settled, Work

log = logging.getLogger(__name__)

T = TypeVar("T")
Deliver = Callable[[Callable[[], None]], None]
"""Runs a function in the reactor's thread: ``reactor.callFromThread``."""

MAX_GROUP: Final = 512
"""Works in one commit: more gain nothing and keep the first one waiting."""
RETRY_SECONDS: Final = 1.0
"""Between two trial writes of an unavailable store."""
FINAL: Final = (Reason.CLOSED, Reason.CONDEMNED, Reason.MONTH_KEY)
"""From these no trial write leads back."""


class Journal:
    """The one writer of a store within a process."""

    def __init__(
        self,
        path: Path,
        *,
        deliver: Deliver,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the store; raises `StoreUnavailable` if it cannot be written."""
        self.works = 0
        """Works carried out so far; with `commits`, how well they share."""
        self.commits = 0
        self._path = path
        self._deliver = deliver
        self._monotonic = monotonic
        self._reason: Reason | None = None
        self._tried = 0.0
        self._waiting: deque[Item] = deque()
        self._busy = False
        """Whether a group is on its way; the next one waits for it."""
        self._begun = False
        """Whether a transaction is open whose works have not run."""
        self._steps: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._db = open_writer(path)
        try:
            with transaction(self._db):
                self._db.execute(works.PROBE)
        except BaseException:
            self._db.close()
            raise
        self._files = Files(path, monotonic)
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

        Fails with what the work raised, or with `StoreUnavailable`. The work runs in a
        later turn of the reactor and must not keep the connection.
        """
        reason = self._reason
        trial = reason is not None and self._may_try(reason)
        if reason is not None and not trial:
            return fail(StoreUnavailable(reason))
        deferred: Deferred[T] = Deferred()
        self._take(Item(work, deferred, trial))
        return deferred

    def must_be_writable(self) -> None:
        """Raises `StoreUnavailable` if the store cannot be used now.

        Looks for the files, and makes a trial write when it is time for one.
        """
        if self._reason is None and not self._files.were_there():
            self.lose(Reason.REMOVED)
        if (reason := self._reason) is None:
            return
        if self._may_try(reason):
            self._take(works.a_trial())
        raise StoreUnavailable(reason)

    def condemn(self, reason: Reason = Reason.CONDEMNED) -> None:
        """Take no more works in this process: what is stored cannot be believed."""
        self.lose(reason)

    def close(self, last: Work[object] = works.nothing) -> None:
        """Carry out what was handed in, ``last`` after it, then end. Later works fail.

        If ``last`` fails, only itself knows. A condemned store stays as it is.
        """
        if not self._thread.is_alive():
            return
        if self._reason not in FINAL:
            self._reason = Reason.CLOSED
        self._steps.put(None)
        self._thread.join()
        self._waiting.append(works.unheard(last))
        while self._waiting:
            self._finish()
        self._db.close()

    def _may_try(self, reason: Reason) -> bool:
        now = self._monotonic()
        if reason in FINAL or now < self._tried + RETRY_SECONDS:
            return False
        self._tried = now
        return True

    # -- in the reactor's thread ---------------------------------------------------

    def _take(self, item: Item) -> None:
        self._waiting.append(item)
        if not self._busy:
            self._go_on()

    def _go_on(self) -> None:
        """Start the next group, if anything waits."""
        self._busy = bool(self._waiting)
        if self._busy:
            self._steps.put(self._begin)

    def _work(self) -> None:
        """A transaction is open: do what waits in it."""
        if not self._begun:
            return  # the journal was closed before this turn came
        self._begun = False
        group = self._group()
        try:
            settled = self._do(group)
        except Exception as error:
            self._undo()
            self._all_fail(group, error)
            return
        self._steps.put(partial(self._commit, group, settled))

    def _all_fail(self, group: list[Item], error: Exception) -> None:
        reason = self._lost_by(error)
        works.fire([(item.waits, None, StoreUnavailable(reason)) for item in group])
        self._go_on()

    def _not_begun(self, error: Exception) -> None:
        self._all_fail(self._group(), error)

    def _done(self, settled: list[Settled]) -> None:
        works.fire(settled)
        self._go_on()

    def _group(self) -> list[Item]:
        size = min(len(self._waiting), MAX_GROUP)
        return [self._waiting.popleft() for _ in range(size)]

    def _finish(self) -> None:
        """At the end there is no second thread: one more group, start to end."""
        group: list[Item] = []
        try:
            if not self._begun:
                self._open()
            self._begun = False
            group = self._group()
            settled = self._do(group)
            self._write()
        except Exception as error:
            self._undo()
            self._deliver(partial(self._all_fail, group or self._group(), error))
            return
        self._deliver(partial(works.fire, settled))

    # -- in the second thread --------------------------------------------------------

    def _run(self) -> None:
        while (step := self._steps.get()) is not None:
            step()

    def _begin(self) -> None:
        try:
            self._open()
        except Exception as error:
            self._deliver(partial(self._not_begun, error))
            return
        self._begun = True
        self._deliver(self._work)

    def _commit(self, group: list[Item], settled: list[Settled]) -> None:
        try:
            self._write()
        except Exception as error:
            self._undo()
            self._deliver(partial(self._all_fail, group, error))
            return
        self._deliver(partial(self._done, settled))

    # -- in either -------------------------------------------------------------------

    def _open(self) -> None:
        self._must_be_there()
        with store_errors():
            self._db.execute("BEGIN IMMEDIATE")

    def _do(self, group: list[Item]) -> list[Settled]:
        """Every work of a group; raises where the store is at fault."""
        closing = self._reason is Reason.CLOSED
        trial = any(item.trial for item in group)
        if self._reason is not None and not trial and not closing:
            raise StoreUnavailable(self._reason)
        with store_errors():
            if trial:
                self._db.execute(works.PROBE)
            settled = works.do_all(group, self._db)
        self.works += len(group)
        return settled

    def _write(self) -> None:
        with store_errors():
            self._db.execute("COMMIT")
        self._must_be_there()
        self.commits += 1
        if self._reason not in (None, *FINAL):
            self._reason = None
            log.info("the store can be written again")

    def _must_be_there(self) -> None:
        if not self._files.are_there():
            raise StoreUnavailable(Reason.REMOVED)

    def _undo(self) -> None:
        with suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _lost_by(self, error: Exception) -> Reason:
        """Why the store cannot be used, by what came of using it."""
        if isinstance(error, StoreUnavailable):
            reason = error.reason
        else:
            log.error("the journal failed", exc_info=error)
            found = reason_of(error) if isinstance(error, sqlite3.Error) else None
            reason = found or Reason.DISK
        self.lose(reason)
        return reason

    def lose(self, reason: Reason) -> None:
        """Write nothing before a trial write succeeds; after some reasons, never."""
        if self._reason is None:
            log.error("the store is unavailable: %s", reason.value)
        if self._reason not in FINAL:
            self._reason = reason
        self._tried = self._monotonic()
