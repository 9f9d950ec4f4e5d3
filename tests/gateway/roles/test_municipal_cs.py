# SPDX-License-Identifier: Apache-2.0
"""The municipal CS: each change goes to the prefecture, eight items and no others."""

from dataclasses import fields, replace

import msgspec
import pytest

from gateway.config import ConfigRefused
from gateway.roles.cs_posts import Handed
from gateway.roles.municipal_cs import MunicipalCs
from gateway.roles.plan import NOTHING
from schemas.messages import (
    IdentityInformationUpdate,
    IdentityInformationUpdateNotice,
    read_payload,
    write_payload,
)
from tests.gateway.people import resident_record
from tests.gateway.words import outgoing
from tests.gateway.world import CS, EXISTING, NOON, PREFECTURE

RECORD = resident_record()
EIGHT = {
    "resident_record_code",
    "kanji_name",
    "date_of_birth",
    "sex",
    "address",
    "individual_number",
    "change_reason",
    "change_date",
}


@pytest.fixture
def cs(desk_at):
    return MunicipalCs(desk_at(CS).station)


def handed_in(cs, record):
    """What becomes of an update from the existing resident system."""
    value = IdentityInformationUpdate(record=record)
    body = write_payload(value)
    kind = "identity_information_update"
    return cs.posts.take(Handed(kind, value, body, EXISTING.role, "", NOON)).plan


@pytest.fixture
def notice(cs):
    (draft,) = handed_in(cs, RECORD).drafts
    return draft


def test_a_change_is_told_to_the_prefecture_and_to_nobody_else(notice):
    assert notice.receiver == PREFECTURE
    assert notice.message_type == "identity_information_update_notice"


def test_the_notice_holds_the_eight_items_and_no_others(notice):
    value = read_payload(notice.message_type, notice.payload)
    assert {field.name for field in fields(IdentityInformationUpdateNotice)} == EIGHT
    assert value == IdentityInformationUpdateNotice.of(RECORD)
    for name in EIGHT:
        assert getattr(value, name) == getattr(RECORD, name)


def test_what_is_not_among_the_eight_stays_in_the_city(cs):
    secret = "戸籍係のみ"
    record = replace(RECORD, change_reason_detail=secret, operator_id="OP0000099")
    (draft,) = handed_in(cs, record).drafts
    assert secret.encode() not in draft.payload
    assert b"OP0000099" not in draft.payload


def test_the_record_speaks_of_the_person_by_a_tag(cs):
    plan = handed_in(cs, RECORD)
    assert plan.about.person_tag
    assert plan.drafts[0].person_tag == plan.about.person_tag
    assert RECORD.individual_number not in repr(plan)
    assert RECORD.kanji_name not in repr(plan)


def test_whatever_becomes_of_a_notice_nothing_follows_from_it(cs, notice):
    sent = outgoing(notice)
    assert cs.receipted(sent, NOON) == NOTHING
    assert cs.failed(sent, "SK-T03", NOON) == NOTHING
    assert cs.before_sending(sent, NOON) is None


def test_a_cs_without_a_prefecture_does_not_start(world, desk_at):
    station = desk_at(CS).station
    for prefecture, text in ((None, "needs prefecture"), ("110001", "110001")):
        station.config = msgspec.structs.replace(station.config, prefecture=prefecture)
        with pytest.raises(ConfigRefused, match=text):
            MunicipalCs(station)
