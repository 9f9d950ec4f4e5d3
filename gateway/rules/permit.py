# SPDX-License-Identifier: Apache-2.0
"""May the provider use this permit, now, for this order?

`ORDER_CHECKS` is the provider's way of a `provision_order`: the core must have sent
it, the permit must be the core's and for this provider, in its time, for this
request, subject and route, within the matching list that the provider holds itself,
and unused (R-125 to R-128, R-135). What the subject is comes last: nothing before
depends on whether a copy or a flag exists.
"""

from gateway.outcome import Case
from gateway.rules import policy
from gateway.rules.check import Check, that
from protocols import envelope, limits, permit, route
from protocols.errors import Refused, Unreadable
from protocols.master import Endpoint, StationEntry


def _read_permit(case: Case) -> Case | str:
    try:
        found = permit.read(case.value.permit, case.station.facts.directory, case.now)
    except Refused as error:
        return error.code
    case.permit, case.permit_bytes = found, case.value.permit
    return case


def _read_route(case: Case) -> Case | str:
    assert case.permit is not None
    if route.digest(case.value.route) != case.permit.route_digest:
        return "SK-C07"
    try:
        found = case.station.facts.routes.read(case.value.route, case.now)
    except Refused as error:
        return error.code
    known = case.station.facts.directory.peer(case.permit.requester)
    fits = (
        found.requester == case.permit.requester
        and found.sealing_certificate == case.permit.sealing_certificate
        and known is not None
        and known.endpoint == Endpoint(found.host, found.port)
        and known.recipient is not None
        and known.recipient.digest == case.permit.sealing_certificate
    )
    if not fits:
        return "SK-C07"
    case.route, case.route_bytes = found, case.value.route
    return case


def _is_for_request(case: Case) -> bool:
    assert case.permit is not None
    signed = case.value.requester_header
    try:
        header, signer = envelope.read_signed_header(
            signed, case.station.facts.directory, case.now
        )
    except Unreadable:
        return False
    return signer.station == header.sender and permit.is_for_request(
        case.permit, envelope.digest(signed), header
    )


def _is_for_subject(case: Case) -> bool:
    assert case.permit is not None
    return permit.is_for_subject(
        case.permit, case.value.subject_salt, case.value.subject_code
    )


def _requester(case: Case) -> StationEntry | None:
    assert case.permit is not None
    peer = case.station.facts.directory.peer(case.permit.requester)
    return None if peer is None else peer.entry


def _items(case: Case) -> policy.Items:
    """The list that was in force when the permit was issued: the core's was the same.

    So a list that changes between issue and use judges nothing a second time.
    """
    assert case.permit is not None
    return case.station.facts.directory.items(case.permit.issued)


def _item_is_listed(case: Case) -> bool:
    assert case.permit is not None
    return policy.item_is_listed(_items(case), case.permit.item_no)


def _requester_is_the_items(case: Case) -> bool:
    assert case.permit is not None
    requester = _requester(case)
    return requester is not None and policy.requester_is_the_items(
        _items(case), case.permit.item_no, requester.requester_kinds
    )


def _kinds_are_the_items(case: Case) -> bool:
    assert case.permit is not None
    return policy.kinds_are_the_items(
        _items(case), case.permit.item_no, case.permit.kinds
    )


def _kinds_are_provided(case: Case) -> bool:
    assert case.permit is not None
    return policy.kinds_are_provided(case.permit.kinds)


def _is_for_this_provider(case: Case) -> bool:
    assert case.permit is not None
    return case.permit.provider == case.station.facts.name


def _one_processing_number(case: Case) -> bool:
    assert case.permit is not None
    return case.permit.processing_number == case.opened.header.processing_number


def _in_time(case: Case) -> bool:
    assert case.permit is not None
    return case.permit.issued - limits.MAX_SKEW <= case.now <= case.permit.answer_by


def _unused(case: Case) -> bool:
    assert case.permit is not None
    if case.station.facts.restored.may_be_used(case.permit.issued):
        return False
    return not case.station.permit_used(case.permit.permit_id)


ORDER_CHECKS: tuple[Check, ...] = (
    Check("R-135", "the permit is the core's and unchanged", _read_permit),
    that("R-128", "the permit is for this provider", "SK-C05", _is_for_this_provider),
    that(
        "R-142",
        "permit and order have one processing number",
        "SK-C11",
        _one_processing_number,
    ),
    that("R-128", "the permit is in its time", "SK-C03", _in_time),
    that("R-128", "the permit was not used before", "SK-C04", _unused),
    Check("R-128", "the route is the permit's and in its time", _read_route),
    that(
        "R-128", "the permit answers the requester's request", "SK-C08", _is_for_request
    ),
    that("R-128", "the permit is for this subject", "SK-C09", _is_for_subject),
    that("R-104", "the item is on our own matching list", "SK-P01", _item_is_listed),
    that("R-127", "the requester is the item's", "SK-P03", _requester_is_the_items),
    that("R-127", "the kinds are the item's", "SK-P02", _kinds_are_the_items),
    that("R-105", "this affair provides the kinds", "SK-P05", _kinds_are_provided),
)
"""The provider's way of a `provision_order`."""


def with_copy(case: Case) -> Case:
    """The case with what is held of its subject."""
    case.copy = case.station.copy(case.value.subject_code)
    return case


def is_suppressed(case: Case) -> bool:
    """Whether a person must look first (R-130): what is held is flagged."""
    return case.copy is not None and case.copy.suppressed and bool(case.copy.kinds)
