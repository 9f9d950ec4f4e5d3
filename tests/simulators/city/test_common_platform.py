# SPDX-License-Identifier: Apache-2.0
"""The common platform: what the register told, to the 43 affairs and nobody else."""

import pytest

from schemas.card_messages import CertificateInformationLink
from schemas.catalogue import ROWS, Answer
from schemas.messages import MESSAGES, read_payload, write_payload
from schemas.register_messages import AddresseeReply, CommonPlatformFetch
from schemas.systems import (
    ADDRESSEE,
    BUSINESS,
    EXISTING,
    INTERMEDIATE,
    PLATFORM,
    SEALS,
    STORES,
    SYSTEMS,
    TAX,
)
from schemas.transfer_affairs import AFFAIRS
from simulators.city.addressee import AddresseeSystem
from simulators.city.business import BusinessSystem, TaxSystem
from simulators.city.common_platform import CommonPlatform
from simulators.city.courier import Office
from simulators.city.stores import IssuanceSystem
from tests.simulators.city.office import (
    CHILD,
    CITY,
    ITEMS,
    OTHER_CITY,
    TODAY,
    WELFARE,
    addressee,
    changed,
    code_of,
    everything,
    given,
    neighbour,
    number,
    numbered,
    post,
    sender,
    welfare,
)


@pytest.fixture
def platform() -> CommonPlatform:
    made = CommonPlatform(CITY, given())
    made.apply("welfare", WELFARE, "U-1", "alice")
    made.approve("U-1", "市民課", "bob")
    made.enrol("dave", "社会福祉課", "secret", "carol")
    made.grant("dave", "welfare", "carol")
    made.put_in_charge(WELFARE, "社会福祉課", "dave", "O-1", "carol")
    return made


def fetch(serial: int = 1, affair: str = WELFARE) -> CommonPlatformFetch:
    return CommonPlatformFetch(affair_item=affair, addressee_number=addressee(serial))


def business(platform: CommonPlatform, name: str = "welfare") -> BusinessSystem:
    affairs = frozenset({WELFARE, CHILD})
    return BusinessSystem(CITY, given(), platform.must, affairs, name)


# -- 1: integrated database ------------------------------------------------------------


def test_what_the_register_told_is_what_an_affair_gets(platform):
    """R-033: what leaves equals what entered, a hard character and all."""
    post(platform, changed())
    told = post(platform, fetch(), welfare()).value
    assert told.resident_record_information == changed().resident_record_information
    assert told.update_sequence_number == 1


def test_the_latest_counts_whatever_order_it_came_in(platform):
    post(platform, changed(update_sequence_number=5))
    assert post(platform, changed(update_sequence_number=4)).status == 202
    assert post(platform, fetch(), welfare()).value.update_sequence_number == 5


def test_of_somebody_unknown_nothing_is_told(platform):
    told = post(platform, fetch(9), welfare()).value
    assert told.resident_record_information is None


@pytest.mark.parametrize("affair", sorted(AFFAIRS))
def test_each_of_the_43_affairs_can_be_given_information(platform, affair):
    """R-107."""
    post(platform, changed())
    platform.apply("other", affair, f"U-{affair}", "alice")
    platform.approve(f"U-{affair}", "市民課", "bob")
    taken = post(platform, fetch(affair=affair), sender(BUSINESS, "other"))
    assert taken.value.resident_record_information is not None


@pytest.mark.parametrize("affair", ["1", "2", "82", "106", "999"])
def test_no_other_affair_can(platform, affair):
    """R-036, R-107: not even applied for."""
    work = lambda: platform.apply("welfare", affair, "U-x", "alice")  # noqa: E731
    assert code_of(work) == "SK-Y01"
    assert post(platform, fetch(affair=affair), welfare()).code == "SK-Y01"


def test_a_system_gets_what_was_approved_and_nothing_else(platform):
    """R-034, R-035: one affair that it may, one that it may not."""
    post(platform, changed())
    assert post(platform, fetch(), welfare()).status == 200
    assert post(platform, fetch(affair=CHILD), welfare()).code == "SK-Y03"
    assert post(platform, fetch(), sender(BUSINESS, "pension")).code == "SK-Y03"
    assert post(platform, fetch(), sender(BUSINESS)).code == "SK-Y03"


@pytest.mark.parametrize("role", sorted(SYSTEMS - {BUSINESS, TAX}))
def test_only_business_systems_fetch(platform, role):
    assert post(platform, fetch(), sender(role)).code == "SK-M05"


