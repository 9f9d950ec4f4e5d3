# SPDX-License-Identifier: Apache-2.0
"""The register fills the file of a CS: let in by two persons, cut and gone on with."""

from dataclasses import replace
from datetime import date

import pytest
import pytest_twisted
from click.testing import CliRunner
from twisted.internet.defer import ensureDeferred, gatherResults

from gateway.cs_cli import cs as command
from gateway.records.event import EventKind
from gateway.records.loads import DONE, ENDED, Load
from gateway.services.cs_load import LOAD, MAX_LINES
from gateway.services.listener import Request
from schemas.messages import IdentityInformationUpdate, write_payload
from tests.gateway.people import resident_record
from tests.gateway.works import inside_of
from tests.gateway.world import CS, EXISTING, NOON, STORE_KEY, TERMINAL

in_reactor = pytest_twisted.ensureDeferred

PEOPLE = [resident_record(place) for place in range(6)]
LOAD_ID = b"filling number 1"
TARGET = f"{LOAD}/{LOAD_ID.hex()}"


def line(record):
    return write_payload(IdentityInformationUpdate(record))


def body(*records):
    return b"\n".join(map(line, records))


class City:
    """A CS at work, and its register."""

    def __init__(self, works):
        self.works = works
        self.inside = inside_of(works)

    def open(self, persons=100):
        load = Load(LOAD_ID, NOON, "試験 係", "別の 者", persons)
        assert self.works.write(lambda tx: tx.begin_load(load))

    async def ask(self, method, target, content=b"", by=EXISTING):
        request = Request(method, target, "application/xml", content, True)
        return await self.inside.handle(request, self.works.world.identity(by))

    async def hand_in(self, *records, place="", **how):
        target = f"{TARGET}/persons" + (f"?place={place}" if place else "")
        content = how.pop("content", body(*records))
        return await self.ask("POST", target, content, **how)

    async def standing(self):
        answer = await self.ask("GET", LOAD)
        return dict(one.split(" ") for one in answer.body.decode().splitlines())

    def held(self):
        return self.works.store.identity_count()


@pytest.fixture
def city(works_at):
    return City(works_at(CS))


@pytest.fixture
def open_city(city):
    city.open()
    return city


@in_reactor
async def test_a_city_is_held_as_it_was_handed_in_and_nobody_is_told(open_city):
    answer = await open_city.hand_in(*PEOPLE)
    assert (answer.status, answer.body) == (200, b"taken 6\nagain 0\nrefused 0\n")
    store = open_city.works.store
    for one in PEOPLE:
        assert store.identity_by_code(one.resident_record_code) == one
    assert open_city.works.offered == []
    (event,) = open_city.works.events(EventKind.RECEIVED)
    assert event.event.detail == "filling: taken 6, again 0, refused 0"
    assert event.event.message_type == "", "statistics do not count it as an update"
    assert event.event.peer == str(EXISTING)


@in_reactor
async def test_without_two_persons_who_opened_it_nothing_is_taken(city):
    assert (await city.ask("GET", LOAD)).status == 404
    assert (await city.hand_in(*PEOPLE)).status == 409
    assert city.held() == 0


@in_reactor
async def test_only_the_existing_resident_system_hands_a_city_in(open_city):
    """R-028: not even the terminal, which stands at the same door."""
    assert (await open_city.hand_in(*PEOPLE, by=TERMINAL)).status == 404
    assert (await open_city.ask("GET", LOAD, by=TERMINAL)).status == 404
    assert open_city.held() == 0


@in_reactor
async def test_whoever_was_cut_off_goes_on_behind_its_place(open_city):
    first = PEOPLE[2].resident_record_code
    await open_city.hand_in(*PEOPLE[:3], place=first)
    standing = await open_city.standing()
    assert (standing["place"], standing["taken"]) == (first, "3")
    answer = await open_city.hand_in(*PEOPLE[2:], place="END")
    assert answer.body == b"taken 3\nagain 1\nrefused 0\n"
    assert open_city.held() == len(PEOPLE)
    done = await open_city.ask("POST", f"{TARGET}/done?persons=6")
    assert (done.status, done.body) == (200, b"done 6\n")
    (load,) = open_city.works.store.loads()
    assert (load.state, load.taken, load.again, load.place) == (DONE, 6, 1, "")
    assert (await open_city.hand_in(PEOPLE[0])).status == 409


