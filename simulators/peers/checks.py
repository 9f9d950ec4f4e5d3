# SPDX-License-Identifier: Apache-2.0
"""整合性確認 at a server: what a city sent, held against what is kept.

A run is open until its manifest and every batch are there, in any order, and their
digest fits. Then it is compared page by page, and told part by part; each step is one
transaction, so that a run goes on where it was cut, and none holds more than a page in
memory. What was sent is erased with the last part; the counts stay.

    open -> comparing -> missing -> telling -> done

A record that was told after the moment of which the city's are is not held against it.
Somebody whom the city says has left, and who is kept elsewhere, is as both sides say.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from pki.names import StationName
from schemas.stream_messages import (
    MAX_DIFFERENCES,
    ConsistencyCheckInformation,
    ConsistencyCheckManifest,
    ConsistencyCheckResult,
    Difference,
)
from simulators.peers.comparison import Finding, Run, kept, sent
from simulators.peers.errors import NotTaken
from simulators.peers.persons import COLUMNS, ITEMS, row_of
from simulators.peers.store import Store, micros
from simulators.peers.system import Owed

KEPT_OPEN: Final = timedelta(days=7)
"""A run that is not whole by then is erased; the city begins another."""
ANOTHER_CITY: Final = "SK-M05"
"""Nobody speaks for another municipality than its own."""
CONTRADICTS: Final = "SK-M09"
"""Other content under an id that is in use."""

OVER: Final = ("done", "lapsed")
"""States in which nothing that was sent is held any more."""

_RUN: Final = "run, sender, check_id, municipality, taken_at, after, state"
"""The fields of a `Run`."""


class Checks:
    """All runs at one server."""

    def __init__(self, store: Store) -> None:
        store.part("checks")
        self._store = store

    # -- what comes in -------------------------------------------------------------

    def manifest(
        self, value: ConsistencyCheckManifest, sender: StationName, now: datetime
    ) -> str:
        """Take a manifest; raises `NotTaken`."""
        if value.municipality_code != sender.organisation:
            raise NotTaken(ANOTHER_CITY)
        run = self._run(sender, value.check_id, now)
        told = (
            value.municipality_code,
            micros(value.taken_at),
            value.batches,
            value.records,
            value.digest,
        )
        sql = "SELECT municipality, taken_at, batches, records, digest"
        known = self._store.row(f"{sql} FROM check_runs WHERE run = ?", run)
        assert known is not None
        if known[0] is not None and known != told:
            raise NotTaken(CONTRADICTS)
        self._store.run(
            "UPDATE check_runs SET municipality = ?, taken_at = ?, batches = ?,"
            " records = ?, digest = ? WHERE run = ?",
            *told,
            run,
        )
        return self._whole(run)

    def batch(
        self,
        value: ConsistencyCheckInformation,
        payload: bytes,
        sender: StationName,
        now: datetime,
    ) -> str:
        """Take one batch; raises `NotTaken`."""
        run, digest = self._run(sender, value.check_id, now), sha256(payload).digest()
        sql = "SELECT digest FROM check_batches WHERE run = ? AND batch = ?"
        known = self._store.value(sql, run, value.batch)
        if known == digest:
            return "the batch was here before"
        state = self._store.value("SELECT state FROM check_runs WHERE run = ?", run)
        if state in OVER:
            return f"the run is {state}"
        if known is not None or state != "open":
            raise NotTaken(CONTRADICTS)
        self._store.run(
            "INSERT INTO check_batches VALUES (?, ?, ?)", run, value.batch, digest
        )
        added = self._store.many(
            f"INSERT OR IGNORE INTO check_people (run, {COLUMNS})"
            f" VALUES (?, {', '.join('?' * len(ITEMS))})",
            ((run, *row_of(person)) for person in value.persons),
        )
        if added != len(value.persons):  # somebody stands in it twice
            raise NotTaken(CONTRADICTS)
        return self._whole(run)

    def _run(self, sender: StationName, check_id: bytes, now: datetime) -> int:
        self._store.run(
            "INSERT INTO check_runs (sender, check_id, begun) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            str(sender),
            check_id,
            micros(now),
        )
        sql = "SELECT run FROM check_runs WHERE sender = ? AND check_id = ?"
        run: int = self._store.value(sql, str(sender), check_id)
        return run

    def _whole(self, run: int) -> str:
        """Whether all is there; raises `NotTaken` where it is not as announced."""
        sql = "SELECT batches, records, digest, state FROM check_runs WHERE run = ?"
        row = self._store.row(sql, run)
        assert row is not None
        batches, records, digest, state = row
        if batches is None or state != "open":
            return f"the run is {state}"
        sql = "SELECT count(*), max(batch) FROM check_batches WHERE run = ?"
        count, last = self._store.rows(sql, run)[0]
        if (last or 0) > batches:
            raise NotTaken(CONTRADICTS)
        if count < batches:
            return f"the run is {state}"
        sql = "SELECT digest FROM check_batches WHERE run = ? ORDER BY batch"
        whole = sha256()
        for (one,) in self._store.rows(sql, run):
            whole.update(one)
        sql = "SELECT count(*) FROM check_people WHERE run = ?"
        if (whole.digest(), self._store.value(sql, run)) != (digest, records):
            raise NotTaken(CONTRADICTS)
        self._become(run, "comparing")
        return "the run is whole"

    def _become(self, run: int, state: str, after: str = "") -> None:
        self._store.run(
            "UPDATE check_runs SET state = ?, after = ? WHERE run = ?",
            state,
            after,
            run,
        )

    # -- what is done about it -----------------------------------------------------

    def work(self, now: datetime) -> list[Owed] | None:
        """One step of one run; None where nothing is to be done."""
        row = self._store.row(
            f"SELECT {_RUN} FROM check_runs WHERE state IN"
            " ('comparing', 'missing', 'telling') ORDER BY run LIMIT 1"
        )
        if row is None:
            self._forget(now)
            return None
        run = Run(*row)
        if run.state == "telling":
            return [self._tell(run)]
        if run.state == "comparing":
            self._compare(run)
        else:
            self._miss(run)
        return []

    def _compare(self, run: Run) -> None:
        """A page of those that were sent."""
        page = sent(self._store, run)
        self._note(run.run, page.found)
        self._store.run(
            "UPDATE check_runs SET compared = compared + ?, equal = equal + ?"
            " WHERE run = ?",
            page.rows,
            page.rows - len(page.found),
            run.run,
        )
        if page.is_last:
            self._become(run.run, "missing")
        else:
            self._become(run.run, "comparing", page.last)

    def _miss(self, run: Run) -> None:
        """A page of those that are kept for this city: were they sent?"""
        page = kept(self._store, run)
        self._note(run.run, page.found)
        if page.is_last:
            self._become(run.run, "telling", "0")
        else:
            self._become(run.run, "missing", page.last)

    def _note(self, run: int, found: tuple[Finding, ...]) -> None:
        sql = "SELECT differences FROM check_runs WHERE run = ?"
        count = self._store.value(sql, run)
        self._store.many(
            "INSERT INTO check_differences VALUES (?, ?, ?, ?, ?)",
            ((run, count + n, *one) for n, one in enumerate(found)),
        )
        self._store.run(
            "UPDATE check_runs SET differences = ? WHERE run = ?",
            count + len(found),
            run,
        )

    def _tell(self, run: Run) -> Owed:
        """One part of the result; with the last, what was sent is erased."""
        part = int(run.after)
        sql = "SELECT compared, equal, differences FROM check_runs WHERE run = ?"
        compared, equal, count = self._store.rows(sql, run.run)[0]
        rows = self._store.rows(
            "SELECT code, finding, items FROM check_differences"
            " WHERE run = ? AND number >= ? ORDER BY number LIMIT ?",
            run.run,
            part * MAX_DIFFERENCES,
            MAX_DIFFERENCES,
        )
        parts = max(1, -(-count // MAX_DIFFERENCES))
        result = ConsistencyCheckResult(
            check_id=run.check_id,
            part=part + 1,
            parts=parts,
            compared=compared,
            equal=equal,
            differences=tuple(
                Difference(
                    resident_record_code=code,
                    finding=finding,
                    differing=tuple(items.split()),
                )
                for code, finding, items in rows
            ),
        )
        if part + 1 < parts:
            self._become(run.run, "telling", str(part + 1))
        else:
            self._erase(run.run)
            self._become(run.run, "done")
        return Owed(StationName.parse(run.sender), result)

    def _erase(self, run: int) -> None:
        for table in ("check_people", "check_batches", "check_differences"):
            self._store.run(f"DELETE FROM {table} WHERE run = ?", run)

    def _forget(self, now: datetime) -> None:
        sql = "SELECT run FROM check_runs WHERE state = 'open' AND begun < ? LIMIT 1"
        run = self._store.value(sql, micros(now - KEPT_OPEN))
        if run is not None:
            self._erase(run)
            self._become(run, "lapsed")

    # -- what can be seen ----------------------------------------------------------

    def runs(self, _: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Every run with its counts, the newest last."""
        names = "check_id, sender, state, batches, compared, equal, differences"
        rows = self._store.rows(f"SELECT {names} FROM check_runs ORDER BY run")
        return [
            {**dict(zip(names.split(", "), row, strict=True)), "check_id": row[0].hex()}
            for row in rows
        ]
