# SPDX-License-Identifier: Apache-2.0
"""Writes the example messages of ``docs/protocol.md``, section 15.

    python docs/examples/make.py [DIRECTORY]

Runs with the project installed and gives the same bytes each time; without a directory
it writes beside itself. After a change run ``python docs/tables.py`` as well, which
puts the listings into the document. A test holds the committed files against both.
"""

import hashlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fixed import drawn, seal
from listings import LISTINGS, header_conf
from parties import CORE, ITEM, PROVIDER, REQUESTER, authority, files, master, stations

from pki.cms import Signer
from pki.der import OCTET_STRING, SEQUENCE, tlv
from pki.names import StationName
from pki.oids import ID_CT_HEADER
from pki.profiles import Purpose
from protocols import permit, route
from protocols.answers import Receipt, SignedRefusal, write_receipt, write_refusal
from protocols.header import Header, InReplyTo, content_digest
from protocols.linkage_code import CodeMaker
from protocols.permit import Permit
from protocols.refusals import refusal
from protocols.route import Route
from schemas.messages import (
    InformationInquiry,
    InformationInquiryAcceptance,
    InformationProvision,
    Payload,
    ProvisionOrder,
    ResidentRecordInformation,
    write_payload,
)

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ANSWER_BY = timedelta(minutes=5)
RELEASE_BY = timedelta(days=7)
HOUR = timedelta(hours=1)
KINDS = ("resident_record_information",)
SUBJECT = 1
"""The subject's id inside the core; nobody else knows it."""

Files = Iterator[tuple[str, bytes]]


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


