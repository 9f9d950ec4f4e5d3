# SPDX-License-Identifier: Apache-2.0
"""What a system owes others: kept until they have it, in order for each receiver.

A message is owed from the transaction of its cause on. `carry` writes it, keeps the
bytes, and posts them; the same bytes again until there is a valid answer, later each
time. Behind one that waits, the others to the same receiver wait too, so that an older
message never comes after a newer one. One that has expired, or that its receiver cannot
open any more, is written anew. What is refused for good stays, without its payload, to
be counted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from cryptography import x509

from pki.names import BadStationName, StationName
from pki.trust import Purpose, Reason, Untrusted
from protocols import answers
from protocols.answers import Offered, Receipt, SignedRefusal
from protocols.envelope import digest
from protocols.errors import AnswerInvalid
from schemas.catalogue import row as catalogue_row
from schemas.messages import type_name, write_payload
from simulators.peer import CMS, MESSAGES, Peer
from simulators.peers.store import Store, micros
from simulators.peers.system import Owed
from simulators.store import Row
from simulators.web import Client, LinkFailed, Reply

FIRST_WAIT: Final = timedelta(milliseconds=250)
LONGEST_WAIT: Final = timedelta(seconds=15)
WRITTEN_ANEW: Final = frozenset({"SK-M06", "SK-M10"})
"""Refusals that say nothing of what is in a message: it had expired, or was sealed for
a certificate that has been replaced."""
UNREACHABLE, UNTRUSTED, UNVERIFIED, NOT_LET_IN = "SK-T01", "SK-T02", "SK-T04", "SK-T05"

_COLUMNS: Final = (
    "id, receiver, message_type, payload, processing_number, message_id,"
    " header_digest, envelope, expires, tries, code"
)

Note = Callable[["Outgoing", str, str, datetime], None]
"""Writes history: of which message, what kind of line, with which code, when."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message of the outbox."""

    id: int
    receiver: StationName
    message_type: str
    payload: bytes = field(repr=False)
    processing_number: bytes | None
    message_id: bytes
    header_digest: bytes
    envelope: bytes = field(repr=False)
    expires: int
    tries: int
    code: str

    @classmethod
    def of(cls, row: Row) -> "Outgoing":
        return cls(row[0], StationName.parse(row[1]), *row[2:])


