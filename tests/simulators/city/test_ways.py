# SPDX-License-Identifier: Apache-2.0
"""A system and a station of its city: asked for later, fetched when awaited."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from pki.names import StationName
from schemas.messages import SubmissionAccepted, write_payload
from schemas.number_messages import PersonalIdentifierCodeRequest
from schemas.people import SearchKey
from schemas.search_messages import (
    IdentityInformationSearch,
    IdentityInformationSearchResult,
)
from schemas.systems import EXISTING, INTERMEDIATE
from simulators.city import courier
from simulators.city.addressee import AddresseeSystem
from simulators.city.asked_line import AskedLine
from simulators.city.door import MESSAGES
from simulators.city.faults import Fault
from simulators.city.fetched import ARRIVALS, Station
from simulators.city.taken import Sender
from simulators.web import LinkFailed, Reply
from tests.simulators.city.office import (
    CITY,
    given,
    neighbour,
    number,
    numbered,
    post,
)

ID = "ab" * 16
XML = "application/xml"
KEY = SearchKey(resident_record_code="10293847568")
QUESTION = write_payload(IdentityInformationSearch(key=KEY))
ANSWER = write_payload(IdentityInformationSearchResult(key=KEY, more=False, persons=()))
LATER = write_payload(SubmissionAccepted(message_id=bytes.fromhex(ID)))
AT_ONCE = write_payload(SubmissionAccepted())
SERVER = StationName(CITY, INTERMEDIATE)


@dataclass
class Inside:
    """The inside listener of a station, played well or badly."""

    says: bytes = LATER
    answers: dict[str, bytes] = field(default_factory=dict)
    waits: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    is_down: bool = False
    heard: list[tuple[str, str]] = field(default_factory=list)

    def post(self, target: str, _: str, body: bytes) -> Reply:
        self._hear("POST", target)
        if target.endswith("/taken"):
            self.waits.pop(target.split("/")[-2], None)
            return Reply(204, "text/plain", b"")
        return Reply(202, XML, self.says)

    def get(self, target: str) -> Reply:
        self._hear("GET", target)
        if target == ARRIVALS:
            rows = (f"{one} {kind} X\n" for one, (kind, _) in self.waits.items())
            return Reply(200, "text/plain", "".join(rows).encode())
        found = self.answers.get(target)
        if target.startswith(f"{ARRIVALS}/"):
            found = self.waits[target.split("/")[-1]][1]
        return Reply(404 if found is None else 200, XML, found or b"")

    def _hear(self, method: str, target: str) -> None:
        if self.is_down:
            raise LinkFailed("refused")
        self.heard.append((method, target))


# -- asked now, answered later --------------------------------------------------------


def test_a_question_is_posted_once_and_its_answer_asked_for_until_it_is_there():
    inside = Inside()
    line = AskedLine(inside)
    assert line(QUESTION) == line(QUESTION) == b""
    inside.answers[f"{MESSAGES}/{ID}/answer"] = ANSWER
    assert line(QUESTION) == ANSWER
    assert [one for one in inside.heard if one == ("POST", MESSAGES)] == [
        ("POST", MESSAGES)
    ]
    assert inside.heard[-1] == ("POST", f"{MESSAGES}/{ID}/answer/taken")


def test_the_same_question_can_be_asked_again_after_its_answer():
    inside = Inside(answers={f"{MESSAGES}/{ID}/answer": ANSWER})
    line = AskedLine(inside)
    assert [line(QUESTION) for _ in range(4)] == [b"", ANSWER, b"", ANSWER]


@pytest.mark.parametrize("says", [ANSWER, AT_ONCE])
def test_what_is_answered_at_once_is_the_answer(says: bytes):
    assert AskedLine(Inside(says=says))(QUESTION) == says


def test_what_is_no_question_is_only_handed_over():
    request = PersonalIdentifierCodeRequest(
        processing_number=bytes(16), individual_number=number()
    )
    assert AskedLine(Inside())(write_payload(request)) == LATER


@pytest.mark.parametrize("says", [b"", b"<odd/>", b"\xff"])
def test_what_is_no_answer_goes_back_as_it_came(says: bytes):
    assert AskedLine(Inside(says=says))(QUESTION) == says


def test_nobody_there_gives_no_answer_and_it_is_tried_again():
    inside = Inside(is_down=True)
    line = AskedLine(inside)
    assert line(QUESTION) == b""
    inside.is_down = False
    assert line(QUESTION) == b""
    inside.is_down = True
    assert line(QUESTION) == b""
    inside.is_down = False
    inside.answers[f"{MESSAGES}/{ID}/answer"] = ANSWER
    assert line(QUESTION) == ANSWER


# -- fetched when it is awaited -------------------------------------------------------

REQUEST = "personal_identifier_code_request"


def paired() -> AddresseeSystem:
    """An addressee system whose pair of numbers its server took over as ``ID``."""
    system = AddresseeSystem(CITY, given())
    assert post(system, numbered()).status == 202
    lines = {INTERMEDIATE: lambda _: LATER}
    assert courier.run(system, lines) == 2
    return system


def request_of(serial: int = 1) -> bytes:
    value = PersonalIdentifierCodeRequest(
        processing_number=bytes(range(16)), individual_number=number(serial)
    )
    return write_payload(value)


def test_the_request_that_its_own_pair_began_is_fetched_and_handed_on():
    """R-142: from the server to the register, by way of the addressee system."""
    system, inside = paired(), Inside(waits={ID: (REQUEST, request_of())})
    assert Station(inside, SERVER).fetch(system) == 1
    assert inside.waits == {}
    owed = system.outbox.next(EXISTING)
    assert owed is not None
    assert owed.body == request_of()


def test_what_somebody_else_began_is_left_where_it_waits():
    system = paired()
    inside = Inside(waits={"cd" * 16: (REQUEST, request_of())})
    assert Station(inside, SERVER).fetch(system) == 0
    assert list(inside.waits) == ["cd" * 16]
    assert system.outbox.next(EXISTING) is None


def test_what_it_refuses_is_on_record_and_does_not_come_again():
    system, inside = paired(), Inside(waits={ID: (REQUEST, request_of(serial=7))})
    assert Station(inside, SERVER).fetch(system) == 1
    assert inside.waits == {}
    (refused,) = system.history.events(what="refused")
    assert (refused.by, refused.about) == (str(SERVER), REQUEST)


def test_what_it_gave_no_answer_to_comes_again():
    system, inside = paired(), Inside(waits={ID: (REQUEST, request_of())})
    system.faults.set(Fault.ANSWER_LOST)
    assert Station(inside, SERVER).fetch(system) == 0
    assert list(inside.waits) == [ID]


def test_what_it_could_not_write_down_comes_again():
    system, inside = paired(), Inside(waits={ID: (REQUEST, request_of())})
    system.store.close()
    with pytest.raises(Exception, match="read or written"):
        Station(inside, SERVER).fetch(system)
    assert list(inside.waits) == [ID]


def test_a_station_that_is_down_gives_nothing():
    inside = Inside(waits={ID: (REQUEST, request_of())}, is_down=True)
    assert Station(inside, SERVER).fetch(paired()) == 0


def test_lines_that_are_no_arrivals_are_passed_over():
    class Odd(Inside):
        def get(self, target: str) -> Reply:
            return Reply(200, "text/plain", b"\xff\nx\na b c d\n")

    assert Station(Odd(), SERVER).fetch(paired()) == 0


def test_a_system_awaits_nothing_unless_it_says_so():
    assert not neighbour(INTERMEDIATE).awaits(REQUEST, ID)
    assert not paired().awaits("resident_record_copy", ID)
    assert not paired().awaits(REQUEST, "")


def test_the_sender_is_the_station_and_not_what_the_payload_says():
    system = paired()
    seen: list[Any] = []
    take = system.take
    system.take = lambda data, sender: seen.append(sender) or take(data, sender)
    Station(Inside(waits={ID: (REQUEST, request_of())}), SERVER).fetch(system)
    assert seen == [Sender(SERVER)]
