# SPDX-License-Identifier: Apache-2.0
"""The catalogue: every row is complete, and nothing lies about without a row."""

import re
from importlib.resources import files

import pytest

from schemas.catalogue import NOT_ENVELOPED, REPLIES, ROWS, Answer, Network, row
from schemas.errors import SchemaError, UnknownType
from schemas.messages import MESSAGES
from schemas.systems import SYSTEMS
from tests.schemas.samples import TYPES

LONGEST_LIFE = 24 * 60 * 60
SHARED_XSDS = {"common.xsd", "record.xsd"}


def names_in(folder: str) -> set[str]:
    return {entry.name for entry in files("schemas").joinpath(folder).iterdir()}


def test_every_row_has_an_xsd_and_every_xsd_a_row() -> None:
    assert names_in("xsd") == {f"{name}.xsd" for name in TYPES} | SHARED_XSDS


def test_every_row_has_a_sample_and_every_sample_a_row() -> None:
    assert names_in("samples") == {f"{name}.xml" for name in TYPES}


def test_every_row_has_a_reader_and_a_writer() -> None:
    assert set(MESSAGES) == set(ROWS)
    for name, message in MESSAGES.items():
        assert message.read.__name__ == f"read_{name}"
        assert message.write.__name__ == f"write_{name}"


def test_the_document_names_29_systems() -> None:
    assert len(SYSTEMS) == 29


@pytest.mark.parametrize("name", TYPES)
def test_every_role_of_a_row_is_a_system_of_the_document(name: str) -> None:
    found = row(name)
    assert found.sender_roles
    assert found.receiver_roles
    assert found.sender_roles | found.receiver_roles <= SYSTEMS


@pytest.mark.parametrize("name", TYPES)
def test_a_row_says_by_what_law_and_in_which_step(name: str) -> None:
    found = row(name)
    assert re.match(r"(番号法|住民基本台帳法)第\d+条|法令の定めなし", found.legal_basis)
    assert all(re.fullmatch(r"F(1|23)-\d\d-\d[a-c]?", s) for s in found.flow_steps)
    assert found.flow_steps or found.network is Network.INSIDE


@pytest.mark.parametrize("name", TYPES)
def test_a_reply_is_named_exactly_where_the_answer_is_one(name: str) -> None:
    found = row(name)
    assert (found.reply_type is not None) is (found.answer is Answer.REPLY)


def test_a_reply_goes_back_the_way_its_request_came_and_is_not_answered() -> None:
    for found in ROWS.values():
        if found.reply_type is None:
            continue
        reply = row(found.reply_type)
        assert reply.answer is Answer.NONE
        assert reply.network is found.network
        assert found.receiver_roles <= reply.sender_roles
        assert found.sender_roles <= reply.receiver_roles


def test_only_replies_and_own_answers_are_not_answered() -> None:
    silent = {name for name, found in ROWS.items() if found.answer is Answer.NONE}
    own = {"submission_refused", "inquiry_status", "submission_status"}
    assert silent == REPLIES | own


@pytest.mark.parametrize("name", TYPES)
def test_an_envelope_lives_at_most_a_day_and_inside_there_is_none(name: str) -> None:
    life = row(name).lifetime_seconds
    if row(name).network is Network.INSIDE:
        assert life == NOT_ENVELOPED
    else:
        assert 0 < life <= LONGEST_LIFE


def test_what_answers_an_order_needs_its_permit() -> None:
    assert {name for name, found in ROWS.items() if found.needs_permit} == {
        "information_provision",
        "provision_lapse",
        "permit_renewal_request",
    }


def test_what_tells_about_a_person_is_marked() -> None:
    assert {name for name, found in ROWS.items() if found.personal} == {
        "identity_information_update",
        "identity_information_update_notice",
        "information_inquiry_request",
        "information_inquiry",
        "provision_order",
        "information_provision",
    }


def test_a_type_without_a_row_is_unknown() -> None:
    with pytest.raises(UnknownType) as caught:
        row("山田太郎")
    assert isinstance(caught.value, SchemaError)
    assert "山田" not in str(caught.value)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        ROWS["new"] = row("permit_notice")  # type: ignore[index]
