# SPDX-License-Identifier: Apache-2.0
"""Who may inquire is one person with one right, and every inquiry is recorded (R-113).

And whatever is read from or written to the common database is in its history (R-114).

A person works in a business system, in a session of the common platform; what is asked
of the platform, of the addressee system or, by way of the intermediate server, of
another body, goes through the same gate.
"""

from datetime import date

import pytest

from schemas.register_messages import CommonPlatformFetch
from schemas.systems import BUSINESS, EXISTING, INTERMEDIATE
from simulators.city.addressee import AddresseeSystem
from simulators.city.business import BusinessSystem
from simulators.city.common_platform import CommonPlatform
from simulators.city.courier import Office
from simulators.city.reasons import StoreFault
from simulators.city.taken import NO_ANSWER
from tests.simulators.city.office import (
    CHILD,
    CITY,
    OTHER_CITY,
    WELFARE,
    addressee,
    changed,
    code_of,
    given,
    neighbour,
    number,
    numbered,
    post,
    sender,
)
from tests.simulators.city.test_common_platform import platform

__all__ = ["platform"]

WAYS = {
    "of the platform": lambda at, session: at.fetch(session, WELFARE, addressee()),
    "of the addressee system": lambda at, session: at.inquire(
        session, WELFARE, ("sex",), individual_number=number()
    ),
    "of another body": lambda at, session: at.ask_elsewhere(
        session, WELFARE, 28, addressee(), OTHER_CITY
    ),
}


@pytest.fixture
def welfare(platform: CommonPlatform) -> BusinessSystem:
    affairs = frozenset({WELFARE, CHILD})
    return BusinessSystem(CITY, given(), platform.must, affairs, "welfare")


def out_of_charge(platform: CommonPlatform) -> str:
    """Somebody of the department who may use the system, and has no affair."""
    platform.enrol("erin", "社会福祉課", "other", "carol")
    platform.grant("erin", "welfare", "carol")
    return platform.log_in("erin", "other")


def not_granted(platform: CommonPlatform) -> str:
    """Somebody in charge of the affair to whom the system is not open."""
    platform.enrol("frank", "社会福祉課", "third", "carol")
    platform.put_in_charge(WELFARE, "社会福祉課", "frank", "O-2", "carol")
    return platform.log_in("frank", "third")


def no_session(platform: CommonPlatform) -> str:
    return ""


def revoked(platform: CommonPlatform) -> str:
    session = platform.log_in("dave", "secret")
    platform.revoke("dave", "carol")
    return session


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("who", "code"),
    [
        (out_of_charge, "SK-Y04"),
        (not_granted, "SK-Y05"),
        (no_session, "SK-Y05"),
        (revoked, "SK-Y05"),
    ],
)
def test_whoever_has_not_the_right_asks_nothing_and_the_try_is_on_record(
    platform, welfare, way, who, code
):
    """R-113."""
    session = who(platform)
    assert code_of(lambda: WAYS[way](welfare, session)) == code
    assert welfare.outbox.sent() == ()
    (tried,) = platform.history.events(what="refused")
    assert tried.code == code
    (here,) = welfare.history.events(what="refused")
    assert here.code == code
    if code == "SK-Y04":
        (look,) = platform.history.looks(who="erin")
        assert (look.place, look.affair, look.code) == ("welfare", WELFARE, code)


def test_each_inquiry_is_one_record_of_who_asked(platform, welfare):
    """R-113: at the system where the person works, and at the one that was asked."""
    addressees = AddresseeSystem(CITY, given())
    addressees.apply("welfare", WELFARE, "U-1", "alice")
    addressees.approve("U-1", "市民課", "bob")
    post(addressees, numbered())
    post(platform, changed())
    server = neighbour(INTERMEDIATE)
    session = platform.log_in("dave", "secret")
    for count in range(1, 4):
        for way in WAYS.values():
            way(welfare, session)
        Office(welfare, platform).settle()
        Office(welfare, addressees).settle()
        Office(welfare, server).settle()
        assert [one.by for one in welfare.outbox.sent()] == ["dave"] * 3 * count
        assert len(platform.history.looks()) == count
        assert len(addressees.history.looks()) == count
        assert len(server.told("information_inquiry_request")) == count


# -- the history of the common database (R-114) ----------------------------------------


def fetched(platform, affair=WELFARE, serial=1):
    asked = CommonPlatformFetch(affair_item=affair, addressee_number=addressee(serial))
    return post(platform, asked, sender(BUSINESS, "welfare"))


ACCESSES = {
    "a first write": lambda at: post(at, changed(2)),
    "a write of something newer": lambda at: post(
        at, changed(update_sequence_number=9)
    ),
    "a write of something older": lambda at: post(
        at, changed(update_sequence_number=1)
    ),
    "a write that contradicts": lambda at: post(
        at,
        changed(update_sequence_number=5, change_date=date(2026, 1, 1)),
    ),
    "a write of a stranger": lambda at: post(at, changed(), sender(BUSINESS)),
    "a read": fetched,
    "a read of nobody": lambda at: fetched(at, serial=7),
    "a read that is refused": lambda at: fetched(at, CHILD),
    "a look of the manager": lambda at: at.held(addressee()),
}


@pytest.mark.parametrize("access", ACCESSES)
def test_each_read_and_each_write_adds_to_the_history(platform, access):
    """R-114: what was done, by whom, when; the refused too, and again each time."""
    post(platform, changed(update_sequence_number=5))

    def rows():
        return [*platform.history.events(), *platform.history.looks()]

    for _ in range(2):
        before = len(rows())
        ACCESSES[access](platform)
        assert len(rows()) > before
    assert all(one.at for one in rows())


def test_a_read_names_who_read_whom_under_which_affair(platform):
    post(platform, changed())
    fetched(platform)
    platform.held(addressee())
    looks = platform.history.looks(person=addressee())
    assert [(one.place, one.affair) for one in looks] == [
        ("welfare", WELFARE),
        ("management", ""),
    ]
    (written, _) = platform.history.events(what="taken")
    assert written.about == "resident_record_change"
    assert written.by.endswith(EXISTING)


def test_where_the_history_cannot_be_written_nothing_is_read(platform, monkeypatch):
    post(platform, changed())

    def full(*_):
        raise StoreFault("the disk is full")

    monkeypatch.setattr(platform.history, "looked", full)
    assert fetched(platform) == NO_ANSWER
    with pytest.raises(StoreFault):
        platform.held(addressee())
