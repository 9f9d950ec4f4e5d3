# SPDX-License-Identifier: Apache-2.0
"""Certificates in the shops: where they come from, and what a machine prints."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from schemas.card_messages import (
    CertificateIndividualNumberLink,
    CertificateInformationLink,
    CertificateItem,
    ConvenienceStoreIssuanceReply,
    ConvenienceStoreIssuanceRequest,
    UserCertificateSerialNotice,
)
from schemas.messages import write_payload
from schemas.systems import (
    ADDRESSEE,
    EXISTING,
    FAMILY_REGISTER,
    PLATFORM,
    SEALS,
    STORES_CENTER,
    SYSTEMS,
    TAX,
)
from simulators.city.center import IssuanceCenter
from simulators.city.courier import Office
from simulators.city.faults import Fault
from simulators.city.sources import SealSystem
from simulators.city.stores import Ending, IssuanceSystem
from tests.simulators.city.office import (
    CITY,
    ITEMS,
    TODAY,
    Clock,
    addressee,
    code_of,
    given,
    number,
    post,
    real,
    sender,
)

CARD, NEW_CARD = "0A1B2C", "0A1B2D"
RECORD = "residence_record"
KINDS = {
    RECORD: EXISTING,
    "seal_registration": SEALS,
    "tax": TAX,
    "family_register": FAMILY_REGISTER,
    "family_register_supplement": FAMILY_REGISTER,
}


def card(serial: int = 1, **changes: Any) -> UserCertificateSerialNotice:
    fields = {
        "addressee_number": addressee(serial),
        "certificate_serial": CARD,
        "valid_until": date(2030, 1, 1),
        **changes,
    }
    return UserCertificateSerialNotice(**fields)


def link(kind: str = RECORD, **changes: Any) -> CertificateInformationLink:
    fields = {
        "addressee_number": addressee(),
        "certificate_kind": kind,
        "issuable": True,
        "as_of": TODAY,
        "items": ITEMS,
        **changes,
    }
    return CertificateInformationLink(**fields)


def shown(serial: int = 1, text: str = "") -> CertificateIndividualNumberLink:
    return CertificateIndividualNumberLink(
        addressee_number=addressee(serial), individual_number=text or number(serial)
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shops(clock: Clock) -> IssuanceSystem:
    """Everything is there for one resident."""
    made = IssuanceSystem(CITY, given(clock))
    post(made, card())
    for kind, source in KINDS.items():
        post(made, link(kind), sender(source))
    post(made, shown(), sender(ADDRESSEE))
    return made


@pytest.fixture
def center(clock: Clock) -> IssuanceCenter:
    return IssuanceCenter("CVS000", given(clock))


def printed(
    shops: IssuanceSystem,
    center: IssuanceCenter,
    kind: str = RECORD,
    serial: str = CARD,
    with_number: bool = False,
):
    request = center.request(serial, kind, with_number)
    Office(shops, center).settle()
    return center.paper(request)


# -- 1: what it is told ----------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_each_source_tells_of_its_own_certificates(kind):
    shops = IssuanceSystem(CITY, given())
    for role in (EXISTING, SEALS, TAX, FAMILY_REGISTER):
        taken = post(shops, link(kind), sender(role))
        assert taken.code == ("" if role == KINDS[kind] else "SK-Y09")
    assert post(shops, link(kind), sender(PLATFORM)).status == 202


@pytest.mark.parametrize("role", sorted(SYSTEMS - {*KINDS.values(), PLATFORM}))
def test_nobody_else_tells_of_certificates(shops, role):
    assert post(shops, link(), sender(role)).code == "SK-M05"


@pytest.mark.parametrize("role", sorted(SYSTEMS - {EXISTING}))
def test_only_the_register_says_whose_card_it_is(shops, role):
    assert post(shops, card(), sender(role)).code == "SK-M05"


@pytest.mark.parametrize("role", sorted(SYSTEMS - {ADDRESSEE}))
def test_only_the_addressee_system_tells_a_number(shops, role):
    """R-119."""
    assert post(shops, shown(), sender(role)).code == "SK-M05"


def test_a_real_number_is_refused(shops):
    assert post(shops, shown(1, real()), sender(ADDRESSEE)).code == "SK-X04"


def test_a_card_does_not_change_hands(shops):
    assert post(shops, card(2)).code == "SK-Y08"
    stolen = card(2, certificate_serial=NEW_CARD, replaced_certificate_serial=CARD)
    assert post(shops, stolen).code == "SK-Y08"


def test_a_notice_of_a_serial_holds_no_individual_number():
    assert not [f for f in card().__dataclass_fields__ if "individual" in f]


# -- 2: what is issued -----------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_machine_prints_what_the_source_told_last(shops, center, kind):
    newer = (CertificateItem(label="住所", value="新住所"),)
    post(shops, link(kind, items=newer), sender(KINDS[kind]))
    assert printed(shops, center, kind).items == newer


def test_the_number_is_printed_only_where_it_was_asked_for(shops, center):
    assert printed(shops, center).individual_number is None
    assert printed(shops, center, with_number=True).individual_number == number()


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {RECORD}))
def test_the_number_stands_on_no_other_certificate(shops, center, kind):
    """R-119."""
    paper = printed(shops, center, kind, with_number=True)
    assert (paper.items, paper.individual_number) == ((), None)
    assert shops.issues()[-1].ending is Ending.NUMBER


def refused_ways() -> dict[str, Any]:
    return {
        "unknown card": (lambda s: None, {"serial": "FF"}, Ending.CARD),
        "replaced card": (
            lambda s: post(
                s,
                card(certificate_serial=NEW_CARD, replaced_certificate_serial=CARD),
            ),
            {},
            Ending.CARD,
        ),
        "card past its time": (
            lambda s: post(s, card(valid_until=TODAY - timedelta(days=1))),
            {},
            Ending.CARD,
        ),
        "stopped": (
            lambda s: post(s, link(issuable=False)),
            {},
            Ending.STOPPED,
        ),
        "no number here": (
            lambda s: s.store.run("DELETE FROM numbers"),
            {"with_number": True},
            Ending.NUMBER,
        ),
        "no such certificate": (
            lambda s: s.store.run("DELETE FROM certificates"),
            {},
            Ending.KIND,
        ),
    }


@pytest.mark.parametrize("way", refused_ways())
def test_where_nothing_is_issued_the_answer_does_not_say_why(shops, center, way):
    """Protected, unknown and impossible look alike at the machine."""
    prepare, words, ending = refused_ways()[way]
    prepare(shops)
    paper = printed(shops, center, **words)
    assert (paper.items, paper.individual_number) == ((), None)
    assert shops.issues()[-1].ending is ending


def test_a_new_card_prints_at_once_and_the_old_one_no_more(shops, center):
    post(shops, card(certificate_serial=NEW_CARD, replaced_certificate_serial=CARD))
    assert printed(shops, center, serial=NEW_CARD).items == ITEMS
    assert printed(shops, center).items == ()
    post(shops, card())
    assert printed(shops, center).items == ()


def test_the_last_day_of_a_card_still_counts(shops, center, clock):
    post(shops, card(valid_until=TODAY + timedelta(days=1)))
    clock.move(timedelta(days=1))
    assert printed(shops, center).items == ITEMS
    clock.move(timedelta(days=1))
    assert printed(shops, center).items == ()


def test_what_was_told_of_an_earlier_day_changes_nothing(shops, center):
    old = (CertificateItem(label="住所", value="旧住所"),)
    post(shops, link(items=old, as_of=TODAY - timedelta(days=1)))
    assert printed(shops, center).items == ITEMS


@pytest.mark.parametrize("role", sorted(SYSTEMS - {STORES_CENTER}))
def test_there_is_no_issue_without_a_request_of_the_center(shops, role):
    """R-118."""
    request = ConvenienceStoreIssuanceRequest(
        certificate_serial=CARD, certificate_kind=RECORD, show_individual_number=False
    )
    assert post(shops, request, sender(role)).code == "SK-M05"
    assert shops.issues() == ()
    asked = post(shops, request, sender(STORES_CENTER, organisation="CVS000"))
    assert asked.status == 200
    assert [one.ending for one in shops.issues()] == [Ending.ISSUED]


def test_every_issue_is_on_record(shops, center):
    printed(shops, center)
    printed(shops, center, serial="FF")
    endings = [(one.number, one.kind, one.ending) for one in shops.issues()]
    assert endings == [(1, RECORD, Ending.ISSUED), (2, RECORD, Ending.CARD)]


@drawn(
    serial=st.sampled_from([CARD, NEW_CARD, "FF"]),
    kind=st.sampled_from(sorted(KINDS)),
    asked=st.booleans(),
    issuable=st.booleans(),
    known=st.booleans(),
)
def test_a_number_comes_only_on_a_record_that_was_asked_for(
    serial, kind, asked, issuable, known
):
    """R-119, in every combination."""
    shops, center = IssuanceSystem(CITY, given()), IssuanceCenter("CVS000", given())
    post(shops, card())
    post(shops, link(kind, issuable=issuable), sender(KINDS[kind]))
    if known:
        post(shops, shown(), sender(ADDRESSEE))
    paper = printed(shops, center, kind, serial, asked)
    whole = serial == CARD and issuable and (not asked or (kind == RECORD and known))
    assert bool(paper.items) is whole
    assert bool(paper.individual_number) is (whole and asked)


# -- the center ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        ConvenienceStoreIssuanceReply(certificate_kind="tax", items=ITEMS),
        ConvenienceStoreIssuanceReply(
            certificate_kind=RECORD, individual_number=number(), items=ITEMS
        ),
    ],
    ids=["another kind", "a number that nobody asked for"],
)
def test_a_machine_prints_nothing_that_was_not_asked_for(center, reply):
    request = center.request(CARD, RECORD)
    work = lambda: center.answered(request, write_payload(reply))  # noqa: E731
    assert code_of(work) == "SK-Y08"
    assert center.paper(request) is None


def test_anothers_paper_can_be_rehearsed(shops, center):
    """The fault that real issuance systems have had: the answer of the one before."""
    other = (CertificateItem(label="氏名", value="別人"),)
    post(shops, card(2, certificate_serial=NEW_CARD))
    post(shops, link(addressee_number=addressee(2), items=other))
    printed(shops, center, serial=NEW_CARD)
    shops.faults.set(Fault.ANOTHERS_ANSWER)
    assert printed(shops, center).items == other
    assert printed(shops, center).items == ITEMS


# -- seals -----------------------------------------------------------------------------


def test_a_seal_can_be_had_until_it_is_given_up(center, clock):
    seals, shops = SealSystem(CITY, given(clock)), IssuanceSystem(CITY, given(clock))
    post(shops, card())
    seals.register(addressee(), "S-1", ITEMS, "grace")
    Office(seals, shops).settle()
    assert printed(shops, center, "seal_registration").items == ITEMS
    seals.give_up(addressee(), "grace")
    Office(seals, shops).settle()
    assert printed(shops, center, "seal_registration").items == ()
    assert not seals.issuable(addressee(), "seal_registration")


@pytest.mark.parametrize(("who", "seal"), [(1, "S-2"), (2, "S-1")])
def test_one_person_one_seal(who, seal):
    seals = SealSystem(CITY, given())
    seals.register(addressee(), "S-1", ITEMS, "grace")
    work = lambda: seals.register(addressee(who), seal, ITEMS, "grace")  # noqa: E731
    assert code_of(work) == "SK-Y12"
    assert code_of(lambda: seals.give_up(addressee(9), "grace")) == "SK-Y07"


def test_an_individual_number_goes_into_no_certificate_of_a_source():
    seals = SealSystem(CITY, given())
    assert not [f for f in link().__dataclass_fields__ if "individual" in f]
    assert code_of(lambda: seals.owe(ADDRESSEE, link(), "grace")) == "SK-M05"
