# SPDX-License-Identifier: Apache-2.0
"""Sending-destination extracts: whole, for one reader, for a set time, in no backup."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import Keeping
from gateway.records.backup import back_up
from gateway.records.event import EventKind
from gateway.records.loads import Load
from gateway.records.store import StoreReader
from gateway.services.cs_load import LOAD
from protocols.errors import ProtocolError
from schemas.extracts import query_of, said_of
from schemas.messages import (
    IdentityInformationUpdate,
    read_payload,
    write_payload,
)
from schemas.stream_messages import Destination
from tests.gateway.people import resident_record
from tests.gateway.services.network import until
from tests.gateway.services.posts import Post
from tests.gateway.services.test_cs_inside import City, code_of, opened_at, value_of
from tests.gateway.services.test_cs_keeping import DEATH, keeper, stage
from tests.gateway.world import (
    CARDS,
    CS,
    DAY,
    EXISTING,
    NOON,
    PREFECTURE,
    STORE_KEY,
    TERMINAL,
)
from tests.schemas.samples import sample

in_reactor = pytest_twisted.ensureDeferred

KIND = "sending_destination_extract"
SAMPLE = read_payload(KIND, sample(KIND))
PERIOD = Keeping().destination_days * DAY
RECORD = resident_record()


@pytest.fixture
def city(works_at):
    return City(works_at(CS))


def destination(record):
    """Where somebody is written to."""
    names = (one for one in Destination.__slots__ if hasattr(record, one))
    return Destination(**{name: getattr(record, name) for name in names})


def extract(number=1, *people):
    """One extract of the register, under that number."""
    those = tuple(map(destination, people or (RECORD,)))
    batch = number.to_bytes(16)
    return write_payload(replace(SAMPLE, batch_id=batch, destinations=those))


async def handed_in(city, data, said=None):
    return await city.hand_in(data, said=query_of(data) if said is None else said)


def batch(city, number=1):
    return city.works.store.destinations(number.to_bytes(16))


def state(city, place=0):
    return city.works.store.outgoing(city.works.offered[place].message_id).state


# --- complete and unchanged ----------------------------------------------------


@in_reactor
async def test_as_many_and_the_same_as_the_register_says_is_taken(city):
    """R-045: count and digest at both ends agree."""
    data = extract()
    assert (await handed_in(city, data)).status == 202
    held = batch(city)
    assert (held.persons, held.digest) == (1, sha256(data).digest())


@in_reactor
@pytest.mark.parametrize(
    "said",
    [
        "",
        "?persons=1",
        "?persons=2&sha256={digest}",
        "?persons=0&sha256={digest}",
        "?persons=1&sha256={other}",
        "?to=102016",
    ],
    ids=["nothing", "count alone", "one lost", "one added", "changed", "a receiver"],
)
async def test_an_extract_that_is_not_what_its_register_says_is_refused(city, said):
    """R-045: nothing of it is kept, and nothing goes on."""
    data = extract()
    digest, other = sha256(data).hexdigest(), sha256(data + b" ").hexdigest()
    refused = await handed_in(city, data, said.format(digest=digest, other=other))
    assert refused.status == 422
    assert code_of(refused) == ("SK-J02" if said == "?persons=1" else "SK-J09")
    assert (batch(city), city.owed) == (None, [])


@in_reactor
async def test_a_byte_that_changed_on_the_way_is_seen(city):
    """R-045: the digest is the one of what the register wrote."""
    data = extract()
    changed = data.replace(RECORD.postal_code.encode(), b"9999999")
    assert changed != data
    assert code_of(await handed_in(city, changed, query_of(data))) == "SK-J09"


@given(data=st.binary(max_size=64))
def test_what_is_no_extract_is_said_nothing_of(data):
    assert (said_of(data), query_of(data)) == ({}, "")


# --- one reader ----------------------------------------------------------------


@in_reactor
@pytest.mark.parametrize("by", [EXISTING, TERMINAL], ids=["register", "terminal"])
async def test_nobody_inside_reads_it_again(city, by):
    """R-092: it is used for the card management system, and for nothing else."""
    data = extract()
    answer = await handed_in(city, data)
    assert RECORD.individual_number.encode() not in answer.body
    message_id = value_of(answer).message_id.hex()
    targets = [
        f"/v1/inside/messages/{message_id}",
        f"/v1/inside/messages/{message_id}/answer",
        f"/v1/inside/arrivals/{message_id}",
        "/v1/inside/arrivals",
        "/v1/inside/load",
        "/v1/inside/destinations",
    ]
    for target in targets:
        told = await city.ask("GET", target, by)
        for item in (RECORD.individual_number, RECORD.kanji_name, RECORD.address):
            assert item.encode() not in told.body, target


@in_reactor
async def test_it_leaves_for_the_card_system_alone_and_only_that_can_open_it(city):
    """R-092."""
    data = extract()
    await handed_in(city, data)
    assert city.owed == [(str(CARDS), "sending_destination_notice")]
    assert opened_at(city.works, CARDS).payload.count(b"<extract>") == 1
    with pytest.raises(ProtocolError):
        opened_at(city.works, PREFECTURE)


@in_reactor
async def test_at_rest_it_is_sealed(city):
    """R-092: whoever reads the store's file reads nobody."""
    await handed_in(city, extract())
    with sqlite3.connect(city.works.path) as db:
        rows = db.execute("SELECT * FROM destinations, destination_persons").fetchall()
    db.close()
    for text in (RECORD.individual_number, RECORD.resident_record_code):
        assert text.encode() not in b"".join(c for c in rows[0] if type(c) is bytes)


