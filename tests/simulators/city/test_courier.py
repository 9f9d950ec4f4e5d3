# SPDX-License-Identifier: Apache-2.0
"""Faults, what is owed, and files: what every system of the city does alike."""

import stat
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from schemas.messages import SubmissionAccepted, write_payload
from schemas.systems import INTERMEDIATE, PLATFORM
from simulators.city import courier
from simulators.city.addressee import AddresseeSystem
from simulators.city.business import BusinessSystem
from simulators.city.common_platform import CommonPlatform
from simulators.city.courier import Office
from simulators.city.faults import Fault
from simulators.city.reasons import Reason, Refused, StoreFault
from simulators.city.sources import SealSystem
from simulators.city.stores import IssuanceSystem
from tests.simulators.city.office import (
    CITY,
    ITEMS,
    Clock,
    addressee,
    changed,
    code_of,
    given,
    neighbour,
    number,
    numbered,
    post,
)

ACCEPTED = write_payload(SubmissionAccepted())


def filled() -> AddresseeSystem:
    """Three copies wait for the server, each with a pair behind it."""
    made = AddresseeSystem(CITY, given())
    for serial in (1, 2, 3):
        post(made, numbered(serial))
    return made


def heard_by(system: AddresseeSystem) -> list[str]:
    """The numbers of the pairs, in the order in which the server was told them."""
    server = neighbour(INTERMEDIATE)
    Office(system, server).settle()
    return [one.individual_number for one in server.told("number_pair_registration")]


# -- faults ----------------------------------------------------------------------------


def test_what_is_down_does_nothing_and_comes_back():
    system = AddresseeSystem(CITY, given())
    system.faults.set(Fault.DOWN, 2)
    assert [post(system, numbered()).status for _ in range(3)] == [503, 503, 202]
    assert system.faults.waiting() == {}


def test_a_lost_answer_does_not_make_anything_happen_twice():
    system = AddresseeSystem(CITY, given())
    system.faults.set(Fault.ANSWER_LOST)
    assert [post(system, numbered()).status for _ in range(2)] == [503, 202]
    assert len(system.outbox.sent("resident_record_copy")) == 1


def test_what_is_forgotten_was_acknowledged():
    system = AddresseeSystem(CITY, given())
    system.faults.set(Fault.FORGETS)
    assert post(system, numbered()).status == 202
    assert system.persons.by_number(number()) is None
    assert system.history.events(what="forgot")


def test_a_forgotten_question_settles_nothing():
    platform = CommonPlatform(CITY, given())
    system = BusinessSystem(
        CITY, given(), lambda *_: "dave", frozenset({"23"}), "welfare"
    )
    question = system.fetch("", "23", addressee())
    platform.faults.set(Fault.FORGETS)
    assert not Office(system, platform).settle()
    assert system.outbox.next(PLATFORM).number == question


def test_twice_sent_is_once_taken():
    system = filled()
    system.faults.set(Fault.SENDS_TWICE)
    shops = IssuanceSystem(CITY, given())
    Office(system, shops).settle()
    assert shops.store.value("SELECT count(*) FROM numbers") == 3
    assert len(shops.history.events(what="taken")) == 4


def test_the_wrong_order_can_be_rehearsed():
    assert heard_by(filled()) == [number(1), number(2), number(3)]
    system = filled()
    system.faults.set(Fault.NEWEST_FIRST, 6)
    assert heard_by(system) == [number(3), number(2), number(1)]


def test_out_of_order_the_latest_counts_still():
    """The register's changes, newest first: the platform ends with the last one."""
    platform = CommonPlatform(CITY, given())
    for sequence in (3, 1, 2):
        post(platform, changed(update_sequence_number=sequence))
    assert platform.held(addressee()).update_sequence_number == 3


# -- what is owed ----------------------------------------------------------------------


def test_what_nobody_takes_waits():
    system = filled()
    silent = {INTERMEDIATE: lambda body: b""}
    assert courier.run(system, silent) == 0
    assert system.outbox.next(INTERMEDIATE).kind == "resident_record_copy"
    assert heard_by(system)


