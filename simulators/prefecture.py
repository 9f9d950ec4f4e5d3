# SPDX-License-Identifier: Apache-2.0
"""The prefectural server (都道府県サーバ): takes notices of identity information.

It judges what it receives as strictly as a gateway would: link, seal, signature,
sender, time, schema, check digits. Whatever it took or refused is in its history, a
file of JSON lines without personal data, durable before the answer leaves.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from pki.names import StationName
from pki.trust import Purpose, Untrusted
from protocols import limits
from protocols.answers import Receipt, SignedRefusal, write_receipt, write_refusal
from protocols.envelope import Opened, digest, unpack
from protocols.errors import Unreadable
from protocols.header import Header, wire_time
from protocols.identifiers import (
    Realm,
    individual_number_is_valid,
    resident_record_code_is_valid,
)
from protocols.refusals import refusal
from schemas.messages import IdentityInformationUpdateNotice, read_payload
from schemas.xml import XmlRefused, parse, root_name
from simulators.peer import CMS, MESSAGES, Peer
from simulators.web import Reply

NOTICE = "identity_information_update_notice"


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that was taken before: its digest and the answer it got."""

    header_digest: bytes
    answer: bytes


class PrefecturalServer:
    """One prefecture's server."""

    def __init__(self, peer: Peer, history: Path) -> None:
        self._peer = peer
        self._history = history
        self._realm = Realm(peer.directory.master.realm)
        self._taken: dict[tuple[str, bytes], Taken] = {}

    def handle(
        self, method: str, path: str, body: bytes, certificate: x509.Certificate
    ) -> Reply:
        """Answer one request."""
        now = self._peer.clock()
        try:
            identity = self._peer.directory.trust.check(certificate, Purpose.TLS, now)
        except Untrusted:
            return Reply(403, "text/plain", b"")
        if (method, path) != ("POST", MESSAGES):
            return Reply(404, "text/plain", b"")
        try:
            opened = unpack(body, self._peer.opener, self._peer.directory, now)
        except Unreadable as error:
            return self._refuse(error.code, body, identity.station, None, now)
        return self._take(opened, body, identity.station, now)

    def _take(
        self, opened: Opened, body: bytes, station: StationName, now: datetime
    ) -> Reply:
        key = (str(opened.header.sender), opened.header.message_id)
        before = self._taken.get(key)
        code = self._fault(opened, station, now)
        if not code and before is not None:
            if before.header_digest == opened.header_digest:
                return Reply(200, CMS, before.answer)
            code = "SK-M09"
        if code:
            return self._refuse(code, body, station, opened, now)
        commitment = self._write("received", "", station, opened, now)
        receipt = Receipt(
            message_id=opened.header.message_id,
            header_digest=opened.header_digest,
            receiver=self._peer.name,
            at=wire_time(now),
            record_commitment=commitment,
        )
        answer = write_receipt(receipt, self._peer.signer)
        self._taken[key] = Taken(opened.header_digest, answer)
        return Reply(200, CMS, answer)

    def _fault(self, opened: Opened, station: StationName, now: datetime) -> str:
        """The inner code of the first rule that the message breaks; empty if none."""
        header = opened.header
        if opened.signer.station != header.sender:
            return "SK-M01"
        if station != header.sender:
            return "SK-M02"
        if header.receiver != self._peer.name:
            return "SK-M03"
        if header.message_type != NOTICE:
            return "SK-M04"
        if header.sealing_certificate != self._peer.sealing_digest:
            return "SK-M10"
        return _time_fault(header, now) or self._payload_fault(opened.payload)

    def _payload_fault(self, payload: bytes) -> str:
        try:
            value = read_payload(NOTICE, payload)
        except XmlRefused as error:
            return "SK-X02" if error.is_schema_fault else "SK-X01"
        assert isinstance(value, IdentityInformationUpdateNotice)
        return _number_fault(
            value.individual_number, individual_number_is_valid, self._realm
        ) or _number_fault(
            value.resident_record_code, resident_record_code_is_valid, self._realm
        )

    def _refuse(
        self,
        code: str,
        body: bytes,
        station: StationName,
        opened: Opened | None,
        now: datetime,
    ) -> Reply:
        row = refusal(code)
        commitment = self._write("refused", code, station, opened, now)
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
        return Reply(422, CMS, write_refusal(signed, self._peer.signer))

    def _write(
        self,
        kind: str,
        code: str,
        station: StationName,
        opened: Opened | None,
        now: datetime,
    ) -> bytes:
        """One line of history, durable; gives back the commitment to it."""
        line = {
            "at": now.isoformat(),
            "kind": kind,
            "code": code,
            "peer": str(station),
            "message_id": "" if opened is None else opened.header.message_id.hex(),
            "message_type": "" if opened is None else opened.header.message_type,
            "items": _items(opened) if kind == "received" else [],
            "salt": os.urandom(limits.SALT_SIZE).hex(),
        }
        data = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        with self._history.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return hashlib.sha256(data).digest()


def _items(opened: Opened | None) -> list[str]:
    """Which items a message brought: their names, never what they say."""
    return [] if opened is None else [root_name(i) for i in parse(opened.payload)]


def _time_fault(header: Header, now: datetime) -> str:
    if now > header.expires + limits.MAX_SKEW:
        return "SK-M06"
    if header.created > now + limits.MAX_SKEW:
        return "SK-M07"
    if not timedelta(0) < header.expires - header.created <= limits.MAX_LIFETIME:
        return "SK-M08"
    return ""


def _number_fault(
    number: str, valid: Callable[[str, Realm], bool], realm: Realm
) -> str:
    """Whether a number is of this realm, of the other one, or of none."""
    if valid(number, realm):
        return ""
    other = Realm.STANDARD if realm is Realm.SIMULATION else Realm.SIMULATION
    return "SK-X04" if valid(number, other) else "SK-X03"
