# SPDX-License-Identifier: Apache-2.0
"""What the core asks of an inquiry before it issues a permit, and of later messages.

The core knows the matching list, the requesters' kinds and the codes; it never sees
what is provided.
"""

from gateway.outcome import Case
from gateway.records.rows import CoreTransaction
from gateway.rules import policy
from gateway.rules.check import Check, that
from pki.names import StationName
from protocols.master import FIRST_LAYOUT
from schemas.messages import ProvisionNoticeEntry


def provider_of(organisation: str) -> StationName:
    """The station that provides for ``organisation``."""
    return StationName(organisation, policy.PROVIDER_ROLE)


def _transaction(case: Case) -> CoreTransaction | None:
    number = case.opened.header.processing_number
    return None if number is None else case.station.transaction(number)


def _requester_kinds(case: Case) -> frozenset[str]:
    peer = case.station.facts.directory.peer(case.opened.header.sender)
    return frozenset() if peer is None else peer.entry.requester_kinds


def _can_be_sent(case: Case) -> bool:
    directory = case.station.facts.directory
    peer = directory.peer(provider_of(case.value.provider))
    return peer is not None and peer.recipient is not None


def _seals_for_sender(case: Case) -> bool:
    peer = case.station.facts.directory.peer(case.opened.header.sender)
    return (
        peer is not None
        and peer.recipient is not None
        and peer.recipient.digest == case.value.sealing_certificate_digest
    )


def _requester_can_receive(case: Case) -> bool:
    peer = case.station.facts.directory.peer(case.opened.header.sender)
    return peer is not None and peer.can_receive


def _code_is_known(case: Case) -> bool:
    source = case.opened.header.sender.organisation
    translated = case.station.translate(
        case.value.subject_code, source, case.value.provider
    )
    return translated is not None


def _items(case: Case) -> policy.Items:
    """The matching list in force now: a permit is issued under it or not at all."""
    return case.station.facts.directory.items(case.now)


def _in_force(case: Case) -> bool:
    master = case.station.facts.directory.master
    return (case.value.layout_version or FIRST_LAYOUT) == master.layout(case.now)


INQUIRY_CHECKS: tuple[Check, ...] = (
    that(
        "R-142",
        "the inquiry has a processing number",
        "SK-C11",
        lambda c: c.opened.header.processing_number is not None,
    ),
    that(
        "R-142",
        "the processing number is new",
        "SK-C11",
        lambda c: _transaction(c) is None,
    ),
    that("R-137", "it is asked in the layouts in force", "SK-P07", _in_force),
    that(
        "R-104",
        "the item is on the matching list",
        "SK-P01",
        lambda c: policy.item_is_listed(_items(c), c.value.item_no),
    ),
    that(
        "R-127",
        "the requester is the item's",
        "SK-P03",
        lambda c: policy.requester_is_the_items(
            _items(c), c.value.item_no, _requester_kinds(c)
        ),
    ),
    that(
        "R-127",
        "the kinds are the item's",
        "SK-P02",
        lambda c: policy.kinds_are_the_items(_items(c), c.value.item_no, c.value.kinds),
    ),
    that(
        "R-127",
        "the provider is a municipality of this network",
        "SK-P04",
        lambda c: policy.is_municipality(c.value.provider) and _can_be_sent(c),
    ),
    that(
        "R-132",
        "the answer's certificate is the requester's own",
        "SK-M10",
        _seals_for_sender,
    ),
    that(
        "R-128",
        "the master has a way to the requester",
        "SK-P06",
        _requester_can_receive,
    ),
    that("R-140", "the linkage code is the requester's", "SK-K01", _code_is_known),
)
"""The core's way of an `information_inquiry`."""


def own_entries(case: Case) -> tuple[ProvisionNoticeEntry, ...]:
    """The entries of a notice about transactions of its sender.

    One that is nobody's, such as of a forged order, must not hold up the others.
    """
    sender = str(case.opened.header.sender)
    found = []
    for entry in case.value.entries:
        known = case.station.transaction(entry.processing_number)
        if known is not None and known.provider == sender:
            found.append(entry)
    return tuple(found)


NOTICE_CHECKS: tuple[Check, ...] = (
    that(
        "R-144",
        "it tells of transactions of its provider",
        "SK-C14",
        lambda c: bool(own_entries(c)),
    ),
)
"""The core's way of a `provision_notice`."""


def _renews_its_own(case: Case) -> bool:
    known = _transaction(case)
    return (
        known is not None
        and known.provider == str(case.opened.header.sender)
        and known.permit_digest == case.opened.header.permit_digest
        and not known.outcome
    )


def _before_release_by(case: Case) -> bool:
    known = _transaction(case)
    return known is not None and case.now <= known.release_by


def _its_requester_can_receive(case: Case) -> bool:
    known = _transaction(case)
    assert known is not None
    name = StationName.parse(known.requester)
    peer = case.station.facts.directory.peer(name)
    return peer is not None and peer.can_receive


def _still_listed(case: Case) -> bool:
    """A renewed permit is a new one: issued under the list in force now."""
    known, items = _transaction(case), _items(case)
    assert known is not None
    peer = case.station.facts.directory.peer(StationName.parse(known.requester))
    return (
        policy.item_is_listed(items, known.item_no)
        and peer is not None
        and policy.requester_is_the_items(
            items, known.item_no, peer.entry.requester_kinds
        )
        and policy.kinds_are_the_items(items, known.item_no, known.kinds)
    )


RENEWAL_CHECKS: tuple[Check, ...] = (
    that(
        "R-128",
        "the transaction is open, the provider's own, under this permit",
        "SK-C14",
        _renews_its_own,
    ),
    that(
        "R-128",
        "its last moment of release has not passed",
        "SK-C03",
        _before_release_by,
    ),
    that(
        "R-128",
        "the master has a way to the requester",
        "SK-P06",
        _its_requester_can_receive,
    ),
    that(
        "R-104", "the matching list in force still allows it", "SK-P01", _still_listed
    ),
)
"""The core's way of a `permit_renewal_request`."""
