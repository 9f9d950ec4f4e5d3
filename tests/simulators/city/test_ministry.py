# SPDX-License-Identifier: Apache-2.0
"""What the Ministry of Justice tells a city: learned, told, read, erased."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pki.names import StationName
from schemas.messages import read_payload, write_payload
from schemas.register_messages import ForeignResidentChangeNotice
from schemas.systems import JUSTICE, JUSTICE_TERMINAL
from simulators.city.justice_terminal import JusticeTerminal
from simulators.city.outside import Enveloped
from simulators.peers.errors import BadRequest, NotTaken
from simulators.peers.justice import Justice
from simulators.peers.store import Store
from simulators.peers.system import Told
from tests.simulators.city.office import (
    CITY,
    NOON,
    OTHER_CITY,
    code_of,
    everything,
    given,
    post,
    sender,
)
from tests.simulators.city.test_terminals import notice, open_to

KIND = "foreign_resident_change_notice"
TOLD = ForeignResidentChangeNotice(
    municipality_code=CITY,
    residence_card_number="ZZ12345678ZZ",
    new_residence_card_number="ZZ12345679ZZ",
    residence_status="永住者",
    change_date=date(2026, 4, 1),
)
LEARNED = {
    "residence_card_number": "ZZ12345678ZZ",
    "new_residence_card_number": "ZZ12345679ZZ",
    "residence_status": "永住者",
    "change_date": "2026-04-01",
}
MINISTRY = sender(JUSTICE, organisation="M00001")


def told(**changes: Any) -> Told:
    value = notice(**changes)
    terminal = StationName(CITY, JUSTICE_TERMINAL)
    return Told(value, write_payload(value), terminal, NOON, NOON)


@pytest.fixture
def ministry() -> Justice:
    """One that a city told of somebody."""
    made = Justice(Store(None))
    made.takes["foreign_resident_notice"](told())
    return made


@pytest.fixture
def terminal() -> JusticeTerminal:
    return JusticeTerminal(CITY, given())


# -- the ministry ----------------------------------------------------------------------


def test_what_it_learned_goes_once_to_the_city_that_told_of_the_person(ministry):
    assert ministry.load([LEARNED]) == 1
    (owed,) = ministry.work(NOON) or ()
    assert owed.receiver == StationName(CITY, JUSTICE_TERMINAL)
    assert owed.payload == TOLD
    assert ministry.work(NOON) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"residence_card_number": "ZZ00000000ZZ"},
        {"residence_card_number": ""},
        {"new_residence_card_number": "AB12345678CD"},
        {"change_date": "yesterday"},
        {"individual_number": "123456789018"},
        {"municipality_code": OTHER_CITY, "nickname": "x"},
    ],
    ids=["unknown", "none", "could be real", "no day", "a number", "another field"],
)
def test_it_learns_nothing_that_it_cannot_tell(ministry, changes):
    with pytest.raises(BadRequest) as caught:
        ministry.load([LEARNED, {**LEARNED, **changes}])
    assert ministry.work(NOON) is None
    assert not any(value in str(caught.value) for value in changes.values() if value)


def test_a_change_that_changes_nothing_is_not_learned(ministry):
    names = ("residence_card_number", "change_date")
    with pytest.raises(BadRequest):
        ministry.load([{name: LEARNED[name] for name in names}])


def test_it_takes_no_card_that_could_be_real():
    with pytest.raises(NotTaken) as caught:
        Justice(Store(None)).takes["foreign_resident_notice"](
            told(residence_card_number="AB12345678CD")
        )
    assert caught.value.code == "SK-X04"


# -- the link terminal -----------------------------------------------------------------


def test_it_comes_from_outside_and_is_the_one_type_that_does(terminal):
    assert set(Enveloped(terminal).takes) == {KIND}


def test_what_the_ministry_tells_waits_for_somebody_and_is_erased_then(terminal):
    assert post(terminal, TOLD, MINISTRY).status == 202
    session = open_to(terminal, "mia", "enter")
    (number,) = terminal.arrived(session)
    shown = terminal.show_change(session, number)
    assert read_payload(KIND, shown.encode()) == TOLD
    terminal.settle_change(session, number, "entered")
    assert terminal.arrived(session) == ()
    assert "ZZ12345679ZZ" not in everything(terminal)
    assert code_of(lambda: terminal.show_change(session, number)) == "SK-Y07"


def test_nobody_reads_it_without_the_function(terminal):
    post(terminal, TOLD, MINISTRY)
    session = open_to(terminal, "ned", "check")
    assert code_of(lambda: terminal.arrived(session))
    assert code_of(lambda: terminal.show_change(session, 1))
    assert code_of(lambda: terminal.settle_change(session, 1, "entered"))


def test_it_ends_as_entered_or_not_and_in_no_other_way(terminal):
    post(terminal, TOLD, MINISTRY)
    session = open_to(terminal, "mia", "enter")
    assert code_of(lambda: terminal.settle_change(session, 1, "lost")) == "SK-Y11"
    assert terminal.arrived(session) == (1,)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"residence_card_number": "AB12345678CD"}, "SK-X04"),
        ({"new_residence_card_number": "AB12345678CD"}, "SK-X04"),
        ({"municipality_code": OTHER_CITY}, "SK-Y11"),
    ],
)
def test_a_real_card_or_another_citys_resident_is_refused(terminal, changes, refusal):
    assert post(terminal, replace(TOLD, **changes), MINISTRY).code == refusal
    assert terminal.arrived(open_to(terminal, "mia", "enter")) == ()


def test_nobody_but_the_ministry_tells_it(terminal):
    for by in (sender(), sender(JUSTICE_TERMINAL, organisation=OTHER_CITY)):
        assert post(terminal, TOLD, by).code == "SK-M05"
