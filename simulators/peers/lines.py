# SPDX-License-Identifier: Apache-2.0
"""The lines of a history: who, what, when. Names of items stand there, no values."""

from datetime import datetime
from typing import Any

from protocols.envelope import Opened
from schemas.xml import parse, root_name
from simulators.peers.outbox import Outgoing


def arrived(
    now: datetime, kind: str, code: str, peer: str, opened: Opened | None = None
) -> dict[str, Any]:
    """Something came: `received`, `repeated`, `refused` or `link_refused`."""
    line = _line(now, "in", kind, code, peer)
    if opened is not None:
        header = opened.header
        line["message_id"] = header.message_id.hex()
        line["message_type"] = header.message_type
        line["processing_number"] = (header.processing_number or b"").hex()
    if opened is not None and kind == "received":
        line["items"] = [root_name(item) for item in parse(opened.payload)]
    return line


def left(now: datetime, kind: str, code: str, out: Outgoing) -> dict[str, Any]:
    """Something of ours: `attempted`, `receipted`, `refused` or `failed`."""
    line = _line(now, "out", kind, code, str(out.receiver))
    line["message_id"] = out.message_id.hex()
    line["message_type"] = out.message_type
    line["processing_number"] = (out.processing_number or b"").hex()
    return line


def _line(
    now: datetime, direction: str, kind: str, code: str, peer: str
) -> dict[str, Any]:
    return {
        "at": now.isoformat(),
        "direction": direction,
        "kind": kind,
        "code": code,
        "peer": peer,
        "message_id": "",
        "message_type": "",
        "processing_number": "",
        "items": [],
        "effect": "",
    }
