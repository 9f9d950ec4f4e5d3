# SPDX-License-Identifier: Apache-2.0
"""Linkage transactions: the requester's inquiries, the core's transactions, and the
provider's notices to the core. Each ends once, and the first end stands.
"""

from collections.abc import Iterable
from datetime import datetime

from gateway.records.base import (
    Reads,
    Row,
    Writes,
    from_list,
    from_micros,
    maybe_micros,
    maybe_moment,
    to_list,
    to_micros,
)
from gateway.records.rows import (
    INQUIRY_ENDS,
    OUTCOMES,
    CoreTransaction,
    Inquiry,
    Notice,
    known,
)

_INQUIRY = (
    "processing_number, item_no, kinds, provider, sealed, created, state, code, answer,"
    " asked_by"
)
_TRANSACTION = (
    "processing_number, requester, provider, item_no, kinds, permit_digest, permit,"
    " created, release_by, outcome, outcome_at"
)

_NOTICES = "SELECT id, processing_number, outcome, at FROM notices ORDER BY id LIMIT ?"


class LinkageWrites(Writes):
    """Opening and ending, inside a transaction."""

    __slots__ = ()

    def open_inquiry(self, inquiry: Inquiry) -> None:
        """Requester: something is asked under a new processing number."""
        number = inquiry.processing_number
        addressee = inquiry.addressee_number.encode()
        self._changes(
            f"INSERT INTO inquiries ({_INQUIRY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            number,
            inquiry.item_no,
            to_list(inquiry.kinds),
            inquiry.provider,
            self._keys.seal("inquiries", number, addressee),
            to_micros(inquiry.created),
            inquiry.state,
            inquiry.code,
            inquiry.answer,
            inquiry.asked_by,
        )
        for digest in inquiry.permit_digests:
            self.announce(number, digest)

    def announce(self, processing_number: bytes, permit_digest: bytes) -> bool:
        """Requester: the core announced a permit. False if it had done so before."""
        new = self._changes(
            "INSERT INTO announced (permit_digest, processing_number)"
            " VALUES (?, ?) ON CONFLICT DO NOTHING",
            permit_digest,
            processing_number,
        )
        return new == 1

    def finish_inquiry(
        self,
        processing_number: bytes,
        state: str,
        code: str = "",
        answer: bytes | None = None,
    ) -> bool:
        """Requester: an inquiry ended. False if it had ended before."""
        changed = self._changes(
            "UPDATE inquiries SET state = ?, code = ?, answer = ?"
            " WHERE processing_number = ? AND state = 'in_progress'",
            known(state, INQUIRY_ENDS),
            code,
            answer,
            processing_number,
        )
        return changed == 1

    def open_transaction(self, row: CoreTransaction) -> bool:
        """Core: a permit is issued. False if the processing number is taken."""
        new = self._changes(
            f"INSERT INTO transactions ({_TRANSACTION})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            row.processing_number,
            row.requester,
            row.provider,
            row.item_no,
            to_list(row.kinds),
            row.permit_digest,
            row.permit,
            to_micros(row.created),
            to_micros(row.release_by),
            row.outcome,
            maybe_micros(row.outcome_at),
        )
        return new == 1

    def renew_transaction(
        self, processing_number: bytes, permit_digest: bytes, permit: bytes
    ) -> bool:
        """Core: the permit is issued anew. False if the transaction has ended."""
        changed = self._changes(
            "UPDATE transactions SET permit_digest = ?, permit = ?"
            " WHERE processing_number = ? AND outcome = ''",
            permit_digest,
            permit,
            processing_number,
        )
        return changed == 1

    def close_transaction(
        self, processing_number: bytes, outcome: str, at: datetime
    ) -> None:
        """Core: the provider told what came of it. A second notice changes nothing."""
        self._changes(
            "UPDATE transactions SET outcome = ?, outcome_at = ?"
            " WHERE processing_number = ? AND outcome = ''",
            known(outcome, OUTCOMES),
            to_micros(at),
            processing_number,
        )

    def add_notice(self, processing_number: bytes, outcome: str, at: datetime) -> None:
        """Provider: the core is to be told this outcome."""
        self._changes(
            "INSERT INTO notices (processing_number, outcome, at) VALUES (?, ?, ?)",
            processing_number,
            known(outcome, OUTCOMES),
            to_micros(at),
        )

    def take_notices(self, limit: int) -> list[Notice]:
        """Provider: the oldest notices; `drop_notices` in the same transaction."""
        return [_notice(row) for row in self._all(_NOTICES, limit)]

    def drop_notices(self, ids: Iterable[int]) -> None:
        """Provider: these are told (or in the outbox, which is as good)."""
        for one in ids:
            self._changes("DELETE FROM notices WHERE id = ?", one)


class LinkageReads(Reads):
    """What was asked, issued and told."""

    __slots__ = ()

    def inquiry(self, processing_number: bytes) -> Inquiry | None:
        """Requester: the inquiry under that number."""
        sql = f"SELECT {_INQUIRY} FROM inquiries WHERE processing_number = ?"
        row = self._one(sql, processing_number)
        return None if row is None else self._inquiry(row)

    def inquiries(self, state: str = "") -> list[Inquiry]:
        """Requester: the inquiries in that state (all where none is given)."""
        sql = f"SELECT {_INQUIRY} FROM inquiries WHERE (state = ? OR ? = '')"
        rows = self._all(f"{sql} ORDER BY created", state, state)
        return [self._inquiry(row) for row in rows]

    def transaction(self, processing_number: bytes) -> CoreTransaction | None:
        """Core: the transaction under that number."""
        sql = f"SELECT {_TRANSACTION} FROM transactions WHERE processing_number = ?"
        row = self._one(sql, processing_number)
        return None if row is None else _transaction(row)

    def transactions(self) -> list[CoreTransaction]:
        """Core: every transaction, oldest first."""
        rows = self._all(f"SELECT {_TRANSACTION} FROM transactions ORDER BY created")
        return [_transaction(row) for row in rows]

    def notices(self, limit: int) -> list[Notice]:
        """Provider: the oldest outcomes that the core was not told yet."""
        return [_notice(row) for row in self._all(_NOTICES, limit)]

    def _inquiry(self, row: Row) -> Inquiry:
        digests = self._all(
            "SELECT permit_digest FROM announced WHERE processing_number = ?"
            " ORDER BY rowid",
            row[0],
        )
        return Inquiry(
            processing_number=row[0],
            item_no=row[1],
            kinds=from_list(row[2]),
            provider=row[3],
            addressee_number=self._keys.open("inquiries", row[0], row[4]).decode(),
            created=from_micros(row[5]),
            permit_digests=tuple(digest for (digest,) in digests),
            state=row[6],
            code=row[7],
            answer=row[8],
            asked_by=row[9],
        )


def _transaction(row: Row) -> CoreTransaction:
    return CoreTransaction(
        processing_number=row[0],
        requester=row[1],
        provider=row[2],
        item_no=row[3],
        kinds=from_list(row[4]),
        permit_digest=row[5],
        permit=row[6],
        created=from_micros(row[7]),
        release_by=from_micros(row[8]),
        outcome=row[9],
        outcome_at=maybe_moment(row[10]),
    )


def _notice(row: Row) -> Notice:
    return Notice(row[0], row[1], row[2], from_micros(row[3]))
