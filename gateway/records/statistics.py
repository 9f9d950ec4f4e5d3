# SPDX-License-Identifier: Apache-2.0
"""Counts of what a station did, out of its record and nothing else.

業務統計情報の集計 of an intermediate server (R-150), and 事務処理実績 of a municipal CS
(R-206): how often something was done, by calendar month in Japan and, in information
linkage, by item of the matching list. There is no key to count by that says anything of
a person: no reason of a change, no sex, age or place, no peer, no tag. So a count of
one singles nobody out and is told as it is; and there is no span but the month, because
two spans that overlap would tell the day between them.

The connection that counts can read nothing else: SQLite refuses it every table but the
record, the sending-destination file with them (R-207), and every column of the record
that is not counted by.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from gateway.records.connection import (
    Database,
    store_errors,
)
from gateway.records.event import EventKind
from gateway.records.opening import checked_reader
from gateway.records.sealed import StoreKeys
from protocols.refusals import refusal


class Done(NamedTuple):
    """One kind of work: which events of the record are counted for it."""

    kind: str
    direction: str
    message_type: str


class Total(NamedTuple):
    """How often something was done in a month."""

    month: str
    """In Japan, such as ``2030-01``."""
    item_no: int | None
    """Of the matching list; None where it has none, or was refused unread."""
    name: str
    times: int


IN, OUT, LOCAL = "in", "out", "local"
_PROVISION: Final = "information_provision"
_LAPSE: Final = "provision_lapse"
_ASKED: Final = "information_inquiry_request"

LINKAGE: Final[Mapping[str, tuple[Done, ...]]] = {
    "inquiries": (Done(EventKind.RECEIVED, IN, _ASKED),),
    "inquiries not taken": (Done(EventKind.REFUSED, IN, _ASKED),),
    "inquiries refused": (
        Done(EventKind.RECEIVED, IN, "inquiry_refusal"),
        Done(EventKind.FAILED, OUT, "information_inquiry"),
    ),
    "answers": (Done(EventKind.RECEIVED, IN, _PROVISION),),
    "answers refused": (Done(EventKind.REFUSED, IN, _PROVISION),),
    "answers lapsed": (Done(EventKind.RECEIVED, IN, _LAPSE),),
    "orders": (
        Done(EventKind.RECEIVED, IN, "provision_order"),
        Done(EventKind.HELD, IN, "provision_order"),
    ),
    "orders refused": (Done(EventKind.REFUSED, IN, "provision_order"),),
    "provisions": (Done(EventKind.RECEIPTED, OUT, _PROVISION),),
    "provisions refused": (Done(EventKind.FAILED, OUT, _PROVISION),),
    "lapses": (Done(EventKind.RECEIPTED, OUT, _LAPSE),),
    "provisions taken back": (Done(EventKind.WITHDRAWN, OUT, _PROVISION),),
    "holds": (
        Done(EventKind.HELD, IN, "provision_order"),
        Done(EventKind.HELD, LOCAL, _PROVISION),
    ),
    "holds released": (Done(EventKind.RELEASED, LOCAL, _PROVISION),),
    "holds refused": (Done(EventKind.DECLINED, LOCAL, _PROVISION),),
    "holds lapsed": (Done(EventKind.LAPSED, LOCAL, _PROVISION),),
}
"""What an intermediate server totals."""

IDENTITY: Final[Mapping[str, tuple[Done, ...]]] = {
    "updates": (Done(EventKind.RECEIVED, IN, "identity_information_update"),),
    "updates refused": (Done(EventKind.REFUSED, IN, "identity_information_update"),),
    "updates sent on": (
        Done(EventKind.RECEIPTED, OUT, "identity_information_update_notice"),
    ),
    "searches": (Done(EventKind.RECEIVED, IN, "identity_information_search"),),
    "confirmations": (Done(EventKind.RECEIVED, IN, "identity_confirmation_request"),),
    "inquiries to J-LIS": (
        Done(EventKind.RECEIVED, IN, "jlis_identity_information_inquiry"),
    ),
    "check batches sent": (
        Done(EventKind.RECEIPTED, OUT, "consistency_check_information"),
    ),
}
"""What a municipal CS counts of its work on the identity information file."""

NAMES: Final = (*LINKAGE, *IDENTITY)
"""In the order in which they are told."""

_UNDONE: Final = frozenset({EventKind.FAILED, EventKind.REFUSED})
"""What may come to something yet, where its code says that it is offered again."""

_MONTH: Final = "strftime('%Y-%m', at / 1000000 + 9 * 3600, 'unixepoch')"
_FOUND: Final = "events LEFT JOIN event_finds ON event_finds.seq = events.seq"
"""An event with what it is found by: its item stands there."""
_BY: Final = "kind, direction, message_type, code"
_WITH_ITEMS: Final = (
    "WITH items AS (SELECT processing_number AS number, max(item_no) AS item"
    f" FROM {_FOUND} WHERE processing_number IS NOT NULL GROUP BY 1)"
    f" SELECT {_MONTH}, coalesce(item_no, item), {_BY}, count(*) FROM {_FOUND}"
    f" LEFT JOIN items ON number = processing_number GROUP BY 1, 2, {_BY}"
)
"""A receipt or a refusal names no item: the others of its processing number do."""
_WITHOUT: Final = (
    f"SELECT {_MONTH}, NULL, {_BY}, count(*) FROM events GROUP BY 1, {_BY}"
)

_COUNTED_BY: Final = frozenset({"at", "kind", "direction", "message_type", "code"})
_ITEMS_BY: Final = _COUNTED_BY | {"item_no", "seq", "processing_number"}


def linkage(path: Path, key: bytes) -> list[Total]:
    """The totals of an intermediate server, by month and item.

    Raises `StoreUnavailable` or `StoreMismatch`, as `identity` does.
    """
    return _count(path, key, LINKAGE, _WITH_ITEMS, _ITEMS_BY)


def identity(path: Path, key: bytes) -> list[Total]:
    """The counts of a municipal CS, by month."""
    return _count(path, key, IDENTITY, _WITHOUT, _COUNTED_BY)


def _count(
    path: Path,
    key: bytes,
    wanted: Mapping[str, tuple[Done, ...]],
    sql: str,
    columns: frozenset[str],
) -> list[Total]:
    keys = StoreKeys(key)
    with closing(checked_reader(path, keys)) as reader:
        confine(reader, columns)
        with store_errors():
            rows = reader.execute(sql).fetchall()
    totals: Counter[tuple[str, int | None, str]] = Counter()
    for month, item, kind, direction, message_type, code, count in rows:
        done = Done(kind, direction, message_type)
        for name in (name for name, those in wanted.items() if done in those):
            if kind in _UNDONE and refusal(code).retry:
                continue  # it is offered again: nothing has come of it yet
            totals[month, item, name] += count
    found = [Total(*which, count) for which, count in totals.items()]
    return sorted(found, key=lambda t: (t.month, t.item_no or 0, NAMES.index(t.name)))


def confine(reader: Database, columns: frozenset[str]) -> None:
    """Let a connection read these columns of the record, and nothing else."""

    def allowed(action: int, table: str | None, column: str | None, *_: Any) -> int:
        record = ("events", "event_finds") if "item_no" in columns else ("events",)
        ours = table == "items" or (table in record and column in columns)
        reads = action == sqlite3.SQLITE_READ and ours
        return sqlite3.SQLITE_OK if reads or action in _ACTS else sqlite3.SQLITE_DENY

    reader.set_authorizer(allowed)


_ACTS: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION})
"""What a statement that counts does, reading apart."""
