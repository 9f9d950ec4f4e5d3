# SPDX-License-Identifier: Apache-2.0
"""Card management and the Ministry of Justice: what they take, and what stops there."""

from datetime import UTC, date, datetime

import pytest

from schemas.card_messages import CardManagementInformationUpdateRequest as Continued
from schemas.card_messages import CardStatusNotice
from schemas.messages import write_payload
from schemas.register_messages import ForeignResidentNotice
from schemas.stream_messages import (
    Destination,
    SendingDestinationExtract,
    SendingDestinationNotice,
)
from simulators.peers.errors import BadRequest
from tests.simulators.peers.desk import (
    CARDS,
    CITY,
    DAY,
    JUSTICE,
    NATIONAL,
    NEIGHBOUR,
    SECOND,
    TERMINAL,
    Desk,
    code,
    number,
    person,
    wrong,
)

BATCH_ID = bytes(range(16))


def destination(body: int = 1, **changed) -> Destination:
    one = person(body)
    told = {
        "resident_record_code": one.resident_record_code,
        "individual_number": one.individual_number,
        "kanji_name": one.kanji_name,
        "furigana_name": "たかさき　たろう",
        "date_of_birth": one.date_of_birth,
        "sex": one.sex,
        "postal_code": "3700829",
        "address": one.address,
    }
    return Destination(**{**told, **changed})


def extract(*destinations: Destination, **changed) -> bytes:
    told = {
        "batch_id": BATCH_ID,
        "municipality_code": CITY.organisation,
        "extracted": datetime(2026, 4, 1, tzinfo=UTC),
        "destinations": destinations or (destination(),),
    }
    return write_payload(SendingDestinationExtract(**{**told, **changed}))


def sent(data: bytes, batch_id: bytes = BATCH_ID) -> SendingDestinationNotice:
    return SendingDestinationNotice(batch_id=batch_id, extract=data)


@pytest.fixture
def cards(desk):
    """Card management beside a national server that knows nine people."""
    desk.play(NATIONAL, CARDS)
    desk.hand(NATIONAL).load((person(n), "102024") for n in range(1, 10))
    return desk.hand(CARDS)


# --- sending destinations -------------------------------------------------------------


def test_destinations_are_kept_as_they_were_extracted(desk, cards):
    everybody = [destination(n) for n in range(1, 10)]
    assert desk.tell(CITY, CARDS, sent(extract(*everybody))) == "receipt"
    kept = cards.look("extract", {"batch_id": BATCH_ID.hex()})
    assert [one["resident_record_code"] for one in kept] == [
        code(n) for n in range(1, 10)
    ]
    assert desk.kinds(CARDS) == ["received 9 persons, 0 stopped"]


STOPPED = {
    "an old name": ({"kanji_name": "旧　姓"}, ["kanji_name"]),
    "an old address": ({"address": "群馬県前橋市"}, ["address"]),
    "another sex": ({"sex": "2"}, ["sex"]),
    "another birthday": ({"date_of_birth": date(1999, 9, 9)}, ["date_of_birth"]),
    "somebody else's number": ({"individual_number": number(2)}, ["individual_number"]),
    "an unknown code": (
        {"resident_record_code": code(777)},
        ["resident_record_code"],
    ),
}


@pytest.mark.parametrize("name", STOPPED)
def test_a_row_that_the_national_server_does_not_know_so_is_stopped(desk, cards, name):
    changed, items = STOPPED[name]
    told = sent(extract(destination(1, **changed), destination(2)))
    assert desk.tell(CITY, CARDS, told) == "receipt"
    kept = cards.look("extract", {"batch_id": BATCH_ID.hex()})
    assert [one["stopped"] for one in kept] == [items, []]
    assert cards.count()["stopped"] == 1
    assert desk.kinds(CARDS) == ["received 2 persons, 1 stopped"]


def test_what_was_sent_is_never_changed(desk, cards):
    first = extract(destination(1))
    assert desk.tell(CITY, CARDS, sent(first)) == "receipt"
    assert desk.tell(CITY, CARDS, sent(first)) == "receipt"
    assert desk.tell(CITY, CARDS, sent(extract(destination(2)))) == "SK-M09"
    (kept,) = cards.look("extract", {"batch_id": BATCH_ID.hex()})
    assert kept["resident_record_code"] == code(1)


OTHER_TYPE = extract().replace(b"sending_destination_extract", b"move_in_notice")
OTHER_NUMBER = extract(destination(1, individual_number=wrong(number(1))))
BAD_EXTRACTS = {
    "no XML": (b"<", "SK-X01"),
    "another type": (OTHER_TYPE, "SK-X02"),
    "a wrong number": (OTHER_NUMBER, "SK-X03"),
    "another batch": (extract(batch_id=bytes(16)), "SK-M09"),
    "another city": (extract(municipality_code="102016"), "SK-M05"),
}


@pytest.mark.parametrize("name", BAD_EXTRACTS)
def test_an_extract_is_judged_like_a_payload(desk, cards, name):
    data, expected = BAD_EXTRACTS[name]
    assert desk.tell(CITY, CARDS, sent(data)) == expected
    assert cards.count()["destinations"] == 0


# --- cards ---------------------------------------------------------------------------


