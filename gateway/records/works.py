# SPDX-License-Identifier: Apache-2.0
"""One work of a group: done under a savepoint of its own, told to whoever waits.

A work that fails by its own fault is undone alone; a failing store is raised, because
then the whole group fails.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from twisted.internet.defer import Deferred

from gateway.records.connection import (
    Database,
    reason_of,
)

T = TypeVar("T")
Work = Callable[[Database], T]
Settled = tuple["Deferred[Any]", Any, Exception | None]
"""Who waits, what the work gave back, and what it failed with."""


PROBE: Final = (
    "INSERT INTO settings (name, value) VALUES ('probe', x'01') ON CONFLICT (name)"
    " DO UPDATE SET value = CASE settings.value WHEN x'01' THEN x'02' ELSE x'01' END"
)
"""A trial write."""


class Item(NamedTuple):
    """A work that was handed in."""

    work: Work[Any]
    waits: "Deferred[Any]"
    trial: bool = False
    """Whether it may try an unavailable store."""


def nothing(_: Database) -> None:
    """A work that changes nothing."""


def unheard(work: Work[object], *, trial: bool = False) -> Item:
    """A work whose end nobody waits for."""
    waits: Deferred[object] = Deferred()
    waits.addErrback(lambda _: None)
    return Item(work, waits, trial)


def a_trial() -> Item:
    """Only whether the store can be written."""
    return unheard(nothing, trial=True)


def do_all(group: list[Item], db: Database) -> list[Settled]:
    """Do the works of a group; raises where the store is at fault.

    Nearly always all of them succeed: they are first done together, and only if one
    fails is everything undone and each done again under a savepoint of its own. So a
    work may run twice; it changes nothing but what its connection holds.
    """
    db.execute("SAVEPOINT works")
    try:
        settled = [_done(item, db) for item in group]
    except Exception as error:
        if not db.in_transaction or _is_the_stores(error):
            raise
        db.execute("ROLLBACK TO works")
        settled = [do(item, db) for item in group]
    db.execute("RELEASE works")
    return settled


def _done(item: Item, db: Database) -> Settled:
    value = item.work(db)
    if not db.in_transaction:
        raise sqlite3.OperationalError("a work ended the transaction of its group")
    return item.waits, value, None


def do(item: Item, db: Database) -> Settled:
    """Do one work; raises where the store is at fault."""
    db.execute("SAVEPOINT work")
    try:
        value = item.work(db)
    except Exception as error:
        if _is_the_stores(error):
            raise
        db.execute("ROLLBACK TO work")
        db.execute("RELEASE work")
        return item.waits, None, error
    db.execute("RELEASE work")
    return item.waits, value, None


def _is_the_stores(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error) and reason_of(error) is not None


def fire(settled: list[Settled]) -> None:
    """Tell each work's owner; in the reactor's thread."""
    for waits, value, error in settled:
        if error is None:
            waits.callback(value)
        else:
            waits.errback(error)
