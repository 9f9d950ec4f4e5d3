# SPDX-License-Identifier: Apache-2.0
"""整合性確認 at both servers: manifest and batches in any order, differences back."""

import json
import subprocess
import sys
from datetime import timedelta
from itertools import islice

import pytest

from pki.names import StationName
from schemas.messages import write_payload
from schemas.stream_messages import (
    ConsistencyCheckInformation,
    ConsistencyCheckManifest,
    digest_of,
)
from tests.house import ROOT
from tests.simulators.peers.desk import (
    CITY,
    NATIONAL,
    NEIGHBOUR,
    PREFECTURE,
    SECOND,
    Desk,
    code,
    notice,
    person,
)

RESULT = "consistency_check_result"
RUN = bytes(range(16))
BOTH = pytest.mark.parametrize("server", [PREFECTURE, NATIONAL])


def batches(people, run=RUN, size=3) -> list[ConsistencyCheckInformation]:
    left = iter(people)
    made = []
    while page := tuple(islice(left, size)):
        made.append(
            ConsistencyCheckInformation(check_id=run, batch=len(made) + 1, persons=page)
        )
    return made


def manifest(parts, taken_at, run=RUN, **changed) -> ConsistencyCheckManifest:
    told = {
        "check_id": run,
        "municipality_code": CITY.organisation,
        "taken_at": taken_at.replace(microsecond=0),
        "batches": len(parts),
        "records": sum(len(one.persons) for one in parts),
        "digest": digest_of(map(write_payload, parts)),
    }
    return ConsistencyCheckManifest(**{**told, **changed})


def load(desk: Desk, server: StationName, people, city: str = "102024") -> None:
    desk[server].system.persons.load([(one, city) for one in people], told=0)


@pytest.fixture
def ear(desk):
    """The city's CS: it takes results."""
    return desk.listen(CITY, RESULT)


def check(desk: Desk, server: StationName, ear, people) -> list:
    """A whole run; the parts of its result."""
    desk.time.ahead += SECOND  # a moment is a whole second on the wire
    parts = batches(people)
    told = [desk.tell(CITY, server, one) for one in parts]
    told.append(desk.tell(CITY, server, manifest(parts, desk.time())))
    assert set(told) == {"receipt"}
    desk[server].settle()
    return [one.value for one in ear.heard]


TEN = [person(n) for n in range(1, 11)]


@BOTH
def test_a_city_that_agrees_is_told_so(desk, ear, server):
    desk.play(server)
    load(desk, server, TEN)
    (result,) = check(desk, server, ear, TEN)
    assert (result.part, result.parts) == (1, 1)
    assert (result.compared, result.equal, result.differences) == (10, 10, ())
    assert ear.heard[0].sender == server


@BOTH
def test_differences_name_code_and_items_and_no_value(desk, ear, server):
    desk.play(server)
    kept = [*TEN[:3], person(4, kanji_name="別　名", sex="2"), *TEN[5:], person(99)]
    load(desk, server, kept)
    (result,) = check(desk, server, ear, TEN)
    found = {
        one.resident_record_code: (one.finding, one.differing)
        for one in result.differences
    }
    assert found == {
        code(4): ("differs", ("kanji_name", "sex")),
        code(5): ("only_sent", ()),
        code(99): ("only_kept", ()),
    }
    assert (result.compared, result.equal) == (10, 8)


def test_people_of_other_municipalities_are_not_missed(desk, ear):
    desk.play(PREFECTURE)
    load(desk, PREFECTURE, TEN)
    load(desk, PREFECTURE, [person(50)], NEIGHBOUR.organisation)
    (result,) = check(desk, PREFECTURE, ear, TEN)
    assert result.differences == ()


def test_whoever_died_is_not_missed_either(desk, ear):
    desk.play(PREFECTURE)
    load(desk, PREFECTURE, [*TEN, person(50, change_reason="S05")])
    (result,) = check(desk, PREFECTURE, ear, TEN)
    assert result.differences == ()


def test_whoever_left_and_is_kept_elsewhere_is_as_both_say(desk, ear):
    desk.play(PREFECTURE)
    load(desk, PREFECTURE, TEN)
    load(desk, PREFECTURE, [person(50, address="前橋")], NEIGHBOUR.organisation)
    sent = [*TEN, person(50, change_reason="S04")]
    (result,) = check(desk, PREFECTURE, ear, sent)
    assert (result.compared, result.equal, result.differences) == (11, 11, ())


def test_two_municipalities_that_claim_the_same_person_differ(desk, ear):
    desk.play(PREFECTURE)
    load(desk, PREFECTURE, [person(50, address="前橋")], NEIGHBOUR.organisation)
    (result,) = check(desk, PREFECTURE, ear, [person(50)])
    assert [one.differing for one in result.differences] == [("address",)]


def test_what_changed_since_the_city_looked_is_not_held_against_it(desk, ear):
    desk.play(PREFECTURE)
    load(desk, PREFECTURE, TEN)
    parts, taken = batches(TEN), desk.time()
    desk.time.ahead += 2 * SECOND
    desk.tell(CITY, PREFECTURE, notice(person(1, kanji_name="新　名")))
    desk.tell(CITY, PREFECTURE, notice(person(60)))
    for one in (*parts, manifest(parts, taken)):
        desk.tell(CITY, PREFECTURE, one)
    desk[PREFECTURE].settle()
    (result,) = [one.value for one in ear.heard]
    assert (result.compared, result.equal, result.differences) == (10, 10, ())


