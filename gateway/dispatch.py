# SPDX-License-Identifier: Apache-2.0
"""The way out, `gateway.intake`'s mirror: from a draft to a sealed envelope.

A role says *what* is to be said to *whom* (`Draft`); here it gets its header, its
signature and its seal. Nothing is sent here: an envelope goes into the outbox in the
same transaction as the record of why, and leaves only after that is durable.
"""

import os
from datetime import datetime, timedelta

import msgspec

from pki.cms import Signer
from pki.names import StationName
from protocols import limits
from protocols.directory import Directory
from protocols.envelope import Packed, pack
from protocols.header import (
    Header,
    InReplyTo,
    TokenBytes,
    content_digest,
    expiry,
    new_id,
    wire_time,
)
from schemas.catalogue import row


class NoSuchPeer(Exception):
    """The master names no station of that name, or none that can receive.

    Nothing was sent. The master is older than the peer, or the name is wrong.
    """


class Draft(msgspec.Struct, frozen=True):
    """Something that a role wants to say."""

    message_type: str
    receiver: StationName
    payload: bytes
    processing_number: bytes | None = None
    permit_digest: bytes | None = None
    in_reply_to: InReplyTo | None = None
    lifetime: timedelta | None = None
    """How long it may take; what the catalogue says of its type where None."""
    item_no: int | None = None
    kinds: tuple[str, ...] = ()
    person_tag: str = ""
    guard_code: str | None = None
    """The linkage code whose flag is read again before each delivery attempt."""
    guard_version: int | None = None
    context: bytes = b""
    """What the role needs to know again when the answer comes."""
    verdicts: tuple[tuple[str, str, str], ...] = ()
    """Why it may be sent, as the record keeps it."""
    handed_by: str = ""
    """The system of ours that handed in what it comes from; empty if none did."""

    def __repr__(self) -> str:
        return f"Draft({self.message_type} to {self.receiver})"


class Writer:
    """Signs and seals for one station."""

    def __init__(
        self,
        name: StationName,
        signer: Signer,
        directory: Directory,
        token_bytes: TokenBytes = os.urandom,
    ) -> None:
        self._name = name
        self._signer = signer
        self._directory = directory
        self._token_bytes = token_bytes

    def write(self, draft: Draft, now: datetime) -> Packed:
        """The sealed message; raises `NoSuchPeer`."""
        peer = self._directory.peer(draft.receiver)
        if peer is None or peer.recipient is None:
            raise NoSuchPeer(f"{draft.receiver} is not in the master")
        salt = self._token_bytes(limits.SALT_SIZE)
        created = wire_time(now)
        header = Header(
            message_id=new_id(now, self._token_bytes),
            message_type=draft.message_type,
            sender=self._name,
            receiver=draft.receiver,
            created=created,
            expires=expiry(created, draft.lifetime or _lifetime(draft.message_type)),
            sealing_certificate=peer.recipient.digest,
            content_digest=content_digest(salt, draft.payload),
            processing_number=draft.processing_number,
            in_reply_to=draft.in_reply_to,
            permit_digest=draft.permit_digest,
        )
        return pack(
            header,
            draft.payload,
            salt,
            self._signer,
            peer.recipient,
            now,
            self._token_bytes,
        )


def _lifetime(message_type: str) -> timedelta:
    return timedelta(seconds=row(message_type).lifetime_seconds)
