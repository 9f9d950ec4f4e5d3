# SPDX-License-Identifier: Apache-2.0
"""What passes through a CS, with a CS that is played here, well and badly."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from pki.names import StationName
from schemas.messages import (
    Payload,
    SubmissionAccepted,
    SubmissionRefused,
    read_payload,
    write_payload,
)
from schemas.move_messages import FamilyRegisterSupplementUpdate
from schemas.people import ConfirmationKey, ConfirmedPerson, SearchKey
from schemas.resident_messages import EightItems
from schemas.search_messages import (
    IdentityConfirmationResult,
    IdentityInformationSearchResult,
)
from simulators.network.story_register import record_of
from simulators.residents import generate
from simulators.scenario.at_moves import (
    ACCEPTED,
    AS_SENT,
    CHANGED,
    IN_FULL,
    NOTHING,
    OTHERWISE,
    RECEIVED,
    STAYS,
    Fetch,
    FetchType,
    HandIn,
    fetch,
    hand_in,
    receive,
)
from simulators.scenario.at_terminal import (
    FOUND,
    NOBODY,
    SOMEBODY_ELSE,
    Ask,
    confirm,
    search,
)
from simulators.scenario.registry import Kept
from simulators.scenario.selector import Selector
from simulators.web import Reply

ID = "ab" * 16
REGISTER = StationName.parse("102024/existing_resident_system")
NEIGHBOUR = StationName.parse("112020/municipal_cs")
NOTICE, SUPPLEMENT = "move_in_notice", "family_register_supplement_information"
UPDATE = "family_register_supplement_update"
ONE, OTHER = generate(1, 2)
ACCEPTING = SubmissionAccepted(bytes.fromhex(ID))
REFUSING = SubmissionRefused(
    code="SK-J02",
    rules=("R-069",),
    text_ja="無",
    text_en="none",
    what_to_do="mend it",
    retry=False,
)


@dataclass
class Cs:
    """One CS, in the hands of one of its systems."""

    waits: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    says: Payload = ACCEPTING
    answer: Payload | None = None
    shows: Callable[[bytes], bytes] = lambda body: body
    read_status: int = 200
    taken_status: int = 204
    erases: bool = True
    posted: list[tuple[str, bytes]] = field(default_factory=list)

    def get(self, target: str) -> Reply:
        if target == "/v1/inside/arrivals":
            lines = (f"{one} {kind} X\n" for one, (kind, _) in self.waits.items())
            return Reply(200, "text/plain", "".join(lines).encode())
        if target == f"/v1/inside/messages/{ID}/answer":
            if self.answer is None:
                return Reply(404, "text/plain", b"")
            return Reply(200, "application/xml", write_payload(self.answer))
        one = target.removeprefix("/v1/inside/arrivals/")
        return Reply(
            self.read_status, "application/xml", self.shows(self.waits[one][1])
        )

    def post(self, target: str, _: str, body: bytes) -> Reply:
        self.posted.append((target, body))
        if not target.endswith("/taken"):
            return Reply(200, "application/xml", write_payload(self.says))
        if self.erases:
            del self.waits[target.split("/")[-2]]
        return Reply(self.taken_status, "text/plain", b"")


@dataclass
class FakeWorld:
    """What of a world these actions use; it does not wait."""

    cs: Cs
    names: dict[str, Kept] = field(default_factory=dict)
    parties: dict[str, Any] = field(default_factory=lambda: {"there": NEIGHBOUR})
    stage: Any = None
    network: Any = field(default_factory=lambda: SimpleNamespace(house={}))
    """No register runs in it."""

    def __post_init__(self) -> None:
        self.stage = self

    def inside(self, *_: Any) -> Cs:
        return self.cs

    def now(self) -> datetime:
        return datetime(2026, 4, 1, 9, tzinfo=UTC)

    def resident(self, *_: Any) -> Any:
        return ONE

    def until_expected(self, look: Callable[[], str], absent: str = "") -> str:
        return look()


def handed(message: str, **more: Any) -> tuple[FakeWorld, bytes]:
    """A world in which this was handed in, and what it was."""
    world = FakeWorld(Cs())
    happened = hand_in(world, REGISTER, HandIn(message=message, **more))
    assert happened.ending == ACCEPTED
    assert happened.kept is not None
    world.names["it"] = happened.kept
    return world, world.cs.posted[-1][1]


def fetched(world: FakeWorld) -> str:
    return fetch(world, REGISTER, Fetch(of="it")).ending


# -- fetching --------------------------------------------------------------------------


def test_what_comes_as_it_was_sent_is_fetched_and_acknowledged():
    world, body = handed(NOTICE, to="there")
    world.cs.waits[ID] = NOTICE, body
    assert fetched(world) == AS_SENT
    assert world.cs.posted[0][0] == "/v1/inside/messages?to=112020"
    assert world.cs.posted[-1][0] == f"/v1/inside/arrivals/{ID}/taken"


def test_what_was_dropped_is_missed():
    world, body = handed(NOTICE)
    world.cs.waits["cd" * 16] = NOTICE, body
    assert fetched(world) == NOTHING
    assert set(world.cs.waits) == {"cd" * 16}


def test_one_changed_byte_is_seen():
    world, body = handed(NOTICE)
    world.cs.waits[ID] = NOTICE, body + b" "
    assert fetched(world) == CHANGED


def test_what_stays_after_it_was_acknowledged_is_seen():
    world, body = handed(NOTICE)
    world.cs.waits[ID] = NOTICE, body
    world.cs.erases = False
    assert fetched(world) == STAYS


@pytest.mark.parametrize("status", ["read_status", "taken_status"])
def test_a_cs_that_says_otherwise_is_seen(status: str):
    world, body = handed(NOTICE)
    world.cs.waits[ID] = NOTICE, body
    setattr(world.cs, status, 503)
    assert fetched(world) == CHANGED


def update(body: bytes, **change: Any) -> bytes:
    """What the CS makes of supplement information."""
    told: Any = read_payload(SUPPLEMENT, body)
    same = {name: getattr(told, name) for name in told.__slots__}
    value = FamilyRegisterSupplementUpdate(
        municipality_code=REGISTER.organisation, **{**same, **change}
    )
    return write_payload(value)


def test_another_type_of_the_cs_has_every_field_that_was_sent():
    world, body = handed(SUPPLEMENT)
    world.cs.waits[ID] = UPDATE, update(body)
    assert fetched(world) == IN_FULL
    world.cs.waits[ID] = UPDATE, update(body, kanji_name="別人")
    assert fetched(world) == CHANGED


def test_everything_of_one_type_is_received_and_nothing_else():
    world, body = handed(NOTICE)
    told = update(handed(SUPPLEMENT)[1])
    assert receive(world, REGISTER, FetchType(message=NOTICE)).ending == NOTHING
    world.cs.waits = {one * 16: (NOTICE, body) for one in ("aa", "bb")} | {
        ID: (UPDATE, told)
    }
    assert receive(world, REGISTER, FetchType(message=NOTICE)).ending == RECEIVED
    assert set(world.cs.waits) == {ID}


@pytest.mark.parametrize(
    "bad", [{"erases": False}, {"taken_status": 404}, {"read_status": 404}]
)
def test_what_is_not_erased_is_not_received(bad: dict[str, Any]):
    world, body = handed(NOTICE)
    world.cs = replace(world.cs, waits={ID: (NOTICE, body)}, **bad)
    assert receive(world, REGISTER, FetchType(message=NOTICE)).ending == STAYS


# -- handing in ------------------------------------------------------------------------


def test_a_refusal_is_told_with_its_code_and_an_odd_answer_as_odd():
    world = FakeWorld(Cs(says=REFUSING))
    params = HandIn(message=NOTICE)
    assert hand_in(world, REGISTER, params).ending == "refused SK-J02"
    world.cs.says = SubmissionAccepted()
    assert hand_in(world, REGISTER, params).ending == OTHERWISE


def test_elements_are_changed_as_they_are_named():
    for name in ("<A & B>", r"\1\g<0>", "髙𣘺"):
        _, body = handed(SUPPLEMENT, change={"kanji_name": name})
        value: Any = read_payload(SUPPLEMENT, body)
        assert value.kanji_name == name
        assert value.domicile_head_name != name


def test_a_certificate_is_for_the_day_and_the_place_that_are_named():
    message = "move_out_certificate_information"
    _, body = handed(message, to="there", planned_in_days=-40)
    value: Any = read_payload(message, body)
    assert f"{value.planned_move_out_date}" == "2026-02-20"
    assert value.new_municipality_code == NEIGHBOUR.organisation


@pytest.mark.parametrize(
    ("params", "where"),
    [
        (HandIn(message="move_in_note"), "message"),
        (HandIn(message=NOTICE, change={"kanji_nam": "x"}), "change"),
        (HandIn(message=SUPPLEMENT, change={SUPPLEMENT: "x"}), "change"),
        (HandIn(message=NOTICE, planned_in_days=1), "planned_in_days"),
        (FetchType(message="move_in_note"), "message"),
    ],
)
def test_what_a_message_does_not_have_is_refused_when_it_is_read(
    params: HandIn | FetchType, where: str
):
    found = params.fault()
    assert found is not None
    assert found[0] == where


def test_what_a_message_has_is_taken():
    assert HandIn(message=SUPPLEMENT, change={"kanji_name": "x"}).fault() is None
    message = "move_out_certificate_information"
    assert HandIn(message=message, planned_in_days=0).fault() is None


# -- asking ----------------------------------------------------------------------------

PERSON, STRANGER = (EightItems.of(record_of(one)) for one in (ONE, OTHER))
CODE = PERSON.resident_record_code
NAMESAKE = replace(STRANGER, resident_record_code=CODE)


def found(*people: EightItems) -> IdentityInformationSearchResult:
    key = SearchKey(resident_record_code=CODE)
    return IdentityInformationSearchResult(key=key, more=False, persons=people)


def at_the_counter(person: EightItems) -> ConfirmedPerson:
    names = [one.name for one in fields(ConfirmedPerson)]
    return ConfirmedPerson(**{name: getattr(person, name) for name in names})


def confirmed(person: EightItems | None) -> IdentityConfirmationResult:
    return IdentityConfirmationResult(
        key=ConfirmationKey(resident_record_code=CODE),
        confirmed=person is not None,
        person=None if person is None else at_the_counter(person),
    )


ASK = Ask(resident=Selector())
ANSWERS = [
    (found(PERSON), FOUND),
    (found(), NOBODY),
    (found(STRANGER), SOMEBODY_ELSE),
    (found(NAMESAKE), SOMEBODY_ELSE),
    (found(PERSON, STRANGER), SOMEBODY_ELSE),
]


@pytest.mark.parametrize(("answer", "ending"), ANSWERS)
def test_whom_our_own_file_has_is_told(answer: Payload, ending: str):
    world = FakeWorld(Cs(says=answer))
    assert search(world, REGISTER, ASK).ending == ending


@pytest.mark.parametrize(("answer", "ending"), [*ANSWERS, (None, NOTHING)])
def test_whom_another_file_has_is_told(answer: Payload | None, ending: str):
    world = FakeWorld(Cs(answer=answer))
    happened = search(world, REGISTER, ASK)
    assert happened.ending == ending
    assert happened.kept == Kept(message_id=ID)


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (confirmed(PERSON), FOUND),
        (confirmed(None), NOBODY),
        (confirmed(STRANGER), SOMEBODY_ELSE),
        (ACCEPTING, OTHERWISE),
    ],
)
def test_who_is_confirmed_is_told(answer: Payload, ending: str):
    world = FakeWorld(Cs(answer=answer))
    assert confirm(world, REGISTER, ASK).ending == ending


def test_a_question_that_is_refused_is_told_with_its_code():
    world = FakeWorld(Cs(says=REFUSING))
    assert search(world, REGISTER, ASK).ending == "refused SK-J02"
