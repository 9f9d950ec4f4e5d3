# SPDX-License-Identifier: Apache-2.0
"""The desks over the door: strict in what they take, and telling why they refuse."""

import json
from http import HTTPStatus

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.names import StationName
from schemas.systems import BUSINESS, CS, EXISTING, EXISTING_TERMINAL
from simulators.register.service.doing import ACTS
from simulators.register.service.looks import LOOKS
from simulators.register.service.strict import MAX_BODY
from tests.simulators.register.desk import DOMICILE, HOME, Desk, code, number
from tests.simulators.register.service.lone import ALICE, BOB, OWN, Lone

_LONE = Lone(Desk())


def basis(lone):
    return msgspec.to_builtins(lone.desk.notice())


def move_in(lone, **changes):
    fields = {
        "basis": basis(lone),
        "moved_on": "2026-04-02",
        "home": msgspec.to_builtins(HOME),
        "newcomers": [
            {
                "name": "架空　花子",
                "furigana": "かくう　はなこ",
                "born": "1990-05-05",
                "sex": "2",
                "relationship": "世帯主",
                "resident_record_code": code(1),
                "individual_number": number(1),
                "number_proof": "card",
                "domicile": msgspec.to_builtins(DOMICILE),
            }
        ],
        "previous_municipality": "102016",
        "previous_address": "群馬県前橋市天川町２番地",
    }
    return {**fields, **changes}


def test_a_form_is_entered_by_one_person_and_checked_by_another(lone):
    fields = move_in(lone)
    entry = lone.done("entries", form="MoveIn", fields=fields)["entry"]
    reference = fields["basis"]["reference"]
    again = {"entry": entry, "compared_with": reference}
    assert lone.refused("entries/check", by=ALICE, **again) == ("NotAllowed", set())
    done = lone.done("entries/check", by=BOB, **again)
    assert done == {"records": [lone.desk.latest().number]}
    assert lone.desk.latest().name == "架空　花子"
    assert lone.woken == 2


def test_a_refusal_names_fields_and_rules_and_repeats_no_value(lone):
    wrong = move_in(lone, home={**msgspec.to_builtins(HOME), "town_code": "777"})
    wrong["newcomers"][0]["individual_number"] = "123456789018"
    body = {"form": "MoveIn", "fields": wrong, "by": ALICE}
    reply = lone.ask("entries", body)
    assert reply.status == HTTPStatus.UNPROCESSABLE_ENTITY
    told = json.loads(reply.body)
    assert told["refused"] == "EntryRefused"
    found = {(one["field"], one["rule"]) for one in told["reasons"]}
    assert ("home.town_code", "unknown_code") in found
    assert ("individual_number", "number") in found
    assert b"123456789018" not in reply.body
    assert "架空".encode() not in reply.body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", ("body", "format")),
        (b"[]", ("body", "format")),
        (b'{"a": NaN}', ("body", "format")),
        (b'{"entry": 1, "entry": 2}', ("body", "format")),
        (b'{"a":' * 20 + b"1" + b"}" * 20, ("body", "format")),
        (b"[" * 100_000, ("body", "format")),
        (
            b'{"entry": 1, "why": "x", "by": {"name": "a"}, "z": 1}',
            ("body", "not_on_the_form"),
        ),
        (b'{"entry": "1", "why": "x", "by": {"name": "a"}}', ("entry", "format")),
        (b'{"entry": 1, "by": {"name": "a"}}', ("why", "missing")),
        (
            b'{"entry": 1, "why": "x", "by": {"name": "a", "b": 1}}',
            ("by", "not_on_the_form"),
        ),
        (b'{"entry": 1, "why": "x", "by": {"name": "a b"}}', ("by", "format")),
        (b'{"entry": 1, "why": "x", "by": {}}', ("name", "missing")),
        (b'{"entry": 1, "why": "x", "by": 7}', ("by", "format")),
    ],
)
def test_what_is_no_request_is_refused_by_field_and_rule(lone, body, reason):
    reply = lone.ask("entries/send_back", body)
    if len(body) > MAX_BODY:
        assert reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    told = json.loads(reply.body)
    assert reason in {(one["field"], one["rule"]) for one in told["reasons"]}