class Maker:
    """The three stations at work, one message after the other."""

    def __init__(self) -> None:
        self.authority = authority()
        self.pairs = stations(self.authority)
        self.codes = CodeMaker(drawn("code key")(32))
        self.signed: dict[str, bytes] = {}
        """The signed header of each message, by its name."""
        self.envelopes: dict[str, bytes] = {}

    def everything(self) -> Files:
        yield from files(self.authority, self.pairs)
        yield "master.cms", master(self.pairs, NOON)
        yield from self._inquiry("inquiry", ITEM.item_no)
        yield from self._permit()
        yield from self._answers()
        yield from self._inquiry("refused", 4)
        yield from self._refusals()

    def signer(self, name: StationName, purpose: Purpose = Purpose.SIGNING) -> Signer:
        return self.pairs[name, purpose].signer

    def sealing(self, name: StationName) -> x509.Certificate:
        return self.pairs[name, Purpose.SEALING].certificate

    def sealing_digest(self, name: StationName) -> bytes:
        return digest(self.sealing(name).public_bytes(Encoding.DER))

    def code(self, name: StationName) -> str:
        return self.codes.code(SUBJECT, name.organisation)

    def _inquiry(self, name: str, item_no: int) -> Files:
        value = InformationInquiry(
            item_no=item_no,
            kinds=KINDS,
            provider=PROVIDER.organisation,
            subject_code=self.code(REQUESTER),
            sealing_certificate_digest=self.sealing_digest(REQUESTER),
        )
        way = (REQUESTER, CORE)
        yield from self._message(name, "information_inquiry", way, value, HOUR)

    def _permit(self) -> Files:
        made_route = Route(
            route_id=drawn("route id")(16),
            requester=REQUESTER,
            host="127.0.0.1",
            port=8441,
            sealing_certificate=self.sealing_digest(REQUESTER),
            not_before=NOON,
            not_after=NOON + timedelta(days=1),
        )
        signed_route = route.issue(made_route, self.signer(CORE), NOON)
        self.salt = drawn("subject salt")(32)
        made = Permit(
            permit_id=drawn("permit id")(16),
            processing_number=self._number("inquiry"),
            requester=REQUESTER,
            provider=PROVIDER,
            item_no=ITEM.item_no,
            kinds=KINDS,
            subject_commitment=permit.subject_commitment(
                self.salt, self.code(PROVIDER)
            ),
            request_digest=digest(self.signed["inquiry"]),
            sealing_certificate=self.sealing_digest(REQUESTER),
            route_digest=digest(signed_route),
            issued=NOON,
            answer_by=NOON + ANSWER_BY,
            release_by=NOON + RELEASE_BY,
        )
        signed = permit.issue(made, self.signer(CORE, Purpose.PERMIT), NOON)
        yield "route.der", made_route.encode()
        yield "route.cms", signed_route
        yield "permit.der", made.encode()
        yield "permit.cms", signed
        self.route, self.permit = signed_route, signed

    def _answers(self) -> Files:
        """The reply, the order with its receipt, and the provision."""
        inquiry = InReplyTo(self._id("inquiry"), digest(self.signed["inquiry"]))
        yield from self._message(
            "acceptance",
            "information_inquiry_acceptance",
            (CORE, REQUESTER),
            InformationInquiryAcceptance(
                permit_digest=digest(self.permit),
                answer_by=NOON + ANSWER_BY,
                release_by=NOON + RELEASE_BY,
            ),
            ANSWER_BY,
            in_reply_to=inquiry,
        )
        order = ProvisionOrder(
            permit=self.permit,
            route=self.route,
            requester_header=self.signed["inquiry"],
            subject_code=self.code(PROVIDER),
            subject_salt=self.salt,
        )
        way = (CORE, PROVIDER)
        yield from self._message("order", "provision_order", way, order, ANSWER_BY)
        receipt = Receipt(
            message_id=self._id("order"),
            header_digest=digest(self.signed["order"]),
            receiver=PROVIDER,
            at=NOON,
            record_commitment=drawn("record order")(32),
        )
        yield "receipt.cms", write_receipt(receipt, self.signer(PROVIDER))
        yield from self._message(
            "provision",
            "information_provision",
            (PROVIDER, REQUESTER),
            InformationProvision(
                item_no=ITEM.item_no,
                layout_version="1",
                resident_record_information=ResidentRecordInformation(
                    head_of_household=False, head_name="髙𣘺　見本", relationship="子"
                ),
            ),
            timedelta(days=1),
            permit_digest=digest(self.permit),
        )

    def _refusals(self) -> Files:
        """One of a readable message, and one of bytes that cannot be opened."""
        known = self.envelopes["refused"]
        header = digest(self.signed["refused"])
        changed = bytearray(self.envelopes["inquiry"])
        changed[-1] ^= 1
        yield "refusal.cms", self._refusal("SK-P01", known, header)
        yield "unreadable-refusal.cms", self._refusal("SK-U02", bytes(changed), None)

    def _refusal(self, code: str, posted: bytes, header: bytes | None) -> bytes:
        row = refusal(code)
        made = SignedRefusal(
            request_digest=digest(posted),
            header_digest=header,
            receiver=CORE,
            at=NOON,
            code=row.wire,
            rule=row.rule if row.wire == code else "",
            retry=row.retry,
            record_commitment=drawn(f"record {code}")(32),
        )
        return write_refusal(made, self.signer(CORE))

    def _id(self, name: str) -> bytes:
        return drawn(f"message id {name}")(16)

    def _number(self, name: str) -> bytes:
        """Two transactions: the one that is answered, and the one that is refused."""
        transaction = "second" if name == "refused" else "first"
        return drawn(f"processing number {transaction}")(16)

    def _message(
        self,
        name: str,
        kind: str,
        way: tuple[StationName, StationName],
        value: Payload,
        life: timedelta,
        *,
        permit_digest: bytes | None = None,
        in_reply_to: InReplyTo | None = None,
    ) -> Files:
        """One message and every part of it; ``name`` is the stem of its files."""
        sender, receiver = way
        payload, salt = write_payload(value), drawn(f"salt {name}")(32)
        header = Header(
            message_id=self._id(name),
            message_type=kind,
            sender=sender,
            receiver=receiver,
            created=NOON,
            expires=NOON + life,
            sealing_certificate=self.sealing_digest(receiver),
            content_digest=content_digest(salt, payload),
            processing_number=self._number(name),
            in_reply_to=in_reply_to,
            permit_digest=permit_digest,
        )
        signed = self.signer(sender).sign(header.encode(), ID_CT_HEADER, NOON)
        parts = (tlv(OCTET_STRING, part) for part in (signed, salt, payload))
        content = tlv(SEQUENCE, *parts)
        self.signed[name] = signed
        self.envelopes[name] = seal(content, self.sealing(receiver), name)
        yield f"{name}-payload.xml", payload
        yield f"{name}-salt.bin", salt
        yield f"{name}-header.der", header.encode()
        yield f"{name}-signed-header.cms", signed
        yield f"{name}-content.der", content
        yield f"{name}-envelope.cms", self.envelopes[name]
        if name == "inquiry":
            yield f"{name}-header.conf", header_conf(header)


def write(directory: Path) -> None:
    """Every example, and the listing of those that section 15 shows."""
    made = dict(Maker().everything())
    for name, show in LISTINGS.items():
        made[f"listings/{name}.txt"] = show(made[name]).encode()
    for name, data in made.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else here)