@in_reactor
async def test_a_bad_person_is_refused_alone_with_the_code_of_a_single_update(
    open_city,
):
    """R-072, R-073: the checks are those of one update; each refusal is recorded."""
    number = PEOPLE[1].individual_number
    wrong = replace(
        PEOPLE[1], individual_number=number[:-1] + str((int(number[-1]) + 1) % 10)
    )
    await open_city.hand_in(PEOPLE[0])
    twice = replace(PEOPLE[0], update_sequence_number=2, change_reason="S01")
    lines = [line(wrong), b"<no/>", line(twice), b"", line(PEOPLE[2])]
    answer = await open_city.hand_in(content=b"\n".join(lines))
    told = answer.body.decode().splitlines()
    assert told[:3] == ["taken 1", "again 0", "refused 4"]
    assert told[3:] == ["1 SK-X03", "2 SK-X02", "3 SK-J04", "4 SK-X01"]
    codes = open_city.works.codes(EventKind.REFUSED)
    assert codes == ["SK-X03", "SK-X02", "SK-J04", "SK-X01"]
    assert open_city.held() == 2


@in_reactor
async def test_no_more_persons_come_than_were_approved(city):
    city.open(persons=4)
    assert (await city.hand_in(*PEOPLE[:3])).status == 200
    answer = await city.hand_in(*PEOPLE[2:])
    assert answer.status == 409
    assert b"approved" in answer.body
    assert city.held() == 3
    assert (await city.hand_in(*PEOPLE[:4])).status == 200


@in_reactor
async def test_two_batches_at_once_bring_no_more_than_were_approved(city):
    """Both look before either is kept."""
    city.open(persons=4)
    both = (PEOPLE[:3], PEOPLE[3:])
    asked = [ensureDeferred(city.hand_in(*people)) for people in both]
    answers = await gatherResults(asked)
    assert sorted(one.status for one in answers) == [200, 409]
    assert city.held() == 3
    (refused,) = city.works.events(EventKind.REFUSED)
    assert refused.event.detail == "filling: too many"


@in_reactor
async def test_a_filling_is_not_done_while_one_person_is_missing(open_city):
    await open_city.hand_in(*PEOPLE[:5])
    answer = await open_city.ask("POST", f"{TARGET}/done?persons=6")
    assert (answer.status, answer.body) == (409, b"5 persons are held, 6 were told\n")
    await open_city.hand_in(PEOPLE[5])
    assert (await open_city.ask("POST", f"{TARGET}/done?persons=6")).status == 200


@in_reactor
async def test_a_newer_update_is_not_overwritten_by_the_filling(open_city):
    newer = replace(PEOPLE[0], update_sequence_number=9, change_reason="S02")
    open_city.works.write(lambda tx: tx.put_identity(newer))
    answer = await open_city.hand_in(PEOPLE[0])
    assert b"1 SK-J03" in answer.body
    held = open_city.works.store.identity_by_code(newer.resident_record_code)
    assert held == newer


@pytest.mark.parametrize(
    ("target", "content", "status"),
    [
        (f"{TARGET}/persons", b"", 400),
        (f"{TARGET}/persons", b"x\n" * (MAX_LINES + 1), 400),
        (f"{TARGET}/persons?place=a-b", b"x", 404),
        (f"{TARGET}/persons?place=" + "9" * 65, b"x", 404),
        (f"{LOAD}/{'0' * 32}/persons", b"x", 409),
        (f"{LOAD}/{'0' * 32}/done?persons=1", b"", 409),
        (f"{TARGET}/done", b"", 404),
        (f"{TARGET}/done?persons=-1", b"", 404),
    ],
)
@in_reactor
async def test_whatever_else_is_said_changes_nothing(
    open_city, target, content, status
):
    assert (await open_city.ask("POST", target, content)).status == status
    standing = await open_city.standing()
    assert (standing["taken"], standing["refused"]) == ("0", "0")


