# SPDX-License-Identifier: Apache-2.0
"""The requester: asks the core on behalf of its own systems, and takes the answer.

An answer is kept as it came, sealed for this station; it is opened again only for
the system that asked. The inquiry's state is what that system sees.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial

from gateway.dispatch import Draft
from gateway.outcome import Case
from gateway.records.copies import Copy
from gateway.records.rows import Inquiry
from gateway.records.transaction import Transaction
from gateway.roles.plan import About, Conflict, Plan
from pki.names import StationName
from protocols.header import TokenBytes, new_id
from protocols.master import FIRST_LAYOUT
from schemas.messages import (
    InformationInquiry,
    InformationInquiryRequest,
    write_payload,
)


def ask(
    request: InformationInquiryRequest,
    subject: Copy,
    core: StationName,
    sealing_digest: bytes,
    person_tag: str,
    asked_by: StationName,
    now: datetime,
    token_bytes: TokenBytes,
    layout: str = FIRST_LAYOUT,
) -> tuple[bytes, Plan]:
    """A new inquiry: its processing number, and the message to the core."""
    number = new_id(now, token_bytes)
    inquiry = InformationInquiry(
        item_no=request.item_no,
        kinds=request.kinds,
        provider=request.provider,
        subject_code=subject.linkage_code,
        sealing_certificate_digest=sealing_digest,
        layout_version=layout,
    )
    row = Inquiry(
        processing_number=number,
        item_no=request.item_no,
        kinds=tuple(request.kinds),
        provider=request.provider,
        addressee_number=request.addressee_number,
        created=now,
        asked_by=str(asked_by),
    )
    about = About(request.item_no, tuple(request.kinds), person_tag)
    draft = Draft(
        message_type="information_inquiry",
        receiver=core,
        payload=write_payload(inquiry),
        processing_number=number,
        item_no=request.item_no,
        kinds=tuple(request.kinds),
        person_tag=person_tag,
    )
    return number, Plan(about, (partial(_open, row=row),), (draft,))


def admit(case: Case, envelope_bytes: bytes) -> Plan:
    """What to do with a message that passed its checks."""
    header = case.opened.header
    number = header.processing_number
    assert number is not None
    inquiry = case.station.inquiry(number)
    assert inquiry is not None
    about = About(inquiry.item_no, inquiry.kinds, "", header.permit_digest)
    match header.message_type:
        case "permit_notice":
            digest = case.value.permit_digest
            effect = partial(_announce, number=number, digest=digest)
            return Plan(About(inquiry.item_no, inquiry.kinds, "", digest), (effect,))
        case "inquiry_refusal":
            finish = partial(_fail, number=number, code=case.value.code)
            about = replace(about, code=case.value.code)
        case "provision_lapse":
            finish = partial(_finish, number=number, state="lapsed", answer=None)
        case _:
            finish = partial(
                _finish, number=number, state="provided", answer=envelope_bytes
            )
    return Plan(about, (finish,))


def accepted(number: bytes, permit_digest: bytes) -> Plan:
    """The core answered an inquiry with the digest of its permit."""
    effect = partial(_announce, number=number, digest=permit_digest)
    return Plan(About(permit_digest=permit_digest), (effect,))


def failed(number: bytes, code: str) -> Plan:
    """The core refused, or the inquiry never reached it."""
    return Plan(effects=(partial(_fail, number=number, code=code),))


def _open(tx: Transaction, row: Inquiry) -> None:
    tx.open_inquiry(row)


def _announce(tx: Transaction, number: bytes, digest: bytes) -> None:
    tx.announce(number, digest)


def _finish(tx: Transaction, number: bytes, state: str, answer: bytes | None) -> None:
    if not tx.finish_inquiry(number, state, "", answer):
        raise Conflict("SK-C04")


def _fail(tx: Transaction, number: bytes, code: str) -> None:
    tx.finish_inquiry(number, "refused", code, None)