@pytest.mark.parametrize("first", range(5))
def test_manifest_and_batches_may_come_in_any_order(desk, ear, first):
    desk.play(PREFECTURE)
    load(desk, PREFECTURE, TEN)
    desk.time.ahead += SECOND
    parts = batches(TEN)
    everything = [*parts, manifest(parts, desk.time())]
    for one in (*everything[first:], *everything[:first]):
        assert ear.heard == []
        desk.tell(CITY, PREFECTURE, one)
        desk[PREFECTURE].settle()
    (told,) = ear.heard
    assert told.value.equal == 10


def test_a_run_goes_on_after_a_restart_at_any_point(desk, ear):
    load_first = True
    parts = batches(TEN)
    for one in (*parts, manifest(parts, desk.time() + SECOND)):
        desk.play(PREFECTURE)
        if load_first:
            load(desk, PREFECTURE, TEN)
            load_first = False
        desk.tell(CITY, PREFECTURE, one)
        desk.stop(PREFECTURE)
    desk.play(PREFECTURE)
    desk[PREFECTURE].settle()
    assert [one.value.equal for one in ear.heard] == [10]


def test_a_batch_that_comes_again_is_taken_once(desk, ear):
    desk.play(PREFECTURE)
    load(desk, PREFECTURE, TEN)
    parts = batches(TEN)
    for _ in range(2):
        assert desk.tell(CITY, PREFECTURE, parts[0]) == "receipt"
    assert desk.kinds(PREFECTURE)[-1] == "received the batch was here before"
    (result,) = check(desk, PREFECTURE, ear, TEN)
    assert result.compared == 10


def contradictions():
    parts = batches(TEN)
    other = batches(TEN[::-1])
    same = [*parts[:3], *batches(TEN[:1])]
    again = ConsistencyCheckInformation(check_id=RUN, batch=9, persons=(TEN[0],))
    return {
        "another batch of the same number": (parts[0], other[0]),
        "a person twice": (parts[0], again),
        "fewer records": (*parts, lambda t: manifest(parts, t, records=9)),
        "another digest": (*parts, lambda t: manifest(parts, t, digest=bytes(32))),
        "a batch beyond": (*parts, lambda t: manifest(parts[:2], t)),
        "two manifests": (
            lambda t: manifest(parts, t),
            lambda t: manifest(same, t),
        ),
    }


@pytest.mark.parametrize("name", contradictions())
def test_what_contradicts_itself_is_refused_and_told_of_by_no_result(desk, ear, name):
    desk.play(PREFECTURE)
    now = desk.time()
    told = [
        desk.tell(CITY, PREFECTURE, one(now) if callable(one) else one)
        for one in contradictions()[name]
    ]
    assert told == ["receipt"] * (len(told) - 1) + ["SK-M09"]
    desk[PREFECTURE].settle()
    assert ear.heard == []


def test_the_right_manifest_mends_a_wrong_one(desk, ear):
    desk.play(PREFECTURE)
    load(desk, PREFECTURE, TEN)
    parts, later = batches(TEN), desk.time() + SECOND
    for one in parts:
        desk.tell(CITY, PREFECTURE, one)
    assert desk.tell(CITY, PREFECTURE, manifest(parts, later, records=1)) == "SK-M09"
    assert desk.tell(CITY, PREFECTURE, manifest(parts, later)) == "receipt"
    desk[PREFECTURE].settle()
    assert [one.value.equal for one in ear.heard] == [10]


def test_nobody_speaks_for_another_municipality(desk):
    desk.play(PREFECTURE)
    parts = batches(TEN)
    assert desk.tell(NEIGHBOUR, PREFECTURE, manifest(parts, desk.time())) == "SK-M05"


def test_runs_of_two_cities_do_not_meet_under_one_id(desk, ear):
    other = desk.listen(NEIGHBOUR, RESULT)
    desk.play(PREFECTURE)
    load(desk, PREFECTURE, TEN)
    theirs = batches([person(70)])
    desk.tell(NEIGHBOUR, PREFECTURE, theirs[0])
    told = manifest(theirs, desk.time(), municipality_code=NEIGHBOUR.organisation)
    desk.tell(NEIGHBOUR, PREFECTURE, told)
    (result,) = check(desk, PREFECTURE, ear, TEN)
    assert result.equal == 10
    assert [one.value.compared for one in other.heard] == [1]


def test_what_was_sent_is_erased_with_the_result(desk, ear):
    desk.play(PREFECTURE)
    load(desk, PREFECTURE, TEN)
    check(desk, PREFECTURE, ear, TEN)
    store = desk[PREFECTURE].store
    for table in ("check_people", "check_batches", "check_differences"):
        assert store.value(f"SELECT count(*) FROM {table}") == 0
    (run,) = desk.hand(PREFECTURE).look("runs")
    assert (run["state"], run["compared"], run["equal"]) == ("done", 10, 10)


def test_a_run_that_is_never_whole_is_erased_after_a_week(desk, ear):
    desk.play(PREFECTURE)
    desk.tell(CITY, PREFECTURE, batches(TEN)[0])
    desk.time.ahead += timedelta(days=7, minutes=1)
    desk[PREFECTURE].settle()
    store = desk[PREFECTURE].store
    assert store.value("SELECT count(*) FROM check_people") == 0
    assert [one["state"] for one in desk.hand(PREFECTURE).look("runs")] == ["lapsed"]


# --- at size -------------------------------------------------------------------------


def test_a_city_of_twenty_thousand_is_compared_in_bounded_memory(tmp_path):
    """In a process of its own, both ends in it: loaded, sent, compared, told."""
    command = [sys.executable, "-m", "tests.simulators.peers.size", "20000"]
    done = subprocess.run(
        [*command, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=240,
    )
    told = json.loads(done.stdout)
    assert told["compared"] == 20_000
    assert told["differences"] == 20_000 - told["equal"] == 2_000
    assert told["parts"] == 2
    assert told["megabytes"] < 300
