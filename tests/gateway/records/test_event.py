# SPDX-License-Identifier: Apache-2.0
"""An event has one spelling, and a commitment that nothing else has."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records.errors import StoreDamaged
from gateway.records.event import (
    Event,
    EventKind,
    canonical,
    commitment,
    prepare,
    read_canonical,
)
from tests.gateway.records.helpers import NOON, event, full_event
from tests.values import replace

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_hex = st.binary(max_size=16).map(bytes.hex)
_events = st.builds(
    Event,
    kind=st.sampled_from(EventKind),
    at=st.datetimes(
        datetime(2000, 1, 1),
        datetime(2100, 1, 1),
        timezones=st.just(UTC),
    ),
    direction=st.sampled_from(["in", "out", "local"]),
    peer=_text,
    message_type=_text,
    message_id=_hex,
    header_digest=_hex,
    processing_number=_hex,
    item_no=st.none() | st.integers(1, 200),
    kinds=st.lists(_text, max_size=3).map(tuple),
    person_tag=_hex,
    permit_digest=_hex,
    code=_text,
    verdicts=st.lists(st.tuples(_text, _text, _text), max_size=3).map(tuple),
    operator=_text,
    detail=_text,
    evidence=st.dictionaries(_text, st.binary(max_size=20), max_size=3),
)


@given(_events)
def test_what_is_written_is_read_back(one: Event) -> None:
    read, digests = read_canonical(canonical(one))
    assert read == replace(one, evidence={})
    assert digests == {
        name: hashlib.sha256(data).hexdigest() for name, data in one.evidence.items()
    }


@given(_events)
def test_the_canonical_form_is_json_with_its_keys_in_order(one: Event) -> None:
    data = canonical(one)
    again = json.dumps(json.loads(data), sort_keys=True, ensure_ascii=False)
    assert list(json.loads(data)) == sorted(json.loads(data))
    assert json.loads(again) == json.loads(data)


def test_the_canonical_form_stays_as_it_is() -> None:
    found = hashlib.sha256(canonical(full_event())).hexdigest()
    assert found == "ac9c4b6b07df0d6fe28bd235db11fe8e6ed8cca16e44c243f7b54716e47a8d93"


def test_the_order_of_evidence_does_not_matter() -> None:
    one = event(evidence={"a": b"1", "b": b"2"})
    other = event(evidence={"b": b"2", "a": b"1"})
    assert canonical(one) == canonical(other)


def test_one_moment_has_one_spelling() -> None:
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    assert canonical(event(at=tokyo)) == canonical(event(at=NOON))


def _other(value: Any) -> Any:
    match value:
        case EventKind():
            return EventKind.SENT
        case datetime():
            return value + timedelta(microseconds=1)
        case int():
            return value + 1
        case str():
            return value + "00"
        case dict():
            return {**value, "permit": b"\x30\x01"}
        case _:
            return value[:-1]


@pytest.mark.parametrize("name", list(Event.__struct_fields__))
def test_every_field_is_covered_by_the_commitment(name: str) -> None:
    one = full_event()
    other = replace(one, **{name: _other(getattr(one, name))})
    salt = bytes(32)
    assert commitment(salt, canonical(one)) != commitment(salt, canonical(other))


def test_a_commitment_is_the_digest_of_label_salt_and_form() -> None:
    prepared = prepare(full_event(), lambda size: b"\x07" * size)
    assert prepared.salt == b"\x07" * 32
    assert (
        prepared.commitment
        == hashlib.sha256(
            b"sekisho record v1" + prepared.salt + canonical(full_event())
        ).digest()
    )


def test_a_record_id_begins_with_its_time_and_is_else_random() -> None:
    one, other = prepare(event()), prepare(event())
    assert len(one.record_id) == 16
    assert one.record_id[:6] == int(NOON.timestamp() * 1000).to_bytes(6)
    assert one.record_id != other.record_id
    assert one.salt != other.salt


def test_a_moment_without_a_zone_is_not_an_events_moment() -> None:
    with pytest.raises(ValueError, match="aware"):
        event(at=datetime(2030, 1, 1))


def test_an_id_that_is_not_hex_is_found_before_the_commit() -> None:
    with pytest.raises(ValueError, match="hex"):
        prepare(event(message_id="not hex"))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_event_are_damage(data: bytes) -> None:
    with pytest.raises(StoreDamaged):
        read_canonical(data)


@given(st.integers(0, 10_000))
def test_a_cut_event_is_damage(length: int) -> None:
    data = canonical(full_event())
    with pytest.raises(StoreDamaged):
        read_canonical(data[: length % len(data)])
