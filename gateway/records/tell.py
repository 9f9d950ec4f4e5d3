# SPDX-License-Identifier: Apache-2.0
"""Events and differences as an operator reads them: tables, one event in full, JSON.

Times are Japan Standard Time in tables; JSON keeps UTC.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from rich.table import Table

from gateway.records.event import StoredEvent
from gateway.records.events import Damage
from gateway.records.jst import jst
from gateway.records.reconcile import Difference


def event_json(station: str, stored: StoredEvent) -> dict[str, Any]:
    """One event as plain JSON values."""
    event = stored.event
    fields = {
        name: msgspec.to_builtins(getattr(event, name))
        for name in event.__struct_fields__
        if name != "evidence"
    }
    return {
        "station": station,
        "seq": stored.seq,
        "record_id": stored.record_id.hex(),
        "commitment": stored.commitment.hex(),
        **fields,
        "evidence": dict(stored.evidence_digests),
    }


def event_table(rows: Iterable[tuple[str, StoredEvent]]) -> Table:
    """Events of several stations, one line each."""
    table = Table(
        "at (JST)", "station", "event", "peer", "type", "item", "code", "record",
        box=None,
        pad_edge=False,
    )  # fmt: skip
    for station, stored in rows:
        event = stored.event
        arrow = {"in": "←", "out": "→"}.get(event.direction, "·")
        table.add_row(
            jst(event.at),
            station,
            event.kind.value,
            f"{arrow} {event.peer}" if event.peer else arrow,
            event.message_type,
            "" if event.item_no is None else str(event.item_no),
            event.code,
            stored.record_id.hex(),
        )
    return table


def event_in_full(station: str, stored: StoredEvent) -> Table:
    """Everything that is known of one event."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in event_json(station, stored).items():
        if name == "verdicts":
            for rule, check, outcome in value:
                table.add_row("check", f"{rule}  {check}: {outcome}")
        elif name == "evidence":
            for kind, digest in value.items():
                table.add_row("evidence", f"{kind}  sha256 {digest}")
        elif name == "at":
            table.add_row("at (JST)", jst(stored.event.at))
        elif value not in ("", None, [], ()):
            text = " ".join(value) if isinstance(value, list | tuple) else str(value)
            table.add_row(name.replace("_", " "), text)
    return table


def difference_json(difference: Difference) -> dict[str, Any]:
    """One difference as plain JSON values."""
    return {
        "processing_number": difference.processing_number,
        "point": difference.point,
        "said": dict(difference.said),
        "final": difference.final,
    }


def difference_table(differences: Iterable[Difference]) -> Table:
    """Where the three parties do not agree."""
    table = Table(
        "processing number", "point", "who says what", "", box=None, pad_edge=False
    )
    for one in differences:
        said = ", ".join(f"{party}: {text}" for party, text in one.said.items())
        note = "" if one.final else "may still settle"
        table.add_row(one.processing_number, one.point, said, note)
    return table


def damage_json(station: str, damage: Damage) -> dict[str, Any]:
    """One damaged record as plain JSON values."""
    return {
        "station": station,
        "seq": damage.seq,
        "record_id": damage.record_id.hex(),
        "what": damage.what,
    }
