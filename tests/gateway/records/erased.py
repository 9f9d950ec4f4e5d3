# SPDX-License-Identifier: Apache-2.0
"""A record of several months, and what is done with it as the years pass."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from gateway.records import erasing
from gateway.records.erasure_check import check_erasures
from gateway.records.event import Event, Prepared
from gateway.records.log_check import check_log
from gateway.records.months import Month
from gateway.records.proven import Stamp
from gateway.services.merger import Merger
from tests.gateway.records.helpers import (
    CODE,
    LOG,
    Turns,
    digest,
    full_event,
    open_store,
)
from tests.values import replace

FIRST = Month(2030, 1)
SECOND = Month(2030, 2)
SECRET = "what only the record says"
SIGNED = b"what only a peer signed"


def about(month: Month, day: int = 10) -> Event:
    """Something about a person, of that month."""
    return replace(
        full_event(),
        at=month.begins() + timedelta(days=day),
        person_tag="",
        detail=SECRET,
        evidence={"signed_header": SIGNED},
        header_digest=digest(day).hex(),
    )


class Years:
    """A store with its log, at whichever moment."""

    def __init__(self, path: Path, turns: Turns) -> None:
        self.path, self.turns = path, turns
        self.now = datetime(2030, 3, 1, tzinfo=UTC)
        self.records: list[Prepared] = []
        self.open()

    def open(self) -> None:
        self.store = open_store(self.path, self.turns)
        self.merger = Merger(self.store, LOG, lambda: self.now)

    def close(self) -> None:
        self.store.close()
        self.turns.run_all()

    def again(self) -> None:
        """Stop and start."""
        self.close()
        self.open()

    def do(self, work: Callable[[Any], object]) -> Any:
        return self.turns.wait(self.store.commit(work))

    def record(self, *events: Event) -> list[Prepared]:
        tag = self.store.person_tag(CODE)
        made = [self.store.prepared(replace(e, person_tag=tag)) for e in events]
        self.do(lambda tx: [tx.record(one) for one in made])
        self.records += made
        return made

    def merge(self) -> None:
        self.turns.wait(Deferred.fromCoroutine(self.merger.look()))

    def stamp(self, at: datetime | None = None, *, cosigned: bool = True) -> None:
        """Have all of it time-stamped and co-signed; nobody looks at the token here."""
        self.merge()
        last, at = self.store.last_stamp(), at or self.now
        number = 1 if last is None else last.number + 1
        size = self.store.log_size()
        later = at + timedelta(days=4000)
        made = Stamp(number, size, at, later, cosigned, b"note", b"token")
        self.do(lambda tx: tx.put_stamp(made))

    def why_not(self, month: Month = FIRST) -> str:
        return erasing.why_not(self.store, month, self.now)

    def begin(self, month: Month = FIRST, operator: str = "") -> None:
        self.do(erasing.begin(self.store, month, self.now, operator))

    def end(self) -> None:
        for erasure in self.store.unfinished_erasures():
            for step in erasing.steps(erasure):
                self.do(step)
            self.do(erasing.destroy(self.store, self.path, erasure))

    def erase(self, month: Month = FIRST, operator: str = "") -> None:
        self.begin(month, operator)
        self.end()

    def faults(self) -> list[str]:
        """What `records verify` would tell."""
        store = self.store
        found = [*store.verify_events(), *check_log(store, LOG.verifier)]
        return [one.what for one in [*found, *check_erasures(store)]]

    def files(self) -> bytes:
        """Everything that lies there: store, write-ahead log, keys."""
        there = (path for path in self.path.parent.rglob("*") if path.is_file())
        return b"".join(path.read_bytes() for path in sorted(there))

    def pass_seven_years(self) -> None:
        """The first month is over, the second is not; all is stamped then."""
        self.now = FIRST.over_at()
        self.stamp()
