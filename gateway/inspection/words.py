# SPDX-License-Identifier: Apache-2.0
"""How values are written for a person: moments, ids, types, with their Japanese names.

Text that a stranger wrote is shown only where it is one of a closed list: a header or
a certificate is not a place for anybody to write a name into our output.
"""

from datetime import UTC, datetime
from typing import Final

from gateway.inspection.report import Fact
from protocols.header import Header
from protocols.permit import Permit
from protocols.route import Route
from schemas.catalogue import ROWS
from schemas.matching_list import ITEMS

HIDDEN: Final = "<hidden>"
"""In the place of personal data."""
NUMBER: Final = "processing number (処理通番)"


def moment(at: datetime) -> str:
    """UTC, as the wire has it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def message_type(name: str) -> str:
    """A type of the catalogue with its legal basis; nothing of any other."""
    row = ROWS.get(name)
    if row is None:
        return f"none of the catalogue ({len(name)} characters)"
    return f"{name} ({row.legal_basis})"


def item(number: int) -> str:
    """An item of the matching list (照会許可用照合リスト)."""
    known = ITEMS.get(number)
    if known is None:
        return f"{number} (not on the matching list)"
    return f"{number} ({known.requester[:20]})"


def header(value: Header) -> tuple[Fact, ...]:
    """A header's fields; it holds no personal data."""
    reply = value.in_reply_to
    optional = (
        (NUMBER, value.processing_number),
        ("permit digest", value.permit_digest),
        ("in reply to message", None if reply is None else reply.message_id),
        ("  its signed header", None if reply is None else reply.header_digest),
    )
    return (
        ("type", message_type(value.message_type)),
        ("message id", value.message_id.hex()),
        ("sender", str(value.sender)),
        ("receiver", str(value.receiver)),
        ("created", moment(value.created)),
        ("expires", moment(value.expires)),
        *((name, octets.hex()) for name, octets in optional if octets is not None),
        ("sealed for certificate", value.sealing_certificate.hex()),
        ("content digest", value.content_digest.hex()),
    )


def permit(value: Permit) -> tuple[Fact, ...]:
    """A permit's fields (情報提供許可証); the subject is a salted digest."""
    return (
        ("permit id", value.permit_id.hex()),
        (NUMBER, value.processing_number.hex()),
        ("requester", str(value.requester)),
        ("provider", str(value.provider)),
        ("item", item(value.item_no)),
        ("kinds", ", ".join(map(_kind, value.kinds))),
        ("issued", moment(value.issued)),
        ("answer by", moment(value.answer_by)),
        ("release by", moment(value.release_by)),
        ("subject commitment", value.subject_commitment.hex()),
        ("request digest", value.request_digest.hex()),
        ("route digest", value.route_digest.hex()),
        ("answer sealed for", value.sealing_certificate.hex()),
    )


def route(value: Route) -> tuple[Fact, ...]:
    """A route's fields (経路情報)."""
    return (
        ("route id", value.route_id.hex()),
        ("requester", str(value.requester)),
        ("host", value.host),
        ("port", str(value.port)),
        ("not before", moment(value.not_before)),
        ("not after", moment(value.not_after)),
        ("answer sealed for", value.sealing_certificate.hex()),
    )


_KINDS: Final = frozenset(kind for row in ITEMS.values() for kind in row.kinds)


def _kind(name: str) -> str:
    return name if name in _KINDS else f"unknown ({len(name)} characters)"