def test_a_body_beyond_the_bound_is_not_read(lone):
    reply = lone.ask("search", b" " * (MAX_BODY + 1))
    assert reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize(
    "stranger",
    [
        StationName("102024", CS),
        StationName("102024", BUSINESS),
        StationName("112020", EXISTING),
    ],
    ids=str,
)
def test_the_desks_are_for_the_registers_own_people(lone, stranger):
    for method, name in (("GET", "status"), ("POST", "search")):
        reply = lone.door.answer(method, f"/v1/desk/{name}", b"{}", stranger)
        assert (reply.status, reply.body) == (HTTPStatus.FORBIDDEN, b"")


def test_a_terminal_of_the_register_may_use_the_desks(lone):
    terminal = StationName("102024", EXISTING_TERMINAL)
    reply = lone.door.answer("GET", "/v1/desk/status", b"", terminal)
    assert reply.status == HTTPStatus.OK


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/desk/nothing"),
        ("POST", "/v1/desk/nothing"),
        ("POST", "/v1/desk/status"),
        ("GET", "/v1/desk/search"),
        ("POST", "/v1/desk/search?after=1"),
        ("GET", "/v1/other"),
        ("PUT", "/v1/desk/search"),
    ],
)
def test_what_is_no_desk_is_unknown(lone, method, target):
    assert lone.door.answer(method, target, b"{}", OWN).status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "before=1", "after=1&after=2"]
)
def test_a_look_goes_on_behind_a_number_and_nothing_else(lone, query):
    reply = lone.door.answer("GET", f"/v1/desk/history?{query}", b"", OWN)
    assert reply.status == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize("name", LOOKS)
def test_no_look_shows_a_person(lone, name):
    person = lone.desk.single()
    lone.desk.do(lone.desk.move_out(person))
    shown = lone.door.answer("GET", f"/v1/desk/{name}", b"", OWN).body.decode()
    for secret in (
        person.name,
        person.resident_record_code,
        person.individual_number,
        person.home.text,
    ):
        assert secret not in shown


@given(
    name=st.sampled_from(sorted(ACTS)),
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inside: (
            st.lists(inside, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["by", "name", "record", "entry", "query", "born", "fields", "form"]
                ),
                inside,
                max_size=4,
            )
        ),
        max_leaves=8,
    ),
)
def test_whatever_is_asked_there_is_an_answer(name, body):
    reply = _LONE.ask(name, body)
    assert reply.status in {200, 403, 404, 409, 422}
    assert json.loads(reply.body) is not None


def test_a_search_shows_records_and_is_on_record(lone):
    person = lone.desk.single()
    query = {"name": person.name, "born": person.born.isoformat()}
    found = lone.done("search", query=query, purpose="counter")["records"]
    assert [one["number"] for one in found] == [person.number]
    (inquiry,) = lone.look("inquiries")
    assert (inquiry["operator"], inquiry["records"]) == ("alice", [person.number])


def test_each_month_has_a_report_and_no_other_span_has(lone):
    assert lone.done("statistics/monthly", year=2026, month=3)["moves"]
    for year, month in ((2026, 13), (0, 1), (99999, 1)):
        kind, reasons = lone.refused(
            "statistics/monthly", year=year, month=month, by=ALICE
        )
        assert (kind, reasons) == ("EntryRefused", {("month", "format")})


def test_a_suspended_card_is_told(lone):
    person = lone.desk.single()
    card = {"serial": "CARD-1"}
    lone.done("cards", record=person.number, certificate="0A1B", **card)
    lone.done("cards/event", event="suspended", **card)
    assert lone.done("cards/state", **card) == {"state": "suspended"}
    events = [one.event for one in lone.desk.messages("card_status_notice")]
    assert events == ["issued", "suspended"]


def test_a_refused_message_is_offered_again_when_somebody_says_so(lone):
    lone.desk.settled()
    first = lone.register.outbox.next(CS)
    lone.register.outbox.refused(first.number, "SK-J02")
    assert lone.register.outbox.next(CS).number != first.number
    lone.done("outbox/offer_again", message=first.number)
    waiting = [one.number for one in lone.register.outbox.waiting(CS)]
    assert waiting[-1] == first.number
    assert lone.refused("outbox/offer_again", message=first.number, by=ALICE)[0] == (
        "NotNow"
    )