# --- made when it is needed, and never changed --------------------------


@in_reactor
async def test_each_extract_has_its_own_id_time_and_end(city):
    """R-094."""
    await handed_in(city, extract(1))
    city.works.now += timedelta(hours=1)
    await handed_in(city, extract(2))
    first, second = city.works.store.every_destinations()
    assert (first.batch_id, first.made) == ((1).to_bytes(16), NOON)
    assert (second.batch_id, second.made) == ((2).to_bytes(16), city.works.now)
    assert [one.until - one.made for one in (first, second)] == [PERIOD, PERIOD]


@in_reactor
async def test_under_one_id_there_is_one_extract(city):
    """R-093: what was sent is changed by nobody."""
    await handed_in(city, extract())
    other = extract(1, resident_record(place=1))
    assert code_of(await handed_in(city, other)) == "SK-M09"
    assert batch(city).digest == sha256(extract()).digest()
    assert len(city.owed) == 1


@in_reactor
async def test_the_same_one_handed_in_again_is_sent_again(city):
    for _ in range(2):
        assert (await handed_in(city, extract())).status == 202
    assert len(city.works.store.every_destinations()) == 1


# --- gone after its time ----------------------------------------------


@in_reactor
async def test_sent_it_stays_for_its_time_and_then_goes_by_itself(city):
    """R-095: with no operator's act."""
    await handed_in(city, extract())
    sent = city.works.offered[0]
    city.works.write(lambda tx: tx.settle(sent.message_id, "delivered"))
    city.works.now = NOON + PERIOD
    await keeper(city).look()
    assert batch(city) is not None
    city.works.now += timedelta(microseconds=1)
    await keeper(city).look()
    assert batch(city) is None
    assert state(city) == "delivered"


@in_reactor
async def test_it_goes_even_if_nobody_acknowledged_it(city):
    """R-097: no message carries it any more then."""
    await handed_in(city, extract())
    city.works.now = NOON + PERIOD + timedelta(seconds=1)
    await keeper(city).look()
    row = city.works.store.outgoing(city.works.offered[0].message_id)
    assert (batch(city), row.state, row.envelope) == (None, "withdrawn", b"")


@in_reactor
async def test_one_run_erases_all_that_is_past_and_nothing_else(city):
    """R-097: in one batch, with its count on record."""
    for number in (1, 2, 3):
        await handed_in(city, extract(number))
    city.works.now += timedelta(days=1)
    await handed_in(city, extract(4))
    city.works.now = NOON + PERIOD + timedelta(seconds=1)
    await keeper(city).look()
    left = [one.batch_id for one in city.works.store.every_destinations()]
    assert left == [(4).to_bytes(16)]
    assert [state(city, place) for place in range(4)] == ["withdrawn"] * 3 + ["waiting"]
    (event,) = city.works.events(EventKind.ERASED)
    assert event.event.detail.startswith("sending destinations erased: 3;")
    assert event.event.at == city.works.now


