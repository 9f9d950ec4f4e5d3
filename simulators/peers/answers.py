# SPDX-License-Identifier: Apache-2.0
"""What a peer answers: a receipt, a reply, or a refusal; and the same done wrong.

Where a fault is on, what is told is another than the answer. The answer itself is kept
all the same, so that the message gets the true one when it comes again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from pki.cms import Signer
from protocols.answers import Receipt, SignedRefusal, write_receipt, write_refusal
from protocols.envelope import Opened, digest
from protocols.header import wire_time
from protocols.refusals import refusal
from schemas.catalogue import row as catalogue_row
from schemas.messages import Payload, type_name, write_payload
from simulators.peer import CMS, Peer
from simulators.peers.errors import NotTaken
from simulators.peers.faults import Faults
from simulators.peers.stranger import stranger
from simulators.web import Reply

NO_WAY_BACK: Final = "SK-P06"


class Answers:
    """The answers of one station."""

    def __init__(
        self,
        peer: Peer,
        faults: Faults,
        someone_else: Callable[[Payload], Payload],
    ) -> None:
        self._peer = peer
        self._faults = faults
        self._someone_else = someone_else
        self._stranger: Signer | None = None

    def to(
        self, opened: Opened, reply: Payload | None, commitment: bytes, now: datetime
    ) -> tuple[bytes, bytes]:
        """The answer to what was taken, and what is told; raises `NotTaken`."""
        if reply is not None:
            return self._reply(opened, reply, now)
        receipt = Receipt(
            message_id=opened.header.message_id,
            header_digest=opened.header_digest,
            receiver=self._peer.name,
            at=wire_time(now),
            record_commitment=commitment,
        )
        answer = write_receipt(receipt, self._peer.signer)
        if not self._faults.take("other_key"):
            return answer, answer
        return answer, write_receipt(receipt, self._unknown())

    def refusal(
        self,
        code: str,
        body: bytes,
        opened: Opened | None,
        commitment: bytes,
        now: datetime,
    ) -> Reply:
        """Not taken: with the code that its sender may know."""
        row = refusal(code)
        signed = SignedRefusal(
            request_digest=digest(body),
            header_digest=None if opened is None else opened.header_digest,
            receiver=self._peer.name,
            at=wire_time(now),
            code=row.wire,
            rule=row.rule if row.wire == code else "",
            retry=row.retry,
            record_commitment=commitment,
        )
        other = self._faults.take("other_key")
        signer = self._unknown() if other else self._peer.signer
        return Reply(422, CMS, write_refusal(signed, signer))

    def _reply(
        self, opened: Opened, reply: Payload, now: datetime
    ) -> tuple[bytes, bytes]:
        life = catalogue_row(type_name(reply)).lifetime_seconds
        write = partial(
            self._peer.write,
            type_name(reply),
            opened.header.sender,
            in_reply_to=opened.reference(),
            lifetime=timedelta(seconds=life),
            now=now,
        )
        try:
            answer = write(write_payload(reply)).envelope
        except ValueError:  # the master has nobody to seal it for
            raise NotTaken(NO_WAY_BACK) from None
        if self._faults.take("another_person"):
            return answer, write(write_payload(self._someone_else(reply))).envelope
        if self._faults.take("other_key"):
            forged = write(write_payload(reply), signer=self._unknown())
            return answer, forged.envelope
        return answer, answer

    def _unknown(self) -> Signer:
        if self._stranger is None:
            self._stranger = stranger(self._peer.clock())
        return self._stranger
