# SPDX-License-Identifier: Apache-2.0
"""Whatever can stand in a record has Japanese words in a disclosure."""

import pytest

from gateway.records.accounts import (
    IN_PROGRESS,
    LAPSED,
    PROVIDED,
    REFUSED,
    UNDELIVERED,
)
from gateway.records.disclosure_words import KINDS, OUTCOMES, SYSTEMS, TYPES, peer_name
from gateway.records.event import EventKind
from schemas.catalogue import ROWS

NAMED = ("provision_lapse", "permit_notice")
PERSONAL = [
    row.name
    for row in ROWS.values()
    if row.name in NAMED or (row.outside and row.personal)
]


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_has_words(kind: EventKind) -> None:
    assert KINDS[kind]


@pytest.mark.parametrize("name", PERSONAL)
def test_every_type_about_a_person_has_a_name(name: str) -> None:
    assert name in TYPES


def test_every_system_that_sends_or_takes_such_a_type_has_a_name() -> None:
    roles = {role for name in PERSONAL for way in ROWS[name].outside for role in way}
    assert roles <= set(SYSTEMS)


def test_a_peer_that_is_none_is_shown_as_it_is() -> None:
    assert peer_name("203.0.113.7") == "203.0.113.7"
    assert peer_name("102024/municipal_cs") == "102024 市町村ＣＳ"


def test_no_outcome_is_without_words() -> None:
    told = {IN_PROGRESS, UNDELIVERED, REFUSED, LAPSED, PROVIDED}
    assert told <= set(OUTCOMES)
