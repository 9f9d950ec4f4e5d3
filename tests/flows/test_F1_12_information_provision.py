# SPDX-License-Identifier: Apache-2.0
"""F1-12: a requester asks, the core permits, the provider answers the requester.

Law: 番号法第19条第8号, 第21条, 第22条, 第23条. Everything is done by real daemons; the
records are read by the commands that an operator has.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.xml import parse, root_name
from simulators.network import parties as people
from simulators.network.build import Choices
from simulators.network.stage import Stage, wait_for
from simulators.network.story_items import head_of
from simulators.network.story_refusals import ASKER
from simulators.residents.characters import substitute
from tests.flows.conftest import (
    ITEM,
    Event,
    ask,
    events_of,
    party,
    running,
    small_network,
)

Hold = dict[str, object]

KIND = "resident_record_information"
MANY_KINDS = 15
"""An item for which five kinds may be asked, of which the affair provides one."""
OPERATOR = "審査 花子"
REASON = "本人の同意を確認した"
ANSWER_BY = 2.0
"""Seconds: soon over, so that a release comes after it."""

IN_ORDER = {
    "requester": (
        ("received", "information_inquiry_request"),
        ("attempted", "information_inquiry"),
        ("received", "information_provision"),
    ),
    "core": (
        ("received", "information_inquiry"),
        ("attempted", "provision_order"),
        ("receipted", "provision_order"),
    ),
    "provider": (
        ("received", "provision_order"),
        ("attempted", "information_provision"),
        ("receipted", "information_provision"),
    ),
}
"""What each party's record tells of an inquiry that was answered at once."""

ALONG_THE_WAY = (
    ("requester", "attempted", "information_inquiry"),
    ("core", "received", "information_inquiry"),
    ("provider", "received", "provision_order"),
    ("requester", "received", "information_provision"),
    ("provider", "receipted", "information_provision"),
)
"""What can only happen after one another, whoever looks at the clock."""


def test_an_inquiry_is_answered_with_what_the_provider_holds(network: Stage) -> None:
    number = ask(network, 5)
    assert network.end_of(ASKER, number) == "provided"
    record = network.answer(ASKER, number).resident_record_information
    resident = network.unflagged(network.city, 5)
    head = head_of(network.city, resident)
    assert record.head_name == substitute(head.kanji_name)[0]
    assert record.relationship == resident.relationship
    assert record.head_of_household == resident.is_head


@pytest.mark.parametrize("item_no", [ITEM, MANY_KINDS])
def test_the_answer_holds_exactly_the_kinds_asked(network: Stage, item_no: int) -> None:
    subject = network.unflagged(network.city, 6).addressee_number
    number = network.ask(ASKER, item_no, subject, (KIND,))
    assert isinstance(number, bytes)
    assert network.end_of(ASKER, number) == "provided"
    root = parse(answer_bytes(network, number))
    assert [root_name(part) for part in root] == ["item_no", "layout_version", KIND]
    assert len(root.find(f"{{*}}{KIND}")) == 3


def test_three_records_tell_one_inquiry_in_order(network: Stage) -> None:
    number = ask(network, 7)
    assert network.end_of(ASKER, number) == "provided"
    assert wait_for(lambda: told_of(network, number)) == "all of it"
    events = events_of(network, number)
    for who, wanted in IN_ORDER.items():
        own = [(e["kind"], e["message_type"]) for e in events if party(e) == who]
        assert [one for one in own if one in wanted] == list(wanted), who
    way = [(party(e), e["kind"], e["message_type"]) for e in events]
    assert [one for one in way if one in ALONG_THE_WAY] == list(ALONG_THE_WAY)
    permits = {e["permit_digest"] for e in events if e["permit_digest"]}
    assert len(permits) == 1
    assert {e["item_no"] for e in events if e["item_no"] is not None} == {ITEM}


