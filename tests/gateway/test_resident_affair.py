# SPDX-License-Identifier: Apache-2.0
"""The affair of the resident register provides, and never inquires (R-123)."""

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.services.inside import SUBMIT
from gateway.services.listener import Request
from schemas.catalogue import row
from schemas.matching_list import ITEMS
from schemas.messages import InformationInquiryRequest, read_payload, write_payload
from schemas.systems import BUSINESS, INTERMEDIATE, RESIDENT_AFFAIR
from tests.gateway.words import ITEM, RECORD
from tests.gateway.works import inside_of
from tests.gateway.world import (
    COPIES,
    EXISTING,
    PLAIN,
    PROVIDER,
    SECOND_PROVIDER,
    TERMINAL,
    addressee,
)

in_reactor = pytest_twisted.ensureDeferred
QUESTION = InformationInquiryRequest(
    item_no=ITEM,
    kinds=(RECORD,),
    addressee_number=addressee(PLAIN),
    provider=SECOND_PROVIDER.organisation,
)


@pytest.fixture
def server(works_at):
    """The intermediate server of the city, which knows the person's code."""
    return works_at(PROVIDER, *COPIES)


async def ask(server, by, said=""):
    body = write_payload(QUESTION)
    request = Request("POST", SUBMIT + said, "application/xml", body, True)
    return await inside_of(server).handle(request, server.world.identity(by))


@pytest.mark.parametrize("by", [EXISTING, TERMINAL], ids=str)
@pytest.mark.parametrize("said", ["", f"?batch={'ab' * 16}&operator=staff-1"])
@in_reactor
async def test_a_system_of_the_resident_affair_asks_nobody(server, by, said):
    answer = await ask(server, by, said)
    told = read_payload("submission_refused", answer.body)
    assert (answer.status, told.code, told.rules) == (422, "SK-P08", ("R-123",))
    assert server.offered == []
    assert server.store.inquiries() == []
    (stored,) = server.events(EventKind.REFUSED)
    assert (stored.event.peer, stored.event.code) == (str(by), "SK-P08")


def test_only_a_system_of_another_affair_may_ask_the_intermediate_server():
    asking = row("information_inquiry_request").inside
    assert set(asking) == {(BUSINESS, INTERMEDIATE)}
    assert BUSINESS not in RESIDENT_AFFAIR


def test_no_station_of_the_resident_affair_can_send_an_inquiry():
    senders = {sender for sender, _ in row("information_inquiry").outside}
    assert senders == {INTERMEDIATE}


def test_the_matching_list_has_no_item_under_which_this_affair_could_ask():
    """And what is under no item is refused by the core, whoever asks."""
    assert len(ITEMS) == 60
    assert [one for one in ITEMS.values() if "住民基本台帳" in one.affair] == []
