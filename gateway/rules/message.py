# SPDX-License-Identifier: Apache-2.0
"""Rules for every message, before anybody looks at its payload.

Whose is it, is it meant for here, may this role send this type, and is it now?
"""

import hmac
from datetime import timedelta

from gateway.outcome import Case
from gateway.rules.check import Check, that
from protocols import limits
from schemas.catalogue import Answer, Row, UnknownType, row


def _row(case: Case) -> Row | None:
    try:
        return row(case.opened.header.message_type)
    except UnknownType:
        return None


def _may_send(case: Case) -> bool:
    header = case.opened.header
    known = row(header.message_type)
    return (
        (header.sender.role, header.receiver.role) in known.outside
        and header.in_reply_to is None
        and (known.answer is not Answer.NONE)
    )


def _lifetime(case: Case) -> timedelta:
    return case.opened.header.expires - case.opened.header.created


def _permit_named(case: Case) -> bool:
    needed = row(case.opened.header.message_type).needs_permit
    return needed == (case.opened.header.permit_digest is not None)


MESSAGE_CHECKS: tuple[Check, ...] = (
    that(
        "R-135",
        "the signer is the sender",
        "SK-M01",
        lambda c: c.opened.signer.station == c.opened.header.sender,
    ),
    that(
        "R-158",
        "the sender is the TLS peer",
        "SK-M02",
        lambda c: c.identity.station == c.opened.header.sender,
    ),
    that(
        "R-158",
        "it is addressed to this station",
        "SK-M03",
        lambda c: c.opened.header.receiver == c.station.facts.name,
    ),
    that(
        "R-132",
        "it is sealed for the current certificate",
        "SK-M10",
        lambda c: hmac.compare_digest(
            c.opened.header.sealing_certificate, c.station.facts.sealing_digest
        ),
    ),
    that(
        "R-025",
        "its type is in the catalogue",
        "SK-M04",
        lambda c: _row(c) is not None,
    ),
    that("R-125", "this role may send this type here", "SK-M05", _may_send),
    that(
        "R-158",
        "it has not expired",
        "SK-M06",
        lambda c: c.now <= c.opened.header.expires + limits.MAX_SKEW,
    ),
    that(
        "R-158",
        "it is not from the future",
        "SK-M07",
        lambda c: c.opened.header.created <= c.now + limits.MAX_SKEW,
    ),
    that(
        "R-158",
        "it lives no longer than a day",
        "SK-M08",
        lambda c: timedelta(0) < _lifetime(c) <= limits.MAX_LIFETIME,
    ),
    that("R-128", "a permit is named where one is needed", "SK-M11", _permit_named),
)
