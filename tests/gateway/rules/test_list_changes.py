# SPDX-License-Identifier: Apache-2.0
"""A list that changes: one permit is judged by one list, that of when it was issued.

The core judges when it issues, the provider judges again by its own copy of the same
list; what is renewed is issued anew, so under the list that is in force by then.
"""

from types import MappingProxyType

import pytest

from gateway.rules.check import walk
from gateway.rules.core import INQUIRY_CHECKS, RENEWAL_CHECKS
from gateway.rules.permit import ORDER_CHECKS
from schemas.matching_list import ITEMS, MatchingList
from schemas.messages import PermitRenewalRequest, write_payload
from tests.gateway.words import (
    ITEM,
    NUMBER,
    FakeView,
    case,
    inquiry,
    inquiry_message,
    message,
    open_transaction,
    order,
)
from tests.gateway.world import (
    CORE,
    LISTED,
    MINUTE,
    NOON,
    PROVIDER,
    REQUESTER,
    SECOND,
)
from tests.values import replace

OTHER_ITEM = next(
    number
    for number, item in ITEMS.items()
    if number != ITEM and item.requester_kind == ITEMS[ITEM].requester_kind
)


def fewer(at, number=ITEM, **changes):
    """The list from ``at`` on, without an item, or with a changed one."""
    items = dict(ITEMS)
    if changes:
        items[number] = replace(items[number], **changes)
    else:
        del items[number]
    return MatchingList("2", at, MappingProxyType(items))


@pytest.fixture(scope="module")
def view(world):
    """A station whose master carries these lists."""

    def make(name, *lists, **more):
        directory = world.directory_of(*world.directory.master.stations, lists=lists)
        return FakeView(world.facts(name, directory), **more)

    return make


@pytest.fixture(scope="module")
def asked(world):
    """What the core says to an inquiry."""

    def ask(view, at=NOON, item=ITEM):
        value = inquiry(world, item_no=item)
        packed = inquiry_message(world, value)
        return walk(case(world, packed, view, value, at), INQUIRY_CHECKS).code

    return ask


@pytest.fixture(scope="module")
def ordered(world):
    """What the provider says to an order under a permit issued then."""

    def ask(view, issued=NOON, at=NOON, **permit):
        made = order(world, issued=issued, **permit)
        value = made.value()
        packed = made.message(value)
        return walk(case(world, packed, view, value, at), ORDER_CHECKS).code

    return ask


def test_the_core_issues_by_the_list_in_force_now(view, asked):
    core = view(CORE, LISTED, fewer(NOON + SECOND))
    assert asked(core, NOON) == ""
    assert asked(core, NOON + SECOND) == "SK-P01"
    assert asked(core, NOON + SECOND, OTHER_ITEM) == ""


def test_the_provider_refuses_what_was_issued_after_the_item_was_gone(view, ordered):
    provider = view(PROVIDER, LISTED, fewer(NOON))
    assert ordered(provider) == "SK-P01"
    assert ordered(provider, item_no=OTHER_ITEM) == ""


def test_a_permit_of_before_the_change_is_good_after_it(view, ordered):
    provider = view(PROVIDER, LISTED, fewer(NOON + SECOND))
    assert ordered(provider, at=NOON) == ""
    assert ordered(provider, at=NOON + 4 * MINUTE) == ""


def test_the_provider_judges_by_its_own_copy_whatever_the_core_holds(
    view, asked, ordered
):
    assert asked(view(CORE, LISTED)) == ""
    assert ordered(view(PROVIDER, LISTED, fewer(NOON))) == "SK-P01"


def test_without_a_list_neither_lets_anything_through(view, asked, ordered):
    assert asked(view(CORE)) == "SK-P01"
    assert ordered(view(PROVIDER)) == "SK-P01"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"requester_kind": "japan_student_services_organization"}, "SK-P03"),
        ({"kinds": frozenset({"local_tax_information"})}, "SK-P02"),
    ],
)
def test_requester_and_kinds_are_those_of_the_list_in_force(
    view, asked, ordered, change, code
):
    lists = LISTED, fewer(NOON, **change)
    assert asked(view(CORE, *lists)) == code
    assert ordered(view(PROVIDER, *lists)) == code


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"requester_kind": "japan_student_services_organization"},
        {"kinds": frozenset({"local_tax_information"})},
    ],
    ids=["no item", "another requester", "other kinds"],
)
def test_a_permit_is_renewed_under_the_list_in_force_by_then(world, view, change):
    def renewal(at):
        known = open_transaction(item_no=ITEM)
        core = view(
            CORE,
            LISTED,
            fewer(NOON + MINUTE, **change),
            transactions={NUMBER: known},
        )
        packed = message(
            world,
            PROVIDER,
            CORE,
            "permit_renewal_request",
            write_payload(PermitRenewalRequest()),
            processing_number=NUMBER,
            permit_digest=known.permit_digest,
        )
        judged = case(world, packed, core, PermitRenewalRequest(), at)
        return walk(judged, RENEWAL_CHECKS).code

    assert str(REQUESTER) == open_transaction().requester
    assert renewal(NOON) == ""
    assert renewal(NOON + MINUTE) == "SK-P01"
