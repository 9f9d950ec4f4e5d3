# SPDX-License-Identifier: Apache-2.0
"""What a requester asks of an answer: was it announced, by whom, and for this?

The core told the requester the digest of the permit; an answer under any other
permit was not asked for (R-106). One inquiry is answered once.
"""

from gateway.outcome import Case
from gateway.records.rows import Inquiry
from gateway.rules.check import Check, that


def _inquiry(case: Case) -> Inquiry | None:
    number = case.opened.header.processing_number
    return None if number is None else case.station.inquiry(number)


def _announced(case: Case) -> bool:
    inquiry = _inquiry(case)
    return (
        inquiry is not None
        and case.opened.header.permit_digest in inquiry.permit_digests
    )


def _from_the_provider(case: Case) -> bool:
    inquiry = _inquiry(case)
    return (
        inquiry is not None
        and inquiry.provider == case.opened.header.sender.organisation
    )


def _still_open(case: Case) -> bool:
    inquiry = _inquiry(case)
    return inquiry is not None and inquiry.state == "in_progress"


def _same_item(case: Case) -> bool:
    inquiry = _inquiry(case)
    return inquiry is not None and inquiry.item_no == case.value.item_no


def _asked_kinds(case: Case) -> bool:
    inquiry = _inquiry(case)
    return inquiry is not None and set(case.value.kinds) <= set(inquiry.kinds)


def _in_force(case: Case) -> bool:
    """The layouts of when it was asked, or of now: a new version may lie between."""
    inquiry, master = _inquiry(case), case.station.facts.directory.master
    return inquiry is not None and case.value.layout_version in (
        master.layout(inquiry.created),
        master.layout(case.now),
    )


_EVERY_ANSWER: tuple[Check, ...] = (
    that(
        "R-106",
        "an inquiry is open under this number",
        "SK-C14",
        lambda c: _inquiry(c) is not None,
    ),
    that("R-106", "it comes from the provider asked", "SK-C05", _from_the_provider),
    that("R-128", "the core announced its permit", "SK-C12", _announced),
    that("R-128", "the inquiry is not answered yet", "SK-C04", _still_open),
    that("R-129", "it answers the item asked", "SK-C10", _same_item),
)

PROVISION_CHECKS: tuple[Check, ...] = (
    *_EVERY_ANSWER,
    that("R-129", "it holds only the kinds asked", "SK-C10", _asked_kinds),
    that("R-137", "it is in the layouts in force", "SK-P07", _in_force),
)
"""The requester's way of an `information_provision`."""

LAPSE_CHECKS: tuple[Check, ...] = _EVERY_ANSWER
"""The requester's way of a `provision_lapse`."""

FROM_CORE_CHECKS: tuple[Check, ...] = (
    that(
        "R-106",
        "an inquiry is open under this number",
        "SK-C14",
        lambda c: _inquiry(c) is not None,
    ),
)
"""The requester's way of a `permit_notice` or `inquiry_refusal`."""
