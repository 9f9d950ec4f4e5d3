# SPDX-License-Identifier: Apache-2.0
"""F23-01: a city's CS notifies its prefecture of a change in a resident's record.

Law: 住民基本台帳法第30条の6. Only the eight items of the notice leave the city; a bad
number does not get past the inside listener; a prefecture that cannot prove who it is
is sent nothing.
"""

from dataclasses import replace
from typing import Any

import pytest

from pki.names import StationName
from schemas.messages import (
    IdentityInformationUpdate,
    SubmissionAccepted,
    read_payload,
    write_payload,
)
from simulators.network import parties as people
from simulators.network.stage import Stage, wait_for
from simulators.network.story_register import history, record_of

NOTICE = "identity_information_update_notice"
UPDATE = "identity_information_update"
EIGHT_ITEMS = [
    "resident_record_code",
    "kanji_name",
    "date_of_birth",
    "sex",
    "address",
    "individual_number",
    "change_reason",
    "change_date",
]

WRONG = 1
"""How far a check digit is shifted: to one that is nobody's,"""
REAL = 5
"""or to the one that the number would have outside the simulation."""

BAD = [
    ("individual_number", WRONG, "SK-X03"),
    ("individual_number", REAL, "SK-X04"),
    ("resident_record_code", WRONG, "SK-X03"),
    ("resident_record_code", REAL, "SK-X04"),
    ("municipality_code", WRONG, "SK-X03"),
]


def test_an_update_reaches_the_prefecture_once_with_eight_items(network: Stage) -> None:
    message_id = report(network, people.CITY_CS, who=11)
    assert end_of(network, people.CITY_CS, message_id) == "delivered"
    lines = received(network, people.PREFECTURAL_SERVER, message_id)
    assert len(lines) == 1
    assert (lines[0]["kind"], lines[0]["message_type"]) == ("received", NOTICE)
    assert sorted(lines[0]["items"]) == sorted(EIGHT_ITEMS)
    events = events_of_message(network, people.CITY_CS, message_id)
    assert [e["kind"] for e in events] == ["attempted", "receipted"]


@pytest.mark.parametrize(("field", "shift", "code"), BAD)
def test_an_update_with_a_bad_number_is_refused_inside(
    network: Stage, field: str, shift: int, code: str
) -> None:
    good = record_of(network.unflagged(network.city, 12))
    bad = replace(good, **{field: shifted(getattr(good, field), shift)})
    heard = len(history(network, people.PREFECTURAL_SERVER))
    before = sent_and_refused(network, code)
    answer = network.submit(
        people.CITY_CS, write_payload(IdentityInformationUpdate(record=bad))
    )
    assert getattr(answer, "code", "accepted") == code
    assert answer.what_to_do
    sent, refused = sent_and_refused(network, code)
    assert (sent, refused) == (before[0], before[1] + 1)
    assert len(history(network, people.PREFECTURAL_SERVER)) == heard


def test_the_same_update_passes_with_its_number_put_right(network: Stage) -> None:
    message_id = report(network, people.CITY_CS, who=12)
    assert end_of(network, people.CITY_CS, message_id) == "delivered"


def test_an_impostor_prefecture_is_sent_nothing(network: Stage) -> None:
    message_id = report(network, people.SECOND_CS, who=3)

    def tried() -> str:
        events = events_of_message(network, people.SECOND_CS, message_id)
        return next((e["code"] for e in events if e["code"]), "")

    assert wait_for(tried) == "SK-T02"
    assert standing(network, people.SECOND_CS, message_id) == ""
    assert history(network, people.IMPOSTOR) == []
    events = events_of_message(network, people.SECOND_CS, message_id)
    assert not [e for e in events if e["kind"] in ("sent", "receipted", "answered")]


def report(stage: Stage, cs: StationName, who: int) -> str:
    """An existing resident system reports a change; the notice's message id."""
    city = stage.city if cs == people.CITY_CS else stage.second_city
    answer = stage.update(cs, record_of(stage.unflagged(city, who)))
    assert isinstance(answer, SubmissionAccepted)
    assert answer.message_id is not None
    return answer.message_id.hex()


def standing(stage: Stage, cs: StationName, message_id: str) -> str:
    """What became of a message, as its own system is told; empty while it waits."""
    reply = stage.inside(cs).get(f"/v1/inside/messages/{message_id}")
    status: Any = read_payload("submission_status", reply.body)
    return "" if str(status.status) == "waiting" else str(status.status)


def end_of(stage: Stage, cs: StationName, message_id: str) -> str:
    """Wait for what becomes of a message."""
    return wait_for(lambda: standing(stage, cs, message_id))


def received(stage: Stage, server: StationName, message_id: str) -> list[Any]:
    """What a prefectural server wrote down of one message."""
    return [line for line in history(stage, server) if line["message_id"] == message_id]


def events_of_message(stage: Stage, cs: StationName, message_id: str) -> list[Any]:
    """What a CS has on record of one message, in order."""
    words = ("--config", stage.config(cs), "--message-id", message_id)
    found: list[Any] = stage.command_json("records", "search", *words)
    return found


def sent_and_refused(stage: Stage, code: str) -> tuple[int, int]:
    """How many notices the city's CS began to send, and refused updates so far."""
    config = stage.config(people.CITY_CS)
    words = ("--config", config, "--limit", "100000")
    events: list[Any] = stage.command_json("records", "list", *words)
    sent = [e for e in events if e["kind"] == "attempted"]
    refused = [
        e
        for e in events
        if (e["kind"], e["message_type"], e["code"]) == ("refused", UPDATE, code)
    ]
    return len(sent), len(refused)


def shifted(number: str, shift: int) -> str:
    """The number with its check digit shifted."""
    return number[:-1] + str((int(number[-1]) + shift) % 10)