def test_what_was_refused_waits_for_a_person_and_holds_nothing_up():
    system = filled()
    refused = write_payload(Refused(Reason.CONTRADICTS).payload())
    answers = iter([refused] + [ACCEPTED] * 5)
    assert courier.run(system, {INTERMEDIATE: lambda body: next(answers)}) == 6
    first, *others = [s for s in system.outbox.sent() if s.receiver == INTERMEDIATE]
    assert (first.state, first.code) == ("refused", "SK-Y08")
    assert {one.state for one in others} == {"delivered"}
    system.outbox.offer_again(first.number)
    assert system.outbox.next(INTERMEDIATE).number == first.number
    assert code_of(lambda: system.outbox.offer_again(first.number)) == "SK-Y12"


@drawn(answer=st.binary(max_size=100))
def test_no_answer_that_cannot_be_one_settles_anything(answer):
    system = filled()
    courier.deliver(system, INTERMEDIATE, lambda body: answer)
    assert system.outbox.next(INTERMEDIATE).number == 1


def test_an_acceptance_is_no_answer_to_a_question():
    system = BusinessSystem(
        CITY, given(), lambda *_: "dave", frozenset({"23"}), "welfare"
    )
    question = system.fetch("", "23", addressee())
    assert code_of(lambda: system.answered(question, ACCEPTED)) == "SK-T04"
    assert system.history.events(what="refused")[-1].code == "SK-T04"


def test_what_was_delivered_leaves_no_content_behind():
    system = filled()
    heard_by(system)
    left = system.store.rows(
        "SELECT body FROM outbox WHERE state = 'delivered' AND body IS NOT NULL"
    )
    assert left == []


def test_an_answer_to_nothing_is_refused():
    assert code_of(lambda: filled().answered(99, ACCEPTED)) == "SK-Y12"


# -- refusals and files ----------------------------------------------------------------


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_can_be_told(reason):
    assert write_payload(Refused(reason).payload())
    assert len({one.value.code for one in Reason}) == len(Reason)


def test_a_file_is_its_owners_alone_and_outlives_the_process(tmp_path: Path):
    first = AddresseeSystem(CITY, given(folder=tmp_path))
    post(first, numbered())
    first.close()
    (file,) = tmp_path.glob("*.sqlite")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = AddresseeSystem(CITY, given(folder=tmp_path))
    assert again.persons.by_number(number()) is not None
    assert again.outbox.receivers()
    again.close()


def test_a_file_that_others_may_read_is_not_opened(tmp_path: Path):
    path = tmp_path / f"{CITY}-common_platform_system.sqlite"
    path.touch(0o644)
    with pytest.raises(StoreFault, match="chmod 600"):
        CommonPlatform(CITY, given(folder=tmp_path))


def test_another_systems_file_is_not_opened(tmp_path: Path):
    CommonPlatform(CITY, given(folder=tmp_path)).close()
    made = tmp_path / f"{CITY}-common_platform_system.sqlite"
    made.rename(tmp_path / f"{CITY}-group_integrated_addressee_system.sqlite")
    with pytest.raises(StoreFault, match="another system"):
        AddresseeSystem(CITY, given(folder=tmp_path))


def test_what_is_no_store_is_not_opened(tmp_path: Path):
    path = tmp_path / f"{CITY}-common_platform_system.sqlite"
    path.write_bytes(b"no database" * 500)
    path.chmod(0o600)
    with pytest.raises(StoreFault):
        CommonPlatform(CITY, given(folder=tmp_path))


def test_the_same_chance_and_time_make_the_same_history():
    def told() -> tuple[object, ...]:
        system = filled()
        return system.history.events(), system.outbox.sent(), heard_by(system)

    assert told() == told()


def test_the_clock_of_a_system_is_the_one_it_was_given():
    clock = Clock()
    system = SealSystem(CITY, given(clock))
    system.certify(addressee(), "seal_registration", ITEMS, "grace")
    clock.now = clock.now.replace(year=2031)
    system.certify(addressee(), "seal_registration", ITEMS, "grace")
    years = [event.at[:4] for event in system.history.events()]
    assert years == ["2026", "2031"]
