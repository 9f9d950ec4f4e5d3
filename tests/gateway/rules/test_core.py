# SPDX-License-Identifier: Apache-2.0
"""What the core asks before it issues a permit, and of what it is told later."""

from dataclasses import replace

import pytest

from gateway.rules.check import walk
from gateway.rules.core import (
    INQUIRY_CHECKS,
    NOTICE_CHECKS,
    RENEWAL_CHECKS,
    own_entries,
    provider_of,
)
from pki.names import StationName
from protocols.master import LayoutVersion
from schemas.matching_list import ITEMS
from schemas.messages import (
    PermitRenewalRequest,
    ProvisionNotice,
    ProvisionNoticeEntry,
    write_payload,
)
from tests.gateway.words import (
    NUMBER,
    OTHER_NUMBER,
    RECORD,
    FakeView,
    case,
    inquiry,
    inquiry_message,
    message,
    open_transaction,
)
from tests.gateway.world import (
    CORE,
    DAY,
    NOBODY,
    NOON,
    OTHER,
    PLAIN,
    PROVIDER,
    REQUESTER,
    SECOND,
    SECOND_PROVIDER,
    code_of,
)

# --- inquiries ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def code(world):
    """The code of an inquiry's first fault; empty where a permit may be issued."""

    def ask(*, view=None, sender=REQUESTER, header=None, **changes):
        value = inquiry(world, **changes)
        packed = inquiry_message(world, value, sender, **(header or {}))
        view = view or FakeView(world.facts(CORE))
        return walk(case(world, packed, view, value), INQUIRY_CHECKS).code

    return ask


def test_a_lawful_inquiry_passes(code):
    assert code() == ""


def test_an_inquiry_has_a_processing_number(code):
    assert code(header={"processing_number": None}) == "SK-C11"


def test_a_processing_number_is_used_for_one_inquiry(world, code):
    view = FakeView(world.facts(CORE), transactions={NUMBER: open_transaction()})
    assert code(view=view) == "SK-C11"
    assert code(view=view, header={"processing_number": OTHER_NUMBER}) == ""


@pytest.mark.parametrize("number", ITEMS)
def test_each_item_may_be_asked_by_its_own_requester_and_no_other(world, code, number):
    own = ITEMS[number].requester_kind
    for kinds, expected in (({own}, ""), (set(), "SK-P03"), (_all_but(own), "SK-P03")):
        entry = replace(world.entry(REQUESTER), requester_kinds=frozenset(kinds))
        view = FakeView(world.facts(CORE, _knowing(world, entry)))
        assert code(view=view, item_no=number) == expected


def _all_but(kind):
    return {item.requester_kind for item in ITEMS.values()} - {kind}


def _knowing(world, entry):
    others = [e for e in world.directory.master.stations if e.name != entry.name]
    return world.directory_of(*others, entry)


def test_an_item_beside_the_list_is_refused(code):
    assert code(item_no=4) == "SK-P01"


def test_a_requester_of_other_items_is_refused(world, code):
    own = {
        "subject_code": code_of(PLAIN, OTHER.organisation),
        "sealing_certificate_digest": world.keys(OTHER).sealing_digest,
    }
    assert code(sender=OTHER, **own) == "SK-P03"
    assert code(sender=OTHER, item_no=2, **own) == ""


def test_a_kind_that_the_item_does_not_allow_spoils_the_inquiry(code):
    assert code(kinds=("pregnancy_notification_information",)) == "SK-P02"
    assert code(kinds=(RECORD, "pregnancy_notification_information")) == "SK-P02"


def test_a_kind_that_is_only_not_provided_here_is_the_providers_to_refuse(code):
    """The core knows the law's list, not what each affair holds."""
    assert code(kinds=("local_tax_information",)) == ""


@pytest.mark.parametrize(
    "organisation",
    ["999999", REQUESTER.organisation, "100005", "131016"],
    ids=["no code", "not a municipality", "a prefecture", "not in this network"],
)
def test_only_a_municipality_of_this_network_is_asked(code, organisation):
    assert code(provider=organisation) == "SK-P04"


def test_a_provider_for_which_nothing_can_be_sealed_is_not_asked(world, code):
    entry = replace(world.entry(PROVIDER), sealing=())
    view = FakeView(world.facts(CORE, _knowing(world, entry)))
    assert code(view=view) == "SK-P04"


def test_the_answer_is_sealed_for_nobody_but_the_requester(world, code):
    others = world.keys(OTHER).sealing_digest
    assert code(sealing_certificate_digest=others) == "SK-M10"
    assert code(sealing_certificate_digest=bytes(32)) == "SK-M10"


def test_a_requester_that_no_answer_could_reach_gets_no_permit(world, code):
    entry = replace(world.entry(REQUESTER), endpoint=None)
    view = FakeView(world.facts(CORE, _knowing(world, entry)))
    assert code(view=view) == "SK-P06"


def test_an_inquiry_is_asked_in_the_layouts_in_force(world, code):
    began = (LayoutVersion("2", NOON),)
    view = FakeView(
        world.facts(
            CORE, world.directory_of(*world.directory.master.stations, layouts=began)
        )
    )
    assert code(layout_version="2") == "SK-P07"
    assert code(layout_version="1") == code(layout_version=None) == ""
    assert code(view=view, layout_version="2") == ""
    assert code(view=view, layout_version="1") == "SK-P07"
    assert code(view=view, layout_version=None) == "SK-P07"


