# SPDX-License-Identifier: Apache-2.0
"""The register holds its own against the identity information file, page by page.

既存住基システムとの整合処理 (R-082). The existing resident system asks for the file at
regular times and compares; the CS gives of each person the resident record code and the
digest of what both sides hold (`schemas.reconciliation`), and no other item. Pages come
in one fixed order, at most `PAGE` persons each; the place at the end of one leads to
the next. Nothing is changed here, and each page is on record before it leaves.

    GET /v1/inside/reconciliation[?after=PLACE]

A file that was never filled whole is known not to be: it is not compared.
"""

import re
from itertools import islice
from typing import Final

from gateway.records.event import Event, EventKind, prepare
from gateway.records.identities import decode_identity
from gateway.services.clock import Clock
from gateway.services.listener import Answer, Request
from gateway.station import Station
from pki.trust import Identity
from schemas.reconciliation import digest_of
from schemas.systems import EXISTING

PAGE: Final = 250
"""Persons in one page: no other message waits longer than they take."""
NOT_FILLED: Final = Answer(409, "text/plain", b"the file was never filled whole\n")
_ASKED: Final = re.compile(
    r"/v1/inside/reconciliation(?:\?after=([0-9a-f]{64}))?", re.ASCII
)


class CsCompare:
    """The part of a CS's inside listener that lets its register compare."""

    def __init__(self, station: Station, clock: Clock) -> None:
        self._station = station
        self._clock = clock

    async def handle(self, request: Request, identity: Identity) -> Answer | None:
        """Answer what is about it; None for all else, and for all others."""
        found = _ASKED.fullmatch(request.target)
        if found is None or request.method != "GET":
            return None
        if identity.station.role != EXISTING:
            return None
        store = self._station.store
        if not store.is_filled():
            return NOT_FILLED
        after = bytes.fromhex(found[1] or "")
        page = list(islice(store.every_identity(after), PAGE))
        lines = [_line(encoded) for _, encoded in page]
        if len(page) == PAGE:
            lines.append(f"place {page[-1][0].hex()}\n")
        event = Event(
            kind=EventKind.FETCHED,
            at=self._clock(),
            direction="local",
            peer=str(identity.station),
            detail=f"reconciliation: {len(page)} persons",
        )
        record = prepare(event, self._station.token_bytes)
        await store.commit(lambda tx: tx.record(record))
        return Answer(200, "text/plain", "".join(lines).encode())


def _line(encoded: bytes) -> str:
    record = decode_identity(encoded)
    return f"person {record.resident_record_code} {digest_of(record).hex()}\n"