@in_reactor
async def test_it_goes_though_the_clock_is_in_doubt(city):
    await handed_in(city, extract())
    city.works.now = NOON + 20 * PERIOD
    await keeper(city).look()
    assert city.works.store.last_look().doubted
    assert batch(city) is None


@in_reactor
async def test_erased_it_leaves_no_bytes_behind(city):
    await handed_in(city, extract())
    with sqlite3.connect(city.works.path) as db:
        ((sealed,),) = db.execute("SELECT sealed FROM destinations")
    db.close()
    city.works.now = NOON + PERIOD + timedelta(seconds=1)
    await keeper(city).look()
    with sqlite3.connect(city.works.path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()
    assert sealed[-64:] not in city.works.path.read_bytes()


@pytest.mark.parametrize(
    ("days", "taken"), [(1, True), (364, True), (365, False), (0, False), (366, False)]
)
def test_the_keeping_time_is_less_than_one_year(days, taken):
    """R-096."""
    table = {"destination_days": days}
    if taken:
        assert msgspec.convert(table, Keeping).destination_days == days
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(table, Keeping)


@in_reactor
async def test_the_configured_time_is_the_one_that_counts(city, monkeypatch):
    """R-096: set by configuration."""
    station = city.works.station
    config = msgspec.structs.replace(station.config, keeping=Keeping(2))
    monkeypatch.setattr(station, "config", config)
    await handed_in(city, extract())
    assert batch(city).until == NOON + 2 * DAY


# --- an extract lives as long as its time, not as long as a message -------------------


@in_reactor
async def test_a_message_that_expired_is_followed_by_another(city, world):
    await handed_in(city, extract())
    post = Post(world, city.works, CARDS)
    city.works.now = NOON + 2 * DAY
    post.sender.offer(city.works.offered[0])
    await post.settled(city.works.offered[0], "expired")
    await until(lambda: len(city.works.offered) == 2)
    first, second = city.works.offered
    assert (second.peer, second.message_type) == (first.peer, first.message_type)
    assert second.deadline > city.works.now
    assert opened_at(city.works, CARDS).payload


@in_reactor
async def test_what_was_erased_is_not_sent_by_a_sender_that_had_it_in_hand(city, world):
    await handed_in(city, extract())
    outgoing = city.works.offered[0]
    with sqlite3.connect(city.works.path) as db:
        db.execute("DELETE FROM destinations")
    db.close()
    post = Post(world, city.works, CARDS)
    post.sender.offer(outgoing)
    await post.settled(outgoing, "withdrawn")
    assert post.peer.posted == []


# --- no numbers of the dead ----------------------------------------------------


@in_reactor
async def test_a_death_takes_its_extracts_away_and_stops_their_messages(city):
    """R-099: and no others."""
    await city.hand_in(IdentityInformationUpdate(record=RECORD))
    await handed_in(city, extract(1))
    await handed_in(city, extract(2, resident_record(place=1), RECORD))
    await handed_in(city, extract(3, resident_record(place=1)))
    assert (await city.hand_in(stage(1, **DEATH))).status == 202
    left = [one.batch_id for one in city.works.store.every_destinations()]
    assert left == [(3).to_bytes(16)]
    states = [state(city, place) for place in range(1, 4)]
    assert states == ["withdrawn", "withdrawn", "waiting"]
    (event,) = city.works.events(EventKind.ERASED)
    assert event.event.detail.startswith("sending destinations erased: 2;")


@in_reactor
async def test_an_extract_of_somebody_who_died_is_refused(city):
    """R-099: also when the extract is older than the news."""
    await city.hand_in(IdentityInformationUpdate(record=RECORD))
    await city.hand_in(stage(1, **DEATH))
    refused = await handed_in(city, extract(1, resident_record(place=1), RECORD))
    assert (refused.status, code_of(refused)) == (422, "SK-J08")
    assert batch(city) is None


def under_another_code():
    """住民票コードの変更, and what was told after it."""
    new = resident_record(place=1).resident_record_code
    old = RECORD.resident_record_code
    changed = {"resident_record_code": new, "old_resident_record_code": old}
    dead = {**DEATH, "resident_record_code": new}
    return stage(1, change_reason="S14", **changed), stage(2, **dead)


@in_reactor
async def test_a_death_takes_extracts_under_an_earlier_code_away(city):
    """R-099."""
    await city.hand_in(IdentityInformationUpdate(record=RECORD))
    await handed_in(city, extract(1))
    for told in under_another_code():
        assert (await city.hand_in(told)).status == 202
    assert batch(city) is None


@in_reactor
async def test_an_extract_under_an_earlier_code_of_somebody_who_died_is_refused(city):
    """R-099; and whoever is no dead person's is taken."""
    await city.hand_in(IdentityInformationUpdate(record=RECORD))
    changed, died = under_another_code()
    await city.hand_in(changed)
    assert (await handed_in(city, extract(1))).status == 202
    await city.hand_in(died)
    assert code_of(await handed_in(city, extract(2))) == "SK-J08"


@in_reactor
async def test_an_extract_of_somebody_whose_death_was_none_is_taken(city):
    await city.hand_in(IdentityInformationUpdate(record=RECORD))
    changed, died = under_another_code()
    for told in (changed, died):
        await city.hand_in(told)
    back = replace(changed.record, update_sequence_number=9, change_reason="S08")
    assert (await city.hand_in(IdentityInformationUpdate(record=back))).status == 202
    assert (await handed_in(city, extract(1))).status == 202


@in_reactor
async def test_a_death_that_comes_with_a_filling_takes_its_extracts_away(city):
    """R-099: and no others."""
    await city.hand_in(IdentityInformationUpdate(record=RECORD))
    await handed_in(city, extract(1))
    await handed_in(city, extract(2, resident_record(place=1)))
    load = Load(b"filling number 1", NOON, "試験 係", "別の 者", 10)
    city.works.write(lambda tx: tx.begin_load(load))
    target = f"{LOAD}/{load.load_id.hex()}/persons"
    lines = write_payload(stage(1, **DEATH))
    assert (await city.ask("POST", target, EXISTING, lines)).status == 200
    assert (batch(city, 1), state(city, 1)) == (None, "withdrawn")
    assert batch(city, 2) is not None
    (event,) = city.works.events(EventKind.ERASED)
    assert event.event.detail.startswith("sending destinations erased: 1;")


# --- in no backup --------------------------------------------------------------


@in_reactor
async def test_a_backup_holds_no_extract_and_no_message_with_one(city, tmp_path):
    """R-098: and a store that is restored from it has none; all else is there."""
    await city.hand_in(IdentityInformationUpdate(record=RECORD))
    await handed_in(city, extract())
    target = tmp_path / "copy.sqlite"
    back_up(city.works.path, STORE_KEY, target)
    with StoreReader.open(target, STORE_KEY) as copy:
        assert copy.every_destinations() == []
        assert copy.outgoing(city.works.offered[1].message_id) is None
        assert copy.outgoing(city.works.offered[0].message_id) is not None
        assert copy.identity_count() == 1
        assert copy.verify_events() == []
        assert len(list(copy.all_events())) == len(city.works.events())
    assert batch(city) is not None
    assert state(city, 1) == "waiting"


@in_reactor
async def test_not_a_byte_of_an_extract_is_in_a_backup(city, tmp_path):
    """R-098: what SQLite frees is overwritten, too."""
    await handed_in(city, extract())
    with sqlite3.connect(city.works.path) as db:
        ((sealed,),) = db.execute("SELECT sealed FROM destinations")
        ((envelope,),) = db.execute("SELECT envelope FROM outbox")
    db.close()
    target = tmp_path / "copy.sqlite"
    back_up(city.works.path, STORE_KEY, target)
    data = target.read_bytes()
    for secret in (sealed, envelope):
        for start in range(0, len(secret) - 48, 48):
            assert secret[start : start + 48] not in data
