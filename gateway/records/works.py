# SPDX-License-Identifier: Apache-2.0
"""One work of a group: done under a savepoint of its own, told to whoever waits.

A work that fails by its own fault is undone alone; a failing store is raised, because
then the whole group fails.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from twisted.internet.defer import Deferred

from gateway.records.connection import reason_of

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
Settled = tuple["Deferred[Any]", Any, Exception | None]
"""Who waits, what the work gave back, and what it failed with."""


class Item(NamedTuple):
    """A work that was handed in."""

    work: Work[Any]
    waits: "Deferred[Any]"
    trial: bool = False
    """Whether it may try an unavailable store."""


def a_trial() -> Item:
    """A work that changes nothing: only whether the store can be written."""
    unheard: Deferred[None] = Deferred()
    unheard.addErrback(lambda _: None)
    return Item(lambda _: None, unheard, True)


def do(item: Item, db: sqlite3.Connection) -> Settled:
    """Do one work; raises where the store is at fault."""
    db.execute("SAVEPOINT work")
    try:
        value = item.work(db)
    except Exception as error:
        if isinstance(error, sqlite3.Error) and reason_of(error) is not None:
            raise
        db.execute("ROLLBACK TO work")
        db.execute("RELEASE work")
        return item.waits, None, error
    db.execute("RELEASE work")
    return item.waits, value, None


def fire(settled: list[Settled]) -> None:
    """Tell each work's owner; in the reactor's thread."""
    for waits, value, error in settled:
        if error is None:
            waits.callback(value)
        else:
            waits.errback(error)