@pytest.mark.parametrize("role", sorted(SYSTEMS - {EXISTING}))
def test_nobody_but_the_register_can_put_anything_in(platform, role):
    """R-034: business systems fetch; they cannot push."""
    assert post(platform, changed(), sender(role)).code == "SK-M05"
    assert platform.held(addressee()) is None


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_there_is_no_other_way_in_or_out(platform, kind):
    """R-033: one type in, one question; the platform has no query beside."""
    ways = ROWS[kind].inside | ROWS[kind].outside
    into = {one for one, other in ways if other == PLATFORM}
    if kind not in ("resident_record_change", "common_platform_fetch"):
        answers = ROWS[kind].answer is Answer.NONE
        assert not into or answers
    assert kind not in platform.handlers() or into <= {EXISTING, BUSINESS, TAX}


def test_nothing_goes_out_unasked(platform):
    post(platform, changed())
    assert platform.outbox.receivers() == ()


def test_every_transfer_is_on_record_the_refused_ones_too(platform):
    """R-112, R-111, R-114."""
    post(platform, changed())
    post(platform, fetch(), welfare())
    post(platform, fetch(affair=CHILD), welfare())
    looks = platform.history.looks(person=addressee())
    assert [(one.place, one.affair, one.code) for one in looks] == [
        ("welfare", WELFARE, ""),
        ("welfare", CHILD, "SK-Y03"),
    ]


def test_it_hands_on_what_it_holds_of_certificates(platform):
    shops = IssuanceSystem(CITY, given())
    link = CertificateInformationLink(
        addressee_number=addressee(),
        certificate_kind="tax",
        issuable=True,
        as_of=TODAY,
        items=ITEMS,
    )
    platform.link_certificate(link, "dave")
    assert Office(platform, shops).settle() == 1
    assert addressee() in everything(shops)


# -- 2: common management --------------------------------------------------------------


def test_one_session_opens_what_was_granted(platform):
    session = platform.log_in("dave", "secret")
    assert platform.must(session, "welfare", WELFARE) == "dave"
    assert code_of(lambda: platform.must(session, "pension", WELFARE)) == "SK-Y05"
    assert code_of(lambda: platform.must(session, "welfare", CHILD)) == "SK-Y04"


@pytest.mark.parametrize(("person", "secret"), [("dave", "x"), ("erin", "secret")])
def test_whoever_is_not_known_hears_the_same_words(platform, person, secret):
    assert code_of(lambda: platform.log_in(person, secret)) == "SK-Y05"
    assert platform.history.events(what="refused")[-1].code == "SK-Y05"


def test_whoever_is_revoked_is_out_of_every_business_system_at_once(platform):
    """R-189, R-184: the open session ends."""
    platform.grant("dave", "child", "carol")
    platform.put_in_charge("56", "こども家庭課", "dave", "O-2", "carol")
    systems = [business(platform, name) for name in ("welfare", "child")]
    session = platform.log_in("dave", "secret")
    assert systems[0].fetch(session, WELFARE, addressee())
    platform.revoke("dave", "carol")
    for system in systems:
        work = lambda s=system: s.fetch(session, WELFARE, addressee())  # noqa: E731
        assert code_of(work) == "SK-Y05"
    assert code_of(lambda: platform.log_in("dave", "secret")) == "SK-Y05"
    assert platform.staff.ledger()[-1] == ("dave", "revoked", "carol")
    assert platform.store.rows("SELECT * FROM sessions") == []


def test_nobody_opens_anything_to_himself(platform):
    assert code_of(lambda: platform.grant("dave", "x", "dave")) == "SK-Y06"
    work = lambda: platform.enrol("erin", "保育課", "s", "erin")  # noqa: E731
    assert code_of(work) == "SK-Y06"


def test_a_password_is_nowhere_kept(platform):
    assert "secret" not in everything(platform)


# -- business systems ------------------------------------------------------------------


def test_a_business_system_fetches_and_keeps_it_with_its_case(platform):
    system = business(platform)
    session = platform.log_in("dave", "secret")
    post(platform, changed())
    question = system.fetch(session, WELFARE, addressee())
    assert Office(system, platform).settle() == 1
    case = system.case(session, question)
    assert (case.affair, case.person) == (WELFARE, addressee())
    assert case.answer.resident_record_information.relationship == "世帯主"


def test_a_business_system_asks_who_somebody_is(platform):
    addressees = AddresseeSystem(CITY, given())
    addressees.apply("welfare", WELFARE, "U-1", "alice")
    addressees.approve("U-1", "市民課", "bob")
    post(addressees, numbered())
    system = business(platform)
    session = platform.log_in("dave", "secret")
    question = system.inquire(
        session, WELFARE, ("addressee_number", "sex"), individual_number=number()
    )
    assert Office(system, addressees).settle() == 1
    case = system.case(session, question)
    assert case.answer.sex == "2"
    assert case.person == addressees.persons.by_number(number()).addressee_number