def test_the_old_layouts_are_in_force_until_the_new_ones_begin(world, code):
    later = (LayoutVersion("2", NOON + SECOND),)
    view = FakeView(
        world.facts(
            CORE, world.directory_of(*world.directory.master.stations, layouts=later)
        )
    )
    assert code(view=view, layout_version="1") == ""
    assert code(view=view, layout_version="2") == "SK-P07"


def test_a_code_of_another_organisation_is_unknown(code):
    assert code(subject_code=code_of(PLAIN, PROVIDER.organisation)) == "SK-K01"
    assert code(subject_code=code_of(PLAIN, OTHER.organisation)) == "SK-K01"


def test_an_invented_code_is_unknown(code):
    assert code(subject_code="0f" * 16) == "SK-K01"


def test_the_core_does_not_tell_whether_somebody_is_held(code):
    """Every code of the requester's own passes, a copy or not."""
    assert code(subject_code=code_of(NOBODY, REQUESTER.organisation)) == ""


def test_each_organisation_has_one_station_that_provides():
    assert provider_of("102024") == StationName("102024", "intermediate_server")


# --- notices --------------------------------------------------------------------------


def notice(world, view, *numbers, sender=PROVIDER):
    entries = tuple(ProvisionNoticeEntry(n, "provided", NOON) for n in numbers)
    value = ProvisionNotice(entries=entries)
    packed = message(world, sender, CORE, "provision_notice", write_payload(value))
    return case(world, packed, view, value)


@pytest.fixture
def told(world):
    """A core that has one open transaction with the provider."""
    return FakeView(world.facts(CORE), transactions={NUMBER: open_transaction()})


def test_a_provider_tells_of_its_own_transactions(world, told):
    judged = notice(world, told, NUMBER)
    assert walk(judged, NOTICE_CHECKS).code == ""
    assert [entry.processing_number for entry in own_entries(judged)] == [NUMBER]


def test_what_is_nobodys_is_left_out_and_holds_up_nothing(world, told):
    judged = notice(world, told, OTHER_NUMBER, NUMBER)
    assert walk(judged, NOTICE_CHECKS).code == ""
    assert [entry.processing_number for entry in own_entries(judged)] == [NUMBER]


def test_a_provider_cannot_end_anothers_transaction(world, told):
    judged = notice(world, told, NUMBER, sender=SECOND_PROVIDER)
    assert walk(judged, NOTICE_CHECKS).code == "SK-C14"


def test_a_notice_of_nothing_known_is_refused(world, told):
    assert walk(notice(world, told, OTHER_NUMBER), NOTICE_CHECKS).code == "SK-C14"


# --- renewals -------------------------------------------------------------------------

PERMIT_DIGEST = bytes(range(100, 132))


@pytest.fixture
def renewal(world):
    """The code of a renewal request's first fault."""

    def ask(*, at=NOON, sender=PROVIDER, transaction=None, directory=None, **header):
        known = open_transaction(permit_digest=PERMIT_DIGEST, **(transaction or {}))
        facts = world.facts(CORE, directory)
        view = FakeView(facts, transactions={NUMBER: known})
        header = {
            "processing_number": NUMBER,
            "permit_digest": PERMIT_DIGEST,
            "at": at,
            **header,
        }
        payload = write_payload(PermitRenewalRequest())
        kind = "permit_renewal_request"
        packed = message(world, sender, CORE, kind, payload, **header)
        judged = case(world, packed, view, PermitRenewalRequest(), at)
        return walk(judged, RENEWAL_CHECKS).code

    return ask


def test_an_open_transaction_is_renewed_for_its_provider(renewal):
    assert renewal() == ""


def test_another_provider_cannot_renew_it(renewal):
    assert renewal(sender=SECOND_PROVIDER) == "SK-C14"


def test_only_the_newest_permit_can_be_renewed(renewal):
    assert renewal(permit_digest=bytes(32)) == "SK-C14"


def test_an_unknown_transaction_cannot_be_renewed(renewal):
    assert renewal(processing_number=OTHER_NUMBER) == "SK-C14"
    assert renewal(processing_number=None) == "SK-C14"


@pytest.mark.parametrize("outcome", ["provided", "lapsed", "refused"])
def test_what_has_ended_is_not_renewed(renewal, outcome):
    assert renewal(transaction={"outcome": outcome}) == "SK-C14"


def test_a_permit_is_renewed_to_its_release_by_and_no_later(renewal):
    ends = {"release_by": NOON + DAY}
    assert renewal(transaction=ends, at=NOON + DAY) == ""
    assert renewal(transaction=ends, at=NOON + DAY + SECOND) == "SK-C03"


@pytest.mark.parametrize("missing", [{"endpoint": None}, {"sealing": ()}])
def test_a_permit_is_not_renewed_for_whom_no_answer_could_reach(
    world, renewal, missing
):
    entry = replace(world.entry(REQUESTER), **missing)
    assert renewal(directory=_knowing(world, entry)) == "SK-P06"


def test_a_permit_is_not_renewed_for_who_left_the_network(world, renewal):
    stations = world.directory.master.stations
    others = [entry for entry in stations if entry.name != REQUESTER]
    assert renewal(directory=world.directory_of(*others)) == "SK-P06"