def test_a_flagged_subject_is_released_by_hand_and_arrives_as_shown(
    network: Stage,
) -> None:
    number, hold = held(network, 2)
    assert str(network.standing(ASKER, number).status) == "in_progress"
    shown = decide(network, "show", hold, "--xml")
    decide(network, "release", hold, "--reason", REASON)
    assert network.end_of(ASKER, number) == "provided"
    assert answer_bytes(network, number).decode() == shown
    own = [e for e in events_of(network, number) if party(e) == "provider"]
    kinds = [e["kind"] for e in own]
    assert kinds.index("held") < kinds.index("released") < kinds.index("attempted")
    released = own[kinds.index("released")]
    assert (released["operator"], released["detail"]) == (OPERATOR, REASON)


def test_a_release_after_answer_by_renews_the_permit_first(tmp_path: Path) -> None:
    choices = Choices(seed="renewal", residents=100, answer_by=ANSWER_BY)
    with running(small_network(tmp_path / "network", choices), choices) as stage:
        number, hold = held(stage, 0)
        assert wait_for(lambda: answer_by_is_over(hold)) == "over"
        decide(stage, "release", hold, "--reason", REASON)
        assert stage.end_of(ASKER, number) == "provided"
        assert wait_for(lambda: told_of(stage, number)) == "all of it"
        events = events_of(stage, number)
    own = [(e["kind"], e["message_type"]) for e in events if party(e) == "provider"]
    wanted = [
        ("held", "provision_order"),
        ("released", "information_provision"),
        ("attempted", "permit_renewal_request"),
        ("answered", "permit_renewal_request"),
        ("attempted", "information_provision"),
        ("receipted", "information_provision"),
    ]
    assert [one for one in own if one in wanted] == wanted
    core = [(e["kind"], e["message_type"]) for e in events if party(e) == "core"]
    assert ("received", "permit_renewal_request") in core
    used = [e["permit_digest"] for e in events if provides(e) and party(e) != "core"]
    first = next(e["permit_digest"] for e in events if e["kind"] == "held")
    assert len(set(used)) == 1
    assert first not in used


def answer_bytes(stage: Stage, number: bytes) -> bytes:
    """What was provided, as it came."""
    path = f"/v1/inside/inquiries/{number.hex()}/answer"
    return stage.inside(ASKER).get(path).body


def told_of(stage: Stage, number: bytes) -> str:
    """Whether the last of it is on record: the requester's receipt at the provider."""
    last = ("provider", "receipted", "information_provision")
    events = events_of(stage, number)
    way = [(party(e), e["kind"], e["message_type"]) for e in events]
    return "all of it" if last in way else ""


def provides(event: Event) -> bool:
    return event["message_type"] == "information_provision" and event["kind"] in (
        "attempted",
        "received",
    )


# -- what an operator does ---------------------------------------------------------


def held(stage: Stage, who: int) -> tuple[bytes, Hold]:
    """Ask about a flagged resident; the processing number, and the hold."""
    subject = stage.flagged(stage.city, who).addressee_number
    number = stage.ask(ASKER, ITEM, subject)
    assert isinstance(number, bytes)
    found: list[Hold] = []

    def listed() -> str:
        config = stage.config(people.PROVIDER)
        holds: list[Hold] = stage.command_json("holds", "list", "--config", config)
        found[:] = [h for h in holds if h["processing_number"] == number.hex()]
        return "held" if found else ""

    assert wait_for(listed) == "held"
    return number, found[0]


def decide(stage: Stage, what: str, hold: Hold, *words: str) -> str:
    """Run one of the `holds` commands about a hold as a named person."""
    config = stage.config(people.PROVIDER)
    who = ("--config", config, "--operator", OPERATOR)
    return stage.command("holds", what, str(hold["hold"]), *who, *words)


def answer_by_is_over(hold: Hold) -> str:
    """Whether the permit's time for an answer without a person has passed."""
    over = datetime.now(UTC) > datetime.fromisoformat(str(hold["answer_by"]))
    return "over" if over else ""
