# SPDX-License-Identifier: Apache-2.0
"""The whole file goes to both servers, batch by batch, whatever happens meanwhile."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import pytest_twisted
from click.testing import CliRunner
from msgspec import structs

from gateway.cs_cli import cs as command
from gateway.records.checks import Check, ResultPart
from gateway.records.event import EventKind
from gateway.services import consistency
from gateway.services.consistency import Consistency
from pki.names import StationName
from protocols import envelope
from schemas.messages import read_payload, write_payload
from schemas.resident_messages import EightItems
from schemas.stream_messages import (
    ConsistencyCheckInformation,
    ConsistencyCheckManifest,
    ConsistencyCheckResult,
    Difference,
    digest_of,
)
from tests.gateway.people import resident_record
from tests.gateway.words import message
from tests.gateway.world import CS, NATIONAL, NOON, PREFECTURE, STORE_KEY

in_reactor = pytest_twisted.ensureDeferred

FIRST = resident_record()
PEOPLE = 25
SERVERS = (PREFECTURE, NATIONAL)


def code(place):
    """A code of its own for each; whether its check digit is right is not asked."""
    return f"{place:011d}"


@pytest.fixture
def city(works_at, monkeypatch):
    monkeypatch.setattr(consistency, "BATCH", 3)
    works = works_at(CS)
    for place in range(PEOPLE):
        record = replace(FIRST, resident_record_code=code(place))
        works.write(lambda tx, record=record: tx.put_identity(record))
    return works


def ask_for_a_check(works):
    check = Check(b"check number one", NOON, "試験 係")
    assert works.write(lambda tx: tx.open_check(check))
    return check


def delivered(works):
    """Every message that waits is taken over; what was in it, by its receiver."""
    got = []
    for sent in [one for one in works.offered if not is_settled(works, one)]:
        works.write(
            lambda tx, one=sent: tx.settle(one.message_id, "delivered", b"receipt")
        )
        got.append((sent.peer, opened(works, sent)))
    return got


def is_settled(works, sent):
    return works.store.outgoing(sent.message_id).state != "waiting"


def opened(works, sent):
    name = next(server for server in SERVERS if str(server) == sent.peer)
    world = works.world
    packed = envelope.unpack(
        sent.envelope, world.keys(name).opener, world.directory, works.now
    )
    return packed.payload, read_payload(packed.header.message_type, packed.payload)


async def run_to_its_end(works, service=None):
    service = service or Consistency(works.runtime, works.role)
    got = []
    while works.store.open_checks():
        await service.go_on()
        got += delivered(works)
    return got


@in_reactor
async def test_both_servers_get_everybody_once_and_only_the_eight_items(city):
    """R-078, R-079."""
    ask_for_a_check(city)
    got = await run_to_its_end(city)
    for server in SERVERS:
        batches = [
            value
            for peer, (_, value) in got
            if peer == str(server) and isinstance(value, ConsistencyCheckInformation)
        ]
        people = [one for batch in batches for one in batch.persons]
        assert sorted(one.resident_record_code for one in people) == [
            code(place) for place in range(PEOPLE)
        ]
        assert all(type(one) is EightItems for one in people)
        assert [one.batch for one in batches] == list(range(1, len(batches) + 1))


@in_reactor
async def test_the_manifest_says_what_was_sent(city):
    check = ask_for_a_check(city)
    got = await run_to_its_end(city)
    payloads = [
        payload
        for peer, (payload, value) in got
        if peer == str(NATIONAL) and isinstance(value, ConsistencyCheckInformation)
    ]
    manifests = [
        value for _, (_, value) in got if isinstance(value, ConsistencyCheckManifest)
    ]
    assert len(manifests) == len(SERVERS)
    for manifest in manifests:
        assert manifest.check_id == check.check_id
        assert (manifest.batches, manifest.records) == (len(payloads), PEOPLE)
        assert manifest.digest == digest_of(payloads)
        assert manifest.municipality_code == CS.organisation


@in_reactor
async def test_only_a_few_batches_are_on_the_way_at_once(city, monkeypatch):
    monkeypatch.setattr(consistency, "ON_THE_WAY", 8)
    ask_for_a_check(city)
    service = Consistency(city.runtime, city.role)
    for _ in range(3):
        await service.go_on()
    assert len(city.offered) == 8


@in_reactor
async def test_a_station_that_was_killed_goes_on_where_it_was(city):
    ask_for_a_check(city)
    await Consistency(city.runtime, city.role).go_on()
    got = delivered(city)
    got += await run_to_its_end(city, Consistency(city.runtime, city.role))
    people = [
        one.resident_record_code
        for peer, (_, value) in got
        if peer == str(PREFECTURE) and isinstance(value, ConsistencyCheckInformation)
        for one in value.persons
    ]
    assert sorted(people) == [code(place) for place in range(PEOPLE)]


@in_reactor
async def test_without_anybody_asking_nothing_is_sent(city):
    await Consistency(city.runtime, city.role).go_on()
    assert city.offered == []


@in_reactor
async def test_a_check_waits_while_one_of_the_two_servers_is_not_in_the_master(
    city, monkeypatch, caplog
):
    """R-079: both, or none."""
    check = ask_for_a_check(city)
    posts = city.role.posts
    whole = posts._station.directory
    others = {n: peer for n, peer in whole.peers.items() if n != NATIONAL}
    less = SimpleNamespace(peers=others, peer=others.get)
    monkeypatch.setattr(posts, "_station", SimpleNamespace(directory=less))
    await Consistency(city.runtime, city.role).go_on()
    assert city.offered == []
    assert city.store.open_checks() == [check]
    assert "a check waits until the master has one" in caplog.text


@in_reactor
async def test_a_check_waits_while_a_server_has_no_key_to_seal_for(
    city, monkeypatch, caplog
):
    """And says so once, however often it is looked at."""
    check = ask_for_a_check(city)
    peers = city.station.directory.peers
    monkeypatch.setitem(peers, NATIONAL, replace(peers[NATIONAL], recipient=None))
    service = Consistency(city.runtime, city.role)
    for _ in range(3):
        await service.go_on()
    assert city.offered == []
    assert city.store.open_checks() == [check]
    assert caplog.text.count("a check waits") == 1
    monkeypatch.undo()
    await service.go_on()
    assert city.offered


@in_reactor
async def test_a_check_waits_for_its_store_without_an_error_of_ours(city, caplog):
    check = ask_for_a_check(city)
    city.lose_store()
    await Consistency(city.runtime, city.role).go_on()
    city.find_store()
    assert "a check waits" in caplog.text
    assert city.offered == []
    assert city.store.open_checks() == [check]


@in_reactor
async def test_one_check_at_a_time(city):
    check = ask_for_a_check(city)
    other = structs.replace(check, check_id=b"check number two")
    assert not city.write(lambda tx: tx.open_check(other))
    await run_to_its_end(city)
    assert city.write(lambda tx: tx.open_check(other))


def test_an_operator_asks_by_name_and_that_is_on_record(city, monkeypatch, tmp_path):
    config = city.world.config(CS, city.path.parent)
    monkeypatch.setattr("gateway.cs_base_cli.configs.load", lambda _: config)
    monkeypatch.setattr("gateway.cs_cli.load_secret", lambda _: STORE_KEY)
    run = CliRunner().invoke(
        command, ["check", "--config", "cs.toml", "--operator", "高崎 花子"]
    )
    assert run.exit_code == 0, run.output
    (check,) = city.store.open_checks()
    assert check.check_id.hex() == run.output.strip()
    (told,) = city.events(EventKind.OPERATOR)
    assert told.event.operator == check.operator == "高崎 花子"
    again = CliRunner().invoke(
        command, ["check", "--config", "cs.toml", "--operator", "高崎 花子"]
    )
    assert again.exit_code == 1
    assert "another check is going on" in again.output
    listed = CliRunner().invoke(command, ["checks", "--config", "cs.toml", "--json"])
    assert f'"of": {PEOPLE}' in listed.output


# -- what the servers tell ------------------------------------------------------------


def told(server, part=1, parts=1, differences=0, check_id=b"check number one"):
    return ResultPart(check_id, str(server), part, parts, 25, 24, differences, NOON)


@pytest.fixture
def say(city, monkeypatch):
    config = city.world.config(CS, city.path.parent)
    monkeypatch.setattr("gateway.cs_base_cli.configs.load", lambda _: config)
    monkeypatch.setattr("gateway.cs_cli.load_secret", lambda _: STORE_KEY)

    def run(*words):
        found = CliRunner().invoke(command, [*words, "--config", "cs.toml"])
        assert found.exit_code == 0, found.output
        return found.output

    return run


def state(say):
    (check,) = json.loads(say("checks", "--json"))
    return check["state"], [one["differences"] for one in check["results"]]


@in_reactor
async def test_a_check_is_open_until_both_servers_have_told_all_their_parts(city, say):
    """R-081."""
    ask_for_a_check(city)
    assert state(say) == ("sending", [])
    await run_to_its_end(city)
    assert state(say) == ("waiting", [])
    for part, expected in (
        (told(NATIONAL), ("waiting", [0])),
        (told(PREFECTURE, 2, 3, 1), ("waiting", [1, 0])),
        (told(PREFECTURE, 2, 3, 1), ("waiting", [1, 0])),
        (told(PREFECTURE, 1, 3, 5), ("waiting", [6, 0])),
        (told(PREFECTURE, 3, 3, 2), ("done", [8, 0])),
    ):
        city.write(lambda tx, part=part: tx.note_result(part))
        assert state(say) == expected


@in_reactor
async def test_what_another_prefecture_tells_is_no_result(city, say):
    ask_for_a_check(city)
    await run_to_its_end(city)
    stranger = StationName("110001", PREFECTURE.role)
    for server in (NATIONAL, stranger):
        city.write(lambda tx, server=server: tx.note_result(told(server)))
    assert state(say) == ("waiting", [0])


@in_reactor
async def test_a_result_that_comes_is_kept_for_the_register_and_counted(city):
    """R-081: what a server found is on record at the CS."""
    person = FIRST.resident_record_code
    one = Difference(resident_record_code=person, finding="only_kept", differing=())
    result = ConsistencyCheckResult(
        check_id=b"check number one",
        part=1,
        parts=1,
        compared=25,
        equal=24,
        differences=(one,),
    )
    kind, payload = "consistency_check_result", write_payload(result)
    packed = message(city.world, PREFECTURE, CS, kind, payload)
    answer = await city.post(packed)
    assert answer.status == 200
    (found,) = city.store.check_results(b"check number one")
    assert (found.server, found.is_whole) == (str(PREFECTURE), True)
    assert (found.compared, found.equal, found.differences) == (25, 24, 1)
    assert len(city.store.arrivals("existing_resident_system", NOON)) == 1


def test_a_check_can_be_waited_for(city, say, monkeypatch):
    """Plain lines, as in a log; it ends when both servers have told."""
    steps = iter(("sent", "prefecture", "national"))

    def goes_on(_):
        match next(steps):
            case "sent":
                (check,) = city.store.open_checks()
                done = structs.replace(check, persons=PEOPLE, batches=9, done=True)
                city.write(lambda tx: tx.go_on_with_check(done))
            case "prefecture":
                city.write(lambda tx: tx.note_result(result(PREFECTURE)))
            case _:
                city.write(lambda tx: tx.note_result(result(NATIONAL)))

    def result(server):
        return told(server, check_id=city.store.checks()[0].check_id)

    monkeypatch.setattr("gateway.cs_cli.time.sleep", goes_on)
    shown = say("check", "--operator", "高崎 花子", "--wait").splitlines()
    assert shown[1:] == [
        "sent: 0 of 25",
        "servers have told their result: 0 of 2",
        "servers have told their result: 1 of 2",
        "servers have told their result: 2 of 2",
    ]
    assert "servers have told their result: 2 of 2" in say("checks", "--follow")