def event(what: str, day: int = 1, body: int = 1, card: str = "C1") -> CardStatusNotice:
    return CardStatusNotice(
        card_management_number=card,
        resident_record_code=code(body),
        card_event=what,
        event_date=date(2026, 5, day),
    )


def tell(desk: Desk, *events: CardStatusNotice) -> list[str]:
    for one in events:
        assert desk.tell(CITY, CARDS, one) == "receipt"
    return [kind.removeprefix("received ") for kind in desk.kinds(CARDS)]


def state(cards) -> str:
    return cards.look("card", {"card_management_number": "C1"})["state"]


@pytest.mark.parametrize(
    "what", ["abolished", "collected", "suspension_released", "returned"]
)
def test_each_event_of_a_card_is_its_state(desk, cards, what):
    assert tell(desk, event("issued"), event(what, 2)) == ["issued", what]
    assert state(cards) == what


@pytest.mark.parametrize(
    ("events", "effect"),
    [
        ([event("returned")], "unknown card"),
        ([event("issued"), event("issued", 2)], "cannot follow issued"),
        (
            [event("issued"), event("abolished", 2), event("suspension_released", 3)],
            "cannot follow abolished",
        ),
        ([event("issued", 5), event("abolished", 2)], "older than the last event"),
        ([event("issued"), event("abolished", 2, body=2)], "another person's card"),
    ],
)
def test_an_event_that_cannot_be_is_on_record_and_changes_nothing(
    desk, cards, events, effect
):
    before = tell(desk, *events[:-1])
    kept = cards.look("card", {"card_management_number": "C1"})
    assert tell(desk, events[-1]) == [*before, effect]
    assert cards.look("card", {"card_management_number": "C1"}) == kept


def goes_on(**changed) -> Continued:
    told = {
        "card_management_number": "C1",
        "resident_record_code": code(1),
        "kanji_name": person(1).kanji_name,
        "address": "群馬県前橋市大手町1番地",
        "municipality_code": NEIGHBOUR.organisation,
        "continued_use_date": DAY,
    }
    return Continued(**{**told, **changed})


def test_a_card_goes_on_being_used_at_the_new_address(desk, cards):
    tell(desk, event("issued"))
    assert desk.tell(NEIGHBOUR, CARDS, goes_on()) == "receipt"
    card = cards.look("card", {"card_management_number": "C1"})
    assert card["municipality"] == NEIGHBOUR.organisation
    assert card["address"] == "群馬県前橋市大手町1番地"
    assert card["continued_use_date"] == DAY.isoformat()


@pytest.mark.parametrize(
    ("events", "changed", "effect"),
    [
        ([], {}, "unknown card"),
        ([event("issued")], {"resident_record_code": code(2)}, "another person's card"),
        ([event("issued"), event("abolished", 2)], {}, "the card is abolished"),
    ],
)
def test_a_card_that_cannot_go_on_does_not(desk, cards, events, changed, effect):
    tell(desk, *events)
    assert desk.tell(NEIGHBOUR, CARDS, goes_on(**changed)) == "receipt"
    assert desk.kinds(CARDS)[-1] == f"received {effect}"
    card = cards.look("card", {"card_management_number": "C1"})
    assert card is None or card["continued_use_date"] == ""


def test_nobody_continues_a_card_for_another_city(desk, cards):
    tell(desk, event("issued"))
    assert desk.tell(CITY, CARDS, goes_on()) == "SK-M05"


# --- Ministry of Justice --------------------------------------------------------------


def foreign(**changed) -> ForeignResidentNotice:
    told = {
        "residence_card_number": "ZZ12345678ZZ",
        "roman_name": "JANE DOE",
        "date_of_birth": date(1990, 1, 1),
        "sex": "2",
        "nationality": "USA",
        "municipality_code": TERMINAL.organisation,
        "address": "群馬県高崎市高松町1番地",
        "change_reason": "S02",
        "change_date": DAY,
    }
    return ForeignResidentNotice(**{**told, **changed})


def shown(desk: Desk):
    asked = {"residence_card_number": "ZZ12345678ZZ"}
    return desk.hand(JUSTICE).look("foreign_resident", asked)


def test_the_ministry_keeps_what_it_was_told_last(desk):
    desk.play(JUSTICE)
    late = desk.write(TERMINAL, JUSTICE, foreign(address="旧住所"))
    desk.time.ahead += 3 * SECOND
    assert desk.tell(TERMINAL, JUSTICE, foreign()) == "receipt"
    desk.answer(late, JUSTICE)
    assert shown(desk)["address"] == "群馬県高崎市高松町1番地"
    assert desk.kinds(JUSTICE) == ["received new", "received older than what is kept"]


def test_the_ministry_is_told_by_the_link_terminal_alone_and_for_its_city(desk):
    desk.play(JUSTICE)
    assert desk.tell(CITY, JUSTICE, foreign()) == "SK-M05"
    other = foreign(municipality_code=NEIGHBOUR.organisation)
    assert desk.tell(TERMINAL, JUSTICE, other) == "SK-M05"
    assert shown(desk) is None


def test_nobody_is_loaded_at_the_ministry(desk):
    desk.play(JUSTICE)
    with pytest.raises(BadRequest):
        desk.hand(JUSTICE).load([(person(1), "102024")])