@pytest.mark.parametrize(
    "reply",
    [
        AddresseeReply(affair_item=CHILD, sex="2"),
        AddresseeReply(affair_item=WELFARE, sex="2", address="住所"),
        AddresseeReply(affair_item=WELFARE, individual_number=number(2), sex="2"),
    ],
    ids=["another affair", "an item that was not asked for", "another person"],
)
def test_what_was_not_asked_for_is_not_kept(platform, reply):
    system = business(platform)
    session = platform.log_in("dave", "secret")
    question = system.inquire(
        session, WELFARE, ("individual_number", "sex"), individual_number=number(1)
    )
    work = lambda: system.answered(question, write_payload(reply))  # noqa: E731
    assert code_of(work) == "SK-Y08"
    assert code_of(lambda: system.case(session, question)) == "SK-Y07"


def test_another_body_is_asked_by_way_of_the_intermediate_server(platform):
    system, server = business(platform), neighbour(INTERMEDIATE)
    session = platform.log_in("dave", "secret")
    system.ask_elsewhere(session, WELFARE, 28, addressee(), OTHER_CITY)
    Office(system, server).settle()
    (asked,) = server.told("information_inquiry_request")
    assert (asked.item_no, asked.provider) == (28, OTHER_CITY)
    work = lambda: system.ask_elsewhere("", WELFARE, 28, addressee(), OTHER_CITY)  # noqa: E731
    assert code_of(work) == "SK-Y05"


def test_one_key_is_asked_by_and_not_two(platform):
    system = business(platform)
    session = platform.log_in("dave", "secret")
    assert code_of(lambda: system.inquire(session, WELFARE, ("sex",))) == "SK-Y11"


def test_it_works_on_its_own_affairs_only(platform):
    system = BusinessSystem(CITY, given(), platform.must, frozenset({CHILD}), "welfare")
    session = platform.log_in("dave", "secret")
    assert code_of(lambda: system.fetch(session, WELFARE, addressee())) == "SK-Y01"


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_it_takes_nothing_that_it_did_not_ask_for(platform, kind):
    """R-034, R-039: no type is posted to a business system, by none of its kind."""
    system = business(platform)
    assert system.handlers() == {}
    ways = ROWS[kind].inside | ROWS[kind].outside
    assert not ways & {(BUSINESS, BUSINESS), (TAX, BUSINESS), (BUSINESS, TAX)}
    reached = {one for one, other in ways if other == BUSINESS}
    assert not reached or ROWS[kind].answer is Answer.NONE


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_no_other_message_takes_a_residents_record_to_an_affair(kind):
    """R-108: what affairs are given of the register comes from the platform alone."""
    fields = getattr(MESSAGES[kind].value, "__dataclass_fields__", {})
    if "resident_record_information" in fields:
        given_to = {
            way for way in ROWS[kind].inside if way[1] in (BUSINESS, TAX, SEALS)
        }
        assert given_to <= {(PLATFORM, BUSINESS), (PLATFORM, TAX)}


def test_a_transfer_by_another_path_is_refused(platform):
    """R-108: neither register nor addressee system hands it to a business system."""
    system = business(platform)
    for role in (EXISTING, ADDRESSEE):
        assert post(system, changed(), sender(role)).code == "SK-M05"


def test_another_persons_answer_is_not_kept(platform):
    system = business(platform)
    session = platform.log_in("dave", "secret")
    question = system.fetch(session, WELFARE, addressee(1))
    wrong = post(platform, fetch(2), welfare())
    assert code_of(lambda: system.answered(question, wrong.body)) == "SK-Y08"
    assert code_of(lambda: system.case(session, question)) == "SK-Y07"
    assert system.outbox.next(PLATFORM) is not None


def test_the_tax_system_is_one_of_them(platform):
    platform.apply(TAX, "24", "U-t", "alice")
    platform.approve("U-t", "市民課", "bob")
    platform.enrol("frank", "市民税課", "s", "carol")
    platform.grant("frank", TAX, "carol")
    platform.put_in_charge("24", "市民税課", "frank", "O-3", "carol")
    tax, shops = TaxSystem(CITY, given(), platform.must), IssuanceSystem(CITY, given())
    post(platform, changed())
    session = platform.log_in("frank", "s")
    question = tax.fetch(session, "24", addressee())
    tax.certify(addressee(), "tax", ITEMS, "frank")
    Office(tax, platform, shops).settle()
    assert tax.case(session, question).answer.resident_record_information is not None
    assert tax.issuable(addressee(), "tax")
    assert [one.state for one in tax.outbox.sent()] == ["delivered", "delivered"]
    work = lambda: tax.certify(addressee(), "residence_record", ITEMS, "frank")  # noqa: E731
    assert code_of(work) == "SK-Y09"
    assert STORES not in tax.outbox.receivers()
    assert SEALS not in tax.outbox.receivers()


def test_a_payload_that_was_written_is_the_one_that_is_read():
    value = fetch()
    assert read_payload("common_platform_fetch", write_payload(value)) == value