class Outbox:
    """The way out of one station."""

    def __init__(self, store: Store, peer: Peer, note: Note) -> None:
        self._store = store
        self._peer = peer
        self._note = note
        self._links: dict[StationName, Client] = {}
        self._carrying = Lock()

    def owe(self, owed: Owed) -> None:
        """From now on it is our business; in the transaction of its cause."""
        self._store.run(
            "INSERT INTO outbox (receiver, message_type, payload, processing_number)"
            " VALUES (?, ?, ?, ?)",
            str(owed.receiver),
            type_name(owed.payload),
            write_payload(owed.payload),
            owed.processing_number,
        )

    def count(self) -> dict[str, int]:
        """How many wait, and how many were refused for good."""
        sql = "SELECT count(*) FROM outbox WHERE state = ?"
        return {one: self._store.value(sql, one) for one in ("waiting", "refused")}

    def carry(self) -> int:
        """Offer whatever is due; how many messages have come to an end."""
        sql = "SELECT DISTINCT receiver FROM outbox WHERE state = 'waiting'"
        with self._carrying:
            waiting = self._store.rows(sql)
            return sum(self._carry_to(receiver) for (receiver,) in waiting)

    def close(self) -> None:
        for link in self._links.values():
            link.close()
        self._links.clear()

    def _carry_to(self, receiver: str) -> int:
        ended = 0
        while (row := self._first(receiver)) is not None and self._offer(row):
            ended += 1
        return ended

    def _first(self, receiver: str) -> Outgoing | None:
        """The oldest message to a receiver, if it is due."""
        now = self._peer.clock()
        soon = micros(now + LONGEST_WAIT)  # the clock may have been set back
        row = self._store.row(
            f"SELECT {_COLUMNS}, due FROM outbox WHERE state = 'waiting'"
            " AND receiver = ? ORDER BY id LIMIT 1",
            receiver,
        )
        if row is None or micros(now) < row[-1] <= soon:
            return None
        return Outgoing.of(row[:-1])

    def _offer(self, waiting: Outgoing) -> bool:
        """Post one message; whether it has come to an end."""
        now = self._peer.clock()
        if not waiting.envelope or micros(now) > waiting.expires:
            written = self._write(waiting, now)
            if written is None:
                return self._later(waiting, UNREACHABLE)
            waiting = written
        code, final = self._post(waiting)
        now = self._peer.clock()
        if not code:
            with self._store.transaction():
                self._store.run("DELETE FROM outbox WHERE id = ?", waiting.id)
                self._note(waiting, "receipted", "", now)
            return True
        if not final:
            return self._later(waiting, code)
        with self._store.transaction():
            self._store.run(
                "UPDATE outbox SET state = 'refused', code = ?, payload = x'',"
                " envelope = x'' WHERE id = ?",
                code,
                waiting.id,
            )
            self._note(waiting, "refused", code, now)
        return True

    def _write(self, waiting: Outgoing, now: datetime) -> Outgoing | None:
        """Sign and seal it, and keep the bytes; None where nobody can receive it."""
        life = timedelta(seconds=catalogue_row(waiting.message_type).lifetime_seconds)
        try:
            packed = self._peer.write(
                waiting.message_type,
                waiting.receiver,
                waiting.payload,
                processing_number=waiting.processing_number,
                lifetime=life,
                now=now,
            )
        except ValueError:
            return None
        header, expires = packed.header, micros(packed.header.expires)
        with self._store.transaction():
            self._store.run(
                "UPDATE outbox SET message_id = ?, header_digest = ?, envelope = ?,"
                " expires = ? WHERE id = ?",
                header.message_id,
                packed.header_digest,
                packed.envelope,
                expires,
                waiting.id,
            )
            row = self._store.row(
                f"SELECT {_COLUMNS} FROM outbox WHERE id = ?", waiting.id
            )
            assert row is not None
            written = Outgoing.of(row)
            self._note(written, "attempted", "", now)
        return written

    def _later(self, waiting: Outgoing, code: str) -> bool:
        """It is offered again; a new cause is noted once."""
        now = self._peer.clock()
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(waiting.tries, 10))
        again = code in WRITTEN_ANEW
        with self._store.transaction():
            self._store.run(
                "UPDATE outbox SET tries = tries + 1, code = ?, due = ?,"
                " envelope = CASE WHEN ? THEN x'' ELSE envelope END WHERE id = ?",
                code,
                micros(now + wait),
                again,
                waiting.id,
            )
            if code != waiting.code:
                self._note(waiting, "failed", code, now)
        return False

    # -- the wire -----------------------------------------------------------------

    def _post(self, waiting: Outgoing) -> tuple[str, bool]:
        """What is wrong, and whether that is the last word; empty once it is taken."""
        try:
            reply = self._link(waiting.receiver).post(MESSAGES, CMS, waiting.envelope)
        except Untrusted:
            return UNTRUSTED, False
        except LinkFailed as error:
            distrust = "Certificate" in str(error)
            return UNTRUSTED if distrust else UNREACHABLE, False
        if reply.status in (401, 403):
            return NOT_LET_IN, False
        return self._understand(waiting, reply)

    def _understand(self, waiting: Outgoing, reply: Reply) -> tuple[str, bool]:
        offered = Offered(
            digest(waiting.envelope),
            waiting.message_id,
            waiting.header_digest,
            waiting.receiver,
        )
        peer = self._peer
        try:
            answer = answers.read(
                reply.body, offered, peer.opener, peer.directory, peer.clock()
            )
        except AnswerInvalid as error:
            return error.code, False
        match answer:
            case Receipt():
                return "", True
            case SignedRefusal():
                final = not answer.retry and answer.code not in WRITTEN_ANEW
                return answer.code, final
        return UNVERIFIED, False

    def _link(self, to: StationName) -> Client:
        """A link to exactly this station; raises `LinkFailed` if it has no address."""
        if to not in self._links:
            known = self._peer.directory.peer(to)
            if known is None or known.endpoint is None:
                raise LinkFailed("no address")
            self._links[to] = Client(
                known.endpoint.host,
                known.endpoint.port,
                self._peer.context(),
                lambda certificate: self._must_be(certificate, to),
            )
        return self._links[to]

    def _must_be(self, certificate: x509.Certificate, station: StationName) -> None:
        """Raises `Untrusted` where somebody else stands at the other end."""
        trust, now = self._peer.directory.trust, self._peer.clock()
        try:
            found = trust.check(certificate, Purpose.TLS, now).station
        except BadStationName:
            raise Untrusted(Reason.NO_STATION_NAME, certificate) from None
        if found != station:
            raise Untrusted(Reason.NOT_ADMITTED, certificate)
