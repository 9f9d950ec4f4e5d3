# SPDX-License-Identifier: Apache-2.0
"""What a requester takes: announced, from whom it asked, for what it asked, once."""

import pytest

from gateway.rules.check import walk
from gateway.rules.pipelines import PIPELINES
from protocols.master import LayoutVersion
from schemas.messages import (
    InquiryRefusal,
    PermitNotice,
    ProvisionLapse,
    read_payload,
    write_payload,
)
from tests.gateway.words import (
    ITEM,
    NUMBER,
    OTHER_NUMBER,
    RECORD,
    FakeView,
    case,
    message,
    open_inquiry,
    opened,
    provision,
)
from tests.gateway.world import (
    CORE,
    DAY,
    MINUTE,
    PROVIDER,
    REQUESTER,
    SECOND_PROVIDER,
)

DIGEST = bytes(range(100, 132))
RENEWED = bytes(range(101, 133))


def lapse(world, permit_digest, *, item_no=ITEM, sender=PROVIDER, **changes):
    payload = write_payload(ProvisionLapse(item_no=item_no))
    changes = {
        "processing_number": NUMBER,
        "permit_digest": permit_digest,
        **changes,
    }
    return message(world, sender, REQUESTER, "provision_lapse", payload, **changes)


@pytest.fixture(params=[provision, lapse], ids=["provision", "lapse"])
def code(world, request):
    """The code of an answer's first fault, whichever answer it is."""

    def ask(permit_digest=DIGEST, *, inquiry=None, known=True, **changes):
        packed = request.param(world, permit_digest, **changes)
        row = open_inquiry(**{"permit_digests": (DIGEST,), **(inquiry or {})})
        view = FakeView(
            world.facts(REQUESTER), inquiries={NUMBER: row} if known else {}
        )
        kind = packed.header.message_type
        value = read_payload(kind, opened(world, packed).payload)
        return walk(case(world, packed, view, value), PIPELINES[kind]).code

    return ask


def test_an_announced_answer_of_the_provider_asked_is_taken(code):
    assert code() == ""


def test_an_answer_that_nobody_asked_for_is_refused(code):
    assert code(known=False) == "SK-C14"
    assert code(processing_number=OTHER_NUMBER) == "SK-C14"
    assert code(processing_number=None) == "SK-C14"


def test_an_answer_from_another_provider_is_refused(code):
    assert code(sender=SECOND_PROVIDER) == "SK-C05"


def test_an_answer_under_a_permit_that_was_not_announced_may_come_again(code):
    assert code(bytes(32)) == "SK-C12"
    assert code(inquiry={"permit_digests": ()}) == "SK-C12"


def test_an_answer_under_a_renewed_permit_is_taken(code):
    assert code(RENEWED, inquiry={"permit_digests": (DIGEST, RENEWED)}) == ""


@pytest.mark.parametrize("state", ["provided", "lapsed", "refused"])
def test_an_inquiry_is_answered_once(code, state):
    assert code(inquiry={"state": state}) == "SK-C04"


def test_an_answer_about_another_item_is_refused(code):
    assert code(item_no=ITEM + 2) == "SK-C10"


def test_a_kind_that_was_not_asked_for_is_refused(world):
    packed = provision(world, DIGEST)
    asked = open_inquiry(permit_digests=(DIGEST,), kinds=("local_tax_information",))
    view = FakeView(world.facts(REQUESTER), inquiries={NUMBER: asked})
    value = read_payload("information_provision", opened(world, packed).payload)
    judged = case(world, packed, view, value)
    assert walk(judged, PIPELINES["information_provision"]).code == "SK-C10"
    assert value.kinds == (RECORD,)


@pytest.mark.parametrize(
    ("begins", "layout", "expected"),
    [
        (-DAY, "2", ""),
        (-DAY, "1", "SK-P07"),
        (MINUTE, "1", ""),
        (MINUTE, "2", ""),
        (MINUTE, "3", "SK-P07"),
    ],
    ids=["new", "old", "asked before", "answered after", "never"],
)
def test_an_answer_is_in_the_layouts_in_force(world, begins, layout, expected):
    packed = provision(world, DIGEST, layout=layout)
    asked = open_inquiry(permit_digests=(DIGEST,))
    stations = world.directory.master.stations
    began = (LayoutVersion("2", asked.created + begins),)
    facts = world.facts(REQUESTER, world.directory_of(*stations, layouts=began))
    view = FakeView(facts, inquiries={NUMBER: asked})
    value = read_payload("information_provision", opened(world, packed).payload)
    judged = case(world, packed, view, value, asked.created + 2 * MINUTE)
    assert walk(judged, PIPELINES["information_provision"]).code == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("permit_notice", PermitNotice(DIGEST)),
        ("inquiry_refusal", InquiryRefusal("SK-P05")),
    ],
)
def test_the_core_speaks_of_an_inquiry_that_was_made(world, kind, value):
    packed = message(
        world, CORE, REQUESTER, kind, write_payload(value), processing_number=NUMBER
    )
    for inquiries, expected in (({NUMBER: open_inquiry()}, ""), ({}, "SK-C14")):
        view = FakeView(world.facts(REQUESTER), inquiries=inquiries)
        assert walk(case(world, packed, view, value), PIPELINES[kind]).code == expected