@in_reactor
async def test_a_batch_that_comes_while_it_is_ended_does_not_stand(
    open_city, monkeypatch
):
    """The look is before, the end in between: nothing of the batch is kept."""
    load = open_city.works.store.open_load()
    open_city.works.write(lambda tx: tx.close_load(LOAD_ID, ENDED))
    monkeypatch.setattr(open_city.inside._load, "_open", lambda _: load)
    assert (await open_city.hand_in(*PEOPLE)).status == 409
    assert open_city.held() == 0
    assert open_city.works.events(EventKind.RECEIVED) == []


@in_reactor
async def test_without_a_store_the_register_is_told_to_come_again(open_city):
    open_city.works.lose_store()
    answer = await open_city.hand_in(*PEOPLE)
    open_city.works.find_store()
    assert answer.status == 503


@in_reactor
async def test_neither_a_place_nor_a_person_stands_in_the_files(open_city):
    await open_city.hand_in(*PEOPLE, place=PEOPLE[5].resident_record_code)
    folder = open_city.works.path.parent
    files = b"".join(one.read_bytes() for one in folder.glob("*.sqlite*[!s]"))
    for one in PEOPLE:
        assert one.resident_record_code.encode() not in files
        assert one.kanji_name.encode() not in files


def test_the_load_shows_nobody():
    assert "2030" not in repr(Load(LOAD_ID, NOON, "a", "b", 1, place="2030"))
    assert date(2030, 1, 1).isoformat() not in repr(Load(LOAD_ID, NOON, "a", "b", 1))


# -- the operator's commands ---------------------------------------------------------


@pytest.fixture
def say(city, monkeypatch):
    config = city.works.world.config(CS, city.works.path.parent)
    monkeypatch.setattr("gateway.cs_base_cli.configs.load", lambda _: config)
    monkeypatch.setattr("gateway.cs_load_cli.load_secret", lambda _: STORE_KEY)

    def run(*words):
        return CliRunner().invoke(command, ["load", *words, "--config", "cs.toml"])

    return run


OPENED = ("open", "--operator", "高崎 花子", "--persons", "10")


def test_a_filling_is_opened_by_two_persons_on_record(city, say):
    run = say(*OPENED, "--approved-by", "管理 太郎")
    assert run.exit_code == 0, run.output
    load = city.works.store.open_load()
    assert run.output.strip() == load.load_id.hex()
    (told,) = city.works.events(EventKind.OPERATOR)
    assert told.event.operator == "高崎 花子"
    assert told.event.detail == ("filling opened for 10 persons, approved by 管理 太郎")
    again = say(*OPENED, "--approved-by", "管理 太郎")
    assert again.exit_code == 1
    assert "another filling is open" in again.output


@pytest.mark.parametrize("name", ["高崎 花子", "高崎花子", " ", ""])
def test_nobody_approves_his_own_filling(city, say, name):
    assert say(*OPENED, "--approved-by", name).exit_code == 2
    assert city.works.store.open_load() is None
    assert city.works.events(EventKind.OPERATOR) == []


def test_an_operator_ends_a_filling_by_name(city, say):
    city.open()
    run = say("end", "--operator", "高崎 花子")
    assert run.exit_code == 0, run.output
    assert city.works.store.loads()[0].state == ENDED
    (told,) = city.works.events(EventKind.OPERATOR)
    assert told.event.operator == "高崎 花子"
    assert say("end", "--operator", "高崎 花子").exit_code == 1


def test_how_far_it_is_can_be_seen(city, say):
    city.open(persons=12)
    shown = say("show", "--json")
    assert '"persons": 12' in shown.output
    assert '"state": "open"' in shown.output
    assert "試験 係" in say("show").output


def test_it_can_be_followed_to_its_end(city, say, monkeypatch):
    """Plain lines where there is no terminal."""
    city.open(persons=10)
    steps = iter([4, 4, 0])

    def goes_on(_):
        taken = next(steps)
        if taken:
            city.works.write(lambda tx: tx.go_on_with_load(LOAD_ID, taken, 0, 0, ""))
        else:
            city.works.write(lambda tx: tx.close_load(LOAD_ID, DONE))

    monkeypatch.setattr("gateway.cs_load_cli.time.sleep", goes_on)
    run = say("show", "--follow")
    assert run.exit_code == 0, run.output
    told = [one for one in run.output.splitlines() if one.startswith("filling")]
    assert told == [
        "filling: 0 of 10",
        "filling: 4 of 10",
        "filling: 8 of 10",
        "filling done: 8 of 8",
    ]
